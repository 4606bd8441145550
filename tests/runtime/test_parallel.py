"""Work on several cores: the same results, bills and warnings as on one, whatever dies."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest
from conftest import attentive
from errands import meets, nested, outcomes, waits, work

from underdog.core.cost import Ledger
from underdog.runtime.limit import Limit
from underdog.runtime.workers import parallel
from underdog.runtime.workers.attempt import DIED, attempt
from underdog.runtime.workers.parallel import attempts

pytestmark = pytest.mark.skipif(parallel.cores() < 2, reason="there is one core")


@pytest.fixture(name="spread")
def _spread(monkeypatch):
    """From the second thing on, every piece of work is worth a process."""
    monkeypatch.setattr(parallel, "SLOW", 0.0)


def test_quick_work_stays_in_this_process():
    found = outcomes(attempts(work, "all", "abcd"))
    assert {pid for _, _, pid, _ in found.values()} == {os.getpid()}


def test_slow_work_is_spread_over_processes_with_one_thread_each(spread):
    with Ledger() as bill:
        found = outcomes(attempts(work, "all", "abcdef"))
    assert [found[i][1] for i in range(6)] == list("abcdef")
    assert len({pid for _, _, pid, _ in found.values()}) == 1 + min(5, parallel.cores())
    assert {threads for _, _, pid, threads in found.values() if pid != os.getpid()} == {"1"}
    assert bill.total.calls == 6
    assert bill.total.seconds == pytest.approx(6.0)


def test_others_begin_while_the_first_is_still_at_work(spread, tmp_path):
    assert outcomes(attempts(meets, str(tmp_path), "ab")) == {0: ["a", "b"], 1: ["a", "b"]}


def test_work_that_is_spread_is_not_spread_again(spread):
    found = outcomes(attempts(nested, None, ["ab", "cde", "fgh"]))
    assert [len(found[i]) for i in (1, 2)] == [1, 1]


def test_a_crash_costs_what_crashed_alone(spread):
    with pytest.warns(UserWarning, match="mind the gap"):
        found = outcomes(attempts(work, "all", ["a", "dies", "b", "raises", "warns", "c", "d"]))
    assert found[1] == ("crashed", DIED.problem, "")
    assert found[3] == ("crashed", "RuntimeError: no luck", "")
    assert [found[i][1] for i in (0, 2, 4, 5, 6)] == ["a", "b", "warns", "c", "d"]


def test_a_process_that_dies_idle_costs_nothing(spread):
    results = attempts(work, "all", "abcdefg")
    found = [next(results), next(results)]
    _, _, idle, _ = found[1][1].value
    psutil.Process(idle).kill()
    psutil.wait_procs([psutil.Process(idle)] if psutil.pid_exists(idle) else [], 10)
    time.sleep(0.5)  # until its executor has noticed
    assert sorted(made.value[1] for _, made in [*found, *results]) == list("abcdefg")


def test_a_limit_stops_processes_that_are_waited_for(spread, tmp_path):
    started = time.perf_counter()
    assert (
        attempt(lambda: list(attempts(waits, str(tmp_path), "abc")), limit=Limit.after(5)).status
        == "late"
    )
    assert time.perf_counter() - started < 30
    pids = [int(mark.read_text()) for mark in tmp_path.iterdir() if mark.name != "a"]
    assert not psutil.wait_procs([p for p in psutil.process_iter() if p.pid in pids], 10)[1]


def test_a_refusal_keeps_its_problem_and_hint(spread):
    found = outcomes(attempts(work, "all", ["a", "b", "is wrong", "c"]))
    assert found[2] == ("refused", "there is no such label", "name another")
    assert [found[i][1] for i in (0, 1, 3)] == ["a", "b", "c"]


def test_a_result_that_cannot_be_sent_back_costs_nothing_else(spread):
    found = outcomes(attempts(work, "all", ["a", "b", "cannot be sent", "c"]))
    assert found[2][0] == "crashed"
    assert [found[i][1] for i in (0, 1, 3)] == ["a", "b", "c"]


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from errands import work
from underdog.runtime.workers import parallel
parallel.SLOW = 0.0
print("once")
for _ in parallel.attempts(work, "all", "abc"):
    pass
"""


def test_a_script_without_a_guard_is_not_run_again_by_its_processes(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT.format(tests=str(Path(__file__).parent))))
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "once\n", "")


LEFT = """
from underdog.runtime.workers.process import process
from joblib.externals.loky.backend import resource_tracker
process()
resource_tracker.register("/loky-left-behind", "semlock")
"""


def test_what_a_process_leaves_behind_is_tidied_up_without_a_word():
    ran = subprocess.run([sys.executable, "-c", LEFT], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


WAITING = """
import sys
sys.path.insert(0, {tests!r})
from errands import waits
from underdog.runtime.workers import parallel
parallel.SLOW = 0.0
list(parallel.attempts(waits, {folder!r}, "abcd"))
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_its_parent(end, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(WAITING.format(tests=str(Path(__file__).parent), folder=str(tmp_path)))
    running = subprocess.Popen(
        [sys.executable, script],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=attentive,
    )
    marks = [tmp_path / name for name in "bc"]
    deadline = time.monotonic() + 60
    while not all(mark.exists() and mark.read_text() for mark in marks):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    workers = [psutil.Process(int(mark.read_text())) for mark in marks]
    if end == signal.SIGINT:
        os.killpg(running.pid, end)  # as a terminal does: it tells all of them
    else:
        running.send_signal(end)
    gone, alive = psutil.wait_procs(workers, timeout=30)
    for process in alive:
        process.kill()
    _, said = running.communicate(timeout=60)
    assert not alive
    assert len(gone) == 2
    assert said.count("KeyboardInterrupt") == (end == signal.SIGINT)  # the parent's, no worker's
