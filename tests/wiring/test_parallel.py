"""Work on several cores: the same results, bills and warnings as on one, whatever dies."""

import os
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import pytest

from underdog.core.cost import Cost, Ledger, charge
from underdog.core.errors import UnderdogError
from underdog.wiring import parallel
from underdog.wiring.parallel import Crash, each

pytestmark = pytest.mark.skipif(parallel.cores() < 2, reason="there is one core")


@pytest.fixture(name="spread")
def _spread(monkeypatch):
    """From the second thing on, every piece of work is worth a process."""
    monkeypatch.setattr(parallel, "SLOW", 0.0)


def work(what):
    charge(Cost(seconds=1.0, calls=1))
    if what == "dies":
        os._exit(1)
    if what == "raises":
        raise RuntimeError("no luck")
    if what == "is wrong":
        raise UnderdogError("there is no such label", "name another")
    if what == "warns":
        warnings.warn("mind the gap", stacklevel=1)
    return what, os.getpid(), os.environ.get("OMP_NUM_THREADS")


def test_quick_work_stays_in_this_process():
    found = dict(each(work, "abcd"))
    assert {pid for _, pid, _ in found.values()} == {os.getpid()}


def test_slow_work_is_spread_over_processes_with_one_thread_each(spread):
    with Ledger() as bill:
        found = dict(each(work, "abcdef"))
    assert [found[i][0] for i in range(6)] == list("abcdef")
    assert len({pid for _, pid, _ in found.values()}) == 1 + min(5, parallel.cores())
    assert {threads for _, pid, threads in found.values() if pid != os.getpid()} == {"1"}
    assert bill.total.calls == 6
    assert bill.total.seconds == pytest.approx(6.0)


def test_a_crash_costs_what_crashed_alone(spread):
    with pytest.warns(UserWarning, match="mind the gap"):
        found = dict(each(work, ["a", "dies", "b", "raises", "warns", "c", "d"]))
    assert found[1] == Crash(parallel.DIED)
    assert found[3] == Crash("RuntimeError('no luck')")
    assert [found[i][0] for i in (0, 2, 4, 5, 6)] == ["a", "b", "warns", "c", "d"]


def test_what_the_user_can_put_right_is_raised(spread):
    with pytest.raises(UnderdogError) as caught:
        list(each(work, ["a", "b", "is wrong", "c"]))
    assert (caught.value.problem, caught.value.hint) == ("there is no such label", "name another")


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from test_parallel import work
from underdog.wiring import parallel
parallel.SLOW = 0.0
print("once")
for _ in parallel.each(work, "abc"):
    pass
"""


def test_a_script_without_a_guard_is_not_run_again_by_its_processes(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT.format(tests=str(Path(__file__).parent))))
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "once\n", "")
