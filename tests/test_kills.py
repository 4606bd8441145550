"""A tiny part of `python -m benchmarks.kills`: each long job is killed, and goes on."""

import os

import pytest

from benchmarks import kills

pytestmark = pytest.mark.skipif(os.name != "posix", reason="forks, and sends POSIX signals")


@pytest.mark.parametrize("name", ["replace", "live"])
def test_a_killed_job_ends_in_the_bytes_of_one_that_was_not(name, tmp_path, monkeypatch):
    kills.warm_up()
    counts = kills.run(name, 1, 0, tmp_path)
    assert set(counts) <= {"", "done"}
    assert counts[""] == 1
