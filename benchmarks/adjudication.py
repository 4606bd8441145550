"""Adjudication on recorded answers: how many texts have to be judged until the verdict is sure.

``python -m benchmarks.adjudication``: small models learn from the large model's answers alone; gold
labels stand in for the person who judges the texts on which the two differ, in random order.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

import underdog as ud
from benchmarks.data import root, table
from underdog.evaluate.adjudication import LEVEL, Adjudication

MARGIN, DRAWS, FOLDS, SEED = 0.01, 1_000, 5, 0
Z = 1.645 + 0.842
"""Normal quantiles of a one-sided level of 5 % and a power of 80 %."""

Values = tuple[str | None, ...]


def logs() -> Iterator[tuple[str, ud.Dataset, Values]]:
    """Each log: its name, its texts with gold labels, and what the large model answered."""
    data = ud.read(root() / "optllm_overruling/overruling_12llms.csv", label="label").data
    answers = ud.Recorded("gpt-4_answer").fit(data).answer(data.texts)
    yield "OVERRULING, GPT-4", data, answers.values
    data = ud.read(root() / "hate_speech18_llm/hate_speech18_with_llm.csv", split="").data
    codes = data.columns["gpt35_turbo_1106"]
    yield "hate_speech18, GPT-3.5", data, tuple("hate" if c == "1" else "noHate" for c in codes)
    data = ud.read(root() / "frugalgpt/headlines.csv", label="label", split="").data
    yield "HEADLINES, linear() as the large model", data, crossed(ud.Linear(), data)


def crossed(recipe: ud.Learner, data: ud.Dataset) -> Values:
    """What ``recipe`` answers about each text after learning from the other folds."""
    row = {"row": tuple(range(len(data)))}
    numbered = ud.Dataset(data.task, data.texts, data.labels, columns=row)
    said: list[str | None] = [None] * len(data)
    for train, test in numbered.folds(FOLDS, SEED):
        values = recipe.fit(train, SEED).answer(test.texts).values
        for i, value in zip(test.columns["row"], values, strict=True):
            said[int(i or 0)] = value
    return tuple(said)


def outcomes(small: Values, large: Values, gold: Values) -> NDArray[np.intp]:
    """1, -1 or 0 for each text on which the two differ: ``[differing]``."""
    return np.array(
        [int(a == y) - int(b == y) for a, b, y in zip(small, large, gold, strict=True) if a != b],
        np.intp,
    )


def line(
    name: str, data: ud.Dataset, large: Values, recipe: ud.Learner, taught: Values
) -> list[str]:
    """One row of the table: ``recipe`` learns from the labels ``taught``."""
    rng = np.random.default_rng(SEED)
    small = crossed(recipe, data.relabelled(taught))
    each, n = outcomes(small, large, data.labels), len(data)
    question = Adjudication(n, len(each), MARGIN)
    true, rate = each.sum() / n, len(each) / n
    right = "ship" if true >= -MARGIN else "keep"
    courses = [question.settled(rng.permutation(each)) for _ in range(DRAWS)]
    words = [word for _, word in courses]
    asked = int(np.median([k for k, _ in courses]))
    variance = (each**2).sum() / n - true**2
    fixed = Z**2 * variance / (true + MARGIN) ** 2
    edge = tilted(each, -MARGIN / rate)
    wrong = np.mean(
        [question.settled(rng.choice([1, -1, 0], len(each), p=edge))[1] == "ship" for _ in courses]
    )
    return [
        f"{name}: {ud.spec(recipe)}",
        f"{n:,}",
        f"{rate:.1%}",
        f"{100 * true:+.1f}",
        right,
        f"{words.count(right) / DRAWS:.1%}",
        f"{(DRAWS - words.count(right) - words.count('')) / DRAWS:.1%}",
        f"{asked:,}",
        f"{1.5 * rate * fixed:,.0f}",
        f"{fixed:,.0f}",
        f"{wrong:.1%}",
    ]


def tilted(each: NDArray[np.intp], mean: float) -> list[float]:
    """Shares of wins, losses and ties with the given ``mean`` and as many ties as in ``each``."""
    ties = float((each == 0).mean())
    win = max(0.0, (1 - ties + mean) / 2)
    return [win, 1 - ties - win, ties]


def main() -> None:
    """Print the table."""
    header = ["log: small model", "texts", "differ", "true gain", "right", "right word"]
    header += ["wrong word", "judged (median)", "bound", "random sample", "wrong SHIP at -1"]
    rows = []
    for name, data, large in logs():
        rows += [line(name, data, large, recipe, large) for recipe in (ud.Linear(), ud.Bayes())]
        rows.append(line(f"{name} (gold-taught)", data, large, ud.Linear(), data.labels))
    notes = (
        f"Gain in points; margin {100 * MARGIN:g} point; {DRAWS:,} random orders;"
        f" level {LEVEL:.0%}."
        " 'bound': 1.5 × share that differs × the size of a random sample with 80 % power."
    )
    print(table("Adjudication from recorded gold labels", header, rows, notes))


if __name__ == "__main__":
    main()
