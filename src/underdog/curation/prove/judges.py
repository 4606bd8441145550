"""What is learned from a part of the pool, and how it is judged on texts that were held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.graders import EXACT
from ...core.language import complete, gives_scores, log_softmax
from ..pool.pool import texts_of
from ..selectors.perplexity import per_byte

LEAST = 10
"""Texts that a judgement needs at least."""

READ = 2_000
"""Bytes of a held-out text that a language model is asked about."""

TEXTS = 200
"""Held-out texts that a language model is asked about, at most."""

BATCH = 32
"""Pieces of held-out texts that a network reads at once."""

PASSES = 2
"""How often a network reads what it learns from; of the whole pool it reads as much once."""

BYTES = 5
"""Bytes of a word or sign, on average: what a network over bytes must read of each."""


class Judge(Protocol):
    """Learns from documents, and says how well that serves the texts that were held out."""

    @property
    def measure(self) -> str:
        """What the numbers are."""
        ...

    @property
    def passes(self) -> int:
        """How often a part is read."""
        ...

    @property
    def lower(self) -> bool:
        """Whether a lower number is better."""
        ...

    def judged(self, data: Dataset, tokens: int, seed: int) -> Floats:
        """What a model of ``data`` reaches on each held-out text, ``[texts]``."""
        ...


@dataclass(frozen=True, eq=False)
class Language:
    """A language model, judged by its loss on texts in nats per byte."""

    recipe: Any
    held: Dataset
    measure: str = "nats per byte"
    lower: bool = True

    @property
    def passes(self) -> int:
        """How often it reads what it learns from; counting tables gain nothing by a second time."""
        return PASSES if hasattr(self.recipe, "tokens") else 1

    def judged(self, data: Dataset, tokens: int, seed: int) -> Floats:
        """Nats per byte of each held-out text, ``[texts]``."""
        recipe = self.recipe
        if hasattr(recipe, "tokens"):
            recipe = replace(recipe, tokens=max(BYTES * tokens, recipe.length * recipe.batch))
        model = recipe.fit(Dataset.of(texts_of(data), [None] * len(data)), seed)
        if not gives_scores(model):
            raise UnderdogError(f"{recipe!r} is no language model", "as in: --learner 'ngram()'")
        texts = [text.encode()[:READ].decode("utf-8", "ignore") for text in texts_of(self.held)]
        if hasattr(recipe, "length"):
            return piecewise(model, texts[:TEXTS], recipe.length)
        return per_byte(model, texts[:TEXTS])


def piecewise(model: Any, texts: Sequence[str], length: int) -> Floats:
    """Nats per byte of each text, ``[texts]``, read in pieces of ``length`` tokens; inf for none.

    A network that has learned from such pieces does not know what to make of longer ones.
    """
    complete("how surprising a text is", model)
    of_length: dict[int, list[tuple[int, list[int]]]] = {}
    for i, text in enumerate(texts):
        ids = model.tokenizer.encode(text)
        for at in range(0, len(ids), length):
            piece = [model.tokenizer.end, *ids[at : at + length]]
            of_length.setdefault(len(piece), []).append((i, piece))
    total = np.zeros(len(texts))
    for pieces in of_length.values():
        for at in range(0, len(pieces), BATCH):
            rows = np.array([piece for _, piece in pieces[at : at + BATCH]], np.int64)
            logits, _ = model.extend(rows[:, :-1])
            right = np.take_along_axis(log_softmax(logits), rows[:, 1:, None], axis=2)
            np.add.at(total, [i for i, _ in pieces[at : at + BATCH]], -right.sum(axis=(1, 2)))
    sizes = np.array([len(text.encode()) for text in texts], np.float64)
    found: Floats = np.divide(total, sizes, out=np.full(len(texts), np.inf), where=sizes > 0)
    return found


@dataclass(frozen=True, eq=False)
class Labels:
    """A classifier, judged by how often it is right."""

    recipe: Any
    held: Dataset
    measure: str = "accuracy"
    lower: bool = False
    passes: int = 1

    def judged(self, data: Dataset, tokens: int, seed: int) -> Floats:
        """1 where the model of ``data`` is right about a held-out text, else 0, ``[texts]``."""
        known = data.take(np.flatnonzero(data.known))
        labels = tuple(sorted({y for y in (*known.labels, *self.held.labels) if y is not None}))
        known = replace(known, task=replace(known.task, labels=labels))
        answers = self.recipe.fit(known, seed).answer(self.held.texts)
        return np.nan_to_num(EXACT.grade(self.held.texts, answers.values, self.held))


def judge(recipe: Any, held: Dataset) -> Judge:
    """The judge of what ``recipe`` learns: by labels where the held-out texts have them.

    Raises `UnderdogError` if there are too few, or if the recipe cannot learn.
    """
    if not hasattr(recipe, "fit"):
        raise UnderdogError(f"{recipe!r} learns nothing", "as in: --learner 'ngram()'")
    labelled = bool(held.known.any())
    held = held.take(np.flatnonzero(held.known)) if labelled else held
    if len(held) < LEAST:
        raise UnderdogError(
            f"{len(held)} texts were held out to judge by: {LEAST} are needed",
            "give a larger file: --target FILE; or the column of the label: --label COLUMN",
        )
    found: Judge = Labels(recipe, held) if labelled else Language(recipe, held)
    return found
