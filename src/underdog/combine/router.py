"""Decide who answers before anybody is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.answer import Answers
from ..core.cost import Floats
from ..core.data import Text
from ..core.errors import UnderdogError
from ..core.protocols import Model
from ..runtime.registry import register

SAMPLE = "router(scripted([], otherwise='tiny'), {'tiny': scripted([]), 'huge': scripted([])})"


@register("router", sample=SAMPLE)
@dataclass(frozen=True)
class Router:
    """Sends each text to one expert and asks no other.

    ``chooser`` is a model whose labels are the names of ``experts``, so any recipe can be trained
    to be one. The expert with the greatest probability less its toll is asked; ``tolls``, one for
    each expert in their order (none: all are free), is where price enters. Equals go to the
    expert named first, a text for which the chooser names none of them to the last. Answers are
    billed for the choice and for the expert, and both stand in their paths. Does not look at what
    the expert said: a `Cascade` does.
    """

    chooser: Model
    experts: Mapping[str, Model]
    tolls: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.experts:
            raise UnderdogError("a router needs an expert", "as in: router(chooser, {'a': model})")
        if self.tolls and len(self.tolls) != len(self.experts):
            raise UnderdogError(
                f"{len(self.tolls)} tolls do not go with {len(self.experts)} experts",
                "give one for each expert, or none",
            )

    def answer(self, texts: Sequence[Text]) -> Answers:
        choices = self.chooser.answer(texts)
        chosen = self.chosen(choices)
        parts, rows = [], []
        for k, expert in enumerate(self.experts.values()):
            mine = np.flatnonzero(chosen == k)
            if len(mine) or (not len(texts) and not k):
                replies = expert.answer([texts[i] for i in mine.tolist()])
                parts.append(replies.after(choices.take(mine)))
                rows.append(mine)
        return Answers.join(parts).take(np.argsort(np.concatenate(rows)))

    def chosen(self, choices: Answers) -> NDArray[np.intp]:
        """Which expert answers after each of the chooser's ``choices``, shape ``[texts]``."""
        names = tuple(self.experts)
        best: NDArray[np.intp] = self.worth(choices).argmax(axis=1)
        unnamed = np.array([value not in names for value in choices.values], bool)
        best[unnamed] = len(names) - 1
        return best

    def worth(self, choices: Answers) -> Floats:
        """What each expert is thought worth, probability less toll: ``[texts, experts]``."""
        worth: Floats = choices.matrix(tuple(self.experts)) - np.array(self.tolls or 0.0)
        return worth

    def explain(self, texts: Sequence[Text]) -> tuple[str, ...]:
        """A sentence for each text that says who would answer, and why; asks the chooser alone."""
        names = tuple(self.experts)
        choices = self.chooser.answer(texts)
        told = []
        for k, worth in zip(self.chosen(choices).tolist(), self.worth(choices), strict=True):
            others = ", ".join(f"{n} {w:+.3f}" for n, w in zip(names, worth, strict=True))
            told.append(f"{names[k]} was chosen; worth after tolls: {others}")
        return tuple(told)
