from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from skops.io import dumps

from underdog.core.errors import UnderdogError
from underdog.models.features.tfidf import Tfidf
from underdog.models.linear.sklearn import Sklearn, SklearnModel, _classifiers
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build
from underdog.testing import check_learner

LOGISTIC = "linear_model.LogisticRegression"


@pytest.mark.parametrize(
    "recipe",
    [
        Sklearn("ensemble.RandomForestClassifier", {"n_estimators": 5}),
        Sklearn(LOGISTIC),
        Sklearn("svm.LinearSVC"),
        Sklearn("neighbors.KNeighborsClassifier", {"n_neighbors": 3}),
        Sklearn("neighbors.NearestCentroid"),
        Sklearn("discriminant_analysis.LinearDiscriminantAnalysis"),
        Sklearn("linear_model.RidgeClassifier"),
        Sklearn("calibration.CalibratedClassifierCV", {"cv": 2}),
    ],
    ids=lambda recipe: recipe.name,
)
def test_a_classifier_keeps_the_contract(recipe, moods):
    check_learner(recipe, moods.take(range(40)))


def test_it_answers_as_scikit_learn_does_over_the_same_rows(moods):
    recipe = build("sklearn('ensemble.RandomForestClassifier', {'n_estimators': 7})")
    answers = recipe.fit(moods, seed=3).answer(moods.texts)
    features = Tfidf.learn(moods.texts)
    forest = RandomForestClassifier(7, random_state=3)
    forest.fit(features.rows(moods.texts), moods.labels)
    expected = forest.predict_proba(features.rows(moods.texts))
    np.testing.assert_allclose(answers.probs, expected, atol=1e-9)


def test_a_decision_function_becomes_a_softmax(moods):
    model = Sklearn("svm.LinearSVC").fit(moods)
    margins = model._classifier.decision_function(model.features.rows(moods.texts))
    expected = 1 / (1 + np.exp(-margins))
    np.testing.assert_allclose(model.answer(moods.texts).probs[:, 1], expected)


def test_a_classifier_without_scores_gives_probability_one(moods):
    probs = Sklearn("neighbors.RadiusNeighborsClassifier", {"radius": 2.0}).fit(moods)
    assert probs.answer(moods.texts[:3]).probs.shape == (3, 2)
    perceptron = Sklearn("neighbors.NearestCentroid").fit(moods)
    assert perceptron.answer(moods.texts[:3]).probs.max() <= 1


def test_the_seed_reaches_the_classifier_unless_the_options_set_one():
    assert Sklearn(LOGISTIC)._build(7).random_state == 7
    assert Sklearn(LOGISTIC, {"random_state": 1})._build(7).random_state == 1


def test_soft_labels_weigh_the_examples(moods):
    swapped = np.eye(2)[1 - moods.targets]
    answers = Sklearn(LOGISTIC).fit(replace(moods, soft=0.9 * swapped + 0.05)).answer(moods.texts)
    told = [moods.task.labels[1 - target] for target in moods.targets]
    assert np.mean(np.array(answers.values) == told) > 0.8
    assert answers.confidence.mean() < 0.9
    centroid = Sklearn("neighbors.NearestCentroid")
    blunt = centroid.fit(replace(moods, soft=0.9 * swapped + 0.05)).answer(moods.texts)
    sharp = centroid.fit(replace(moods, soft=swapped)).answer(moods.texts)
    assert blunt.values == sharp.values


@pytest.mark.parametrize(
    ("spec", "said", "hint"),
    [
        ("sklearn('ensemble.RandomForest')", "no classifier called", "RandomForestClassifier"),
        ("sklearn('os.system')", "no classifier called", "sklearn("),
        ("sklearn('linear_model.Ridge')", "no classifier called", "sklearn("),
        (f"sklearn('{LOGISTIC}', {{'c': 1}})", "unexpected keyword", "C, "),
        ("sklearn('ensemble.VotingClassifier')", "missing 1 required", "estimators"),
    ],
)
def test_wrong_names_and_options_are_refused_at_once(spec, said, hint):
    with pytest.raises(UnderdogError, match=said) as refused:
        build(spec)
    assert hint in refused.value.hint


def test_a_failing_fit_names_the_options(moods):
    with pytest.raises(UnderdogError, match="'C' parameter") as refused:
        Sklearn(LOGISTIC, {"C": -1.0}).fit(moods)
    assert "max_iter" in refused.value.hint


def test_only_classifiers_of_scikit_learn_can_be_named():
    assert all(cls.__module__.startswith("sklearn.") for cls in _classifiers().values())


class Stranger:
    """Something a saved file might smuggle in."""


def test_a_saved_classifier_with_foreign_types_is_refused(moods, tmp_path):
    model = Sklearn(LOGISTIC).fit(moods)
    classifier = model._classifier
    classifier.extra = Stranger()
    with pytest.raises(UnderdogError, match=r"not trusted: .*Stranger"):
        SklearnModel(LOGISTIC, model.labels, model.features, None, dumps(classifier))
    save(replace(model, stored=model.stored), tmp_path / "model")
    assert load(tmp_path / "model").answer(["a great song"]).values == ("pos",)


def test_a_damaged_classifier_is_refused(moods):
    model = Sklearn(LOGISTIC).fit(moods)
    for stored in (b"", b"nonsense", model.stored[:-100]):
        with pytest.raises(UnderdogError, match="cannot be read"):
            replace(model, stored=stored)


HARD = [
    "sklearn('ensemble.RandomForestClassifier', {'n_estimators': 3})",
    "sklearn('svm.SVC')",
]


@pytest.mark.parametrize("spec", HARD)
def test_indices_that_native_code_would_follow_are_checked(spec):
    from underdog.core.data import Dataset
    from underdog.models.linear.soundness import _parts, check_sound
    from underdog.runtime.registry import build

    rows = [(f"{w} film {i}", y) for i in range(30) for w, y in (("good", "p"), ("bad", "n"))]
    model = build(spec).fit(Dataset.of([t for t, _ in rows], [y for _, y in rows]))
    found, width = model._classifier, len(model.features.idf)
    check_sound(found, width)
    with pytest.raises(ValueError, match="do not hold together"):
        check_sound(found, width - 1)
    for part in _parts(found):
        match type(part).__name__:
            case "Tree":
                part.__getstate__()["nodes"]["left_child"][0] = 10**6
            case "SVC":
                part._n_support = part._n_support * 1000
    with pytest.raises(ValueError, match="do not hold together"):
        check_sound(found, width)


def test_a_boosted_model_has_as_many_trees_a_round_as_columns(moods):
    from underdog.models.linear.soundness import check_sound

    model = Sklearn("ensemble.GradientBoostingClassifier", {"n_estimators": 2}).fit(moods)
    found, width = model._classifier, len(model.features.idf)
    check_sound(found, width)
    found.estimators_ = np.repeat(found.estimators_, 2, axis=1)
    with pytest.raises(ValueError, match="do not hold together"):
        check_sound(found, width)
