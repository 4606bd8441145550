"""The error budget: for all answers, and label by label."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from underdog.teach.online.error_budget import ErrorBudget
from underdog.teach.online.undetected_errors import affordable, price, undetected_bound

EVEN = price(0.05, 0.05)


def bound(found: int, horizon: float) -> float:
    """The bound after ``found`` finds at the least rate."""
    return undetected_bound(found * EVEN, horizon, 0.05, 0.05)


def credit(most: float, horizon: float, delta: float) -> float:
    """How many differences a credit of ``most`` undetected ones affords."""
    return affordable(most, 0 * EVEN, 0.05 * EVEN, horizon, 0.05, delta)


def budget(each: bool = False, within: int = 10_000) -> ErrorBudget:
    return ErrorBudget.empty(2, risk=0.05, delta=0.05, audit=0.05, within=within, each=each)


def test_an_account_is_closed_before_it_is_endowed_and_open_after() -> None:
    ours = budget()
    assert ours.open == (False, False)
    ours.fix_base()
    assert ours.open == (True, True)


def test_it_closes_when_the_bound_passes_the_credit_and_opens_when_there_are_more_answers() -> None:
    ours = budget(within=4_000)
    ours.fix_base()
    while bound(ours.found[0], 200.0) <= 200:
        assert ours.open == (True, True)
        ours.add_found(0)
    assert ours.open == (False, False)
    ours.answers = 8_000
    assert ours.open == (True, True)


def test_missing_one_label_closes_the_others_and_not_that_one() -> None:
    ours = budget(each=True)
    ours.heard = [900, 100]
    ours.fix_base()
    assert ours.least == [9_000.0, 1_000.0]
    assert ours.open == (False, True)  # 50 of the rare label may be missed; 84 may be unseen
    ours.risk = 0.1
    assert ours.open == (True, True)


def test_a_reply_that_names_no_label_counts_against_every_label() -> None:
    ours = budget(each=True)
    ours.add_found(-1)
    ours.add_found(1)
    assert ours.found == [1, 2]


def test_the_credit_is_spent_evenly_and_what_was_spared_at_most_twice_as_fast() -> None:
    ours = budget()
    ours.fix_base()
    even = credit(500.0, 500.0, 0.05) / 10_000
    assert ours.allowed() == pytest.approx(np.full(2, even), rel=1e-6)
    ours.answers = 2_500
    assert ours.allowed() == pytest.approx(np.full(2, even / 0.75), rel=1e-6)
    ours.answers = 5_000
    assert ours.allowed() == pytest.approx(np.full(2, 2 * even), rel=1e-6)
    for _ in range(12):
        ours.add_found(0)
    assert (ours.allowed() < even / 2).all()


def test_each_label_may_spend_what_the_others_have_room_for() -> None:
    ours = budget(each=True)
    ours.risk, ours.heard = 0.2, [900, 100]
    ours.fix_base()
    first, second = ours.allowed()
    assert first < second  # giving the common label misses the rare one
    rare = credit(0.2 * 1_000, 200.0, 0.025) / 10_000
    assert first == pytest.approx(rare, rel=1e-6)


def test_the_share_that_may_differ_is_no_more_than_the_small_model_answered() -> None:
    ours = budget()
    ours.answers = 100
    for label in (0, 0, 0, 1, 1):
        ours.add_given(label)
    assert ours.given == [3, 2]
    assert ours.share == pytest.approx(0.05)


def test_a_difference_that_an_audit_found_does_not_raise_what_is_proven() -> None:
    ours = budget(within=1_000)
    ours.fix_base()
    ours.risk = 0.2
    for _ in range(400):
        ours.answers += 1
        ours.add_given(0)
    before = ours.share
    assert before == pytest.approx(bound(0, 200.0) / 400)
    for _ in range(5):
        ours.add_found(0)
    assert ours.share == before
    assert sum(ours.undetected) > before * 400
    for _ in range(3):
        ours.answers += 1
        ours.add_given(0)
    assert ours.share == pytest.approx((before * 400 + 3) / 403)


def test_what_is_proven_holds_at_every_moment_in_all_but_delta_of_the_runs() -> None:
    rng, broken, runs, delta = np.random.default_rng(3), 0, 200, 0.1
    for _ in range(runs):
        ours = ErrorBudget.empty(1, 0.5, delta, 0.1, 1_000, False)
        missed, failed = 0, False
        for _ in range(600):
            ours.answers += 1
            differs, audited = rng.random() < 0.3, rng.random() < 0.1
            if audited:
                if differs:
                    ours.add_found(0)
                continue
            ours.add_given(0)
            missed += differs
            failed |= missed > ours.share * ours.answers + 1e-9
        broken += failed
    assert broken <= binom.ppf(0.999, runs, delta)


def test_doubt_that_audits_do_not_confirm_is_corrected_slowly() -> None:
    ours = budget()
    assert ours.doubted == 1
    ours.expect(8.0)
    assert ours.doubted == pytest.approx(0.5)
    for _ in range(24):
        ours.add_found(0)
    assert ours.doubted == pytest.approx(2.0)


def test_a_state_of_an_older_version_has_the_bound_of_its_audits() -> None:
    ours = budget()
    ours.answers, ours.given, ours.proven = 4_000, [3_000, 500], None
    assert ours.share == pytest.approx(bound(0, 500.0) / 4_000)
