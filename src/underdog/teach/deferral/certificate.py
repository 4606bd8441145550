"""Certificates: what a sample allows one to promise of a cascade, and for how long it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset
from ...runtime.registry import register
from ..bounds import fewest
from .calibration_set import Evidence
from .guarantees import Budget, Promise, Risk

STEPS = 100
"""Candidate thresholds: one for each hundredth of the texts that the small model may keep."""

NOTHING = 2.0
"""A threshold above every confidence: the large model answers everything."""

ASSUMES = (
    "the texts to come are drawn like the rows that certified (exchangeable)",
    "those rows took no part in fitting the models, the confidence or the candidate thresholds",
)
VOIDS = (
    "traffic that drifts: other topics, other labels, other proportions",
    "a change of either model, of its prompt or version, or of the threshold",
)


@register("frugal.certificate")
@dataclass(frozen=True)
class Certificate:
    """A promise that holds with probability ``1 - delta`` over the draw of the ``n`` rows.

    ``bound`` is the upper confidence bound on what was promised to be at most ``limit``,
    ``observed`` its value on the sample, ``coverage`` the share of the sample that the small
    model keeps with ``threshold``. ``data`` is the sample's fingerprint.
    """

    promise: str
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

    @property
    def sentence(self) -> str:
        """The promise in one sentence, with its numbers."""
        what = {
            "risk": f"at most {self.limit:.1%} {self.metric} among the small model's answers",
            "drop": f"{_METRICS.get(self.metric, self.metric)} at most {self.limit:.1%} below "
            "the large model's",
            "budget": f"at most ${self.limit:.3g} per answer on average",
        }[self.promise]
        return (
            f"{what}, the small model keeping {self.coverage:.1%} of the texts "
            f"(threshold {self.threshold:.4f}); with probability {1 - self.delta:.0%}"
        )

    def __str__(self) -> str:
        shown = "${:.3g}" if self.promise == "budget" else "{:.2%}"
        lines = [
            f"Certificate of {self.date}: {self.sentence}.",
            f"  bound     {shown.format(self.bound)} (on the sample {shown.format(self.observed)})",
            f"  evidence  {self.n:,} rows, fingerprint {self.data}; {self.method}",
            *(f"  assumes   {line}" for line in self.assumes),
            *(f"  void by   {line}" for line in self.voids),
        ]
        return "\n".join(lines)


_METRICS = {"macro_f1": "macro-F1", "recall": "the recall of every class"}


def candidates(sure: Floats, dearer: bool = False) -> Floats:
    """Thresholds in the order of testing, from confidences of rows that certify nothing.

    From keeping a hundredth of the answers to keeping all but abstentions; where keeping fewer
    is ``dearer``, from there to keeping none.
    """
    levels = np.quantile(sure, 1 - np.arange(1, STEPS) / STEPS)
    levels *= 1 - 1e-9  # a value met again, but for rounding, must fall on the same side
    keeps_all = np.finfo(float).tiny
    descending = np.unique(np.append(np.maximum(levels, keeps_all), keeps_all))[::-1]
    return np.append(descending[::-1], NOTHING) if dearer else descending


def start(kept: Sequence[int], promise: Promise, n: int, delta: float) -> int:
    """The candidate at which testing begins; looks at confidences only, never at outcomes.

    ``kept[i]`` is how many rows the small model would keep at candidate ``i``, safest first. The
    first step must not be a gamble, for a fixed sequence that fails there promises nothing. So a
    risk is tested first where a model that errs at half the rate would pass, in at most half the
    rows; or, if that needs more, at seven tenths of it, in at most a quarter of them.
    """
    if promise.name != "risk":
        return 0
    limit = promise.limit
    safe = min(fewest(limit, delta, 0.5 * limit), n // 2)
    safer = min(fewest(limit, delta, 0.7 * limit), n // 4)
    wanted = max(fewest(limit, delta), safe, safer)
    return next((i for i, k in enumerate(kept) if k >= wanted), len(kept))


def fixed_sequence(
    promise: Promise, evidence: Evidence, candidates: Floats, delta: float
) -> int | None:
    """The last of ``candidates`` up to which the promise held at every one tested; or None.

    Learn-then-Test (Angelopoulos et al., Annals of Applied Statistics 2025) with a fixed sequence:
    the candidates were ordered, safest first, before any outcome was seen; testing stops at the
    first that fails, so each is tested at the full level ``delta``.
    """
    sure = np.sort(evidence.sure)
    if isinstance(promise, Risk) and promise.against == "gold":
        sure = np.sort(evidence.sure[evidence.gold >= 0])  # the others are not judged
    kept = len(sure) - np.searchsorted(sure, candidates)
    first = start(kept.tolist(), promise, len(sure), delta)
    passed = None
    for i in range(first, len(candidates)):
        if not promise.holds(evidence, evidence.sure >= candidates[i], delta):
            break
        passed = i
    return passed


def issue(
    promise: Promise, evidence: Evidence, data: Dataset, threshold: float, delta: float
) -> Certificate:
    """The certificate for a threshold at which the promise was tested and held."""
    kept = evidence.sure >= threshold
    silent = int((evidence.large < 0).sum())
    notes = []
    if silent and promise.name != "budget":
        notes.append(f"{silent} rows without the large model's label count as disputed, or wrong")
    if isinstance(promise, Budget):
        notes.append(f"no answer costs more than ${promise.cap:.3g}, twice the dearest seen")
    return Certificate(
        promise.name,
        promise.metric,
        promise.limit,
        delta,
        len(evidence),
        float(threshold),
        promise.bound(evidence, kept, delta),
        promise.observed(evidence, kept),
        float(kept.mean()),
        promise.method,
        date.today().isoformat(),
        data.fingerprint,
        (*ASSUMES, *notes),
    )
