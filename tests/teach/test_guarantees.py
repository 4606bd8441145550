import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import recall_score

from underdog.core.errors import UnderdogError
from underdog.teach.bounds import paired_p
from underdog.teach.deferral.drop import Drop
from underdog.teach.deferral.guarantees import MeanCost, Risk, Total
from underdog.teach.deferral.paired_answers import PairedAnswers

LABELS = ("a", "b", "c")


def evidence(n=400, seed=0, wrong=0.1, gold_share=1.0):
    """A sample on which two models err independently, the surer the less the small one."""
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, 3, n)
    sure = rng.random(n)
    slips = rng.random(n) < 2 * wrong * (1 - sure)
    small = np.where(slips, (gold + 1) % 3, gold)
    large = np.where(rng.random(n) < wrong / 2, (gold + 2) % 3, gold)
    known = np.where(rng.random(n) < gold_share, gold, -1)
    return PairedAnswers(LABELS, sure, small, large, known, np.full(n, 1e-6), rng.random(n) * 0.01)


EVERYTHING = evidence()
ALL = np.ones(400, bool)
NONE = np.zeros(400, bool)


@pytest.mark.parametrize("against", ["gold", "large"])
def test_a_risk_is_bounded_by_the_exact_binomial(against):
    kept = EVERYTHING.confidence >= 0.4
    truth = EVERYTHING.gold if against == "gold" else EVERYTHING.large
    errors, n = int((kept & (EVERYTHING.small != truth)).sum()), int(kept.sum())
    reference = binomtest(errors, n, alternative="less").proportion_ci(0.95).high
    guarantee = Risk(0.2, against)
    assert guarantee.bound(EVERYTHING, kept, 0.05) == pytest.approx(reference)
    assert guarantee.observed(EVERYTHING, kept) == errors / n
    assert guarantee.holds(EVERYTHING, kept, 0.05) == (reference <= 0.2)
    assert Risk(reference + 1e-6, against).holds(EVERYTHING, kept, 0.05)
    assert not Risk(reference - 1e-6, against).holds(EVERYTHING, kept, 0.05)


def test_a_risk_of_no_answers_is_not_guaranteed():
    assert not Risk(0.5).holds(EVERYTHING, NONE, 0.05)
    assert Risk(0.5).bound(EVERYTHING, NONE, 0.05) == 1.0


def test_an_abstention_of_the_large_model_counts_as_different():
    silent = PairedAnswers(
        LABELS,
        np.ones(3),
        np.array([0, 1, -1]),
        np.array([-1, 1, -1]),
        *[np.zeros(3, int)] + [np.zeros(3)] * 2,
    )
    assert Risk(0.1, "large").observed(silent, np.array([True, True, False])) == 0.5


def test_too_many_gaps_in_the_large_models_answers_are_said():
    gaps = EVERYTHING.take(np.arange(400))
    gaps.large[:60] = -1
    with pytest.raises(UnderdogError, match="no label on 60 of 400 rows, more than the 5"):
        Risk(0.05, "large").check(gaps)
    Risk(0.2, "large").check(gaps)


def test_few_gold_labels_are_helped_by_many_answers_of_a_good_large_model():
    """With 150 gold labels among 6,000, the answers of a large model that is right tighten."""
    rng = np.random.default_rng(5)
    n = 6000
    gold = rng.integers(0, 3, n)
    small = np.where(rng.random(n) < 0.1, (gold + 1) % 3, gold)
    known = np.where(np.arange(n) < 150, gold, -1)
    seen = PairedAnswers(LABELS, np.ones(n), small, gold, known, np.zeros(n), np.zeros(n))
    kept = np.ones(n, bool)
    helped, alone = (Risk(0.2, how).bound(seen, kept, 0.05) for how in ("both", "gold"))
    assert 0.1 < helped < alone
    assert Risk(helped + 0.001, "both").holds(seen, kept, 0.05)
    assert not Risk(helped - 0.001, "both").holds(seen, kept, 0.05)


def test_a_risk_helped_by_a_poor_large_model_is_still_rarely_too_low():
    broken, draws = 0, 100
    for seed in range(draws):
        seen = evidence(1500, seed, wrong=0.2, gold_share=0.3)  # the small one errs on a fifth
        broken += Risk(0.2, "both").holds(seen, np.ones(1500, bool), 0.05)
    assert broken <= 0.05 * draws + 3 * np.sqrt(0.05 * draws)


def test_a_drop_in_accuracy_is_paired():
    kept = EVERYTHING.confidence >= 0.5
    right, large = EVERYTHING.small == EVERYTHING.gold, EVERYTHING.large == EVERYTHING.gold
    losses, wins = int((kept & large & ~right).sum()), int((kept & right & ~large).sum())
    guarantee = Drop(0.05)
    assert guarantee.observed(EVERYTHING, kept) == pytest.approx((losses - wins) / 400)
    assert guarantee.holds(EVERYTHING, kept, 0.05) == (paired_p(losses, wins, 400, 0.05) <= 0.05)
    system = np.where(kept, EVERYTHING.small, EVERYTHING.large)
    assert guarantee.observed(EVERYTHING, kept) == pytest.approx(
        large.mean() - (system == EVERYTHING.gold).mean()
    )


def test_a_drop_in_recall_is_the_worst_of_all_classes_and_all_must_pass():
    kept = EVERYTHING.confidence >= 0.3
    system = np.where(kept, EVERYTHING.small, EVERYTHING.large)
    before, after = (
        recall_score(EVERYTHING.gold, said, average=None) for said in (EVERYTHING.large, system)
    )
    guarantee = Drop(0.2, "recall")
    assert guarantee.observed(EVERYTHING, kept) == pytest.approx((before - after).max())
    singles = []
    for k in range(3):
        rows = EVERYTHING.take(EVERYTHING.gold == k)
        singles.append(Drop(0.2).holds(rows, kept[EVERYTHING.gold == k], 0.05))
    assert guarantee.holds(EVERYTHING, kept, 0.05) == all(singles)


def test_a_system_that_is_the_large_model_drops_nowhere():
    for metric in ("accuracy", "macro_f1", "recall"):
        guarantee = Drop(0.2, metric)
        assert guarantee.observed(EVERYTHING, NONE) == 0.0
        assert guarantee.holds(EVERYTHING, NONE, 0.05)


def test_a_drop_needs_gold_labels_of_every_class_it_speaks_of():
    none = evidence(gold_share=0.0)
    with pytest.raises(UnderdogError, match="no calibration row has one"):
        Drop(0.1).check(none)
    with pytest.raises(UnderdogError, match="no calibration row has a gold label"):
        Risk(0.1).check(none)
    twofold = EVERYTHING.take(EVERYTHING.gold < 2)
    Drop(0.1).check(twofold)
    with pytest.raises(UnderdogError, match=r"1 labels have no example .* for example 'c'"):
        Drop(0.1, "recall").check(twofold)


def test_a_budget_bounds_the_mean_cost_of_the_whole():
    guarantee = MeanCost(0.006, 0.02)
    kept = EVERYTHING.confidence >= 0.5
    mean = float((EVERYTHING.small_dollars + np.where(kept, 0, EVERYTHING.large_dollars)).mean())
    assert guarantee.observed(EVERYTHING, kept) == pytest.approx(mean)
    assert mean < guarantee.bound(EVERYTHING, kept, 0.05) < 2 * mean
    assert guarantee.holds(EVERYTHING, ALL, 0.05)
    assert not MeanCost(mean, 0.02).holds(EVERYTHING, kept, 0.05)


def test_an_unknown_price_is_refused():
    unknown = EVERYTHING.take(np.arange(400))
    unknown.large_dollars[3:7] = np.nan
    with pytest.raises(UnderdogError, match="the cost of 4 answers is unknown"):
        MeanCost(0.01, 0.02).check(unknown)


@pytest.mark.parametrize("against", ["gold", "large"])
def test_a_total_is_the_exact_binomial_over_all_rows(against):
    kept = EVERYTHING.confidence >= 0.4
    truth = EVERYTHING.gold if against == "gold" else EVERYTHING.large
    errors = int((kept & (EVERYTHING.small != truth)).sum())
    reference = binomtest(errors, 400, alternative="less").proportion_ci(0.95).high
    total = Total(0.2, against)
    assert total.bound(EVERYTHING, kept, 0.05) == pytest.approx(reference)
    assert total.observed(EVERYTHING, kept) == errors / 400
    assert Total(reference + 1e-6, against).holds(EVERYTHING, kept, 0.05)
    assert not Total(reference - 1e-6, against).holds(EVERYTHING, kept, 0.05)
    assert total.observed(EVERYTHING, NONE) == 0.0
    some = EVERYTHING.take(np.arange(400))
    some.gold[:100] = -1  # rows without gold are not judged
    assert Total(0.2).observed(some, NONE | True) == pytest.approx(
        (some.small != some.gold)[100:].mean()
    )
