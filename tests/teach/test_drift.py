"""Tests of drift: each bet is fair, changes are found, false alarms are as rare as promised."""

from __future__ import annotations

import numpy as np
import pytest

from underdog.runtime.persist import load, save
from underdog.teach.online.drift import SLOPES, SUSPICIONS, TOLERANCE, Capital, Change, Rate, Watch


def test_capital_that_neither_wins_nor_loses_stays_one() -> None:
    capital = Capital(10, [0.0, 0.0])
    assert [capital.bet([1.0, 1.0]) for _ in range(25)] == pytest.approx([1.0] * 25)


def test_capital_follows_the_recursion_of_shiryaev_and_roberts() -> None:
    capital = Capital(4, [0.0])
    # (0 + 1/4) 2 + 3/4, (1/2 + 1/4) 2 + 2/4, (3/2 + 1/4) 2 + 1/4
    assert [capital.bet([2.0]) for _ in range(3)] == pytest.approx([1.25, 2.0, 3.75])


def test_a_bet_on_a_rate_is_the_likelihood_ratio_and_has_mean_one_at_that_rate() -> None:
    rate, suspected = 0.1, [0.05, 0.1, 0.2, 0.5]  # those that are no higher are not bet on
    lost, kept = Rate.of(1), Rate.of(1)
    assert lost.see(True, rate, suspected) == pytest.approx((1 + 1 + 2 + 5) / 4)
    assert kept.see(False, rate, suspected) == pytest.approx((1 + 1 + 0.8 / 0.9 + 0.5 / 0.9) / 4)
    assert rate * 9 / 4 + 0.9 * (2 + 1.3 / 0.9) / 4 == pytest.approx(1.0)


def test_a_bet_on_a_rank_has_mean_one_over_uniform_ranks_and_is_never_ruinous() -> None:
    ranks = (np.arange(1000) + 0.5) / 1000
    for slope in SLOPES:
        factors = 1 + slope * (ranks - 0.5)
        assert factors.mean() == pytest.approx(1.0)
        assert factors.min() > 0


def test_ranks_break_ties_by_the_coin() -> None:
    low, high = Change.of(100), Change.of(100)
    for watch, coin in ((low, 0.0), (high, 1.0)):
        for _ in range(60):
            watch.see(0.3, coin)
    assert low.capital.staked[0] > 1 > low.capital.staked[-1]
    assert high.capital.staked[-1] > 1 > high.capital.staked[0]


def test_a_doubled_error_rate_is_found_and_a_halved_one_is_not() -> None:
    rng = np.random.default_rng(0)
    worse, better = Rate.of(1000), Rate.of(1000)
    suspected = [0.15, 0.2, 0.4, 0.7]
    peak = [0.0, 0.0]
    for u in rng.random(1000):
        peak[0] = max(peak[0], worse.see(bool(u < 0.25), 0.1, suspected))
        peak[1] = max(peak[1], better.see(bool(u < 0.05), 0.1, suspected))
    assert peak[0] > 1000
    assert peak[1] < 3


def test_replies_are_held_against_what_the_rehearsal_expected_with_some_tolerance() -> None:
    usual, worse = Watch.of(0.05, 0.05), Watch.of(0.05, 0.05)
    for i in range(400):
        usual.see_reply(i % 4 == 0, 0.25 / TOLERANCE)
        worse.see_reply(i % 4 < 2, 0.25 / TOLERANCE)
    assert usual.alarm == ""
    assert worse.alarm == "more errors than estimated"


def test_where_the_small_model_was_known_to_guess_nothing_is_bet() -> None:
    watch = Watch.of(0.05, 0.05)
    for _ in range(400):
        watch.see_reply(True, 0.9)
    assert watch.evidence[1] == pytest.approx(1.0)
    assert all(s < 1 for s in SUSPICIONS)


def test_a_shift_of_the_numbers_is_found_soon() -> None:
    rng = np.random.default_rng(1)
    watch = Change.of(10_000)
    before = [watch.see(x, u) for x, u in rng.random((1000, 2))]
    after = [watch.see(0.4 + 0.6 * x, u) for x, u in rng.random((400, 2))]
    assert max(before) < 30
    assert max(after) > 300


def test_forgetting_compares_with_nothing_before_and_keeps_the_evidence() -> None:
    watch = Change.of(100)
    for x in np.linspace(0, 1, 30):
        watch.see(float(x), 0.5)
    evidence = watch.see(1.0, 0.5)
    watch.forget()
    assert watch.past == []
    assert watch.see(5.0, 0.5) == pytest.approx(evidence, rel=0.1)  # rank 1/2: nothing gained


def test_false_alarms_are_rarer_than_promised() -> None:
    rng, alarms, runs = np.random.default_rng(2), 0, 60
    for _ in range(runs):
        watch = Watch.of(0.05, 0.2, alpha=0.1, period=500)
        for belief, reply, coin, mark, loss in rng.random((500, 5)):
            watch.see_text(belief, coin)
            if reply < 0.3:
                watch.see_reply(bool(loss < 0.2), 0.2)
            if mark < 0.2:
                watch.see_audit(bool(loss < 0.05))
            if watch.alarm:
                alarms += 1
                break
    assert alarms <= 12  # the 99.5 % point of a binomial of 60 tosses at one in ten


def test_the_alarm_says_which_test_rang() -> None:
    watch = Watch.of(0.05, 0.05)
    assert watch.alarm == ""
    for _ in range(30):
        watch.see_audit(True)
    assert watch.alarm == "guarantee violated"


def test_a_watch_is_saved_in_the_middle(tmp_path) -> None:
    watch = Watch.of(0.05, 0.05)
    for x, u in np.random.default_rng(3).random((50, 2)):
        watch.see_text(float(x), float(u))
    save(watch, tmp_path / "watch")
    other = load(tmp_path / "watch")
    for x, u in np.random.default_rng(4).random((50, 2)):
        watch.see_text(float(x), float(u))
        other.see_text(float(x), float(u))
    assert other.evidence == watch.evidence
