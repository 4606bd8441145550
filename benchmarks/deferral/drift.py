"""Drift put into recorded streams: how soon is it noticed, and how often is it imagined?

The small model was fitted once, on half of the rows, and answers from a table; the streams are
drawn from the other half with replacement, so that nothing drifts but what was put in. The watch
is the online cascade's own, at its default audit rate of 5 %.

    python -m benchmarks.deferral.drift
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import table
from benchmarks.deferral.cascades import LARGE, overruling
from benchmarks.deferral.streams import hate
from underdog.core.answer import Answers
from underdog.core.cost import FIELDS, Floats
from underdog.core.data import Dataset, Task, Text
from underdog.core.protocols import Model
from underdog.models.linear.recipe import Linear
from underdog.teach.online.recipe import Online, OnlineCascade

LENGTH, CHANGE, AFTER, RUNS, QUIET = 10_000, 5_000, 3_000, 30, 100

Ints = NDArray[np.intp]
Shift = Callable[["Pool", np.random.Generator], tuple[Ints, Ints]]
"""Rows and replies of a stream of `LENGTH` texts that shifts after `CHANGE`."""


@dataclass(frozen=True, eq=False)
class Pool:
    """Rows to draw from: the small model's probabilities and the large one's replies."""

    name: str
    risk: float
    labels: tuple[str, ...]
    probs: Floats
    reply: Ints


@dataclass(frozen=True, eq=False)
class Told:
    """Answers the text "17" with row 17 of a table; as a recipe, learns nothing."""

    labels: tuple[str, ...]
    probs: Floats
    name: str

    def answer(self, texts: Sequence[Text]) -> Answers:
        rows = np.array([int(str(text)) for text in texts], np.intp)
        costs = np.zeros((len(rows), len(FIELDS)))
        return Answers.likeliest(self.labels, self.probs[rows], costs, self.name)


@dataclass(frozen=True, eq=False)
class Given:
    """The recipe whose model is ``model``."""

    model: Model

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        return self.model


def pools() -> Iterator[Pool]:
    """hate_speech18 with GPT-3.5's replies, OVERRULING with GPT-4's."""
    texts, said, _ = hate()
    names = np.array(["no", "yes"])[said.astype(int)]
    yield _pool("hate_speech18", 0.1, Dataset.of(list(texts), names.tolist()))
    data, _ = overruling()
    replies = [reply.strip() for reply in data.archive.columns[LARGE]]  # type: ignore[union-attr]
    yield _pool("OVERRULING", 0.05, Dataset.of(list(data.texts), replies))


def _pool(name: str, risk: float, data: Dataset) -> Pool:
    train, rest = data.split(0.5)
    probs = Linear().fit(train).answer(rest.texts).matrix(data.task.labels)
    return Pool(name, risk, data.task.labels, probs, rest.targets)


def quiet(pool: Pool, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """No shift."""
    rows = rng.integers(len(pool.reply), size=LENGTH)
    return rows, pool.reply[rows]


def label_shift(share: float) -> Shift:
    """The large model says another label for a ``share`` of what it said before."""

    def drawn(pool: Pool, rng: np.random.Generator) -> tuple[Ints, Ints]:
        rows, reply = quiet(pool, rng)
        turned = (np.arange(LENGTH) >= CHANGE) & (rng.random(LENGTH) < share)
        return rows, np.where(turned, (reply + 1) % len(pool.labels), reply)

    return drawn


def prior_shift(share: float) -> Shift:
    """The label that was rarer becomes a ``share`` of the texts."""

    def drawn(pool: Pool, rng: np.random.Generator) -> tuple[Ints, Ints]:
        rows, _ = quiet(pool, rng)
        rare = np.argmin(np.bincount(pool.reply))
        kinds = [np.flatnonzero(pool.reply != rare), np.flatnonzero(pool.reply == rare)]
        late = [rng.choice(kinds[int(rng.random() < share)]) for _ in range(LENGTH - CHANGE)]
        rows[CHANGE:] = late
        return rows, pool.reply[rows]

    return drawn


def watched(pool: Pool, shift: Shift, seed: int, length: int) -> OnlineCascade:
    """The online cascade after the first ``length`` texts of a stream."""
    rows, reply = shift(pool, np.random.default_rng(seed))
    small = Told(pool.labels, pool.probs[rows], "small")
    large = Told(pool.labels, np.eye(len(pool.labels))[reply], "large")
    task = Dataset(Task(pool.name, pool.labels), (), ())
    model = Online(Given(small), large, risk=pool.risk).fit(task, seed)
    assert isinstance(model, OnlineCascade)
    model.answer([str(i) for i in range(length)])
    return model


def line(pool: Pool, name: str, shift: Shift) -> list[str]:
    """How many answers pass between a shift and the alarm."""
    delays, early = [], 0
    for seed in range(RUNS):
        alarms = [at for at, _ in watched(pool, shift, seed, CHANGE + AFTER).stream.alarms]
        early += any(at <= CHANGE for at in alarms)
        delays.append(next((at - CHANGE for at in alarms if at > CHANGE), AFTER))
    median, late = np.median(delays), np.quantile(delays, 0.9)
    missed = sum(delay == AFTER for delay in delays)
    return [f"{pool.name}: {name}", f"{median:.0f}", f"{late:.0f}", f"{missed}", f"{early}"]


def delays() -> str:
    """The delays of every shift, and the false alarms without one."""
    lines, notes = [], []
    for pool in pools():
        majority = np.bincount(pool.reply).max() / len(pool.reply)
        for share in (1.0, 0.5, 0.25):
            lines.append(line(pool, f"{share:.0%} of replies turn", label_shift(share)))
        for share in (0.5, 0.75) if majority > 0.6 else (0.75, 0.9):
            name = f"rarer label {1 - majority:.0%} to {share:.0%}"
            lines.append(line(pool, name, prior_shift(share)))
        false = [len(watched(pool, quiet, 1000 + s, LENGTH).stream.alarms) for s in range(QUIET)]
        notes.append(
            f"{pool.name}: without a shift, alarms in {np.count_nonzero(false)} of {QUIET} "
            f"streams of {LENGTH:,}."
        )
    return table(
        f"Drift after {CHANGE:,} answers, {RUNS} streams each, audit rate 5 %",
        ["", "median delay", "90 %", f"not in {AFTER:,}", "alarm before"],
        lines,
        "\n".join([*notes, "Wanted: a median of 500 answers, alarms in 1 % of streams."]),
    )


def tables() -> Iterator[str]:
    """The tables of this file, one by one."""
    yield delays()


def main() -> None:
    for text in tables():
        print(text, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
