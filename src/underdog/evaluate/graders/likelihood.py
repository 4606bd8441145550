"""How likely a language model finds an output after its source, or a reference after the output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset, Text, clean
from ...core.errors import UnderdogError
from ...core.language import LanguageModel, complete, log_softmax, require_language_models
from ...runtime.meter import Meter
from ...runtime.progress import step
from ...runtime.registry import register
from ...runtime.schema import Number
from .reading import source

DIRECTIONS = {
    "faithfulness": ("source",),
    "precision": ("reference",),
    "recall": ("reference",),
    "f1": ("reference",),
    "fluency": (),
}
"""What is likely after what: the output after its source, the output after a reference, a
reference after the output, the mean of these two; and the output after nothing.
"""

LINKS = {"faithfulness": "\n\nTL;DR:", "fluency": ""}
LINK = "\nIn other words:"
CELLS = 16_000_000
"""Scores of next tokens that are held at once: 64 MB."""


@register("likelihood", holds={"tokens": Number(8, 1 << 20)})
@dataclass(frozen=True)
class Likelihood:
    """The mean probability (geometric) of a text's tokens, as in BARTScore (Yuan et al., 2021).

    ``model`` is any language model: ``causal('smollm2')``, an n-gram table, a mixture. The
    ``direction`` is faithfulness (the output after its source), precision (the output after a
    reference), recall (a reference after the output), f1 (the mean of both), or fluency (the
    output alone). The best reference counts. ``link`` stands between the two texts. At most
    ``tokens`` of each are read; a text is read once for all that is scored after it.
    """

    model: LanguageModel
    direction: str = "faithfulness"
    link: str | None = None
    tokens: int = 1024
    by_sentence: ClassVar[bool] = False

    def __post_init__(self) -> None:
        require_language_models(self.model)
        if self.direction not in DIRECTIONS:
            raise UnderdogError(
                f"likelihood knows no direction {self.direction!r}",
                f"one of {', '.join(DIRECTIONS)}: likelihood(causal('smollm2'), 'recall')",
            )

    @property
    def needs(self) -> tuple[str, ...]:
        """What it cannot do without."""
        return DIRECTIONS[self.direction]

    @property
    def says(self) -> str:
        """What a mean grade says."""
        return f"likelihood ({self.direction})"

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; a blank output gets 0, NaN where there is nothing to compare
        with.
        """
        n = len(values)
        if self.direction == "fluency":
            return self._best([(i, "", value) for i, value in enumerate(values)], values)
        if self.direction == "faithfulness":
            known = [source(text) for text in texts]
            return self._best(
                [(i, known[i], values[i]) for i in range(n) if known[i].strip()], values
            )
        pairs = [(i, right, values[i]) for i in range(n) for right in data.right[i]]
        back = [(i, said, right) for i, right, said in pairs]
        if self.direction == "precision":
            return self._best(pairs, values)
        if self.direction == "recall":
            return self._best(back, values)
        return (self._best(pairs, values) + self._best(back, values)) / 2

    def _best(self, pairs: Sequence[tuple[int, str, str]], values: Sequence[str]) -> Floats:
        """The best likelihood of each row's pairs (row, before, after), ``[texts]``."""
        grades = np.full(len(values), np.nan)
        for row, grade in self._scored(pairs):
            grades[row] = np.fmax(grades[row], grade if values[row].strip() else 0.0)
        return grades

    def _scored(self, pairs: Sequence[tuple[int, str, str]]) -> Iterator[tuple[int, float]]:
        """The likelihood of each pair, those with one beginning together."""
        starts: dict[str, list[int]] = {}
        for k, (_, before, _) in enumerate(pairs):
            starts.setdefault(before, []).append(k)
        with step("likelihoods", len(pairs)) as advance:
            for before, group in starts.items():
                meter = Meter()
                found = after(
                    self.model, self._prompt(before), [self._ids(pairs[k][2]) for k in group]
                )
                meter.bill(len(group))
                yield from (
                    (pairs[k][0], float(grade)) for k, grade in zip(group, found, strict=True)
                )
                advance(len(group))

    def _prompt(self, before: str) -> list[int]:
        link = LINKS.get(self.direction, LINK) if self.link is None else self.link
        encode, end = self.model.tokenizer.encode, self.model.tokenizer.end
        return [end, *encode(clean(before))[: self.tokens], *(encode(link) if link else [])]

    def _ids(self, text: str) -> list[int]:
        return self.model.tokenizer.encode(f" {clean(text).strip()}")[: self.tokens]


def after(model: LanguageModel, prompt: list[int], ways: Sequence[list[int]]) -> Floats:
    """The mean probability of the tokens of each of ``ways`` after ``prompt``, ``[ways]``.

    The mean is the geometric one. The prompt is read once. A way without tokens gets 0.
    """
    complete("the likelihood of a text", model)
    first, memory = model.extend(np.array([prompt], np.int64))
    opening = log_softmax(first[0, -1])
    grades = np.zeros(len(ways))
    longest = max(map(len, ways), default=0)
    at_once = max(1, CELLS // max(1, longest * opening.shape[-1]))
    order = sorted((k for k in range(len(ways)) if ways[k]), key=lambda k: len(ways[k]))
    for start in range(0, len(order), at_once):
        some = order[start : start + at_once]
        width = max(len(ways[k]) for k in some) - 1
        rows = np.full(
            (len(some), width), model.tokenizer.end if model.tokenizer.end >= 0 else 0, np.int64
        )
        for row, k in enumerate(some):
            rows[row, : len(ways[k]) - 1] = ways[k][:-1]
        logits = None
        if width:
            logits, _ = model.extend(rows, memory.select([0] * len(some)))
        for row, k in enumerate(some):
            total = float(opening[ways[k][0]])
            if logits is not None and len(ways[k]) > 1:
                steps = log_softmax(logits[row, : len(ways[k]) - 1])
                total += float(steps[np.arange(len(steps)), ways[k][1:]].sum())
            grades[k] = np.exp(total / len(ways[k]))
    return grades
