"""Probabilities that mean what they say: a model's own, mended on labelled texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..core.answer import Answers
from ..core.cost import Floats
from ..core.data import Dataset, Text
from ..core.description import Fact
from ..core.errors import UnderdogError
from ..core.given import Data, dataset
from ..core.protocols import Learner, Model, fitted
from ..models.training.examples import FEW, softmax
from ..runtime.formatting import percent
from ..runtime.out_of_fold import out_of_fold
from ..runtime.registry import register
from ..runtime.schema import Array, Number

FOLDS = 5

LEAST = 1e-6
"""The probability that stands for 0, of which there is no logarithm."""

PENALTY = 1.0
"""How much a label's own shift costs, in nats per squared unit, whatever the number of texts."""

STEPS = 12
"""Steps of the search for shifts of labels; it is convex, and starts near its end."""


@register("calibrated", sample="calibrated(linear(), method='temperature')")
@dataclass(frozen=True)
class Calibrated:
    """``model`` with probabilities that are as often right as they say.

    A decision model's probabilities come from its training, not from your task: it may say .97 and
    be right in .84 of the cases. ``method`` is temperature (one factor for all logits: Guo et al.,
    ICML 2017), isotonic (how often answers of that confidence were right, never decreasing:
    Zadrozny & Elkan, KDD 2002), labels (a factor, and a shift for each label) or none; by default
    the one of the lowest log loss in cross-validation inside the training part. A model that learns
    is calibrated on texts that it has not learned from. Only shifts of labels change answers.
    """

    model: Model | Learner
    method: str | None = None

    def __post_init__(self) -> None:
        if self.method is not None and self.method not in METHODS:
            raise UnderdogError(
                f"calibrated knows no method {self.method!r}", f"one of {', '.join(METHODS)}"
            )

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `CalibratedModel`; a model that is no recipe is asked about every text of ``data``.

        Raises `UnderdogError` if the model gives no probabilities.
        """
        data = dataset(data)
        if isinstance(self.model, Learner):
            parts = out_of_fold(self.model, data, FOLDS, seed, labels=2)
            answers = Answers.join([fold.answers for fold in parts]) if parts else None
            rows = Dataset.join([fold.test for fold in parts]) if parts else data
        else:
            rows, answers = data, self.model.answer(data.texts)
        model = fitted(self.model, data, seed)
        labels = data.task.labels
        gold = rows.targets
        if answers is None or answers.probs is None:
            raise UnderdogError(
                "a model without probabilities cannot be calibrated",
                "name one that has them, as in: calibrated(linear())",
            )
        known = ~np.isnan(answers.probs.sum(axis=1)) & (gold >= 0)
        z, y = _logits(answers.matrix(labels)[known]), gold[known]
        if len(y) < FEW:
            return CalibratedModel(model, labels, NONE, 1.0, np.zeros(len(labels)), NO_STEPS)
        name = self.method or _best(z, y, seed)
        made = METHODS[name](z, y)
        facts = _facts(name, z, y, made, seed)
        return CalibratedModel(model, labels, name, *made.parts, facts)


@dataclass(frozen=True, eq=False)
class Map:
    """A factor for logits, a shift per label, and the confidence for a confidence: ``[n, 2]``."""

    factor: float
    shifts: Floats
    steps: Floats

    @property
    def parts(self) -> tuple[float, Floats, Floats]:
        """The three, in order."""
        return self.factor, self.shifts, self.steps

    def __call__(self, z: Floats) -> Floats:
        """Probabilities ``[texts, labels]`` of logits of that shape."""
        p = softmax(z * self.factor + self.shifts)
        if not len(self.steps):
            return p
        best = p.argmax(axis=1)
        rows = np.arange(len(p))
        top = p[rows, best]
        others = p.copy()
        others[rows, best] = 0.0
        share = others / np.maximum(1 - top, LEAST)[:, None]
        second = share.max(axis=1)
        told = np.interp(top, self.steps[:, 0], self.steps[:, 1])
        told = np.maximum(told, second / (1 + second) + LEAST)  # what was likeliest stays so
        q = share * (1 - told)[:, None]
        q[rows, best] = told
        sound: Floats = q / q.sum(axis=1, keepdims=True)
        return sound


@register(
    "calibrated.model",
    holds={
        "factor": Number(0, 1e6),
        "shifts": Array("labels"),
        "steps": Array("steps", 2, low=0.0),
    },
)
@dataclass(frozen=True, eq=False)
class CalibratedModel:
    """The answers of ``model`` with mended probabilities; one without probabilities stays so."""

    model: Model
    labels: tuple[str, ...]
    method: str
    factor: float
    shifts: Floats
    steps: Floats
    facts: tuple[Fact, ...] = ()

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The likeliest label of each text by the mended probabilities, at the same cost."""
        said = self.model.answer(texts)
        if said.probs is None or self.method == NONE or not len(said):
            return said
        known = ~np.isnan(said.probs.sum(axis=1))
        probs = np.full((len(said), len(self.labels)), np.nan)
        mended = Map(self.factor, self.shifts, self.steps)
        probs[known] = mended(_logits(said.matrix(self.labels)[known]))
        values = list(said.values)
        place = said.indices(self.labels)
        for i in np.flatnonzero(known).tolist():
            if place[i] < 0 or probs[i, place[i]] < probs[i].max() - 1e-12:
                values[i] = self.labels[int(probs[i].argmax())]
        return replace(said, values=tuple(values), labels=self.labels, probs=probs)

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """How the probabilities were mended, and what they said before and after."""
        return self.facts


NONE = "none"
NO_STEPS = np.zeros((0, 2))


def _logits(p: Floats) -> Floats:
    z: Floats = np.log(np.maximum(p, LEAST))
    return z


def _none(z: Floats, y: NDArray[np.intp]) -> Map:
    return Map(1.0, np.zeros(z.shape[1]), NO_STEPS)


def _temperature(z: Floats, y: NDArray[np.intp]) -> Map:
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda power: _loss(softmax(z * 10.0**power), y), bounds=(-2, 2), method="bounded"
    )
    return Map(float(10.0**found.x), np.zeros(z.shape[1]), NO_STEPS)


def _isotonic(z: Floats, y: NDArray[np.intp]) -> Map:
    from sklearn.isotonic import IsotonicRegression

    p = softmax(z)
    right = (p.argmax(axis=1) == y).astype(float)
    rule = IsotonicRegression(y_min=1 / (len(y) + 2), y_max=1 - 1 / (len(y) + 2))
    rule.fit(p.max(axis=1), right)
    steps = np.stack([rule.X_thresholds_, rule.y_thresholds_], axis=1)
    return Map(1.0, np.zeros(z.shape[1]), np.asarray(steps, np.float64))


def _labels(z: Floats, y: NDArray[np.intp]) -> Map:
    """A factor and a shift per label, by penalised maximum likelihood."""
    from scipy.optimize import minimize

    one_hot = np.zeros_like(z)
    one_hot[np.arange(len(y)), y] = 1.0

    def objective(at: Floats) -> tuple[float, Floats]:
        factor, shifts = np.exp(at[0]), at[1:]
        p = softmax(z * factor + shifts)
        loss = _loss(p, y) + PENALTY * float(shifts @ shifts) / len(y)
        slope = (p - one_hot) / len(y)
        by_factor = (slope * z).sum() * factor
        return loss, np.append(by_factor, slope.sum(axis=0) + 2 * PENALTY * shifts / len(y))

    start = np.append(np.log(_temperature(z, y).factor), np.zeros(z.shape[1]))
    bounds = [(-5.0, 5.0), *[(-20.0, 20.0)] * z.shape[1]]
    found = minimize(
        objective,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 10 * STEPS},
    )
    return Map(float(np.exp(found.x[0])), np.asarray(found.x[1:], np.float64), NO_STEPS)


METHODS: dict[str, Callable[[Floats, NDArray[np.intp]], Map]] = {
    NONE: _none,
    "temperature": _temperature,
    "isotonic": _isotonic,
    "labels": _labels,
}
"""The simplest first: of equal losses, the first is chosen."""


def _loss(p: Floats, y: NDArray[np.intp]) -> float:
    return float(-np.log(np.maximum(p[np.arange(len(y)), y], 1e-15)).mean())


def _best(z: Floats, y: NDArray[np.intp], seed: int) -> str:
    losses = {name: _loss(_held_out(make, z, y, seed), y) for name, make in METHODS.items()}
    return min(losses, key=losses.__getitem__)


def _held_out(
    make: Callable[[Floats, NDArray[np.intp]], Map], z: Floats, y: NDArray[np.intp], seed: int
) -> Floats:
    """Probabilities of every text by a map that was made without it, ``[texts, labels]``."""
    fold = np.random.default_rng(seed).permutation(len(y)) % FOLDS
    p = np.zeros_like(z)
    for i in range(FOLDS):
        p[fold == i] = make(z[fold != i], y[fold != i])(z[fold == i])
    return p


def _facts(name: str, z: Floats, y: NDArray[np.intp], made: Map, seed: int) -> tuple[Fact, ...]:
    """How sure the model was, how often it was right, and how sure it is now, on texts unseen."""
    before, after = softmax(z), _held_out(METHODS[name], z, y, seed)
    sure, right = float(before.max(axis=1).mean()), float((before.argmax(axis=1) == y).mean())
    now, then = float(after.max(axis=1).mean()), float((after.argmax(axis=1) == y).mean())
    losses = _loss(before, y), _loss(after, y)
    by = f" (factor {made.factor:.3g})" if name in ("temperature", "labels") else ""
    says = (
        f"probabilities mended by {name}{by} on {len(y):,} texts: it was {percent(sure)} sure and"
        f" {percent(right)} right, and is {percent(now)} sure and {percent(then)} right"
    )
    data = {
        "method": name,
        "texts": len(y),
        "before": {"confidence": sure, "accuracy": right, "log_loss": losses[0]},
        "after": {"confidence": now, "accuracy": then, "log_loss": losses[1]},
    }
    return (Fact("calibration", says, data),)
