import numpy as np
import pandas as pd
import pytest
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import check_is_fitted

from underdog.core.errors import UnderdogError
from underdog.fronts.estimator import Estimator
from underdog.models.linear.recipe import Bayes, Linear
from underdog.runtime.persist import save


class OverNumbers(Estimator):
    """Tables of numbers written as words: what scikit-learn's checks can fit."""

    def fit(self, X, y):
        return super().fit(words(X), y)

    def predict_proba(self, X):
        return super().predict_proba(words(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.string = True, False
        return tags


def words(X):
    table = X if issparse(X) else np.asarray(X)
    if issparse(X) or table.ndim != 2 or not table.size:
        return X
    if table.dtype == object and any(isinstance(cell, dict) for cell in table.flat):
        raise TypeError("argument must be a string or a number")
    if table.dtype.kind == "c":
        raise ValueError("Complex data not supported")
    rows = table.astype(float).tolist()
    return [" ".join(f"c{j}v{cell:.0f}" for j, cell in enumerate(row)) for row in rows]


OF_NUMBERS = {
    "check_estimators_nan_inf": "a text is never infinite",
    "check_n_features_in": "texts have no number of features",
    "check_n_features_in_after_fitting": "texts have no number of features",
    "check_classifiers_train": "a text may have any number of words",
    "check_estimators_empty_data_messages": "a text has no features that could be missing",
    "check_fit2d_predict1d": "a list of texts is one-dimensional, as it should be",
}


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")  # scikit-learn's own
def test_scikit_learns_own_checks_pass():
    done = check_estimator(
        OverNumbers("bayes()"), expected_failed_checks=OF_NUMBERS, on_skip=None, on_fail=None
    )
    failed = {c["check_name"]: c["exception"] for c in done if c["status"] == "failed"}
    assert not failed, [*failed.items()]
    assert sum(c["status"] == "passed" for c in done) >= 46
    with pytest.warns(SkipTestWarning):  # it skips what needs a table of numbers
        check_estimator(Estimator("bayes()"))


def test_before_fit_it_says_so():
    for ask in ("predict", "predict_proba"):
        with pytest.raises(NotFittedError):
            getattr(Estimator(), ask)(["a text"])
    with pytest.raises(NotFittedError):
        Estimator().save("nowhere")


@pytest.mark.parametrize("labels", [["x", "y"], [3, 10], [True, False]], ids=str)
def test_it_is_saved_and_loaded_with_its_classes(labels, moods, tmp_path):
    y = np.array([labels[t] for t in moods.targets])
    fitted = Estimator(Bayes(), seed=3).fit(list(moods.texts), y)
    fitted.save(tmp_path / "m")
    again = Estimator.load(tmp_path / "m")
    assert again.classes_.dtype == fitted.classes_.dtype
    assert again.get_params() == {"recipe": "bayes()", "seed": 3}
    np.testing.assert_array_equal(again.predict(moods.texts), fitted.predict(moods.texts))
    save(fitted.model_, tmp_path / "other")
    with pytest.raises(UnderdogError, match="no estimator"):
        Estimator.load(tmp_path / "other")


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
