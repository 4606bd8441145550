import time

import pytest

from underdog.core.errors import UnderdogError
from underdog.runtime.limit import Limit, TimeIsUp, seconds
from underdog.runtime.progress import shown, step


def stepping(pause, steps):
    done = 0
    with step("stepping", steps) as advance:
        for _ in range(steps):
            time.sleep(pause)
            done += 1
            advance(1)
    return done


def test_work_that_ends_in_time_gives_what_it_gives():
    assert Limit.after(30).within(lambda: stepping(0, 3)) == 3
    assert Limit().within(lambda: stepping(0, 3)) == 3


def test_work_that_does_not_is_stopped_at_its_next_step():
    started = time.perf_counter()
    assert Limit.after(0.1).within(lambda: stepping(0.02, 10_000)) is None
    assert time.perf_counter() - started < 2


def test_work_cannot_catch_its_end_as_an_error():
    def stubborn():
        while True:
            try:
                stepping(0.01, 100)
            except Exception:
                continue

    assert Limit.after(0.05).within(stubborn) is None


def test_an_inner_limit_leaves_the_outer_one_to_who_set_it():
    outer, inner = Limit.after(0.05), Limit.after(30)
    assert outer.within(lambda: (inner.within(lambda: stepping(0.02, 1000)), "on")) is None
    outer, inner = Limit.after(30), Limit.after(0.05)
    assert outer.within(lambda: (inner.within(lambda: stepping(0.02, 1000)), "on")) == (None, "on")


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
        assert Limit.after(30).within(lambda: stepping(0, 1)) == 1
        assert spent.within(lambda: stepping(0, 1)) is None
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
