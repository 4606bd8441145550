import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from underdog.teach.bounds import (
    betting_bound,
    betting_p,
    binomial_p,
    fewest,
    lower_bound,
    paired_bound,
    paired_p,
    rows_needed,
    tango,
    upper_bound,
)


@pytest.mark.parametrize(("errors", "n"), [(0, 59), (3, 100), (17, 400), (5, 5), (400, 1000)])
def test_the_exact_bounds_are_scipys(errors, n):
    above = binomtest(errors, n, alternative="less").proportion_ci(0.95).high
    below = binomtest(errors, n, alternative="greater").proportion_ci(0.9).low
    assert upper_bound(errors, n, 0.05) == pytest.approx(above, abs=1e-12)
    assert lower_bound(errors, n, 0.1) == pytest.approx(below, abs=1e-12)


def test_no_rows_bound_nothing_and_bounds_broadcast():
    assert upper_bound(0, 0, 0.05) == 1.0
    assert lower_bound(0, 0, 0.05) == 0.0
    np.testing.assert_allclose(
        upper_bound([0, 0], [59, 10], 0.05), [1 - 0.05 ** (1 / 59), 0.2589], atol=1e-4
    )


@given(st.integers(1, 400), st.floats(0.01, 0.5), st.data())
def test_the_bound_and_the_p_value_say_the_same(n, rate, data):
    errors = data.draw(st.integers(0, n))
    if abs(upper_bound(errors, n, 0.05) - rate) > 1e-9:
        assert (binomial_p(errors, n, rate) <= 0.05) == (upper_bound(errors, n, 0.05) <= rate)


def test_five_per_cent_takes_fifty_nine_spotless_answers():
    assert fewest(0.05, 0.05) == 59
    assert binomial_p(0, 59, 0.05) <= 0.05 < binomial_p(0, 58, 0.05)
    n = fewest(0.05, 0.05, 0.02)
    assert binomial_p(np.ceil(0.02 * n), n, 0.05) <= 0.05
    with pytest.raises(ValueError, match="no sample"):
        fewest(0.05, 0.05, 0.05)


def test_without_a_margin_tangos_score_is_mcnemars():
    assert tango(30, 20, 500, 1e-12) == pytest.approx((30 - 20) / np.sqrt(50), abs=1e-6)


def test_tangos_score_uses_the_constrained_maximum_likelihood():
    losses, wins, n, margin = 12, 7, 150, 0.08
    shares = np.linspace(1e-6, (1 - margin) / 2 - 1e-6, 200_001)
    likelihood = (
        losses * np.log(shares + margin)
        + wins * np.log(shares)
        + (n - losses - wins) * np.log(1 - 2 * shares - margin)
    )
    share = shares[likelihood.argmax()]
    spread = np.sqrt(n * (2 * share + margin - margin**2))
    assert tango(losses, wins, n, margin) == pytest.approx(
        (losses - wins - n * margin) / spread, abs=1e-4
    )


def test_without_pairs_that_differ_the_paired_test_is_nearly_the_binomial_one():
    assert 0.95**80 + 1e-3 <= paired_p(0, 0, 80, 0.05) <= 0.95**80 + 3e-3
    assert paired_p(5, 0, 50, 0.05) == 1.0
    assert paired_p(0, 0, 0, 0.05) == 1.0
    assert paired_p(1, 0, 50, 0.0) == 1.0


@pytest.mark.parametrize(
    ("n", "differ", "margin"), [(80, 0.1, 0.1), (300, 0.12, 0.05), (300, 0.051, 0.05)]
)
def test_the_paired_test_errs_as_often_as_it_says(n, differ, margin):
    lost, won = (differ + margin) / 2, (differ - margin) / 2
    draws = np.random.default_rng(0).multinomial(n, [lost, won, 1 - differ], size=1500)
    rejected = np.mean([paired_p(int(a), int(b), n, margin) <= 0.05 for a, b, _ in draws])
    assert rejected <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1500)
    assert rejected >= 0.02  # and wastes little of what it may


def test_the_paired_bound_inverts_the_paired_test():
    bound = paired_bound(12, 7, 300, 0.05)
    assert 5 / 300 < bound < 0.06
    assert paired_p(12, 7, 300, bound + 1e-4) <= 0.05 < paired_p(12, 7, 300, bound - 1e-3)


def test_the_betting_bound_covers_and_tightens():
    rng = np.random.default_rng(1)
    missed = 0
    for _ in range(300):
        values = rng.beta(0.5, 9.5, size=200)
        missed += betting_bound(values, 0.05) < 0.05
    assert missed <= 15 + 3 * np.sqrt(15)
    spread = [betting_bound(rng.beta(0.5, 9.5, size=n), 0.05) - 0.05 for n in (100, 1000, 10000)]
    assert spread[0] > spread[1] > spread[2] > 0


def test_bets_see_no_future_and_stay_within_their_capital():
    assert betting_p(np.zeros(100), 0.05) == pytest.approx(betting_p(np.zeros(100), 0.05))
    assert betting_p(np.array([]), 0.5) == 1.0
    assert betting_p(np.ones(50), 0.5) == 1.0
    assert betting_p(np.zeros(3), 1.5) == 0.0
    first = np.array([0.1, 0.2, 0.0, 0.3])
    longer = np.append(first, [1.0] * 4)
    assert betting_p(longer, 0.4) <= 1.0  # later losses never take back an earlier capital
    assert betting_bound(np.ones(5), 0.05) == 1.0


def test_the_betting_p_value_by_hand():
    # the first bet knows a variance of 1/4 only, the second the first value too, never its own
    values, mean, delta = [0.2, 0.9], 0.95, 0.05
    bets = []
    for variance in (0.25, (0.25 + (0.2 - (0.5 + 0.2) / 2) ** 2) / 2):
        bets.append(min(np.sqrt(2 * np.log(1 / delta) / (2 * variance)), 0.75 / (1 - mean)))
    capital = [1 + bets[0] * (mean - 0.2)]
    capital.append(capital[0] * (1 + bets[1] * (mean - 0.9)))
    assert betting_p(np.array(values), mean, delta) == pytest.approx(1 / max(capital))
    assert capital[1] > capital[0]


@pytest.mark.parametrize(("limit", "rate"), [(0.05, 0.02), (0.1, 0.0), (0.05, 0.04)])
def test_the_rows_needed_pass_four_times_in_five(limit, rate):
    n = int(rows_needed(limit, 0.05, rate))
    rng = np.random.default_rng(0)
    passes = np.mean(binomial_p(rng.binomial(n, rate, 4000), n, limit) <= 0.05)
    assert 0.77 < passes <= 1.0
    fewer = int(0.7 * n)
    less = np.mean(binomial_p(rng.binomial(fewer, rate, 4000), fewer, limit) <= 0.05)
    assert less < 0.8
    assert rows_needed(limit, 0.05, limit) == np.inf
