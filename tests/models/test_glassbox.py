"""A readable model: its points are all that it knows, and they add up."""

import numpy as np
import pytest
from conftest import moods

from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.models.glassbox import Glassbox
from underdog.models.glassbox.lists import terms_of
from underdog.runtime.registry import build
from underdog.testing import check_learner


@pytest.fixture(scope="module", name="model")
def _model():
    return Glassbox(features=12).fit(moods(200))


def test_it_has_few_features_and_says_them_all(model):
    assert len(model.weights) <= 12
    assert len(model.rules()) == len(model.weights)
    named = " ".join(rule for rule in model.rules() if "for 'pos'" in rule)
    assert "great" in named
    assert "dull" not in named
    words = dict(model.overview()["neg"])
    assert "dull" in words
    assert max(map(len, model.lists)) <= 100


def test_its_points_add_up_exactly(model):
    for one in model.explain(["a great film and a dull plot", "", "great", "nothing here"]):
        assert one.base + one.contributions.sum(axis=0) == pytest.approx(one.output, abs=1e-12)
        points = np.sum([f.contributions for f in one.features], axis=0)
        assert one.feature_base + points == pytest.approx(one.output, abs=1e-12)
        probs = np.exp(one.output) / np.exp(one.output).sum()
        assert probs == pytest.approx(model.answer([one.text]).probs[0])
    [one] = model.explain(["a great film"])
    assert one.tokens[one.order()[0]].text == "great"


def test_it_learns_what_words_say_and_reads_pairs():
    train, test = moods(300, noise=999).split(0.3)
    model = Glassbox().fit(train)
    assert np.mean([a == b for a, b in zip(model.answer(test.texts).values, test.labels)]) > 0.95  # noqa: B905
    texts = [(t, "a great one" if i % 2 else "a dull one") for i, t in enumerate(moods(100).texts)]
    pairs = Dataset.of(texts, ["yes" if i % 2 else "no" for i in range(100)])
    check_learner(Glassbox(features=8), pairs)
    fitted = Glassbox(features=8).fit(pairs)
    [one] = fitted.explain([("a film", "a great one")])
    assert one.base + one.contributions.sum(axis=0) == pytest.approx(one.output, abs=1e-12)
    assert one.value == "yes"
    with pytest.raises(UnderdogError, match="fitted on pairs"):
        fitted.answer(["a film"])
    assert "second: great" in terms_of(("a film", "a great one"))


def test_more_features_than_a_person_reads_are_refused():
    with pytest.raises(UnderdogError, match=r"4 to 50|from 4 to 50"):
        build("glassbox(features=400)")
