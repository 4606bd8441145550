"""What runs amount to: a row per contestant and seed, a summary per contestant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.cost import Cost, Floats
from ..core.description import Fact
from ..evaluate import stats
from ..runtime.meter import Energy
from ..teach.deferral.certificate import Certificate
from .duels import SURE, DuelPlan, duel, in_sequence, lost_labels
from .runs.run import Run
from .test_set import TestSet

Known = float | None


@dataclass(frozen=True)
class Row:
    """One contestant from one seed. Costs of ``answer`` are the totals over the test texts."""

    spec: str
    seed: int
    scores: Mapping[str, Known]
    intervals: Mapping[str, tuple[float, float]]
    recall: Mapping[str, Known]
    recall_intervals: Mapping[str, tuple[float, float]]
    fit: Cost
    answer: Cost
    latency: Mapping[str, Any] | None
    throughput: Mapping[str, float] | None
    peak_memory_bytes: int
    abstained: int
    facts: tuple[Fact, ...] = ()


def row(run: Run, gold: TestSet) -> Row:
    """The scores, bills and speeds of ``run``."""
    answers, total = run.answers, run.answers.total
    measured = gold.measure(answers)
    return Row(
        spec=run.spec,
        seed=run.seed,
        scores=measured.scores,
        intervals=measured.intervals,
        recall=measured.recall,
        recall_intervals=measured.recall_intervals,
        fit=run.fit,
        answer=total,
        latency=_latency(run),
        throughput=_throughput(run, gold),
        peak_memory_bytes=run.memory,
        abstained=sum(not value for value in answers.values),
        facts=run.facts,
    )


@dataclass(frozen=True)
class Summary:
    """One contestant over its seeds, beside the incumbent. ``versus`` is None for that one."""

    spec: str
    runs: tuple[Run, ...]
    rows: tuple[Row, ...]
    versus: stats.Paired | None = None
    recall_differences: Mapping[str, float] | None = None
    holm_p: Known = None
    sequence_p: Known = None
    place: int = 0
    lost: tuple[str, ...] = ()
    """Labels of which it certainly finds fewer than the incumbent: more than `RECALL_DROP`."""

    @property
    def scores(self) -> dict[str, Known]:
        """Means over the seeds."""
        return {key: _mean([r.scores[key] for r in self.rows]) for key in self.rows[0].scores}

    @property
    def recall(self) -> dict[str, Known]:
        """Each label's mean recall over the seeds; None for a label without a test text."""
        return {label: _mean([r.recall[label] for r in self.rows]) for label in self.rows[0].recall}

    @property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """Means over the seeds of the bootstrap's bounds."""
        shared = [
            key for key in self.rows[0].intervals if all(key in r.intervals for r in self.rows)
        ]
        pairs = {key: np.mean([r.intervals[key] for r in self.rows], axis=0) for key in shared}
        return {key: (float(low), float(high)) for key, (low, high) in pairs.items()}

    @property
    def accuracy(self) -> float:
        """Mean accuracy over the seeds."""
        return float(self.scores["accuracy"] or 0.0)

    @property
    def calls_out(self) -> bool:
        """Whether it is, or contains, a service that sends a bill."""
        return self.runs[0].calls_out

    @property
    def coverage(self) -> float:
        """The share of the texts that it answered without calling a service."""
        return float(np.mean([run.coverage for run in self.runs]))

    @property
    def certificate(self) -> Certificate | None:
        """The promise that its first run was given, if it defers with one."""
        defers = self.runs[0].deferral
        return defers.certificate if defers else None

    @property
    def defers(self) -> bool:
        """Whether it is shown to split the work well: by a certificate, or by the test part itself.

        A certificate that the test part certainly refutes counts for nothing.
        """
        if not self.calls_out or not self.coverage or self.versus is None:
            return False
        if self.certificate is not None:
            return self.versus.high >= -self.versus.margin
        return self.sequence_p is not None and self.sequence_p < SURE

    @property
    def fit(self) -> Cost:
        """The mean bill of a fit."""
        return Cost.of(np.mean([r.fit.row() for r in self.rows], axis=0))

    @property
    def dollars(self) -> Known:
        """Mean dollars per answer."""
        bills = [r.answer.dollars for r in self.rows]
        mean = _mean(bills)
        return None if mean is None else mean / len(self.runs[0].answers)

    @property
    def latency(self) -> Mapping[str, Any] | None:
        """Percentiles of single texts, from the first seed."""
        return self.rows[0].latency

    @property
    def joules(self) -> Energy:
        """Joules per 1,000 answers, from the first seed, with the way they were got."""
        first, scale = self.runs[0], 1000 / len(self.runs[0].answers)
        found = Energy.of(first.answers.total, first.joules)
        if found.joules is None or found.low is None or found.high is None:
            return found
        return Energy(found.joules * scale, found.low * scale, found.high * scale, found.method)


def summaries(
    runs: Sequence[Run],
    gold: TestSet,
    incumbent: str,
    margin: float,
    plan: DuelPlan | None = None,
) -> list[Summary]:
    """Every contestant over its seeds, set against the incumbent; most accurate first."""
    plan = plan or DuelPlan()
    names = list(dict.fromkeys(run.spec for run in runs))
    mine = {name: tuple(run for run in runs if run.spec == name) for name in names}
    rows = {name: tuple(row(run, gold) for run in mine[name]) for name in names}
    right = {name: correctness(mine[name], gold) for name in names}
    rivals = [name for name in names if name != incumbent]
    duels = {
        name: duel(right[name], right[incumbent], gold, margin, plan.elsewhere) for name in rivals
    }
    holm = dict(zip(rivals, stats.holm([d.mcnemar_p for d in duels.values()]), strict=True))
    p = in_sequence(mine, right, duels, incumbent, plan)
    theirs = _recall(rows[incumbent])
    found = [Summary(incumbent, mine[incumbent], rows[incumbent])]
    for name in rivals:
        ours = _recall(rows[name])
        found.append(
            Summary(
                name,
                mine[name],
                rows[name],
                versus=duels[name],
                recall_differences={k: ours[k] - theirs[k] for k in ours if k in theirs},
                holm_p=holm[name],
                sequence_p=p[name][1] if name in p else None,
                place=p[name][0] if name in p else 0,
                lost=lost_labels(mine[name], mine[incumbent], gold),
            )
        )
    return sorted(found, key=lambda s: -s.accuracy)


def correctness(runs: Sequence[Run], gold: TestSet) -> Floats:
    """The mean grade of each text over the seeds, shape ``[texts]``."""
    mean: Floats = np.mean([gold.grade(run.answers.values) for run in runs], axis=0)
    return mean


def _latency(run: Run) -> dict[str, Any] | None:
    """Percentiles of single texts; of receipts that only know a mean, no more than the mean."""
    if not len(run.latencies):
        return None
    p50, p95, p99 = np.percentile(run.latencies, [50, 95, 99])
    spread = len(run.latencies) > 1 and bool(np.ptp(run.latencies) > 0)
    return {
        "p50": float(p50),
        "p95": float(p95) if spread else None,
        "p99": float(p99) if spread else None,
        "samples": len(run.latencies),
        "method": "from the receipts" if run.calls_out else "one text at a time",
    }


def _throughput(run: Run, gold: TestSet) -> dict[str, float] | None:
    if run.calls_out or not run.wall:  # a service's rate limit is not ours to measure
        return None
    return {
        "texts_per_second": len(gold.texts) / run.wall,
        "tokens_per_second": gold.tokens / run.wall,
    }


def _recall(rows: Sequence[Row]) -> dict[str, float]:
    means = {label: _mean([r.recall[label] for r in rows]) for label in rows[0].recall}
    return {label: mean for label, mean in means.items() if mean is not None}


def _mean(values: Sequence[Known]) -> Known:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None
