"""How much a split by rows flatters where one text stands in several rows."""

from __future__ import annotations

import numpy as np

from examples.sheet import Sheet, decimal
from examples.summary import correctness
from examples.trial import Question, Trials
from underdog.core.cost import Floats
from underdog.runtime.formatting import percent, points


def leakage(honest: Question, found: Trials, leaky: Question, flattered: Trials) -> Sheet:
    """Both splits side by side, counted by rows and by texts.

    ``honest`` has each text once, with all of its labels; ``leaky`` has a row for each label, and
    a text's rows on both sides. Who was not tried on both is left out.
    """
    rows = []
    for name in found:
        if not found[name] or not flattered.get(name):
            continue
        apart, torn = correctness(honest, found[name]), correctness(leaky, flattered[name])
        says = np.mean([by_row(leaky, t.run.answers.values) for t in flattered[name]], axis=0)
        rows.append(
            [
                name,
                decimal(float(apart.sum() / honest.accepted.sum())),
                decimal(float(says.mean())),
                decimal(float(apart.mean())),
                decimal(float(torn.mean())),
                points(float(torn.mean() - apart.mean())),
            ]
        )
    head = ["", "rows, grouped", "rows, torn", "texts, grouped", "texts, torn", "flattered by"]
    notes = (
        f"Grouped: {len(honest.train):,} notes to learn from, {len(honest.test):,} others to test "
        f"on. Torn: rows split at random, {percent(seen(leaky))} of the test rows with a note that "
        "is also in training. Rows: a row's own label must be named, so that no answer from the "
        f"text alone is right about more than {percent(ceiling(honest))} (grouped) or "
        f"{percent(len(set(leaky.test.clusters)) / len(leaky.test))} (torn) of them. Texts: any "
        "label of the note is right. The last column, in points, is what tearing adds to that."
    )
    return Sheet("medical: what leakage is worth", head, rows, notes)


def by_row(question: Question, values: tuple[str, ...]) -> Floats:
    """1 where the row's own label was named, else 0."""
    labels = question.test.labels
    return np.array([a == b for a, b in zip(values, labels, strict=True)], dtype=np.float64)


def seen(question: Question) -> float:
    """The share of the test rows whose text is also in the training part."""
    known = set(question.train.clusters)
    return sum(text in known for text in question.test.clusters) / len(question.test)


def ceiling(honest: Question) -> float:
    """The share of the rows that are right if every text gets one of its labels."""
    return len(honest.test) / int(honest.accepted.sum())
