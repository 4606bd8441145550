"""Six tasks: texts with labels for a weak teacher, texts that it labels, and texts to test on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import root
from benchmarks.deferral.minilm import embeddings
from underdog.core.data import Dataset, Text
from underdog.data.read import read
from underdog.models.transformers import frozen

LABELLED = 500
AT_ONCE = 1_000


@dataclass(frozen=True)
class Field:
    """``few`` labelled texts, ``many`` others whose labels only the ceiling sees, and ``test``."""

    few: Dataset
    many: Dataset
    test: Dataset


def _read(name: str, **told: object) -> tuple[Dataset, Dataset]:
    found = read(root() / name, **told)  # type: ignore[arg-type]
    if found.train is not None and found.test is not None:
        return found.train, found.test
    return found.data.split(0.25)


def _nli() -> tuple[Dataset, Dataset]:
    told = {"text": ("premise", "hypothesis"), "label": "label", "split": ""}
    folder = root() / "comp34812_nli"
    train, test = (
        read(folder / f"{name}.csv", **told).data  # type: ignore[arg-type]
        for name in ("train_substitute", "dev_2024")
    )
    return train, test


TWEETS = {"text": ("text",), "label": "sentiment", "split": "split"}
BANK = {"text": ("text",), "label": "label", "split": "split"}
HATE = {"text": ("text",), "label": "label", "split": ""}
TASKS = {
    "sst2": lambda: _read("sst2/sst2.csv", **BANK),
    "mr": lambda: _read("mr/mr.csv", **HATE),
    "tweets": lambda: _read("tweet_sentiment_extraction/tweets.csv", **TWEETS),
    "davidson": lambda: _read("davidson_hate/davidson_hate_offensive.csv", **HATE),
    "banking77": lambda: _read("banking77/banking77.csv", **BANK),
    "nli": _nli,
}


def field(name: str, texts: int, tests: int, seed: int = 0, labelled: int = LABELLED) -> Field:
    """The parts of a task, drawn by ``seed``; so many texts ``labelled``."""
    train, test = TASKS[name]()
    order = np.random.default_rng(seed).permutation(len(train))
    few, many = order[:labelled], order[labelled : labelled + texts]
    drawn = np.random.default_rng(seed).permutation(len(test))[:tests]
    return Field(train.take(few), train.take(many), test.take(drawn))


def vectors(parts: Field) -> dict[str, NDArray[np.float32]]:
    """The sentence embedding of every text, and of both sides of every pair.

    They are kept `AT_ONCE` by `AT_ONCE`, so one that was stopped goes on.
    """
    texts = sorted({side for d in (parts.few, parts.many, parts.test) for side in sides(d.texts)})
    blocks = [texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE)]
    rows = [zip(block, embeddings(block), strict=True) for block in blocks]
    return dict(pair for some in rows for pair in some)


@contextmanager
def embedded(parts: Field) -> Iterator[None]:
    """Inside the block the sentences of ``parts`` are looked up by `frozen`, not computed again."""
    known = vectors(parts)

    def look(some: Sequence[str], encoder: str) -> NDArray[np.float32]:
        return np.array([known[text] for text in some])

    usual = mock.patch.object(frozen.features, "__defaults__", (look,))
    with usual, mock.patch.object(frozen, "embed_cached", look):
        yield


def sides(texts: Sequence[Text]) -> list[str]:
    """All texts, and both sides of all pairs."""
    return [side for text in texts for side in ((text,) if isinstance(text, str) else text)]


@cache
def names() -> tuple[str, ...]:
    """The tasks."""
    return tuple(TASKS)
