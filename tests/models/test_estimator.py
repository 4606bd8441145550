import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import (
    check_get_params_invariance,
    check_mixin_order,
    check_no_attributes_set_in_init,
    check_parameters_default_constructible,
    check_set_params,
)
from sklearn.utils.validation import check_is_fitted

from underdog.core.errors import UnderdogError
from underdog.fronts.estimator import Estimator
from underdog.models.linear.recipe import Bayes, Linear


@pytest.mark.parametrize(
    "check",
    [
        check_get_params_invariance,
        check_mixin_order,
        check_no_attributes_set_in_init,
        check_parameters_default_constructible,
        check_set_params,
    ],
)
def test_scikit_learn_itself_finds_no_fault(check):
    check("Estimator", Estimator())


def test_it_answers_as_the_recipe_does(moods):
    estimator = Estimator("linear()", seed=1).fit(list(moods.texts), moods.labels)
    answers = Linear().fit(moods, seed=1).answer(moods.texts)
    assert estimator.classes_.tolist() == ["neg", "pos"]
    assert estimator.predict(list(moods.texts)).tolist() == list(answers.values)
    np.testing.assert_allclose(estimator.predict_proba(list(moods.texts)), answers.probs)
    check_is_fitted(estimator)


def test_it_works_in_pipelines_cross_validation_and_grid_search(moods):
    X, y = np.array(moods.texts), np.array(moods.labels)
    shout = FunctionTransformer(lambda texts: np.char.upper(texts.astype(str)))
    pipeline = make_pipeline(shout, Estimator("bayes()"))
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.7
    grid = GridSearchCV(Estimator(), {"recipe": ["majority()", "bayes()", Bayes()]}, cv=2)
    assert "bayes" in str(grid.fit(X, y).best_params_["recipe"])
    assert grid.predict_proba(X).shape == (len(X), 2)


def test_a_clone_has_the_same_recipe_and_nothing_learned(moods):
    fresh = clone(Estimator(Linear()).fit(list(moods.texts), moods.labels))
    assert fresh.recipe == Linear()
    assert not hasattr(fresh, "model_")


def test_labels_keep_their_type(moods):
    estimator = Estimator("bayes()").fit(list(moods.texts), 10 * moods.targets)
    assert estimator.classes_.tolist() == [0, 10]
    assert estimator.predict(["a great and lovely film"]).tolist() == [10]


def test_pairs_are_two_columns(moods):
    pairs = np.array([("what is it?", text) for text in moods.texts], dtype=object)
    column = pd.DataFrame({"text": moods.texts})
    for X in (pairs, pd.DataFrame(pairs), column, column["text"]):
        assert Estimator("bayes()").fit(X, moods.labels).score(X, moods.labels) > 0.8


@pytest.mark.parametrize(
    ("X", "said"),
    [
        ("one text", "one text where many are expected"),
        ([["a", "b", "c"], ["d", "e", "f"]], "neither a text nor a pair"),
        ([1.5, 2.5], "neither a text nor a pair"),
        (["a", "b", "c"], "3 texts but 2 labels"),
    ],
)
def test_what_is_not_text_is_refused(X, said):
    with pytest.raises(UnderdogError, match=said):
        Estimator().fit(X, ["yes", "no"])


def test_a_model_that_is_no_recipe_is_refused():
    with pytest.raises(UnderdogError, match="not a recipe"):
        Estimator("scripted([['a', 'b']])").fit(["a", "b"], ["yes", "no"])
