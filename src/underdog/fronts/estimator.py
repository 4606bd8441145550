"""Any recipe as a scikit-learn classifier: for Pipeline, cross_val_score, GridSearchCV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from ..core.cost import Floats
from ..core.data import Dataset, Task, Text
from ..core.errors import UnderdogError
from ..core.protocols import Learner, Model
from ..runtime import persist
from ..runtime.registry import build, spec


class NotTexts(UnderdogError, ValueError):
    """What was passed to `Estimator` cannot be learned from or answered."""


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
        """Learn from texts and labels; `NotTexts`, an `UnderdogError`, if they cannot be read."""
        recipe = build(self.recipe) if isinstance(self.recipe, str) else self.recipe
        if not isinstance(recipe, Learner):
            raise UnderdogError(f"{self.recipe!r} is not a recipe", "see all: underdog list")
        texts = _texts(X)
        if y is None:
            raise NotTexts("requires y to be passed, but the target y is None", "fit(X, y)")
        gold = column_or_1d(y, warn=True)
        check_classification_targets(gold)
        self.classes_, at = np.unique(gold, return_inverse=True)
        if len(at) != len(texts):
            raise NotTexts(
                f"{len(texts)} texts but {len(at)} labels",
                "pass as many labels as texts: fit(X, y)",
            )
        if len(self.classes_) < 2:
            raise NotTexts("y holds one class only", "give examples of at least two labels")
        names = self._names()
        data = Dataset(Task("task", names), texts, tuple([names[i] for i in at]))
        self.model_ = recipe.fit(data, self.seed)
        return self

    def predict_proba(self, X: Any) -> Floats:
        """Probabilities, shape ``[texts, classes]``, in the order of ``classes_``.

        Raises scikit-learn's NotFittedError before `fit`, and `NotTexts` for other input.
        """
        check_is_fitted(self)
        return self.model_.answer(_texts(X)).matrix(self._names())

    def predict(self, X: Any) -> NDArray[Any]:
        """The likeliest class of each text, shape ``[texts]``.

        Raises scikit-learn's NotFittedError before `fit`, and `NotTexts` for other input.
        """
        likeliest = self.predict_proba(X).argmax(axis=1)
        classes: NDArray[Any] = self.classes_[likeliest]
        return classes

    def save(self, folder: Path | str) -> None:
        """Write the fitted model to ``folder``, as `underdog.save` does: JSON, never a pickle.

        Raises scikit-learn's NotFittedError before `fit`.
        """
        check_is_fitted(self)
        recipe = self.recipe if isinstance(self.recipe, str) else spec(self.recipe)
        classes = {"values": self.classes_.tolist(), "type": self.classes_.dtype.str}
        made = {"recipe": recipe, "seed": self.seed, "classes": classes}
        persist.save(self.model_, folder, {"spec": recipe, "estimator": made})

    @classmethod
    def load(cls, folder: Path | str) -> Estimator:
        """What `save` wrote to ``folder``, fitted; `UnderdogError` if that is something else."""
        told: Any = persist.record_of(folder).get("estimator")
        try:
            found = cls(str(told["recipe"]), int(told["seed"]))
            kept = told["classes"]
            found.classes_ = np.array(kept["values"], "O" if "O" in kept["type"] else kept["type"])
        except (LookupError, TypeError, ValueError) as error:
            raise UnderdogError(
                f"no estimator was saved to {folder}", "load a model: underdog.load(FOLDER)"
            ) from error
        found.model_ = persist.load_model(folder)
        return found

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
        raise NotTexts("one text where many are expected", "pass a list: predict([text])")
    if hasattr(X, "toarray"):
        raise NotTexts("X is a sparse matrix, and no texts", "pass a list of texts: fit(X, y)")
    cells = np.asarray(X, dtype=object)
    if not cells.size:
        raise NotTexts("X holds no texts", "pass at least one: predict([text])")
    if cells.ndim == 2 and cells.shape[1] == 1:
        cells = cells.ravel()
    texts = tuple([tuple(cell) if isinstance(cell, list) else cell for cell in cells.tolist()])
    for text in texts:
        parts = text if isinstance(text, tuple) else (text,)
        if len(parts) > 2 or not all(isinstance(part, str) for part in parts):
            raise NotTexts(
                f"{text!r:.80} is neither a text nor a pair of texts",
                "pass texts, or an array of two columns of texts",
            )
    return texts
