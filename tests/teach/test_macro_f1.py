import numpy as np
import pytest
from sklearn.metrics import f1_score

from underdog.teach.deferral.macro_f1 import (
    _worst_scores,
    f1,
    f1_drop,
    f1_drop_bound,
    f1_drop_holds,
    staked_bound,
)


def world(shares, wrong, differ, n, seed=0):
    """Gold labels, a large model that errs, and a system that now and then says otherwise."""
    rng = np.random.default_rng(seed)
    k = len(shares)
    gold = rng.choice(k, n, p=shares)
    large = np.where(rng.random(n) < wrong, rng.integers(0, k, n), gold)
    return gold, large, np.where(rng.random(n) < differ, rng.integers(0, k, n), large)


def test_f1_and_its_drop_are_scikit_learns():
    gold, large, system = world([0.5, 0.3, 0.2], 0.2, 0.2, 500)
    np.testing.assert_allclose(f1(gold, large, 3), f1_score(gold, large, average=None))
    reference = f1_score(gold, large, average="macro") - f1_score(gold, system, average="macro")
    assert f1_drop(gold, large, system) == pytest.approx(reference)


def test_an_abstention_is_a_miss_of_the_gold_class_and_no_hit_of_another():
    gold, said = np.array([0, 0, 1, 1]), np.array([0, -1, 1, -1])
    np.testing.assert_allclose(f1(gold, said, 2), [2 / 3, 2 / 3])


def test_models_that_never_differ_have_a_bound_that_shrinks_with_the_sample():
    wide, narrow = (f1_drop_bound(*world([0.6, 0.4], 0.1, 0.0, n), 0.05) for n in (200, 2000))
    assert 0 < narrow < wide / 5


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.8, 0.15, 0.05]])
def test_the_bound_is_above_the_true_drop(shares):
    gold, large, system = world(shares, 0.1, 0.06, 20_000)
    true, rng = f1_drop(gold, large, system), np.random.default_rng(1)
    bounds = []
    for _ in range(100):
        rows = rng.integers(0, len(gold), 600)
        bounds.append(f1_drop_bound(gold[rows], large[rows], system[rows], 0.05))
    assert np.mean(np.array(bounds) < true) <= 0.05
    whole = f1_drop_bound(gold, large, system, 0.05)
    assert true < whole < true + 0.03


def test_no_text_is_scored_below_what_it_adds_to_the_drop():
    """At the sample's own F1 and frequencies, which the intervals contain, the scores add up."""
    gold, large, system = world([0.6, 0.3, 0.1], 0.15, 0.1, 900)
    of_large, exact = f1(gold, large, 3), np.zeros(900)
    for c in range(3):
        weight = ((system == c).mean() + (gold == c).mean()) * 3
        gain = (2.0 * (gold == c) - of_large[c]) * ((large == c) * 1.0 - (system == c))
        exact += gain / weight
    assert exact.mean() == pytest.approx(f1_drop(gold, large, system))
    worst, top = _worst_scores(gold, large, system, 0.05)
    assert (worst >= exact - 1e-12).all()
    assert (worst[large == system] == 0).all()
    assert worst.max() <= top


def test_larger_scores_never_lower_the_bound():
    rng = np.random.default_rng(2)
    for _ in range(20):
        scores = rng.choice([-1.0, 0.0, 1.0], 300, p=[0.05, 0.85, 0.1])
        more = scores + 0.2 * (rng.random(300) < 0.1)
        assert staked_bound(more, 1.2, 0.05) >= staked_bound(scores, 1.2, 0.05)


def test_scores_that_could_ruin_every_stake_bound_nothing():
    assert staked_bound(np.zeros(500), 1000.0, 0.05) == 1.0


def test_the_drop_holds_exactly_above_its_bound():
    for seed in range(5):
        said = world([0.7, 0.3], 0.1, 0.05, 800, seed)
        bound = f1_drop_bound(*said, 0.05)
        assert f1_drop_holds(*said, bound + 1e-6, 0.05)
        assert not f1_drop_holds(*said, bound - 1e-6, 0.05)
