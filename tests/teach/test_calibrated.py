"""Calibration: an over-confident decision model is mended, and nothing is made worse unseen."""

import json
from dataclasses import replace

import numpy as np
import pytest

from underdog.core.data import Archive, Dataset
from underdog.core.description import describe
from underdog.core.errors import UnderdogError
from underdog.evaluate.metrics import scores
from underdog.models.baselines import Majority
from underdog.models.recorded import Recorded
from underdog.runtime.registry import build
from underdog.teach.calibrated import METHODS, Calibrated


def overconfident(n, labels=2, seed=0, accuracy=0.84, stated=0.97):
    """Recorded decisions that say ``stated`` and are right in ``accuracy`` of the cases."""
    rng = np.random.default_rng(seed)
    names = [f"label {k}" for k in range(labels)]
    gold = rng.integers(labels, size=n)
    sure = np.clip(stated + rng.normal(0, 0.02, n), 0.6, 0.9999)
    right = rng.random(n) < accuracy + 3 * (sure - sure.mean())
    said = np.where(right, gold, (gold + 1 + rng.integers(labels - 1, size=n)) % labels)
    told = []
    for k, p in zip(said.tolist(), sure.tolist(), strict=True):
        row = {name: (1 - p) / (labels - 1) for name in names}
        told.append(json.dumps(row | {names[k]: p}))
    texts = tuple(f"text {i}" for i in range(n))
    columns = {"jev": tuple(told)}
    data = Dataset.of(texts, [names[k] for k in gold])
    return replace(data, columns=columns, archive=Archive(texts, columns))


@pytest.mark.parametrize("labels", [2, 5])
def test_three_hundred_labels_mend_an_overconfident_model(labels):
    """On average over draws: of 300 labels alone, accuracy is known to two points."""
    errors = []
    for seed in range(3):
        data = overconfident(4300, labels, seed)
        train, test = data.take(range(300)), data.take(range(300, 4300))
        model = Calibrated(Recorded("jev")).fit(train)
        both = Recorded("jev").fit(train).answer(test.texts), model.answer(test.texts)
        found = [scores(a, test.labels, test.task.labels)["calibration_error"] for a in both]
        errors.append(found)
    before, after = np.mean(errors, axis=0)
    assert before > 0.1
    assert after <= 0.04
    (fact,) = describe(model, ())
    assert fact.data["before"]["confidence"] == pytest.approx(0.97, abs=0.01)
    assert fact.data["before"]["accuracy"] == pytest.approx(0.84, abs=0.05)
    assert fact.data["after"]["confidence"] == pytest.approx(0.84, abs=0.05)


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
def test_answers_stay_what_they_were_unless_labels_are_shifted(method):
    data = overconfident(200, 5)
    plain = Recorded("jev").fit(data).answer(data.texts)
    mended = Calibrated(Recorded("jev"), method).fit(data).answer(data.texts)
    assert mended.values == plain.values
    assert (mended.probs.argmax(axis=1) == plain.probs.argmax(axis=1)).all()


def test_a_label_that_is_named_too_often_is_shifted():
    rng = np.random.default_rng(0)
    gold = rng.random(600) < 0.5
    p = np.clip(0.25 * gold + 0.45 + rng.normal(0, 0.1, 600), 0.01, 0.99)  # "yes" too often
    columns = {"jev": tuple(json.dumps({"yes": x, "no": 1 - x}) for x in p.tolist())}
    texts = tuple(map(str, range(600)))
    data = Dataset.of(texts, ["yes" if y else "no" for y in gold])
    data = replace(data, columns=columns, archive=Archive(texts, columns))
    train, test = data.take(range(300)), data.take(range(300, 600))
    model = Calibrated(Recorded("jev")).fit(train)
    assert model.method == "labels"
    right = [
        np.mean([a == y for a, y in zip(m.answer(test.texts).values, test.labels, strict=True)])
        for m in (Recorded("jev").fit(train), model)
    ]
    assert right[1] > right[0] + 0.03


def test_what_is_calibrated_already_is_left_alone():
    rng = np.random.default_rng(1)
    p = rng.uniform(0.02, 0.98, 500)
    gold = rng.random(500) < p
    columns = {"jev": tuple(json.dumps({"a": x, "b": 1 - x}) for x in p.tolist())}
    texts = tuple(map(str, range(500)))
    data = Dataset.of(texts, ["a" if y else "b" for y in gold])
    data = replace(data, columns=columns, archive=Archive(texts, columns))
    model = Calibrated(Recorded("jev")).fit(data)
    assert model.method == "none" or abs(model.factor - 1) < 0.2


def test_a_model_that_learns_is_calibrated_on_what_it_has_not_seen(moods):
    for method in METHODS:
        model = Calibrated(build("linear()"), method).fit(moods)
        answers = model.answer(moods.texts)
        np.testing.assert_allclose(answers.probs.sum(axis=1), 1)


def test_what_cannot_be_calibrated_is_refused(moods):
    with pytest.raises(UnderdogError, match="without probabilities"):
        Calibrated(build("scripted([['a', 'pos']])")).fit(moods)
    with pytest.raises(UnderdogError, match="knows no method"):
        Calibrated(Majority(), "magic")
