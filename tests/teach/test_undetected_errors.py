"""The bound on what audits missed: literal values, and its promise kept on drawn coins."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from underdog.teach.online.undetected_errors import SHARES, WEIGHTS, affordable, undetected_bound


def test_the_weights_of_the_suspicions_are_a_distribution() -> None:
    assert WEIGHTS.sum() == pytest.approx(1.0)
    assert (SHARES < 1).all()


def test_nothing_found_bounds_what_is_unseen_by_the_formula_of_one_suspicion() -> None:
    # with none found the suspicion "audits never show" dominates: 0.4 / 0.95^D reaches 20
    only_never = np.log(20 / 0.4) / -np.log(0.95)
    assert undetected_bound(0, 0.05, 0.05) == pytest.approx(70.1, abs=0.1)
    assert undetected_bound(0, 0.05, 0.05) < only_never


def test_the_mixture_reaches_one_over_delta_exactly_at_the_bound() -> None:
    audit, delta, found = 0.1, 0.02, 7
    bound = undetected_bound(found, audit, delta)
    rates = audit * SHARES
    ratio = (rates / audit) ** found * ((1 - rates) / (1 - audit)) ** bound
    assert (WEIGHTS * ratio).sum() == pytest.approx(1 / delta)


@pytest.mark.parametrize("found", [0, 1, 5, 20, 60])
def test_looking_at_every_moment_costs_more_than_looking_once_and_less_than_double(
    found: int,
) -> None:
    total = np.arange(found, 5000)
    once = total[binom.cdf(found, total, 0.05) > 0.05].max() - found
    assert once < undetected_bound(found, 0.05, 0.05) < 2 * once + 1


def test_the_bound_holds_at_every_moment_in_all_but_delta_of_the_runs() -> None:
    rng, audit, delta, runs = np.random.default_rng(0), 0.1, 0.1, 2000
    bounds = np.array([undetected_bound(k, audit, delta) for k in range(300)])
    shown = rng.random((runs, 1000)) < audit  # a toss for each answer that differs
    found = shown.cumsum(axis=1)
    missed = (~shown).cumsum(axis=1)
    broken = (missed > bounds[found]).any(axis=1)
    assert 0 < broken.sum() <= binom.ppf(0.999, runs, delta)


def test_what_can_be_afforded_spends_the_credit_and_no_more() -> None:
    found = affordable(300.0, 0.05, 0.05)
    assert undetected_bound(found, 0.05, 0.05) == pytest.approx(300.0, rel=1e-3)
    assert affordable(10.0, 0.05, 0.05) == pytest.approx(0.0, abs=1e-6)
