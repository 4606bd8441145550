"""A confidence for a model that gives none, learned from its questions and answers."""

import numpy as np
import pytest
from conftest import moods

from underdog.core.data import Archive, Dataset
from underdog.core.description import describe
from underdog.core.errors import UnderdogError
from underdog.models.linear.recipe import Bayes
from underdog.models.recorded import Recorded
from underdog.teach.confident import Confident, clustered, shared


def logs(n=160):
    """A log of a model that is wrong on three songs in four, and right on all films."""
    texts = [f"the {'song' if i % 2 else 'film'} number {i} is fine" for i in range(n)]
    labels = ["pos" if i % 4 < 2 else "neg" for i in range(n)]
    flip = {"pos": "neg", "neg": "pos"}
    said = tuple(flip[y] if i % 2 and i % 8 > 1 else y for i, y in enumerate(labels))
    data = Dataset.of(texts, labels)
    archive = Archive(tuple(texts), {"gpt_answer": said})
    return Dataset(data.task, data.texts, data.labels, archive=archive)


@pytest.fixture(scope="module", name="model")
def _model():
    return Confident(Recorded("gpt_answer"), Bayes()).fit(logs())


def test_it_is_as_sure_as_it_is_right_and_answers_stay(model):
    data = logs()
    said = model.answer(data.texts)
    assert said.values == data.archive.columns["gpt_answer"]
    right = np.array([a == b for a, b in zip(said.values, data.labels, strict=True)])
    film = np.arange(len(data)) % 2 == 0
    assert said.confidence[film].mean() > said.confidence[~film].mean() + 0.3
    assert said.confidence.mean() == pytest.approx(right.mean(), abs=0.06)
    (fact,) = describe(model, [])
    assert fact.data["auroc"] > 0.75
    assert "length alone" in fact.says


def test_the_target_is_the_accuracy_of_the_cluster():
    right, of = np.array([True, True, False, False]), np.array([0, 0, 0, 1])
    np.testing.assert_allclose(shared(right, of), [3 / 4, 3 / 4, 2 / 4, 0.0])


def test_questions_with_the_same_words_are_in_one_cluster():
    of = clustered(["red car", "red car fast", "blue sea", "blue sea deep"] * 4, 2, 0)
    assert len(set(of[[0, 1, 4, 5]])) == 1
    assert of[0] != of[2]


def test_a_model_that_is_always_right_is_not_quite_sure():
    data = logs()
    perfect = Archive(data.texts, {"gold": data.labels})
    data = Dataset(data.task, data.texts, data.labels, archive=perfect)
    said = Confident(Recorded("gold")).fit(data).answer(data.texts[:3])
    assert (said.confidence < 1).all()
    assert (said.confidence > 0.98).all()


def test_too_few_labels_are_refused():
    with pytest.raises(UnderdogError, match="too few to learn a confidence"):
        Confident(Bayes()).fit(moods(10))
