"""Answers that were paid for: kept at once, found again, never mixed up."""

import os
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from underdog.core.cost import Cost
from underdog.core.errors import UnderdogError
from underdog.runtime.prices import Usage
from underdog.runtime.store import Reply, Store, current, default_store, key

REPLY = Reply(
    "up, I think",
    Usage(12, 3, cached=4, reasoning=1),
    Cost(0.25, None, 1e-5, 12, 3, 1),
    ((("up", -0.125), ("down", -2.5)), ((",", -0.5),)),
)


def test_what_is_put_is_found_again_to_the_last_bit(tmp_path):
    with Store(tmp_path / "a.sqlite").open() as store:
        store.put("k", "gpt", REPLY)
    with Store(tmp_path / "a.sqlite").open() as store:
        assert store.get(["other", "k"]) == {"k": REPLY}
        assert len(store) == 1


def test_unknown_costs_stay_unknown(tmp_path):
    unknown = replace(REPLY, usage=Usage(), cost=Cost(0.5, None, None, None, None, 1))
    with Store(tmp_path / "a.sqlite").open() as store:
        store.put("k", "gpt", unknown)
        assert store.get(["k"])["k"] == unknown


def test_the_first_reply_stays(tmp_path):
    with Store(tmp_path / "a.sqlite").open() as store:
        store.put("k", "gpt", REPLY)
        store.put("k", "gpt", replace(REPLY, text="another"))
        assert store.get(["k"])["k"].text == "up, I think"


def test_many_keys_are_looked_up_in_one_go(tmp_path):
    with Store(tmp_path / "a.sqlite").open() as store:
        for i in range(0, 1300, 10):
            store.put(f"k{i}", "gpt", REPLY)
        found = store.get([f"k{i}" for i in range(1300)])
    assert set(found) == {f"k{i}" for i in range(0, 1300, 10)}


def test_nothing_is_touched_until_somebody_asks(tmp_path):
    with Store(tmp_path / "deep" / "a.sqlite").open() as store:
        assert not (tmp_path / "deep").exists()
        assert store.get(["k"]) == {}
        assert (tmp_path / "deep" / "a.sqlite").exists()


def test_the_open_store_is_the_current_one(tmp_path):
    assert current() is None
    with Store(tmp_path / "a.sqlite").open() as outer:
        with Store(tmp_path / "b.sqlite").open() as inner:
            assert current() is inner
        assert current() is outer
    assert current() is None


def test_the_environment_names_the_default_file(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERDOG_STORE", str(tmp_path / "mine.sqlite"))
    assert default_store().path == tmp_path / "mine.sqlite"
    monkeypatch.delenv("UNDERDOG_STORE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_store().path == tmp_path / ".cache" / "underdog" / "answers.sqlite"


def test_the_file_holds_no_prompt_and_only_its_owner_may_read_it(tmp_path):
    prompt = "a very secret prompt"
    with Store(tmp_path / "a.sqlite").open() as store:
        store.put(key(prompt=prompt), "gpt", REPLY)
        mode = stat.S_IMODE(os.stat(store.path).st_mode)
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"up, I think" in content
    assert b"secret" not in content
    assert mode == 0o600


@given(st.text(), st.text())
def test_another_prompt_model_or_parameter_has_another_key(one, other):
    assert (key(prompt=one) == key(prompt=other)) == (one == other)
    assert key(prompt=one, model="a") != key(prompt=one, model="b")
    assert key(prompt=one, temperature=0.0) != key(prompt=one, temperature=None)
    assert key(model="m", prompt=one) == key(prompt=one, model="m")


def test_text_that_is_no_unicode_is_kept_as_well_as_can_be(tmp_path):
    with Store(tmp_path / "a.sqlite").open() as store:
        store.put("k", "gpt", replace(REPLY, text="a\ud800b\x00c"))
        assert store.get(["k"])["k"].text == "a?b\x00c"


WRITER = """
import sys
from underdog.core.cost import Cost
from underdog.runtime.prices import Usage
from underdog.runtime.store import Reply, Store
path, name, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Store(path).open() as store:
    for i in range(n):
        store.put(f"{name}-{i}", "gpt", Reply(name * 100, Usage(1, 1), Cost(calls=1)))
        store.put(f"both-{i}", "gpt", Reply(name, Usage(1, 1), Cost(calls=1)))
"""


def test_two_processes_may_write_at_once(tmp_path):
    path, n = tmp_path / "a.sqlite", 100
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name, str(n)]) for name in "ab"
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    with Store(path).open() as store:
        assert len(store) == 3 * n
        assert all(store.get([f"{name}-{i}" for name in "ab" for i in range(n)]).values())
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def test_a_killed_writer_leaves_every_answer_that_it_had_put(tmp_path):
    path = tmp_path / "a.sqlite"
    code = WRITER + "\n    print(len(store), flush=True)\n    sys.stdin.read()\n"
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(path), "a", "20"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "40\n"
        writer.kill()
    with Store(path).open() as store:
        assert len(store) == 40


def test_a_file_that_is_no_store_is_named_with_a_remedy(tmp_path):
    path = tmp_path / "a.sqlite"
    path.write_text("this is not a database, however long one looks at it " * 100)
    with Store(path).open() as store, pytest.raises(UnderdogError, match="damaged") as error:
        store.get(["k"])
    assert f"mv {path}" in error.value.hint
    assert path.read_text().startswith("this is not")


def test_a_place_that_cannot_be_written_is_named_with_a_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "a.sqlite")
    with store.open(), pytest.raises(UnderdogError, match="cannot use the store") as error:
        store.put("k", "gpt", REPLY)
    assert "UNDERDOG_STORE" in error.value.hint


FULL = """
import resource, sys
from underdog.core.cost import Cost
from underdog.core.errors import UnderdogError
from underdog.runtime.prices import Usage
from underdog.runtime.store import Reply, Store
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))  # files may not grow beyond this
with Store(sys.argv[1]).open() as store:
    for kept in range(1000):
        try:
            store.put(str(kept), "gpt", Reply("x" * 1000, Usage(1, 1), Cost(calls=1)))
        except UnderdogError as error:
            print(kept, error, sep="|")
            break
"""


def test_a_full_disk_is_told_and_what_was_kept_stays(tmp_path):
    path = tmp_path / "a.sqlite"
    told = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True
    )
    kept, message = told.stdout.split("|")
    assert int(kept) > 10
    assert "cannot use the store" in message
    assert "free some space" in message
    with Store(path).open() as store:
        assert len(store) == int(kept)


def test_a_store_from_the_future_is_left_alone(tmp_path):
    db = sqlite3.connect(tmp_path / "a.sqlite")
    db.execute("PRAGMA user_version = 99")
    db.close()
    store = Store(tmp_path / "a.sqlite")
    with store.open(), pytest.raises(UnderdogError, match="newer") as error:
        store.get(["k"])
    assert "upgrade" in error.value.hint
