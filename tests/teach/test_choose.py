import numpy as np
import pytest
from teach.worlds import world

from underdog.combine.confidence import Entropy, Margin, Nearest, Probability, Verifier
from underdog.core.answer import Answers
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.models.baselines import Majority
from underdog.runtime.out_of_fold import Fold, out_of_fold
from underdog.runtime.registry import build
from underdog.teach.deferral.choose import (
    NAMES,
    aurc,
    choose_confidence,
    choose_reference,
    confidences,
    temperature,
)

BAYES = build("bayes()")


@pytest.fixture(scope="module")
def data():
    return world(400)


@pytest.fixture(scope="module")
def folds(data):
    return out_of_fold(BAYES, data, 5, 0)


def test_cross_fitted_answers_are_of_models_that_did_not_see_the_text(folds, data):
    seen = [text for fold in folds for text in fold.test.texts]
    assert sorted(seen) == sorted(data.texts)
    for fold in folds:
        assert not {*fold.train.texts} & {*fold.test.texts}
        assert fold.answers.values == BAYES.fit(fold.train, 0).answer(fold.test.texts).values


def test_the_area_under_risk_and_coverage_by_hand():
    right = np.array([True, False, True])
    assert aurc(np.array([0.9, 0.8, 0.7]), right) == pytest.approx((0 + 1 / 2 + 1 / 3) / 3)
    assert aurc(np.array([0.7, 0.9, 0.8]), right) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    assert aurc(np.array([0.5, 0.5, 0.5]), right) == pytest.approx(1 / 3)


def made(t, n=4000, k=3):
    """A fold whose probabilities are right once their logarithms are divided by ``t``."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(n, k)) * 2
    true = np.exp(logits / t)
    true /= true.sum(axis=1, keepdims=True)
    labels = [f"l{row}" for row in (true.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)]
    data = Dataset.of([f"text {i}" for i in range(n)], labels)
    said = np.exp(logits)
    said /= said.sum(axis=1, keepdims=True)
    return Fold(data, data, Answers.likeliest(data.task.labels, said, np.zeros((n, 6)), "m"))


@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.parametrize("t", [0.6, 2.5])
def test_the_temperature_that_spoilt_the_probabilities_is_found(t, k):
    assert temperature([made(t, k=k)]) == pytest.approx(t, rel=0.12)


def test_a_label_with_one_example_is_no_obstacle_to_a_temperature():
    whole = made(1.0)
    _, common, rare = (np.flatnonzero(whole.test.targets == k) for k in range(3))
    rows = np.append(common, rare[0])
    data, said = whole.test.take(rows), whole.answers.probs[rows]
    answers = Answers.likeliest(data.task.labels, said, np.zeros((len(rows), 6)), "m")
    assert temperature([Fold(data, data, answers)]) > 0


def test_without_probabilities_there_is_no_temperature(data):
    said = Answers.said(data.labels, np.zeros((len(data), 6)), "m")
    assert temperature([Fold(data, data, said)]) == 1.0
    assert temperature(out_of_fold(Majority(), world(60), 3, 0)) > 0


def test_a_signal_can_be_asked_for_by_name(folds, data):
    kinds = dict(zip(NAMES, (Probability, Margin, Entropy, Verifier, Nearest), strict=True))
    for name, kind in kinds.items():
        signal = choose_confidence(folds, name, data, 0)
        assert isinstance(signal, kind)
        assert len(confidences(signal, folds)) == len(data)
    with pytest.raises(UnderdogError, match="no confidence is called 'luck'"):
        choose_confidence(folds, "luck", data, 0)


def test_left_to_itself_the_choice_is_the_best_of_those_that_cost_no_time(folds, data):
    right = np.concatenate([fold.right for fold in folds])
    picked = aurc(confidences(choose_confidence(folds, None, data, 0), folds), right)
    for name in ("probability", "margin", "entropy"):
        assert picked <= aurc(confidences(choose_confidence(folds, name, data, 0), folds), right)


def test_an_acceptor_knows_a_text_that_says_nothing(folds, data):
    signal = choose_confidence(folds, "acceptor", data, 0)
    said = Answers.said(["pos", "pos"], np.zeros((2, 6)), "m")
    clear, vague = signal.weigh(["a great film number 9000", "a plain film number 9001"], said)[1]
    assert clear > vague


def test_an_acceptor_cannot_learn_without_mistakes():
    spotless = world(80, hard=0.0)
    said = Answers.said(spotless.labels, np.zeros((80, 6)), "m")
    with pytest.raises(UnderdogError, match="learns from mistakes"):
        choose_confidence([Fold(spotless, spotless, said)], "acceptor", spotless, 0)


class Says:
    """A large model that is right on about a share of the texts."""

    def __init__(self, data, right):
        rng = np.random.default_rng(3)
        other = {"pos": "neg", "neg": "pos"}
        pairs = zip(data.texts, data.labels, strict=True)
        self.said = {t: y if rng.random() < right else other[y] for t, y in pairs}

    def answer(self, texts):
        return Answers.said([self.said[text] for text in texts], np.zeros((len(texts), 6)), "s")


def test_a_large_model_helps_a_bound_where_it_is_good_and_answers_much(folds, data):
    assert choose_reference(folds, data, Says(data, 1.0), 100, 5000) == "both"
    assert choose_reference(folds, data, Says(data, 0.7), 100, 5000) == "gold"
    assert choose_reference(folds, data, Says(data, 1.0), 100, 50) == "gold"
    assert choose_reference(folds, data, Says(data, 1.0), 0, 50) == "gold"
