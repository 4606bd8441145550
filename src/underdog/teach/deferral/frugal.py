"""The small model where it may be trusted, the large one for the rest; with a certificate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...combine.cascade import Cascade
from ...core.answer import ABSTAIN, Answers
from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.errors import UnderdogError
from ...core.protocols import Learner, Model, fitted, samples_seen
from ...runtime.out_of_fold import out_of_fold
from ...runtime.registry import register
from ...runtime.schema import Number
from . import infeasible
from .calibration_set import Evidence, gathered
from .certificate import NOTHING, Certificate, candidates, fixed_sequence, issue
from .choose import chosen, tighter, weighed
from .guarantees import METRICS, Budget, Drop, Promise, Risk

FOLDS = 5


@register(
    "frugal",
    sample="frugal(majority(), majority(), budget=1.0)",
    holds={
        "risk": Number(0, 1),
        "drop": Number(0, 1),
        "budget": Number(0),
        "delta": Number(0, 1),
        "share": Number(0, 1),
    },
)
@dataclass(frozen=True)
class Frugal:
    """Fits ``small``, and defers to ``large`` as seldom as a promise allows.

    Give one promise, which then holds with probability ``1 - delta``: ``risk``, the share of the
    small model's answers that are wrong (or, without gold labels or with ``against="large"``,
    that differ from the large model's); ``drop``, how far the whole may fall below the large
    model on ``metric``: accuracy, macro_f1, or recall (of every class at once); ``budget``, the
    mean dollars of an answer. ``sure`` names the confidence; by default the best of those that
    cost no time, chosen by cross-fitting inside the part of the data that certifies nothing.
    ``share`` of the data is kept for certifying. Where nothing can be promised `fit` says so.

    Rows without a gold label are labelled by the large model; where few have one, a risk leans
    on the large model's answers to the others if that promises a tighter bound. The large model
    is asked about the rows that certify, and about others only where a label is missing. Does
    not tell whether the small model is any good where it does not answer.
    """

    small: Learner
    large: Model | Learner
    risk: float | None = None
    drop: float | None = None
    budget: float | None = None
    metric: str = "accuracy"
    delta: float = 0.05
    against: str = "gold"
    sure: str | None = None
    share: float = 0.4

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        self._check()
        train, rest = data.split(self.share, seed)
        infeasible.too_few(train, rest)
        large = fitted(self.large, train, seed)
        against = _truth(self.against, data) if self.risk is not None else "gold"
        taught = _taught(train, large, against)
        folds = out_of_fold(self.small, taught, FOLDS, seed)
        signal = chosen(folds, self.sure, taught, seed)
        small = self.small.fit(taught, seed)
        if against == "both":
            known = int((rest.targets >= 0).sum())
            against = tighter(folds, train, large, known, len(rest) - known)
        draft = Cascade((small, large), (NOTHING,), (signal,))
        evidence = gathered(draft, rest).shuffled(seed)
        promise = self._promise(evidence, against)
        promise.check(evidence)
        if against != "large":
            infeasible.pointless(evidence, self.small)
        thresholds = candidates(weighed(signal, folds), promise.dearer)
        at = fixed_sequence(promise, evidence, thresholds, self.delta)
        if at is None:
            raise infeasible.nothing(promise, evidence, thresholds, self.delta, len(data))
        certificate = issue(promise, evidence, rest, thresholds[at], self.delta)
        cascade = replace(draft, thresholds=(certificate.threshold,))
        return FrugalModel(cascade, promise, thresholds, certificate)

    def samples_seen(self, data: Dataset) -> float:
        """Examples that all fits of the small model read."""
        return (FOLDS + 1) * samples_seen(self.small, data)

    def _check(self) -> None:
        said = [x for x in (self.risk, self.drop, self.budget) if x is not None]
        if len(said) != 1:
            raise UnderdogError(
                f"frugal makes one promise, and was given {len(said)}",
                "give one of risk=0.05, drop=0.01, budget=0.001",
            )
        if self.budget is None and not 0 < said[0] < 1:
            raise UnderdogError(
                f"nobody can keep a promise of {said[0]:g}: it is a share of the answers",
                "promise something between 0 and 1: risk=0.05",
            )
        if self.budget is not None and not self.budget > 0:
            raise UnderdogError(
                f"a budget of ${self.budget:g} per answer buys nothing", "budget=0.001"
            )
        for name, value, known in (
            ("metric", self.metric, METRICS),
            ("against", self.against, ("gold", "large")),
        ):
            if value not in known:
                raise UnderdogError(f"{name}={value!r} is unknown", f"one of: {', '.join(known)}")
        for name, number in (("delta", self.delta), ("share", self.share)):
            if not 0 < number < 1:
                raise UnderdogError(f"{name}={number:g} is not between 0 and 1", f"{name}=0.05")

    def _promise(self, evidence: Evidence, against: str) -> Promise:
        if self.budget is not None:
            dearest = float(np.max(evidence.spent + evidence.price, initial=0.0))
            return Budget(self.budget, max(2 * dearest, 1e-12))
        if self.drop is not None:
            return Drop(self.drop, self.metric)
        return Risk(self.risk or 0.0, against)


@register("frugal.model")
@dataclass(frozen=True, eq=False)
class FrugalModel:
    """A cascade of two, the promise that was made of it, and the certificate.

    ``candidates`` are the thresholds that may be tested, in that order, whenever it is certified.
    """

    cascade: Cascade
    promise: Promise
    candidates: Floats
    certificate: Certificate

    def answer(self, texts: Sequence[Text]) -> Answers:
        return self.cascade.answer(texts)

    def explain(self, texts: Sequence[Text]) -> tuple[str, ...]:
        """Who answers each text, and why; asks the models again."""
        return self.cascade.explain(texts)

    def evidence(self, data: Dataset) -> Evidence:
        """What ``data`` shows about the two models; asks both about every text."""
        return gathered(self.cascade, data)


def _truth(against: str, data: Dataset) -> str:
    """What a risk is measured by: gold labels, the large model, or few of one and many of it."""
    known = float((data.targets >= 0).mean())
    return "large" if against == "large" or known == 0 else "gold" if known == 1 else "both"


def _taught(train: Dataset, large: Model, against: str) -> Dataset:
    """``train`` with a label in every row: the gold one, or else the large model's."""
    missing = train.targets < 0 if against != "large" else np.ones(len(train), bool)
    if not missing.any():
        return train
    rows = np.flatnonzero(missing)
    said = large.answer([train.texts[i] for i in rows.tolist()]).values
    labels = list(train.labels)
    for i, value in zip(rows.tolist(), said, strict=True):
        labels[i] = value if value != ABSTAIN and value in train.task.labels else None
    return train.relabelled(labels)


for promise_type in (Risk, Drop, Budget):
    register(f"frugal.{promise_type.name}")(promise_type)
