"""What the trials of a contestant amount to, as numbers: the records that every table shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples.trial import SHARES, Question, Trial, Trials
from underdog.core.answer import Answers
from underdog.core.cost import Floats
from underdog.evaluate import metrics
from underdog.evaluate.resample import bootstrap
from underdog.evaluate.stats import Paired, holm, paired
from underdog.runtime.meter import Energy

Record = dict[str, Any]
RESAMPLES = 1000

Duels = Mapping[str, tuple[Paired, float]]
"""By contestant: itself against the large model, and McNemar's p after Holm's correction."""


def records(
    question: Question, trials: Trials, share: float, euros_per_hour: float
) -> list[Record]:
    """A record per contestant; None stands for what is not known."""
    return [
        {
            "question": question.name,
            "share": SHARES[share],
            "contestant": spec,
            "seeds": len(found),
            "learned_from": found[0].learned_from,
            "asked": len(question.test),
            **quality(question, found),
            **price(question, found, euros_per_hour),
        }
        for spec, found in trials.items()
        if found
    ]


def quality(question: Question, found: Sequence[Trial]) -> Record:
    """Accuracy with its bootstrap interval, AUROC and, of one right answer a text, all scores."""
    right = correctness(question, found)
    low, high = span(right, question.test.clusters)
    said: Record = {
        "accuracy": float(right.mean()),
        "accuracy_low": low,
        "accuracy_high": high,
        "auroc": average([auroc(question, one.run.answers) for one in found]),
    }
    if not question.several:
        gold, labels = list(map(str, question.test.labels)), question.test.task.labels
        every = [metrics.scores(one.run.answers, gold, labels) for one in found]
        said |= {name: average([scores[name] for scores in every]) for name in metrics.SCORES}
    return said


def price(question: Question, found: Sequence[Trial], euros_per_hour: float) -> Record:
    """What training took, and what answering costs: time, joules, and money by the token.

    A machine's token costs what the machine does while it is read. A service's costs what its
    receipts say, in dollars; its speed is its own.
    """
    calls = found[0].run.calls_out
    speed = None if calls else mean(question.tokens / one.run.wall for one in found)
    bills = [one.run.answers.total.dollars for one in found]
    dollars = average(bills) if calls else None
    energies = [Energy.of(one.run.answers.total, one.run.joules) for one in found]
    return {
        "trained_seconds": None if calls else mean(one.fitting for one in found),
        "bytes": None if calls else mean(one.size for one in found),
        "parameters_moved": average([one.moved for one in found]),
        "tokens_per_second": speed,
        "euros_per_million_tokens": speed and 1e6 / speed / 3600 * euros_per_hour,
        "dollars_per_million_tokens": None if dollars is None else dollars / question.tokens * 1e6,
        "joules_per_thousand": None
        if calls or energies[0].joules is None
        else mean(e.joules or 0.0 for e in energies) / len(question.test) * 1000,
        "joules_how": None if calls else energies[0].method,
    }


def losses(question: Question, full: Trials, less: Trials) -> dict[str, Paired]:
    """By contestant, the accuracy with less to learn from minus that with all of it."""
    return {
        spec: paired(
            correctness(question, less[spec]),
            correctness(question, full[spec]),
            clusters=question.test.clusters,
        )
        for spec in full
        if full[spec] and less.get(spec)
    }


def answered(rival: Trial) -> NDArray[np.intp]:
    """The rows of the test texts to which ``rival`` named a label."""
    return np.flatnonzero([bool(value) for value in rival.run.answers.values])


def duels(question: Question, trials: Trials, rival: Trial) -> Duels:
    """Everybody against ``rival`` on the texts that it answered."""
    rows = answered(rival)
    theirs = question.right(rival.run.answers)[rows]
    clusters = [question.test.clusters[i] for i in rows]
    found = {
        spec: paired(correctness(question, mine)[rows], theirs, clusters=clusters)
        for spec, mine in trials.items()
        if mine and mine[0] is not rival
    }
    adjusted = holm([duel.mcnemar_p for duel in found.values()])
    return {spec: (duel, p) for (spec, duel), p in zip(found.items(), adjusted, strict=True)}


def correctness(question: Question, found: Sequence[Trial]) -> Floats:
    """The share of the seeds that got each text right, shape ``[texts]``."""
    every: Floats = np.mean([question.right(one.run.answers) for one in found], axis=0)
    return every


def span(right: Floats, clusters: Sequence[str]) -> tuple[float, float]:
    """A 95 % bootstrap interval of the mean of ``right``; texts of a cluster are drawn together."""
    blocks = bootstrap(len(right), clusters, RESAMPLES, 0)
    means = np.concatenate([right @ weights / weights.sum(axis=0) for weights in blocks])
    low, high = np.quantile(means, [0.025, 0.975]).tolist()
    return low, high


def auroc(question: Question, answers: Answers) -> float | None:
    """Macro AUROC, each label against the rest: of two labels, of the second; None if unknown."""
    from sklearn.metrics import roc_auc_score

    labels, accepted = question.test.task.labels, question.accepted
    if answers.probs is None or np.isnan(answers.probs).any():
        return None
    probs = answers.matrix(labels)
    some = [k for k in range(len(labels)) if 0 < accepted[:, k].sum() < len(accepted)]
    chosen = some[1:] if len(labels) == 2 else some
    ranked = [float(roc_auc_score(accepted[:, k], probs[:, k])) for k in chosen]
    return mean(ranked) if ranked else None


def average(values: Sequence[float | None]) -> float | None:
    """The mean; None if any is unknown."""
    known = [value for value in values if value is not None]
    return mean(known) if known and len(known) == len(values) else None
