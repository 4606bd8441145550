"""Paired comparisons, multiplicity and break-even."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from underdog.evaluate.stats import BreakEven, Paired, break_even, holm, mcnemar, paired


def pairs(
    wins: int, losses: int, both: int, margin: float = 0.01, clusters: list[str] | None = None
) -> Paired:
    small = np.repeat([1.0, 0.0, 1.0], [wins, losses, both])
    large = np.repeat([0.0, 1.0, 1.0], [wins, losses, both])
    return paired(small, large, margin, clusters)


def test_the_interval_is_tangos_published_one() -> None:
    # Airway hyper-responsiveness before and after transplantation, 21 pairs (Fagerland, Lydersen
    # & Laake 2014, example 1): Tango's interval is -.517 to -.026.
    found = pairs(1, 7, 13)
    assert (found.wins, found.losses) == (1, 7)
    assert found.difference == pytest.approx(-6 / 21)
    assert found.low == pytest.approx(-0.517, abs=5e-4)
    assert found.high == pytest.approx(-0.026, abs=5e-4)


def test_the_one_sided_test_is_that_of_propcis() -> None:
    # R: PropCIs::scoreci.mp(25, 28, 618, .90) is -.0148 to .0247.
    assert pairs(28, 25, 565, margin=0.01475).noninferior_p > 0.05
    assert pairs(28, 25, 565, margin=0.01485).noninferior_p < 0.05


def test_without_discordant_pairs_the_interval_is_wilsons() -> None:
    z2 = 1.959963984540054**2
    found = pairs(0, 0, 80)
    assert found.high == pytest.approx(z2 / (80 + z2), abs=1e-9)
    assert found.low == pytest.approx(-z2 / (80 + z2), abs=1e-9)
    assert found.mcnemar_p == 1.0


@pytest.mark.parametrize(("wins", "losses"), [(7, 0), (0, 7), (1, 0), (0, 1)])
def test_an_interval_exists_when_one_model_is_always_right(wins: int, losses: int) -> None:
    found = pairs(wins, losses, 0)
    assert -1 <= found.low < found.high <= 1
    assert found.low <= found.difference <= found.high


def test_mcnemar_is_the_exact_binomial_test() -> None:
    from scipy.stats import binomtest

    for wins, losses in [(12, 2), (5, 5), (0, 9), (40, 61)]:
        exact = binomtest(wins, wins + losses, 0.5).pvalue
        assert mcnemar(wins, losses) == pytest.approx(exact, abs=1e-12)
    assert mcnemar(2, 12) == pytest.approx(0.012939453125, abs=1e-15)  # 2 * 106 / 2**14


def test_noninferiority_agrees_with_a_ninety_percent_interval() -> None:
    """One-sided at 5 %: the lower end of a 90 % score interval lies above minus the margin."""
    found = pairs(12, 17, 971, margin=0.02)
    at_the_edge = pairs(12, 17, 971, margin=-found.low)
    assert at_the_edge.noninferior_p == pytest.approx(0.025, abs=1e-6)
    assert found.noninferior == (found.noninferior_p < 0.05)


def test_a_small_model_that_is_clearly_worse_is_not_called_noninferior() -> None:
    assert not pairs(10, 60, 930).noninferior
    assert pairs(60, 10, 930).noninferior
    assert not pairs(1, 1, 10).noninferior  # too few texts to say


def test_clusters_of_one_text_change_nothing() -> None:
    names = [str(i) for i in range(100)]
    assert pairs(6, 4, 90, clusters=names) == pairs(6, 4, 90)


def test_the_adjusted_interval_is_bonett_and_prices() -> None:
    """Means over seeds that happen to be whole, forced into the general method by one half."""
    small = np.array([1.0] * 12 + [0.0] * 2 + [0.5] + [1.0] * 36)
    large = np.array([0.0] * 12 + [1.0] * 2 + [0.5] + [1.0] * 36)
    found = paired(small, large)
    n, p_win, p_loss = 53, 13 / 53, 3 / 53
    error = np.sqrt((p_win + p_loss - (p_win - p_loss) ** 2) / n)
    t = 2.0085591121007611  # Student's 97.5 % point, 50 degrees of freedom
    assert found.low == pytest.approx(p_win - p_loss - t * error, abs=1e-9)
    assert found.high == pytest.approx(p_win - p_loss + t * error, abs=1e-9)


def test_equal_texts_widen_the_interval() -> None:
    twice = [str(i // 2) for i in range(200)]
    small = np.repeat([1.0, 0.0, 1.0], [20, 12, 168])
    large = np.repeat([0.0, 1.0, 1.0], [20, 12, 168])
    torn, kept = paired(small, large), paired(small, large, clusters=twice)
    assert kept.high - kept.low > 1.2 * (torn.high - torn.low)


def test_one_cluster_says_nothing() -> None:
    found = pairs(6, 4, 90, clusters=["a"] * 100)
    assert (found.low, found.high, found.noninferior_p) == (-1.0, 1.0, 1.0)


def test_a_half_right_text_is_no_discordant_pair() -> None:
    found = paired(np.array([0.5, 1.0, 0.0, 0.75]), np.array([1.0, 0.5, 1.0, 0.25]))
    assert (found.wins, found.losses) == (1, 1)


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="equal length"):
        paired(np.ones(3), np.ones(4))


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 200), st.sampled_from([1, 2, 5, 200]))
def test_swapping_the_models_turns_the_interval_round(
    wins: int, losses: int, both: int, size: int
) -> None:
    n = wins + losses + both
    clusters = None if size == 1 else [str(i // size) for i in range(n)]
    one, other = (
        pairs(wins, losses, both, 0.01, clusters),
        pairs(losses, wins, both, 0.01, clusters),
    )
    assert one.difference == pytest.approx(-other.difference, abs=1e-12)
    # With clusters the order of the texts matters, so only the total may be compared.
    if clusters is None:
        assert one.low == pytest.approx(-other.high, abs=1e-8)
        assert one.high == pytest.approx(-other.low, abs=1e-8)
    assert one.mcnemar_p == other.mcnemar_p
    assert one.low <= one.difference <= one.high


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=60), st.randoms())
def test_the_order_of_the_texts_does_not_matter(
    rows: list[tuple[bool, bool]], random: st.DrawFn
) -> None:
    shuffled = list(range(len(rows)))
    random.shuffle(shuffled)
    columns = np.array(rows, dtype=np.float64)
    names = [f"{i % 7}" for i in range(len(rows))]
    for clusters in (None, names):
        one = paired(columns[:, 0], columns[:, 1], 0.01, clusters)
        other = paired(
            columns[shuffled, 0],
            columns[shuffled, 1],
            0.01,
            clusters and [clusters[i] for i in shuffled],
        )
        assert one.low == pytest.approx(other.low, abs=1e-12)
        assert one.noninferior_p == pytest.approx(other.noninferior_p, abs=1e-12)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 500))
def test_a_wider_margin_is_easier_to_meet(wins: int, losses: int, both: int) -> None:
    strict, loose = pairs(wins, losses, both, 0.01), pairs(wins, losses, both, 0.02)
    assert loose.noninferior_p <= strict.noninferior_p + 1e-12


@pytest.mark.parametrize(("win", "loss"), [(0.01, 0.01), (0.02, 0.05), (0.1, 0.08)])
def test_intervals_cover_as_often_as_they_say(win: float, loss: float) -> None:
    """600 draws of 400 texts: a coverage below 92.5 % would be 2.8 standard errors off."""
    rng = np.random.default_rng(7)
    draws = rng.multinomial(400, [win, loss, 1 - win - loss], size=600)
    found = [pairs(*map(int, draw)) for draw in draws]
    assert np.mean([f.low <= win - loss <= f.high for f in found]) > 0.925


def test_noninferiority_errs_in_one_of_twenty_at_the_margin() -> None:
    """2,000 draws exactly at the margin: .05, give or take .015 (three standard errors)."""
    rng = np.random.default_rng(3)
    draws = rng.multinomial(1000, [0.03, 0.05, 0.92], size=2000)
    rate = np.mean([pairs(*map(int, draw), margin=0.02).noninferior for draw in draws])
    assert 0.035 < rate < 0.065


def test_intervals_of_clustered_texts_cover_as_well() -> None:
    """20 uneven clusters that agree within: 500 draws, at least 92 % (nominal 95 %)."""
    rng = np.random.default_rng(11)
    covered = []
    for _ in range(500):
        of = np.repeat(np.arange(20), rng.integers(5, 25, 20))
        shared = rng.choice(3, p=[0.1, 0.1, 0.8], size=20)[of]
        kind = np.where(
            rng.random(len(of)) < 0.3, shared, rng.choice(3, p=[0.1, 0.1, 0.8], size=len(of))
        )
        found = paired(
            (kind != 1).astype(float), (kind != 0).astype(float), clusters=[str(c) for c in of]
        )
        covered.append(found.low <= 0 <= found.high)
    assert np.mean(covered) > 0.92


def test_holm_equals_rs_p_adjust() -> None:
    # R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert holm([0.04, 0.001, 0.6]) == pytest.approx([0.08, 0.003, 0.6])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_keeps_the_order_and_never_lowers_a_p_value(p: list[float]) -> None:
    adjusted = holm(p)
    assert all(a <= b <= 1 for a, b in zip(p, adjusted, strict=True))
    ranked = [adjusted[i] for i in sorted(range(len(p)), key=lambda i: p[i])]
    assert ranked == sorted(ranked)


def test_break_even_divides_the_bill_by_the_saving() -> None:
    assert break_even(30.0, 0.0001, 0.0061).answers == 5000
    assert break_even(1.0, 0.0, 0.3).answers == 4  # three answers save .9
    assert break_even(0.0, 0.001, 0.002).answers == 0


def test_never_and_unknown_are_told_apart() -> None:
    never = break_even(10.0, 0.002, 0.001)
    unknown = break_even(10.0, 0.002, None)
    assert never.answers is None
    assert unknown.answers is None
    assert never.sentence.startswith("never")
    assert "unknown" in unknown.sentence
    assert "large model" in unknown.sentence
    assert break_even(float("nan"), 0.0, 1.0) == BreakEven(
        None, "break-even unknown: it is not known what labelling and training cost"
    )
