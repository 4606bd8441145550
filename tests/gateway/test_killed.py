"""Two gateways on one PostgreSQL under load, one killed by SIGKILL; and a journal left behind."""

import http.client
import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack

import pytest
from conftest import moods
from servers import gateway as program
from servers.upstream import moods_reply

from gateway.test_learning import chat
from underdog.fronts.gateway.ledger.journal import Journal, place
from underdog.fronts.gateway.ledger.store import Store
from underdog.fronts.gateway.ledger.writer import Writer

TEXTS = moods(360).texts
ROW = ("t", "g", "/v1/x", "", "upstream", 200, 0.1, "m", 1, 0, 0, 0, 1, 0, 0, 0.5, 0.0)


def row(name):
    return (name, 1.0, *ROW)


class Process:
    """A gateway of `servers.gateway`."""

    def __init__(self, stack, upstream, store, fits):
        command = [sys.executable, program.__file__, upstream, store, fits]
        self.process = stack.enter_context(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        )
        stack.callback(self.process.kill)
        self.port = None

    def ready(self):
        self.port = int(self.process.stdout.readline())

    def tasks(self):
        url = f"http://127.0.0.1:{self.port}/underdog/tasks"
        with urllib.request.urlopen(url, timeout=10) as reply:
            return json.load(reply)["tasks"]


def send(port, texts):
    """Send ``texts`` on one connection: the identities of those that were answered."""
    found = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        for text in texts:
            headers = {"authorization": "Bearer sk-1"}
            connection.request("POST", "/v1/chat/completions", json.dumps(chat(text)), headers)
            reply = connection.getresponse()
            reply.read()
            assert reply.status == 200
            found.append(reply.headers["x-underdog-request"])
    except (OSError, http.client.HTTPException):
        pass  # it was killed; what it answered counts
    finally:
        connection.close()
    return found


@pytest.fixture
def two(upstream, database, tmp_path):
    """Two gateways on one database, the database, and the file of their fits."""
    upstream.answer = moods_reply
    fits = tmp_path / "fits"
    fits.touch()
    with ExitStack() as stack:
        found = [Process(stack, upstream.url, database, str(fits)) for _ in range(2)]
        for one in found:
            one.ready()
        store = Store(database)
        stack.callback(store.close)
        yield found, store, fits


def test_one_of_two_gateways_is_killed_under_load(two):
    (first, second), store, fits = two
    answered = {
        name: send(one.port, TEXTS[at : at + 70])
        for name, one, at in (("first", first, 0), ("second", second, 70))
    }
    end = time.monotonic() + 120
    while not all(t and t[0]["certificate"] for t in (first.tasks(), second.tasks())):
        assert time.monotonic() < end, (first.tasks(), second.tasks())
        time.sleep(0.05)  # one has fitted, the other uses what it fitted

    def load(name, port, texts):
        answered[name] += send(port, texts)

    loads = [("first", first.port), ("first", first.port)] + [("second", second.port)] * 2
    threads = [
        threading.Thread(target=load, args=(name, port, TEXTS[i::4]))
        for i, (name, port) in enumerate(loads)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    first.process.kill()
    for thread in threads:
        thread.join(60)
    assert len(answered["second"]) == 70 + len(TEXTS[2::4]) + len(TEXTS[3::4])  # none was lost
    wanted = set(answered["first"]) | set(answered["second"])
    end = time.monotonic() + 20
    while wanted - set(kept := Counter(i for (i,) in store.rows("SELECT id FROM requests"))):
        assert time.monotonic() < end, len(wanted - set(kept))
        time.sleep(0.1)
    assert set(kept.values()) == {1}
    assert len(answered["first"]) < 70 + len(TEXTS[0::4]) + len(TEXTS[1::4])  # it was under load
    claims = store.rows("SELECT id FROM settings WHERE id LIKE 'fit %'")
    fitted = {claim.rpartition(" ")[0] for (claim,) in claims}
    assert len(fits.read_text().split()) == len(fitted)


def test_rows_of_a_killed_gateway_are_taken_over_once(tmp_path):
    store = Store(str(tmp_path / "g.sqlite"))
    folder = place(store)
    killed = Journal(folder)
    for name in "abc":
        killed.note(row(name))
    killed.written([row("a")])
    assert Journal(folder).adopt(store) == 0  # it lives, as far as anyone can see
    killed._end()
    with killed._paths[killed._at].open("ab") as file:
        file.write(b'["cut off')
    writer = Writer(store)
    try:
        found = dict(store.rows("SELECT id, model FROM requests"))
        assert {"b", "c"} <= set(found)
        assert found["b"] == "m"
        assert writer._journal.adopt(store) == 0
        writer.note((*row("d")[:8], 9.0, *row("d")[9:]))
        writer.put("requests", row("d"))
        assert writer.flush(10)
        assert store.rows("SELECT seconds FROM requests WHERE id = 'd'") == [(0.1,)]
    finally:
        writer.close()
        store.close()
    assert not [path for path in folder.iterdir() if path.stat().st_size]


def test_a_journal_stays_small_and_survives_a_full_disk(tmp_path, monkeypatch, caplog):
    from underdog.fronts.gateway.ledger import journal

    monkeypatch.setattr(journal, "COMPACT", 1000)
    mine = Journal(tmp_path)
    for i in range(100):
        mine.note(row(f"{i}"))
        if i >= 5:
            mine.written([row(f"{i - 5}")])
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 3000

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(journal.os, "write", full)
        mine.note(row("lost"))
        mine.note(row("lost too"))
    assert caplog.text.count("No space left") == 1
    mine.note(row("last"))
    mine._end()
    store = Store(str(tmp_path / "g.sqlite"))
    other = Journal(tmp_path)
    assert other.adopt(store) >= 6
    kept = {name for (name,) in store.rows("SELECT id FROM requests")}
    assert {"last", "99"} <= kept
    other.close()
    store.close()


def test_lines_of_a_journal_that_are_no_rows_are_left_out(tmp_path):
    lines = ["5", "[]", '["a"]', '{"id": 1}', "[" * 5000, "{", json.dumps(row("good"))]
    lines += [json.dumps([[1], *row("x")[1:]]), json.dumps([7, *row("x")[1:]])]
    (tmp_path / "9-left.a").write_text("\n".join(lines))
    store, journal = Store(str(tmp_path / "g.sqlite")), Journal(tmp_path)
    assert journal.adopt(store) == 1
    assert store.rows("SELECT id FROM requests") == [("good",)]
    journal.close()
    store.close()
