"""Labels: their balance, their spelling, and those that are probably wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ...core.cost import Floats
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...runtime.extras import require
from ...runtime.out_of_fold import held_out
from ...runtime.registry import build
from .duplicates import Equals
from .finding import SHOWN, Finding, clipped

FEW = 5
"""Examples below which a label can hardly be learnt, let alone tested."""

FOLDS, MOST = 3, 5_000
"""Parts for out-of-fold probabilities, and the most examples that are looked at."""

RECIPES = {"linear()": 8e-5, "bayes()": 1.4e-5}
ROWS = {"boosted()": 5e-4}
"""What looks for wrong labels, the best first; and the seconds it takes for each text and label; of
texts, and of rows of a table.
"""

PATIENCE = 20.0
"""Seconds that the best may take where there is no limit on time."""


def balance(data: Dataset) -> list[Finding]:
    """A label of nearly all examples, and labels with very few."""
    counts = Counter(label for label in data.labels if label is not None)
    if not counts:
        return []
    findings = []
    (most, n), total = counts.most_common(1)[0], counts.total()
    least, k = counts.most_common()[-1]
    if len(counts) > 1 and (n > 0.8 * total or n > 20 * k):
        findings.append(
            Finding(
                "imbalance",
                "warning" if n > 0.8 * total else "note",
                n,
                f"The label {most!r} has {n:,} of {total:,} examples ({n / total:.1%}), {least!r} "
                f"has {k:,}: answering always {most!r} is {n / total:.1%} accurate, so look at "
                "the recall of every label.",
            )
        )
    rare = [(label, counts[label]) for label in data.task.labels if counts[label] < FEW]
    if rare:
        findings.append(
            Finding(
                "rare labels",
                "warning",
                len(rare),
                f"{len(rare):,} of {len(data.task.labels):,} labels have under {FEW} examples.",
                tuple(f"{label!r}: {n}" for label, n in rare[:SHOWN]),
            )
        )
    return findings


def names(data: Dataset) -> list[Finding]:
    """Labels that differ only in case and white space."""
    same: dict[str, list[str]] = {}
    for label in data.task.labels:
        same.setdefault(" ".join(label.casefold().split()), []).append(label)
    twins = [group for group in same.values() if len(group) > 1]
    if not twins:
        return []
    return [
        Finding(
            "label names",
            "serious",
            len(twins),
            f"{len(twins):,} label{'s are' if len(twins) > 1 else ' is'} written in several ways, "
            "which differ in nothing but case and white space, and count as different labels.",
            tuple(" = ".join(map(repr, group)) for group in twins[:SHOWN]),
        )
    ]


def unseen(train: Dataset, test: Dataset) -> list[Finding]:
    """Labels of test rows that no training row has."""
    known = set(train.labels)
    missing = Counter(y for y in test.labels if y is not None and y not in known)
    if not missing:
        return []
    return [
        Finding(
            "unseen labels",
            "serious",
            missing.total(),
            f"{missing.total():,} of {len(test):,} test rows have a label that no training row "
            "has: a model trained here cannot get them right.",
            tuple(f"{label!r}: {n}" for label, n in missing.most_common(SHOWN)),
        )
    ]


def recipe_in(equals: Equals, seconds: float | None) -> str:
    """The recipe that can look for wrong labels within ``seconds``; empty if none can.

    Without a limit it is the best one that takes no more than `PATIENCE`, else the quickest.
    """
    cells = min(len(equals.data), MOST) * len(equals.data.task.labels)
    allowed = PATIENCE if seconds is None else seconds
    recipes = ROWS if equals.data.task.columns else RECIPES
    fitting = [name for name, pace in recipes.items() if pace * cells <= allowed]
    return next(iter(fitting), "" if seconds is not None else list(recipes)[-1])


def doubtful(equals: Equals, seed: int = 0, recipe: str = "linear()") -> list[Finding]:
    """Labels that are probably wrong, by confident learning (Northcutt et al., JAIR 2021).

    The probabilities come from ``recipe``, fitted without the example and its equals. Texts
    that carry several labels are left out. Some of the labels named are right: a model's doubt
    is a reason to look, not to correct.
    """
    try:
        cleanlab = require("cleanlab.filter", "audit")
    except UnderdogError as error:
        return [Finding("wrong labels", "note", 0, f"Not checked: {error.problem}. {error.hint}")]
    data = judged(equals, seed)
    if len(data) < 10 * FOLDS or len(data.task.labels) < 2:
        return []
    probs = probabilities(data, seed, recipe)
    wrong = cleanlab.find_label_issues(
        data.targets,
        probs,
        filter_by="low_self_confidence",  # of seven rules the most precise, by benchmarks/audit.py
        return_indices_ranked_by="self_confidence",
        n_jobs=1,
    )
    if not len(wrong):
        return []
    share = len(wrong) / len(data)
    guess = [data.task.labels[k] for k in probs.argmax(axis=1).tolist()]
    return [
        Finding(
            "wrong labels",
            "warning" if share > 0.05 else "note",
            len(wrong),
            f"{len(wrong):,} of {len(data):,} labels looked at ({share:.1%}) look wrong to a model "
            "that had not seen them; many of these are right, so look before correcting.",
            tuple(
                f"{clipped(data.texts[i])}: labelled {data.labels[i]!r}, looks like {guess[i]!r}"
                for i in wrong[:SHOWN].tolist()
            ),
        )
    ]


def judged(equals: Equals, seed: int) -> Dataset:
    """The examples whose labels can be doubted: neither disputed nor rare; not too many."""
    data = equals.data
    out = {i for rows in equals.disputed for i in rows}
    counts = Counter(label for label in data.labels if label is not None)
    common = {label for label, n in counts.items() if n >= FEW}
    data = data.take([i for i, y in enumerate(data.labels) if y in common and i not in out])
    data = data.sample(min(1.0, MOST / max(len(data), 1)), seed)
    present = set(data.labels)
    labels = tuple(label for label in data.task.labels if label in present)
    return replace(data, task=replace(data.task, labels=labels), soft=None)


def probabilities(data: Dataset, seed: int, recipe: str) -> Floats:
    """Probabilities ``[examples, labels]`` by models that saw no equal of the example."""
    label = "looking for wrong labels"
    answers = held_out(build(recipe), data, FOLDS, seed, labels=2, label=label)
    return answers.matrix(data.task.labels)
