"""A small model that answers where a guarantee allows it; the large model answers the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ...combine.cascade import Cascade
from ...core.answer import ABSTAIN, Answers
from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.errors import UnderdogError
from ...core.explaining import Explanation
from ...core.given import Data, dataset
from ...core.graders import grader_for, is_exact
from ...core.protocols import Grader, Learner, Model, fitted, samples_seen
from ...runtime.registry import register
from ...runtime.schema import Number
from . import infeasible
from .certificate import DEFER_ALL, Certificate, candidates, fixed_sequence, issue
from .choose import choose_reference, confidences
from .drop import Drop
from .guarantees import METRICS, Guarantee, MeanCost, Risk, Total
from .paired_answers import PairedAnswers, answer_both
from .row_hashes import RowHashes
from .students import FOLDS, Goal, choose_student, stand_in

GUARANTEES = "risk=0.05, total=0.05, drop=0.01, budget=0.001"


@register(
    "frugal",
    sample="frugal(majority(), majority(), budget=1.0)",
    holds={"calibration_rows": Number(1)},  # `_check` bounds the others, in words of their own
)
@dataclass(frozen=True)
class Frugal:
    """Answers with ``small`` where a guarantee allows it, and defers the other texts to ``large``.

    Give one guarantee, which then holds with probability ``1 - delta``:

    - ``risk``: the error rate among the small model's own answers is at most this;
    - ``total``: errors of the small model are at most this share of all requests;
    - ``drop``: the whole is at most this far below the large model on ``metric`` (accuracy,
      macro_f1, or recall of every class at once);
    - ``budget``: an answer costs at most this many dollars on average.

    For risk and total, an error is an answer that differs from the gold label; without gold
    labels, or with ``against="large"``, one that differs from the large model's answer.

    ``small`` may be several recipes: ``frugal([linear(), frozen()], ...)`` chooses one of them or
    their pool, whichever is expected to answer most texts under the guarantee. ``sure`` names the
    confidence score; by default it is chosen likewise. A share ``share`` of the rows, and at most
    ``calibration_rows`` of them, is held back to certify and is used for nothing else. `fit`
    raises `Infeasible` where no threshold can be guaranteed.

    Answers that are sets, numbers or texts are graded from 0 to 1, by ``grader`` or by that of
    the task's kind: an error is then one minus the grade, and the bounds are those of betting
    unless grades are 0 or 1.

    Rows without a gold label are labelled by the large model; where few rows have one, a risk
    combines them with the large model's answers if that gives a tighter bound. The large model is
    asked about the calibration rows, and about others only where a label is missing.
    """

    small: Learner | tuple[Learner, ...]
    large: Model | Learner
    risk: float | None = None
    drop: float | None = None
    budget: float | None = None
    metric: str = "accuracy"
    delta: float = 0.05
    against: str = "gold"
    sure: str | None = None
    share: float = 0.4
    total: float | None = None
    calibration_rows: int = 2_500
    grader: Grader | None = None

    def __post_init__(self) -> None:
        if isinstance(self.small, list):
            object.__setattr__(self, "small", tuple(self.small))

    @property
    def students(self) -> tuple[Learner, ...]:
        """The small recipes, one or several."""
        return self.small if isinstance(self.small, tuple) else (self.small,)

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `FrugalModel`; raises `Infeasible` where no threshold can be guaranteed."""
        data = dataset(data)
        self._check()
        grader = self.grader or grader_for(data)
        graded = None if is_exact(grader, data) else grader
        share = min(self.share, self.calibration_rows / max(1, len(data)))
        train, calibration = data.split(share, seed)
        infeasible.check_enough_rows(train, calibration)
        large = fitted(self.large, train, seed)
        limits_errors = self.risk is not None or self.total is not None
        against = _reference(self.against, data) if limits_errors else "gold"
        taught = _labelled(train, large, against)
        goal = Goal(stand_in(self.risk, self.total, self.drop), self.delta, len(calibration))
        student = choose_student(self.students, taught, goal, self.sure, seed, grader)
        small = student.fit(taught, seed)
        if against == "both":
            known = int(calibration.known.sum())
            unknown = len(calibration) - known
            against = choose_reference(student.folds, train, large, known, unknown)
        draft = Cascade((small, large), (DEFER_ALL,), (student.signal,))
        paired = answer_both(draft, calibration, grader).shuffled(seed)
        guarantee = self._guarantee(paired, against)
        guarantee.check(paired)
        if against != "large" and self.metric != "recall":  # a label may lose what others gain
            infeasible.check_large_is_better(paired, self.students[0])
        levels = confidences(student.signal, student.folds)
        thresholds = candidates(levels, guarantee.harder_when_deferring)
        at = fixed_sequence(guarantee, paired, thresholds, self.delta)
        if at is None:
            raise infeasible.no_threshold(guarantee, paired, thresholds, self.delta, len(data))
        certificate = issue(guarantee, paired, calibration, thresholds[at], self.delta)
        cascade = replace(draft, thresholds=(certificate.threshold,))
        rows = RowHashes.of(data, data.fingerprint)
        return FrugalModel(cascade, guarantee, thresholds, certificate, rows, graded)

    def samples_seen(self, data: Dataset) -> float:
        """Examples read by all fits of the small recipes."""
        return (FOLDS + 1) * sum(samples_seen(recipe, data) for recipe in self.students)

    def _check(self) -> None:
        """Raise `UnderdogError` for options that make no sense, alone or together."""
        given = [x for x in (self.risk, self.total, self.drop, self.budget) if x is not None]
        if len(given) != 1:
            raise UnderdogError(
                f"frugal takes one guarantee, and was given {len(given)}",
                f"give one of {GUARANTEES}",
            )
        if self.budget is None and not 0 < given[0] < 1:
            raise UnderdogError(
                f"risk, total and drop must lie between 0 and 1, got {given[0]:g}",
                "give a share, as in: risk=0.05",
            )
        if self.budget is not None and not self.budget > 0:
            raise UnderdogError(
                f"budget must be more than $0 per answer, got {self.budget:g}", "budget=0.001"
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
        if not self.students:
            raise UnderdogError("frugal needs a small model", "frugal([linear(), frozen()], …)")

    def _guarantee(self, paired: PairedAnswers, against: str) -> Guarantee:
        if self.budget is not None:
            largest = float(np.max(paired.small_dollars + paired.large_dollars, initial=0.0))
            return MeanCost(self.budget, max(2 * largest, 1e-12))
        graded = ("", False)
        if paired.losses is not None:
            graded = paired.losses.says, not paired.losses.binary
        if self.drop is not None:
            return Drop(self.drop, self.metric, *graded)
        if self.total is not None:
            return Total(self.total, "gold" if against == "both" else against, *graded)
        return Risk(self.risk or 0.0, against, *graded)


@register("frugal.model")
@dataclass(frozen=True, eq=False)
class FrugalModel:
    """A cascade of a small and a large model, its guarantee, and the certificate.

    ``candidates``, ``[candidates]``, are the thresholds that may be tested, in that order,
    whenever the model is certified. ``fitted_rows`` are hashes of the rows that took part in
    fitting; None for a model saved by an older version. ``grader`` is None where answers are
    labels, compared for equality.
    """

    cascade: Cascade
    guarantee: Guarantee
    candidates: Floats
    certificate: Certificate
    fitted_rows: RowHashes | None = None
    grader: Grader | None = None

    renamed: ClassVar[dict[str, str]] = {"promise": "guarantee"}

    def answer(self, texts: Sequence[Text]) -> Answers:
        return self.cascade.answer(texts)

    def explain(self, texts: Sequence[Text]) -> list[Explanation]:
        """The explanation of the model that answers each text, with why it was that one."""
        return self.cascade.explain(texts)

    def reasons(self, texts: Sequence[Text]) -> tuple[str, ...]:
        """Which model answers each text, and why, one sentence per text; asks the models again."""
        return self.cascade.reasons(texts)

    def paired_answers(self, data: Dataset) -> PairedAnswers:
        """The answers of both models to every row of ``data``."""
        return answer_both(self.cascade, data, self.grader)


def _reference(against: str, data: Dataset) -> str:
    """What answers are compared with: "gold" labels, the "large" model, or "both"."""
    known = float(data.known.mean())
    return "large" if against == "large" or known == 0 else "gold" if known == 1 else "both"


def _labelled(train: Dataset, large: Model, against: str) -> Dataset:
    """``train`` with a label in every row: the gold one, or else the large model's."""
    missing = ~train.known if against != "large" else np.ones(len(train), bool)
    if not missing.any():
        return train
    rows = np.flatnonzero(missing)
    answers = large.answer([train.texts[i] for i in rows.tolist()]).values
    labels = list(train.labels)
    for i, value in zip(rows.tolist(), answers, strict=True):
        fits = train.task.kind != "label" or value in train.task.labels
        labels[i] = value if value != ABSTAIN and fits else None
    return train.relabelled(labels)


for guarantee_type in (Risk, Total, Drop, MeanCost):
    register(f"frugal.{guarantee_type.name}")(guarantee_type)
