"""Whether the source entails an output, by a cross-encoder that was trained on pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.errors import UnderdogError
from ...core.texts import sentences
from ...runtime.persist import load
from ...runtime.registry import register
from ...runtime.schema import Number
from .lexical import shared
from .reading import source

ENTAILED = (
    "entailment",
    "entailed",
    "entails",
    "supported",
    "supports",
    "faithful",
    "yes",
    "true",
    "1",
)
"""Labels of pairs (source, claim) that say that the source supports the claim."""

WORDS = 60
"""Words of a passage of the source, in whole sentences: the size of the pairs that NLI learns."""


@register("nli", holds={"passages": Number(1, 1000)})
@dataclass(frozen=True)
class Nli:
    """The probability that the source entails an output, sentence by sentence.

    ``model`` answers pairs (premise, hypothesis): a folder that ``underdog fit pairs.csv
    'encoder()' --out models/nli`` wrote, or a model. Each sentence of the output is compared with
    the ``passages`` of the source that share most words with it, and the best one counts (SummaC,
    Laban et al., TACL 2022); the output gets the mean of its sentences, or with ``part="min"`` that
    of its worst. ``label`` is the label that says that it is entailed, where the usual names of it
    do not tell. ``against="reference"`` compares with the references in place of the source.
    """

    model: Any
    label: str = ""
    part: str = "mean"
    passages: int = 2
    against: str = "source"
    by_sentence: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.part not in ("mean", "min"):
            raise UnderdogError(f"nli has no part {self.part!r}", "nli(MODEL, part='min')")
        if self.against not in ("source", "reference"):
            raise UnderdogError(f"nli has no {self.against!r}", "nli(MODEL, against='reference')")

    @property
    def needs(self) -> tuple[str, ...]:
        """What it cannot do without."""
        return (self.against,)

    @property
    def says(self) -> str:
        """What a mean grade says."""
        return "entailed"

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; a blank output gets 0, NaN where there is no source.

        Raises `UnderdogError` if no label of the model says that a pair is entailed.
        """
        known = [
            (source(text),) if self.against == "source" else right
            for text, right in zip(texts, data.right, strict=True)
        ]
        pairs: list[tuple[str, str]] = []
        claims: list[tuple[int, int, int]] = []  # row, and where the pairs of a sentence lie
        for i, (many, value) in enumerate(zip(known, values, strict=True)):
            parts = [part for whole in many for part in passages(whole)]
            for claim in sentences(value) if parts else ():
                near = sorted(parts, key=lambda part: -shared(claim, part))[: self.passages]
                claims.append((i, len(pairs), len(pairs) + len(near)))
                pairs += [(part, claim) for part in near]
        entailed = self._entailed(pairs)
        grades = np.full(len(values), np.nan)
        for i, many in enumerate(known):
            if any(whole.strip() for whole in many):
                grades[i] = 0.0
        for i in dict.fromkeys(row for row, _, _ in claims):
            best = [entailed[a:b].max() for row, a, b in claims if row == i]
            grades[i] = np.mean(best) if self.part == "mean" else np.min(best)
        return grades

    def _entailed(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """The probability that each pair is entailed, ``[pairs]``; equal pairs are asked once."""
        if not pairs:
            return np.zeros(0)
        model = self.model if hasattr(self.model, "answer") else opened(str(self.model))
        if not hasattr(model, "answer"):
            raise UnderdogError(
                f"{self.model!r} answers no pairs",
                "underdog fit FILE 'encoder()' --out FOLDER",
            )
        distinct = {pair: k for k, pair in enumerate(dict.fromkeys(pairs))}
        answers = model.answer(list(distinct))
        label = self.label or _entailing(answers.labels)
        if label not in answers.labels:
            raise UnderdogError(
                f"the model has no label {label!r}; its labels: {', '.join(answers.labels)}",
                "name the one that means entailed: nli(MODEL, label='…')",
            )
        found: Floats = answers.matrix((label,))[:, 0][[distinct[pair] for pair in pairs]]
        return found


def passages(text: str) -> list[str]:
    """``text`` in passages of whole sentences, each of about `WORDS` words.

    >>> passages("One sentence. Another one.")
    ['One sentence. Another one.']
    """
    found: list[list[str]] = []
    size = WORDS
    for sentence in sentences(text):
        if size >= WORDS:
            found.append([])
            size = 0
        found[-1].append(sentence)
        size += len(sentence.split())
    return [" ".join(part) for part in found]


def opened(folder: str) -> Any:
    """What is saved in ``folder``, read again only when it has changed."""
    file = Path(folder).expanduser() / "model.json"
    return _opened(folder, file.stat().st_mtime_ns if file.is_file() else 0)


@lru_cache(4)
def _opened(folder: str, _changed: int) -> Any:
    return load(folder)


def _entailing(labels: Sequence[str]) -> str:
    plain = {label.casefold().strip(): label for label in labels}
    found = next((plain[name] for name in ENTAILED if name in plain), None)
    if found is None:
        raise UnderdogError(
            f"it is not known which label means entailed: {', '.join(labels) or 'none'}",
            "name it: nli(MODEL, label='…')",
        )
    return found
