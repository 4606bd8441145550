"""Choosing among students: by the coverage that a guarantee would allow, pools included."""

import numpy as np
import pytest
from scipy.stats import binom
from teach.worlds import world

from underdog.combine.ensemble import Ensemble
from underdog.core.answer import Answers
from underdog.core.data import Dataset
from underdog.models.baselines import Majority
from underdog.models.linear.recipe import Bayes
from underdog.runtime.out_of_fold import Fold
from underdog.runtime.registry import build
from underdog.teach.deferral.guarantees import Risk, Total
from underdog.teach.deferral.students import (
    Goal,
    choose_student,
    expected_coverage,
    pool_weights,
    pooled,
)

GOAL = Goal(Risk(0.05), 0.05, 500)


def fold(logits, gold):
    """A fold whose answers have the softmax of ``logits`` as probabilities."""
    data = Dataset.of([f"text {i}" for i in range(len(gold))], [f"l{k}" for k in gold])
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    answers = Answers.likeliest(data.task.labels, probs, np.zeros((len(gold), 6)), "m")
    return Fold(data, data, answers)


@pytest.fixture(scope="module")
def views():
    """Two students that see independent noise about the same labels, and one that sees nothing."""
    rng = np.random.default_rng(0)
    gold = rng.integers(0, 2, 4000)
    signal = np.stack([1.0 - gold, gold], axis=1)
    seen = [fold(3 * (signal + 0.6 * rng.normal(size=signal.shape)), gold) for _ in range(2)]
    return [*[(f,) for f in seen], (fold(rng.normal(size=signal.shape), gold),)]


def test_a_pool_of_two_views_covers_more_than_either(views):
    cover = []
    for folds in (views[0], views[1], pooled(views[:2], (0.5, 0.5))):
        cover.append(expected_coverage(GOAL, folds, folds[0].answers.confidence))
    assert cover[2] > max(cover[:2]) + 0.05


def test_weights_follow_what_each_view_is_worth(views):
    labels = views[0][0].test.task.labels
    assert pool_weights(views[:2], labels) == pytest.approx((0.5, 0.5), abs=0.05)
    noise = pool_weights([views[0], views[2]], labels)
    assert noise[0] > 0.9
    assert sum(noise) == pytest.approx(1.0)


def test_the_expected_coverage_is_near_what_samples_of_that_size_certify(views):
    from underdog.teach.deferral.certificate import candidates, fixed_sequence
    from underdog.teach.deferral.paired_answers import PairedAnswers

    (one,) = pooled(views[:2], (0.5, 0.5))
    gold, said = one.test.targets, one.answers.probs.argmax(axis=1)
    sure, zero = one.answers.confidence, np.zeros(len(gold))
    whole = PairedAnswers(one.test.task.labels, sure, said, gold, gold, zero, zero)
    rng = np.random.default_rng(1)
    for guarantee in (Risk(0.05), Total(0.05)):
        certified = []
        for _ in range(40):
            sample = whole.take(rng.integers(0, len(gold), 500))
            at = fixed_sequence(guarantee, sample, candidates(sure), 0.05)
            certified.append(0.0 if at is None else (sure >= candidates(sure)[at]).mean())
        expected = expected_coverage(Goal(guarantee, 0.05, 500), (one,), sure)
        assert expected == pytest.approx(np.mean(certified), abs=0.06)


def test_a_useless_student_is_not_chosen_and_a_pool_is_an_ensemble(views):
    data = world(500)
    student = choose_student((Majority(), Bayes()), data, GOAL, None, 0)
    assert student.coverage > 0.3
    model = student.fit(data, 0)
    if len(student.recipes) == 2:
        assert isinstance(model, Ensemble)
    else:
        assert student.recipes == (Bayes(),)


def test_the_guarantee_holds_although_the_student_was_chosen_for_coverage():
    """The level does not rise by choosing: fresh worlds, and their true rates on many rows."""
    recipe = build("frugal([bayes(), majority()], recorded('llm'), total=0.15, delta=0.2)")
    runs = 12
    later, broken = world(2000, seed=999), 0
    for seed in range(runs):
        model = recipe.fit(world(240, seed=seed), seed)
        small = model.cascade.stages[0].answer(later.texts)
        _, sure = model.cascade.sure[0].weigh(later.texts, small)
        wrong = np.array(small.values) != np.array(later.labels)
        broken += (wrong & (sure >= model.certificate.threshold)).mean() > 0.15
    assert binom.sf(broken - 1, runs, 0.2) > 0.005
