"""The decomposition of an ensemble's loss, by hand and by scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy
from sklearn.metrics import accuracy_score, log_loss

from underdog.combine.pools import geometric
from underdog.core.errors import UnderdogError
from underdog.evaluate.diversity import diversity, growth


def test_two_members_by_hand():
    found = diversity(np.array([[[0.9, 0.1]], [[0.4, 0.6]]]), np.array([0]))
    pooled = 0.6 / (0.6 + np.sqrt(0.06))  # sqrt(.9 * .4) = .6, sqrt(.1 * .6)
    assert found.member_loss == pytest.approx(-(np.log(0.9) + np.log(0.4)) / 2)
    assert found.ensemble_loss == pytest.approx(-np.log(pooled))
    assert found.ambiguity == pytest.approx(-np.log(0.6 + np.sqrt(0.06)))
    assert found.disagreement == 1.0


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5), st.integers(1, 6), st.integers(2, 4), st.integers(0, 99))
def test_the_ensemble_loses_what_its_members_lose_less_the_ambiguity(m, n, k, seed):
    rng = np.random.default_rng(seed)
    ballots, gold = rng.dirichlet(np.ones(k), (m, n)), rng.integers(k, size=n)
    found = diversity(ballots, gold)
    assert found.ensemble_loss == pytest.approx(found.member_loss - found.ambiguity, abs=1e-9)
    pooled = geometric(ballots, np.full(m, 1 / m))
    divergence = np.mean([entropy(pooled, member, axis=1).mean() for member in ballots])
    assert found.ambiguity == pytest.approx(divergence, abs=1e-6)


def test_disagreement_is_the_mean_over_pairs():
    votes = np.eye(2)[[[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 1]]]
    found = diversity(votes, np.zeros(4, int))
    assert found.disagreement == pytest.approx((0.25 + 0.5 + 0.25) / 3)
    alone = diversity(votes[:1], np.zeros(4, int))
    assert (alone.disagreement, alone.ambiguity) == pytest.approx((0.0, 0.0))


def test_growth_begins_at_the_mean_member_and_ends_at_the_whole():
    rng = np.random.default_rng(0)
    ballots, gold = rng.dirichlet(np.ones(3), (4, 50)), rng.integers(3, size=50)
    sizes = growth(ballots, gold, draws=400)
    assert [size.n for size in sizes] == [1, 2, 3, 4]
    alone = [accuracy_score(gold, member.argmax(axis=1)) for member in ballots]
    assert sizes[0].accuracy == pytest.approx(np.mean(alone), abs=0.01)
    whole = geometric(ballots, np.full(4, 0.25))
    assert sizes[-1].accuracy == accuracy_score(gold, whole.argmax(axis=1))
    assert sizes[-1].log_loss == pytest.approx(log_loss(gold, whole, labels=[0, 1, 2]))


def test_ballots_that_do_not_go_with_the_gold_are_refused():
    with pytest.raises(UnderdogError, match="do not go with 3 gold labels"):
        diversity(np.ones((2, 4, 2)) / 2, np.zeros(3, int))
