"""Any scikit-learn classifier as a recipe, over the TF-IDF features of `Linear`."""

from __future__ import annotations

import difflib
import inspect
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Text
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.protocols import Model
from ...runtime.extras import require
from ...runtime.meter import Meter
from ...runtime.registry import register, spec
from ..features.selection import learned
from ..features.tfidf import Tfidf, Weights
from ..training.examples import Examples, softmax
from .soundness import check_sound

TRUSTED = frozenset(
    {
        "scipy.sparse._csr.csr_array",
        "scipy.sparse._csr.csr_matrix",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
    }
)
"""Types that hold numbers only, in addition to those that skops trusts by default."""

SVD_DIMENSIONS = 100
"""Dimensions of the projection for classifiers that cannot read sparse rows."""


@register("sklearn", sample="sklearn('naive_bayes.ComplementNB')")
@dataclass(frozen=True)
class Sklearn:
    """The scikit-learn classifier called ``name``, with its ``options``, over TF-IDF rows.

    ``name`` is the public path without ``sklearn.``: ``sklearn('ensemble.RandomForestClassifier',
    {'n_estimators': 50})``. A classifier that needs dense rows gets `SVD_DIMENSIONS` dimensions of
    a truncated SVD (latent semantic analysis: Deerwester et al., JASIS 1990). Soft labels weight
    the examples if the classifier accepts weights; otherwise the most likely label is used. Options
    are not tuned.
    """

    name: str
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._build(0)  # report a wrong name or option before any training

    def __hash__(self) -> int:
        return hash(spec(self))

    def fit(self, data: Data, seed: int = 0) -> Model:
        """Train a `SklearnModel`.

        Raises `UnderdogError` if the classifier refuses the data or its options, or if skops is
        missing.
        """
        data = dataset(data)
        meter = Meter()
        dumps = require("skops.io", "sklearn").dumps
        examples = Examples.of(data, "sklearn")
        features = learned(examples.texts, examples.gold)
        rows, classifier = features.rows(examples.texts), self._build(seed)
        try:
            basis = None if _reads_sparse(classifier) else _svd_basis(rows, seed)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # warnings for direct users of the classifier
                _train(classifier, rows if basis is None else rows @ basis, examples.gold)
            model = SklearnModel(self.name, data.task.labels, features, basis, dumps(classifier))
        except (ValueError, TypeError, AttributeError, MemoryError) as error:
            raise UnderdogError(
                f"{self!r} failed: {_first_line(error)}", f"choose other options: {self.help}"
            ) from error
        meter.bill(1)
        return model

    @property
    def help(self) -> str:
        """The names of the classifier's options, as in ``sklearn('NAME', {'OPTION': VALUE})``."""
        return ", ".join(inspect.signature(_classifiers()[self.name]).parameters)

    def _build(self, seed: int) -> Any:
        classifiers = _classifiers()
        if self.name not in classifiers:
            full_names = {name.partition(".")[2].lower(): name for name in classifiers}
            asked = self.name.rpartition(".")[2].lower()
            close = difflib.get_close_matches(asked, full_names, n=1)
            raise UnderdogError(
                f"scikit-learn has no classifier called {self.name!r}",
                f"type: sklearn({full_names[close[0]]!r})"
                if close
                else "type one, as in: sklearn('ensemble.RandomForestClassifier')",
            )
        try:
            classifier = classifiers[self.name](**self.options)
        except TypeError as error:
            raise UnderdogError(
                f"{self.name}: {_first_line(error)}", f"its options: {self.help}"
            ) from error
        if "random_state" in classifier.get_params() and "random_state" not in self.options:
            classifier.set_params(random_state=seed)
        return classifier


@register("sklearn.model")
@dataclass(frozen=True, eq=False)
class SklearnModel:
    """A fitted classifier in the skops format, which is loaded without running code.

    Probabilities are the classifier's own. If it has none, they are the softmax of its decision
    function, which ranks but is not calibrated; if it has neither, 1 for the predicted label.
    ``basis`` has the shape ``[features, dimensions]``, or is None if rows are used as they are.
    """

    name: str
    labels: tuple[str, ...]
    features: Tfidf
    basis: Weights | None
    stored: bytes
    _classifier: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_classifier", self._loaded())
        seen = np.asarray(getattr(self._classifier, "classes_", ["none"]))
        if seen.dtype.kind not in "iu" or not ((seen >= 0) & (seen < len(self.labels))).all():
            raise UnderdogError(
                f"{self.name} does not know the labels of its model", "fit it again: underdog fit …"
            )

    def _loaded(self) -> Any:
        width = len(self.features.idf) if self.basis is None else self.basis.shape[1]
        return _load(self.name, self.stored, width)

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The most likely labels, with probabilities ``[texts, labels]``.

        Raises `UnderdogError` for pairs if single texts were learned, and the other way round.
        """
        meter = Meter()
        probs = np.zeros((len(texts), len(self.labels)))
        if len(texts):
            rows: Any = self.features.rows(texts)
            if self.basis is not None:
                rows = rows @ self.basis
            probs[:, self._classifier.classes_] = _distribution(self._classifier, rows)
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), self.name)


@cache
def _classifiers() -> dict[str, type]:
    """Every classifier of scikit-learn by its public path; no other class can be named."""
    from sklearn.utils import all_estimators

    estimators = all_estimators(type_filter="classifier")
    return {f"{cls.__module__.split('.')[1]}.{name}": cls for name, cls in estimators}


def _reads_sparse(classifier: Any) -> bool:
    from sklearn.utils import get_tags

    return bool(get_tags(classifier).input_tags.sparse)


def _svd_basis(rows: csr_array, seed: int) -> Weights:
    from sklearn.decomposition import TruncatedSVD

    svd = TruncatedSVD(max(1, min(SVD_DIMENSIONS, min(rows.shape) - 1)), random_state=seed)
    return np.ascontiguousarray(svd.fit(rows).components_.T, np.float32)


def _train(classifier: Any, rows: Any, gold: Floats) -> None:
    """Fit on label indices; soft labels become weighted rows if the classifier accepts weights."""
    from sklearn.utils.validation import has_fit_parameter

    at, label = np.nonzero(gold)
    uneven = len(at) > len(gold) or not (gold[at, label] == 1).all()
    if uneven and has_fit_parameter(classifier, "sample_weight"):
        classifier.fit(rows[at], label, sample_weight=gold[at, label])
    else:
        classifier.fit(rows, gold.argmax(axis=1))


def _distribution(classifier: Any, rows: Any) -> Floats:
    """Probabilities of the classes seen in training, ``[texts, classes]``."""
    if hasattr(classifier, "predict_proba"):
        probs = np.nan_to_num(np.asarray(classifier.predict_proba(rows), np.float64)) + 1e-12
        return np.asarray(probs / probs.sum(axis=1, keepdims=True))
    if hasattr(classifier, "decision_function"):
        margins = np.asarray(classifier.decision_function(rows), np.float64)
        return softmax(np.stack([-margins, margins], axis=1) / 2 if margins.ndim == 1 else margins)
    return np.asarray(classifier.predict(rows)[:, None] == classifier.classes_, np.float64)


def _load(name: str, stored: bytes, width: int) -> Any:
    skops = require("skops.io", "sklearn")
    try:
        untrusted = set(skops.get_untrusted_types(data=stored)) - TRUSTED
        if not untrusted:
            loaded = skops.loads(stored, trusted=sorted(TRUSTED))
            check_sound(loaded, width)
            return loaded
    except Exception as error:  # whatever it is that a damaged file leads to in these libraries
        raise UnderdogError(
            f"{name} cannot be read: {_first_line(error)}", "fit it again: underdog fit …"
        ) from error
    raise UnderdogError(
        f"{name} holds types that are not trusted: {', '.join(sorted(untrusted))}",
        "use another classifier, as in: sklearn('linear_model.LogisticRegression')",
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
