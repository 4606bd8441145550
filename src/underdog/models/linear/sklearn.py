"""Any scikit-learn classifier as a recipe, over the same features as ours."""

from __future__ import annotations

import difflib
import inspect
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from zipfile import BadZipFile

import numpy as np
from scipy.sparse import csr_array

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.errors import UnderdogError
from ...core.protocols import Model
from ...runtime.extras import require
from ...runtime.meter import Meter
from ...runtime.registry import register, spec
from ..features.tfidf import Tfidf, Weights
from ..training.examples import Examples, softmax

PLAIN = frozenset(
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
"""Types that hold numbers and nothing that is called, beside those that skops trusts itself."""

LATENT = 100
"""Dimensions that texts are projected on for classifiers that cannot read sparse rows."""


@register("sklearn", sample="sklearn('naive_bayes.ComplementNB')")
@dataclass(frozen=True)
class Sklearn:
    """The scikit-learn classifier called ``name``, with its own ``options``, over TF-IDF rows.

    ``name`` is the public path without ``sklearn.``: ``sklearn('ensemble.RandomForestClassifier',
    {'n_estimators': 50})``. A classifier that reads dense rows only sees `LATENT` dimensions of
    a truncated SVD (latent semantic analysis: Deerwester et al., JASIS 1990). Soft labels weigh
    the examples where the classifier takes weights; elsewhere the likeliest label counts. It
    chooses no options by itself.
    """

    name: str
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._new(0)  # a wrong name or option is told now, not after an hour of other work

    def __hash__(self) -> int:
        return hash(spec(self))

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """A `SklearnModel`; `UnderdogError` if the classifier refuses the data or its options."""
        meter = Meter()
        dumps = require("skops.io", "sklearn").dumps
        examples = Examples.of(data)
        features = Tfidf.learn(examples.texts)
        rows, classifier = features.rows(examples.texts), self._new(seed)
        try:
            basis = None if _reads_sparse(classifier) else _latent(rows, seed)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the classifier's advice is for its own users
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
        """The options of the classifier, as in ``sklearn('NAME', {'OPTION': VALUE})``."""
        return ", ".join(inspect.signature(_classifiers()[self.name]).parameters)

    def _new(self, seed: int) -> Any:
        known = _classifiers()
        if self.name not in known:
            bare = {name.partition(".")[2].lower(): name for name in known}
            asked = self.name.rpartition(".")[2].lower()
            near = difflib.get_close_matches(asked, bare, n=1)
            raise UnderdogError(
                f"scikit-learn has no classifier called {self.name!r}",
                f"type: sklearn({bare[near[0]]!r})"
                if near
                else "type one, as in: sklearn('ensemble.RandomForestClassifier')",
            )
        try:
            made = known[self.name](**self.options)
        except TypeError as error:
            raise UnderdogError(
                f"{self.name}: {_first_line(error)}", f"its options: {self.help}"
            ) from error
        if "random_state" in made.get_params() and "random_state" not in self.options:
            made.set_params(random_state=seed)
        return made


@register("sklearn.model")
@dataclass(frozen=True, eq=False)
class SklearnModel:
    """A fitted classifier, kept in the skops format, which is read and never run.

    Probabilities are the classifier's own; of one that has none, the softmax of its decision
    function, which ranks but is not calibrated; of one that has neither, 1 for its answer.
    ``basis`` has the shape ``[features, dimensions]``; None where rows are used as they are.
    """

    name: str
    labels: tuple[str, ...]
    features: Tfidf
    basis: Weights | None
    stored: bytes
    _classifier: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_classifier", _restored(self.name, self.stored))

    def answer(self, texts: Sequence[Text]) -> Answers:
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
    """Every classifier of scikit-learn by its public path; nothing else can be named."""
    from sklearn.utils import all_estimators

    found = all_estimators(type_filter="classifier")
    return {f"{cls.__module__.split('.')[1]}.{name}": cls for name, cls in found}


def _reads_sparse(classifier: Any) -> bool:
    from sklearn.utils import get_tags

    return bool(get_tags(classifier).input_tags.sparse)


def _latent(rows: csr_array, seed: int) -> Weights:
    from sklearn.decomposition import TruncatedSVD

    svd = TruncatedSVD(max(1, min(LATENT, min(rows.shape) - 1)), random_state=seed)
    return np.ascontiguousarray(svd.fit(rows).components_.T, np.float32)


def _train(classifier: Any, rows: Any, gold: Floats) -> None:
    """Fit to labels given as places in ``gold``'s columns; doubts become weights if they can."""
    from sklearn.utils.validation import has_fit_parameter

    at, label = np.nonzero(gold)
    if len(at) > len(gold) and has_fit_parameter(classifier, "sample_weight"):
        classifier.fit(rows[at], label, sample_weight=gold[at, label])
    else:
        classifier.fit(rows, gold.argmax(axis=1))


def _distribution(classifier: Any, rows: Any) -> Floats:
    """Probabilities ``[texts, classes seen]``."""
    if hasattr(classifier, "predict_proba"):
        probs = np.nan_to_num(np.asarray(classifier.predict_proba(rows), np.float64)) + 1e-12
        return np.asarray(probs / probs.sum(axis=1, keepdims=True))
    if hasattr(classifier, "decision_function"):
        margins = np.asarray(classifier.decision_function(rows), np.float64)
        return softmax(np.stack([-margins, margins], axis=1) / 2 if margins.ndim == 1 else margins)
    return np.asarray(classifier.predict(rows)[:, None] == classifier.classes_, np.float64)


def _restored(name: str, stored: bytes) -> Any:
    skops = require("skops.io", "sklearn")
    try:
        foreign = set(skops.get_untrusted_types(data=stored)) - PLAIN
        if not foreign:
            return skops.loads(stored, trusted=sorted(PLAIN))
    except (BadZipFile, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnderdogError(
            f"{name} cannot be read: {_first_line(error)}", "fit it again: underdog fit …"
        ) from error
    raise UnderdogError(
        f"{name} holds {', '.join(sorted(foreign))}, which nobody vouches for when it is loaded",
        "use another classifier, as in: sklearn('linear_model.LogisticRegression')",
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
