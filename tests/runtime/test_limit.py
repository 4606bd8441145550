import time

import pytest

from underdog.core.errors import UnderdogError
from underdog.runtime.limit import Limit, TimeIsUp, seconds
from underdog.runtime.progress import shown, step
from underdog.runtime.workers.attempt import attempt


def stepping(pause, steps):
    done = 0
    with step("stepping", steps) as advance:
        for _ in range(steps):
            time.sleep(pause)
            done += 1
            advance(1)
    return done


def within(limit, work):
    """The value of ``work``, or the status of the attempt."""
    made = attempt(work, limit=limit)
    return made.value if made.status == "done" else made.status


def test_work_that_ends_in_time_gives_what_it_gives():
    assert within(Limit.after(30), lambda: stepping(0, 3)) == 3
    assert within(Limit(), lambda: stepping(0, 3)) == 3


def test_work_that_does_not_is_stopped_at_its_next_step():
    started = time.perf_counter()
    assert within(Limit.after(0.1), lambda: stepping(0.02, 10_000)) == "late"
    assert time.perf_counter() - started < 2


def test_work_cannot_catch_its_end_as_an_error():
    def stubborn():
        while True:
            try:
                stepping(0.01, 100)
            except Exception:
                continue

    assert within(Limit.after(0.05), stubborn) == "late"


def test_an_inner_limit_leaves_the_outer_one_to_who_set_it():
    def nested(outer, inner):
        return within(outer, lambda: (within(inner, lambda: stepping(0.02, 1000)), "on"))

    assert nested(Limit.after(0.05), Limit.after(30)) == "late"
    assert nested(Limit.after(30), Limit.after(0.05)) == ("late", "on")


def test_who_listens_goes_on_hearing_and_outside_nothing_is_stopped():
    heard = []

    class Ear:
        def __init__(self, label, total):
            heard.append((label, total))

        def __enter__(self):
            return heard.append

        def __exit__(self, *_):
            heard.append("end")

    spent = Limit.after(0)
    with shown(Ear):
        assert within(Limit.after(30), lambda: stepping(0, 1)) == 1
        assert within(spent, lambda: stepping(0, 1)) == "late"
        assert stepping(0, 1) == 1
    assert heard == [("stepping", 1), 1, "end"] * 2
    assert spent.left == 0


@pytest.mark.parametrize("text", ["soon", "5", "0m", "-1s", "5 days", ""])
def test_a_time_that_is_none_is_refused(text):
    with pytest.raises(UnderdogError, match="is no time") as caught:
        seconds(text)
    assert "5m" in caught.value.hint


def test_times_are_read_in_all_three_units():
    assert [seconds(s) for s in ("90s", "1.5m", "2 h")] == [90, 90, 7200]


def test_the_end_of_time_is_no_error():
    assert not issubclass(TimeIsUp, Exception)
