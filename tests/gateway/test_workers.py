"""Workers: processes on one port that share tasks, counts and the ledger, on a SQLite file."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest
from conftest import moods
from servers.upstream import moods_reply

from gateway.test_killed import send
from gateway.test_tasks import hear
from underdog.core.errors import UnderdogError
from underdog.fronts.gateway.app import Gateway
from underdog.fronts.gateway.crew import Crew
from underdog.fronts.gateway.ledger.store import Store
from underdog.fronts.gateway.metrics import Metrics
from underdog.fronts.gateway.settings import Settings
from underdog.fronts.gateway.workers import serve_workers

TEXTS = moods(120).texts
SERVE = [sys.executable, "-m", "underdog", "serve", "--port", "0", "--workers", "2"]


def eventually(what):
    end = time.monotonic() + 30
    while not (found := what()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def counted(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as reply:
        return sum(map(float, re.findall(r"requests_total\{.*\} (\S+)", reply.read().decode())))


def test_workers_share_a_port_and_one_that_is_killed_is_replaced(upstream, tmp_path):
    upstream.answer = moods_reply
    store = str(tmp_path / "g.sqlite")
    command = [*SERVE, "--upstream", upstream.url, "--store", store]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            port = int(re.search(r":(\d+)/v1", process.stderr.readline())[1])
            workers = psutil.Process(process.pid).children()
            workers = [w for w in workers if "spawn_main" in " ".join(w.cmdline())]
            assert len(workers) == 2
            names = [name for text in TEXTS[:30] for name in send(port, [text])]
            assert len({name[:12] for name in names}) == 2  # each took some of the connections
            eventually(lambda: {counted(port) for _ in range(8)} == {30})  # whichever is asked
            os.kill(workers[0].pid, signal.SIGKILL)
            eventually(lambda: not workers[0].is_running())
            names += [name for text in TEXTS[30:40] for name in send(port, [text])]
            eventually(lambda: counted(port) > 30)  # of the one that was killed, too
            eventually(lambda: len(psutil.Process(process.pid).children()) >= 2)
        finally:
            process.terminate()
            process.wait(60)
    assert process.returncode == 0
    assert len(names) == 40
    kept = Store(store).rows("SELECT id FROM requests")
    assert sorted(name for (name,) in kept) == sorted(names)


def test_what_no_worker_can_begin_with_is_said_once(tmp_path):
    settings = Settings(upstream="http://127.0.0.1:9/v1", store=str(tmp_path), port=0)
    with pytest.raises(UnderdogError, match="is no file"):
        serve_workers(settings, 1, lambda *_: None)


def test_counts_are_those_of_all_workers_and_outlive_one(tmp_path):
    crews = [Crew(tmp_path, number) for number in (1, 2)]
    first, second = (Metrics(crew.others) for crew in crews)
    first.gauge("underdog_waiting_rows", "Rows.", lambda: 2)
    second.gauge("underdog_waiting_rows", "Rows.", lambda: 3)
    first.count("upstream", 200, 0.0004)
    first.money(0.5, 0.0)
    second.count("upstream", 200, 0.003)
    second.count("local", 200, 70)
    for crew, metrics in zip(crews, (first, second), strict=True):
        crew.tell(metrics.tally())
    page = first.page()
    assert page == second.page()
    for line in (
        b'underdog_requests_total{by="upstream",status="200"} 2.0',
        b'underdog_request_seconds_bucket{by="upstream",le="0.0005"} 1.0',
        b'underdog_request_seconds_bucket{by="upstream",le="0.005"} 2.0',
        b'underdog_request_seconds_bucket{by="local",le="60.0"} 0.0',
        b'underdog_request_seconds_count{by="local"} 1.0',
        b"underdog_dollars_total 0.5",
        b"underdog_waiting_rows 5.0",
    ):
        assert line + b"\n" in page
    after = Metrics(crews[0].others)
    after.resume(crews[0].before())
    after.count("upstream", 200, 0.0004)
    assert after.served("upstream") == (3, [0.0004, 0.0004, 0.003])


@pytest.fixture
def made(tmp_path):
    """Gateways on one SQLite file; worker 0 is a gateway that is alone."""
    found = []

    def make(worker):
        store = str(tmp_path / "g.sqlite")
        crew = tmp_path if worker else None
        settings = Settings(
            upstream="http://127.0.0.1:9/v1", store=store, mode="shadow", crew=crew, worker=worker
        )
        found.append(Gateway(settings))
        return found[-1]

    yield make
    for gateway in found:
        gateway.close()


def test_workers_share_tasks_and_what_was_decided_last_counts(made):
    first, second = made(1), made(2)
    task = hear(first.board, TEXTS[:70])
    first.board.save(task)
    second.board._load()
    other = second.board.task(task.id)
    assert other.counts.heard == 0
    hear(second.board, TEXTS[70:80])
    first.board.decide(task, state="pinned")
    second.board.save(other)  # it did not know yet: that must not undo the decision
    first.board._load()
    second.board._load()
    assert task.policy.state == other.policy.state == "pinned"
    assert [told.counts.heard for told in second.board.told(other)] == [10, task.counts.heard]
    assert first.store.salt() == second.store.salt()


def test_a_worker_goes_on_where_the_one_before_it_ended(made):
    first, second = made(1), made(2)
    heard = hear(first.board, TEXTS[:70]).counts.heard
    hear(second.board, TEXTS[:60])
    first.close()
    second.close()
    again = made(1).board
    assert len(again.tasks) == 1
    assert again.tasks[0].counts.heard == heard
    assert len(again.told(again.tasks[0])) == 2
    alone = made(0).board
    assert len(alone.tasks) == 1
    assert alone.tasks[0].counts.heard == 0
