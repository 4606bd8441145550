"""The bound on what audits missed: literal values, and its promise kept on drawn coins."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from underdog.teach.online.undetected_errors import (
    MOST,
    SHARES,
    affordable,
    audit_rates,
    price,
    undetected_bound,
    weights,
)

PLAN = (500.0, 0.05, 0.05)
"""Undetected differences that the bound is planned for, the least rate, and delta."""


def found(n: int, rate: float = 0.05, audit: float = 0.05) -> np.ndarray:
    """What ``n`` finds at one rate have taken from the evidence."""
    return n * price(rate, audit)


def test_the_weights_of_the_alternatives_are_a_distribution() -> None:
    assert weights(*PLAN).sum() == pytest.approx(1.0)
    assert (SHARES < 1).all()


def test_nothing_found_bounds_what_is_unseen_by_the_formula_of_one_alternative() -> None:
    # the evidence of the first alternative alone, ((1 - .05 a) / (1 - a))^D, reaches 20 / weight
    alone = np.log(20 / weights(*PLAN)[0]) / (np.log1p(-0.05 * 0.05) - np.log1p(-0.05))
    assert 60 < undetected_bound(found(0), *PLAN) < alone


def test_the_mixture_reaches_one_over_delta_exactly_at_the_bound() -> None:
    audit, delta, n = 0.1, 0.02, 7
    bound = undetected_bound(found(n, audit, audit), 300.0, audit, delta)
    rates = audit * SHARES
    ratio = (rates / audit) ** n * ((1 - rates) / (1 - audit)) ** bound
    assert (weights(300.0, audit, delta) * ratio).sum() == pytest.approx(1 / delta)


def test_a_find_costs_as_much_evidence_as_an_undetected_difference_brings_on_average() -> None:
    audit = 0.05
    odds = (1 - audit * SHARES) / (1 - audit)
    for rate in (0.05, 0.1, 0.25):
        mean = rate * np.exp(-price(rate, audit)) + (1 - rate) * odds
        assert mean == pytest.approx(np.ones(len(SHARES)))
    assert (price(0.2, audit) < price(0.05, audit) / 2).all()


@pytest.mark.parametrize("n", [0, 1, 5, 13, 20, 60])
def test_looking_at_every_moment_costs_more_than_looking_once_and_less_than_double(
    n: int,
) -> None:
    total = np.arange(n, 5000)
    once = total[binom.cdf(n, total, 0.05) > 0.05].max() - n
    assert once < undetected_bound(found(n), *PLAN) < 2 * once + 20


@pytest.mark.parametrize("rates", [(0.1, 0.1), (0.1, 0.25), (0.25, 0.1)])
def test_the_bound_holds_at_every_moment_in_all_but_delta_of_the_runs(
    rates: tuple[float, float],
) -> None:
    # every second difference is audited at another rate, and then the other half is
    rng, audit, delta, runs = np.random.default_rng(0), 0.1, 0.1, 700
    rate = np.resize(rates, 1000)
    rate[500:] = np.sort(rate[500:])
    shown = rng.random((runs, 1000)) < rate  # a toss for each answer that differs
    growth = np.log1p(-audit * SHARES) - np.log1p(-audit)
    spent = np.cumsum(shown[:, :, None] * price(rate, audit), axis=1)
    missed = np.cumsum(~shown, axis=1)
    evidence = np.exp(missed[:, :, None] * growth - spent) @ weights(100.0, audit, delta)
    broken = (evidence >= 1 / delta).any(axis=1)
    assert 0 < broken.sum() <= binom.ppf(0.999, runs, delta)
    row, at = np.argwhere(evidence < 1 / delta)[12345]  # the bound is where the evidence says so
    assert missed[row, at] < undetected_bound(spent[row, at], 100.0, audit, delta)


def test_what_can_be_afforded_spends_the_credit_and_no_more() -> None:
    each = 0.05 * price(0.05, 0.05)
    most = affordable(300.0, found(0), each, *PLAN)
    assert undetected_bound(most * each, *PLAN) == pytest.approx(300.0, rel=1e-3)
    assert affordable(10.0, found(0), each, *PLAN) == pytest.approx(0.0, abs=1e-6)


def test_audits_where_differences_are_expected_afford_more_of_them() -> None:
    even, often = 0.05 * price(0.05, 0.05), 0.12 * price(0.12, 0.05)
    assert affordable(500, found(0), often, *PLAN) > 1.1 * affordable(500, found(0), even, *PLAN)


def test_doubtful_answers_are_audited_more_often_and_none_less_than_the_rate() -> None:
    rates = audit_rates(np.array([0.0, 0.001, 0.05, 0.2, 0.9]), 0.05, 0.05)
    assert rates == pytest.approx([0.05, 0.05, 0.1, 0.2, MOST])
    assert audit_rates(np.array([0.9]), 0.5, 0.05) == pytest.approx([0.5])
