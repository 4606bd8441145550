"""Any recipe as a scikit-learn classifier: for Pipeline, cross_val_score, GridSearchCV."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from ..core.cost import Floats
from ..core.data import Dataset, Task, Text
from ..core.errors import UnderdogError
from ..core.protocols import Learner, Model
from ..runtime.registry import build


class Estimator(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """``Estimator("linear()")``: the recipe, or the spec of one, as a scikit-learn classifier.

    ``X`` holds texts, shape ``[texts]`` (or ``[texts, 1]``), or pairs, shape ``[texts, 2]``;
    ``y`` holds labels of any type that scikit-learn takes. An abstention counts as the first
    class. It does not pass on sample weights, nor what answers cost.
    """

    classes_: NDArray[Any]
    model_: Model

    def __init__(self, recipe: str | Learner = "linear()", seed: int = 0) -> None:
        self.recipe = recipe
        self.seed = seed

    def fit(self, X: Any, y: ArrayLike) -> Estimator:
        """Learn from texts and labels; `UnderdogError` if they do not match or cannot be read."""
        recipe = build(self.recipe) if isinstance(self.recipe, str) else self.recipe
        if not isinstance(recipe, Learner):
            raise UnderdogError(f"{self.recipe!r} is not a recipe", "see all: underdog list")
        texts = _texts(X)
        check_classification_targets(y)
        self.classes_, at = np.unique(np.asarray(y), return_inverse=True)
        if len(at) != len(texts):
            raise UnderdogError(
                f"{len(texts)} texts but {len(at)} labels",
                "pass as many labels as texts: fit(X, y)",
            )
        names = self._names()
        data = Dataset(Task("task", names), texts, tuple([names[i] for i in at]))
        self.model_ = recipe.fit(data, self.seed)
        return self

    def predict_proba(self, X: Any) -> Floats:
        """Probabilities, shape ``[texts, classes]``, in the order of ``classes_``."""
        check_is_fitted(self)
        return self.model_.answer(_texts(X)).matrix(self._names())

    def predict(self, X: Any) -> NDArray[Any]:
        """The likeliest class of each text, shape ``[texts]``."""
        likeliest: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return likeliest

    def _names(self) -> tuple[str, ...]:
        return tuple([str(name) for name in self.classes_])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _texts(X: Any) -> tuple[Text, ...]:
    """The rows of ``X``, a list, an array or a column of a DataFrame, as texts or pairs."""
    if isinstance(X, str):
        raise UnderdogError("one text where many are expected", "pass a list: predict([text])")
    cells = np.asarray(X, dtype=object)
    if cells.ndim == 2 and cells.shape[1] == 1:
        cells = cells.ravel()
    texts = tuple([tuple(cell) if isinstance(cell, list) else cell for cell in cells.tolist()])
    for text in texts:
        parts = text if isinstance(text, tuple) else (text,)
        if len(parts) > 2 or not all(isinstance(part, str) for part in parts):
            raise UnderdogError(
                f"{text!r} is neither a text nor a pair of texts",
                "pass texts, or an array of two columns of texts",
            )
    return texts
