"""Places where a command may run: without a home, on a full disk, under odd names and encodings."""

import os
import subprocess
import sys
import time
import warnings

import pytest

from benchmarks import full_disk, kills
from underdog.core.errors import UnderdogError
from underdog.runtime.cache import training
from underdog.runtime.cleaning import caches, paid
from underdog.runtime.store import default_store

pytestmark = pytest.mark.skipif(os.name != "posix", reason="names and limits of POSIX systems")
ROWS = "text,label\n" + "".join(f"{w} film {i},{w}\n" for i in range(20) for w in ("güt", "漢"))


@pytest.fixture(name="homeless")
def _homeless(monkeypatch):
    for name in ("HOME", "UNDERDOG_STORE", "UNDERDOG_TRAINING"):
        monkeypatch.delenv(name, raising=False)

    def unknown(_uid):
        raise KeyError("uid not found")

    monkeypatch.setattr("pwd.getpwuid", unknown)


def test_without_a_home_all_works_but_what_is_paid_for(homeless, sh, tmp_path):
    (tmp_path / "d.csv").write_text(ROWS)
    assert training() is None
    assert not caches() + paid()
    assert sh("fit", "d.csv", "ensemble(bayes(), n=2)", "--out", "m")[0] == 0
    assert sh("answer", "m", "d.csv", "--out", "o.csv")[0] == 0
    assert sh("clean")[0] == 0
    with default_store().open() as store, pytest.raises(UnderdogError, match="no home") as error:
        store.get(["k"])
    assert "UNDERDOG_STORE" in error.value.hint


@pytest.mark.parametrize("command", [("fit", "bayes()"), ("compare", "majority()")])
def test_a_folder_that_was_deleted_under_the_command_is_told(sh, tmp_path, monkeypatch, command):
    (tmp_path / "d.csv").write_text(ROWS)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    verb, spec = command
    code, _, told = sh(verb, str(tmp_path / "d.csv"), spec, "--out", "new")
    assert code == 1
    assert "the folder that you are in was deleted" in " ".join(told.split())


def test_a_home_that_cannot_be_written_costs_a_warning(sh, tmp_path, monkeypatch):
    (tmp_path / "d.csv").write_text(ROWS)
    (tmp_path / "file").touch()
    monkeypatch.setenv("UNDERDOG_TRAINING", str(tmp_path / "file" / "training"))
    fit = "fit", "d.csv", "auto('1m', [majority(), bayes()])", "--out", "m"
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        code, _, told = sh(*fit)
    assert code == 0
    assert "a result is not kept for a rerun" in " ".join(told.split())


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_names_and_outputs_in_any_encoding(encoding, tmp_path):
    """Odd bytes in a name, a terminal that lacks most characters, and the locale C."""
    name = b"d\xff\xe9"
    (tmp_path / os.fsdecode(name + b".csv")).write_text(ROWS, "utf-8")
    told = subprocess.run(
        [sys.executable, "-m", "underdog", "compare", name + b".csv", "majority()", "bayes()"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONIOENCODING": encoding, "LC_ALL": "C"},
        capture_output=True,
    )
    assert told.returncode == 0, told.stderr.decode("utf-8", "replace")
    assert b"Traceback" not in told.stdout + told.stderr
    assert sorted(os.listdir(os.fsencode(tmp_path / os.fsdecode(name + b"-report")))) == [
        b"leaderboard.md",
        b"predictions.parquet",
        b"report.html",
        b"results.json",
    ]


def test_a_clock_that_jumps_deletes_nothing_that_is_in_use(sh, tmp_path, monkeypatch):
    (tmp_path / "d.csv").write_text(ROWS)
    real, jumps = time.time, iter([0.0, 4e9] * 10_000)
    monkeypatch.setattr("time.time", lambda: real() + next(jumps))
    assert sh("fit", "d.csv", "auto('1m', [majority(), bayes()])", "--out", "m")[0] == 0
    assert sh("fit", "d.csv", "bayes()", "--out", "m", "--yes")[0] == 0
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != "training") == ["d.csv", "m"]


@pytest.mark.parametrize("name", ["replace", "live"])
def test_a_full_disk_leaves_nothing_half_written(name, tmp_path, monkeypatch):
    kills.warm_up()
    counts = full_disk.run(name, 1, 0, tmp_path)
    assert set(counts) <= {"", "enough"}
