"""Moments never go back, and what gateways that ended told of tasks is forgotten in time."""

import time

from underdog.fronts.gateway.clock import DAY, Clock
from underdog.fronts.gateway.ledger.store import Store, delete_before
from underdog.fronts.gateway.ledger.tables import TASKS


def test_a_clock_that_is_set_back_does_not_make_later_moments_earlier(monkeypatch):
    clock, now = Clock(), 1e9
    monkeypatch.setattr(time, "time", lambda: now)
    before = clock.now()
    now -= 3600.0
    assert before < clock.now() < clock.now() < before + 1
    now += 7200.0
    assert clock.now() == now


def test_a_run_goes_on_after_what_the_one_before_wrote_unless_its_clock_was_wrong(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1e9)
    clock = Clock()
    clock.start(1e9 + 3600)
    assert clock.now() > 1e9 + 3600
    clock = Clock()
    clock.start(1e9 + 2 * DAY)
    assert clock.now() == 1e9


def test_rows_of_gateways_that_ended_go_once_others_know_more(tmp_path):
    store = Store(str(tmp_path / "g.sqlite"))
    ages = {"a@dead": 1.0, "a@live": 9.0, "b@dead": 1.0, "c": 1.0, "d@new": 6.0, "d@live": 9.0}
    rows = [(name, at, *[""] * (len(TASKS) - 3), b"") for name, at in ages.items()]
    store.put("tasks", rows)
    delete_before(store, 5.0)
    left = {name for (name,) in store.rows("SELECT id FROM tasks")}
    assert left == {"a@live", "b@dead", "c", "d@new", "d@live"}
    store.close()
