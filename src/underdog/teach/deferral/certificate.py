"""Certificates: the threshold that a sample supports, and what it guarantees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset
from ...runtime.registry import register
from ..bounds import fewest
from .guarantees import Guarantee, MeanCost
from .paired_answers import PairedAnswers

STEPS = 100
"""Candidate thresholds: one per percent of the texts that the small model would answer."""

DEFER_ALL = 2.0
"""A threshold above every confidence: the large model answers everything."""

ASSUMES = (
    "the texts to come are drawn like the calibration rows (exchangeable)",
    "the calibration rows were not used to fit the models, the confidence or the candidates",
)
VOIDS = (
    "drift: other topics, other labels, other proportions",
    "a change of either model, of its prompt or version, or of the threshold",
)


@register("frugal.certificate")
@dataclass(frozen=True)
class Certificate:
    """A guarantee that holds with probability ``1 - delta`` over the draw of the calibration rows.

    ``guarantee`` is its kind: risk, total, drop or budget. ``bound`` is the upper confidence bound
    on the limited quantity, ``observed`` its value on the ``n`` calibration rows, and ``coverage``
    the share of them that the small model answers at ``threshold``. ``data`` is the fingerprint of
    those rows. ``history`` has a line for each earlier certificate that this one replaced.
    """

    guarantee: str
    metric: str
    limit: float
    delta: float
    n: int
    threshold: float
    bound: float
    observed: float
    coverage: float
    method: str
    date: str
    data: str
    assumes: tuple[str, ...] = ASSUMES
    voids: tuple[str, ...] = VOIDS
    history: tuple[str, ...] = ()

    renamed: ClassVar[dict[str, str]] = {"promise": "guarantee"}

    @property
    def sentence(self) -> str:
        """The guarantee in one sentence, with its numbers."""
        of = f"{self.limit:.1%} {self.metric}"
        what = {
            "risk": f"at most {of} among the small model's answers",
            "total": f"at most {of} by the small model, as a share of all requests",
            "drop": f"{_METRICS.get(self.metric, self.metric)} at most {self.limit:.1%} below "
            "the large model's",
            "budget": f"at most ${self.limit:.3g} per answer on average",
        }[self.guarantee]
        return (
            f"{what}, while the small model answers {self.coverage:.1%} of the texts "
            f"(threshold {self.threshold:.4f}); with probability {1 - self.delta:.0%}"
        )

    def __str__(self) -> str:
        shown = "${:.3g}" if self.guarantee == "budget" else "{:.2%}"
        lines = [
            f"Certificate of {self.date}: {self.sentence}.",
            f"  bound     {shown.format(self.bound)} (observed {shown.format(self.observed)})",
            f"  sample    {self.n:,} rows, fingerprint {self.data}; {self.method}",
            *(f"  assumes   {line}" for line in self.assumes),
            *(f"  void by   {line}" for line in self.voids),
            *(f"  history   {line}" for line in self.history),
        ]
        return "\n".join(lines)


_METRICS = {"macro_f1": "macro-F1", "recall": "the recall of every class"}


def candidates(confidence: Floats, harder_when_deferring: bool = False) -> Floats:
    """Thresholds in the order of testing, shape ``[candidates]``, safest first.

    From the confidences ``[rows]`` of rows that do not certify: from answering one percent of the
    texts locally to answering all but abstentions. If deferring makes the guarantee harder to
    meet, the order is reversed and ends with `DEFER_ALL`.
    """
    levels = np.quantile(confidence, 1 - np.arange(1, STEPS) / STEPS)
    levels *= 1 - 1e-9  # the same value must stay on the same side, whatever it is rounded to
    answers_all = np.finfo(float).tiny
    descending = np.unique(np.append(np.maximum(levels, answers_all), answers_all))[::-1]
    return np.append(descending[::-1], DEFER_ALL) if harder_when_deferring else descending


def first_test(local: Sequence[int], guarantee: Guarantee, n: int, delta: float) -> int:
    """The index of the first candidate to test; looks at confidences only, never at outcomes.

    ``local[i]`` is how many of ``n`` rows the small model would answer at candidate ``i``, safest
    first. A fixed sequence that fails at its first test guarantees nothing, so the first test must
    be likely to pass. A risk starts where a model with half the allowed error rate would pass, in
    at most half the rows; or, if that needs more, one with seven tenths of it, in at most a
    quarter of the rows.
    """
    if guarantee.name != "risk":
        return 0
    limit = guarantee.limit
    safe = min(fewest(limit, delta, 0.5 * limit), n // 2)
    safer = min(fewest(limit, delta, 0.7 * limit), n // 4)
    wanted = max(fewest(limit, delta), safe, safer)
    return next((i for i, k in enumerate(local) if k >= wanted), len(local))


def fixed_sequence(
    guarantee: Guarantee, paired: PairedAnswers, candidates: Floats, delta: float
) -> int | None:
    """The index of the last candidate up to which every test passed; None if none did.

    Learn-then-Test (Angelopoulos et al., Annals of Applied Statistics 2025) with a fixed sequence:
    the order of ``candidates``, ``[candidates]``, was fixed before any outcome was seen, and
    testing stops at the first failure, so each is tested at the full level ``delta``.
    """
    confidence = np.sort(paired.confidence)
    if getattr(guarantee, "against", "") == "gold":
        confidence = np.sort(paired.confidence[paired.gold >= 0])  # the others are not judged
    local = len(confidence) - np.searchsorted(confidence, candidates)
    passed = None
    for i in range(first_test(local.tolist(), guarantee, len(confidence), delta), len(candidates)):
        if not guarantee.holds(paired, paired.confidence >= candidates[i], delta):
            break
        passed = i
    return passed


def issue(
    guarantee: Guarantee, paired: PairedAnswers, data: Dataset, threshold: float, delta: float
) -> Certificate:
    """The certificate for a threshold at which the guarantee was tested and holds.

    ``paired`` are the answers to the rows of ``data``.
    """
    local, graded = paired.confidence >= threshold, getattr(guarantee, "graded", "")
    gaps = int((paired.large < 0).sum())
    notes = []
    if gaps and guarantee.name != "budget":
        notes.append(f"{gaps} rows without a label of the large model count as different, or wrong")
    if isinstance(guarantee, MeanCost):
        notes.append(f"no answer costs more than ${guarantee.cap:.3g}, twice the largest observed")
    return Certificate(
        guarantee.name,
        graded if guarantee.name == "drop" and graded else guarantee.metric,
        guarantee.limit,
        delta,
        len(paired),
        float(threshold),
        guarantee.bound(paired, local, delta),
        guarantee.observed(paired, local),
        float(local.mean()),
        guarantee.method,
        date.today().isoformat(),
        data.fingerprint,
        (*ASSUMES, *notes),
    )
