"""`Dataset.weights`: an example that weighs twice is an example that is there twice."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import moods

import underdog as ud
from underdog.models.training.examples import Examples
from underdog.runtime.registry import build

DATA = moods(60)
ZERO = np.where(np.arange(60) < 20, 0.0, 1.0)


@pytest.mark.parametrize("spec", ["linear()", "bayes()", "ridge()"])
def test_what_weighs_nothing_is_not_learned(spec):
    rest = DATA.take(range(20, 60))
    weighted = build(spec).fit(replace(DATA, weights=ZERO)).answer(DATA.texts)
    assert weighted.probs == pytest.approx(build(spec).fit(rest).answer(DATA.texts).probs, abs=1e-4)


@pytest.mark.parametrize("spec", ["linear()", "bayes()", "ridge()"])
def test_equal_weights_change_nothing_and_others_something(spec):
    plain = build(spec).fit(DATA).answer(DATA.texts).probs
    even = build(spec).fit(replace(DATA, weights=np.full(60, 3.0))).answer(DATA.texts).probs
    assert even == pytest.approx(plain, abs=1e-6)
    heavy = np.where(DATA.targets == 0, 5.0, 1.0)
    skewed = build(spec).fit(replace(DATA, weights=heavy)).answer(DATA.texts).probs
    assert skewed[:, 0].mean() > plain[:, 0].mean()


def test_gold_counts_as_much_as_its_example():
    examples = Examples.of(replace(DATA, weights=np.arange(60.0)))
    assert examples.gold.sum(axis=1) == pytest.approx(np.arange(1, 60) / 30)


def test_other_soft_labels_are_other_data():
    soft = np.tile([0.4, 0.6], (60, 1))
    assert DATA.fingerprint != replace(DATA, soft=soft).fingerprint
    assert ud.Linear().fit(replace(DATA, soft=None)).answer(["a"]).labels == ("neg", "pos")
