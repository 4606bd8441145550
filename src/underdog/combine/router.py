"""Routers: choose the model for each text before any model is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..core.answer import Answers
from ..core.cost import Floats
from ..core.data import Text
from ..core.errors import UnderdogError
from ..core.explaining import Explanation, explained
from ..core.protocols import Model
from ..runtime.registry import register
from ..runtime.schema import Number

SAMPLE = "router(scripted([], otherwise='tiny'), {'tiny': scripted([]), 'huge': scripted([])})"


@register("router", sample=SAMPLE, holds={"tolls": Number()})
@dataclass(frozen=True)
class Router:
    """Sends each text to one expert and runs no other.

    ``chooser`` is a model whose labels are the names of ``experts``, so any recipe can train one.
    The expert with the largest probability minus toll is run; ``tolls`` has one number per expert,
    in their order, or is empty for none, and expresses price. Ties go to the expert named first; a
    text for which the chooser names no expert goes to the last. Answers are billed for the chooser
    and the expert, and both are in their paths. The expert's answer is not checked: a `Cascade`
    does that.
    """

    chooser: Model
    experts: Mapping[str, Model]
    tolls: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.experts, Mapping):
            raise UnderdogError(
                "the experts of a router have names, which its chooser answers",
                "route([small, large]) trains one; fitted: router(chooser, {'a': model})",
            )
        if not self.experts:
            raise UnderdogError("a router needs an expert", "as in: router(chooser, {'a': model})")
        if self.tolls and len(self.tolls) != len(self.experts):
            raise UnderdogError(
                f"{len(self.tolls)} tolls do not match {len(self.experts)} experts",
                "give one for each expert, or none",
            )

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The answers of the chosen experts, with the costs of chooser and expert."""
        choices = self.chooser.answer(texts)
        chosen = self.chosen(choices)
        parts, rows = [], []
        for k, expert in enumerate(self.experts.values()):
            rows_of_expert = np.flatnonzero(chosen == k)
            if len(rows_of_expert) or (not len(texts) and not k):
                replies = expert.answer([texts[i] for i in rows_of_expert.tolist()])
                parts.append(replies.after(choices.take(rows_of_expert)))
                rows.append(rows_of_expert)
        return Answers.join(parts).take(np.argsort(np.concatenate(rows)))

    def chosen(self, choices: Answers) -> NDArray[np.intp]:
        """The index of the expert for each of the chooser's answers ``choices``, shape
        ``[texts]``.
        """
        names = tuple(self.experts)
        best: NDArray[np.intp] = self.worth(choices).argmax(axis=1)
        unnamed = np.array([value not in names for value in choices.values], bool)
        best[unnamed] = len(names) - 1
        return best

    def worth(self, choices: Answers) -> Floats:
        """Probability minus toll of each expert, ``[texts, experts]``."""
        worth: Floats = choices.matrix(tuple(self.experts)) - np.array(self.tolls or 0.0)
        return worth

    def explain(self, texts: Sequence[Text]) -> list[Explanation]:
        """The explanation of the expert that answers each text, with why it was chosen."""
        sentences = self.reasons(texts)
        chosen = self.chosen(self.chooser.answer(texts))
        explanations: dict[int, Explanation] = {}
        for k, expert in enumerate(self.experts.values()):
            rows = np.flatnonzero(chosen == k).tolist()
            for row, one in zip(rows, explained(expert, [texts[r] for r in rows]), strict=True):
                explanations[row] = replace(one, reasons=(sentences[row], *one.reasons))
        return [explanations[row] for row in range(len(texts))]

    def reasons(self, texts: Sequence[Text]) -> tuple[str, ...]:
        """A sentence per text that names the chosen expert, and why; runs the chooser only."""
        names = tuple(self.experts)
        choices = self.chooser.answer(texts)
        sentences = []
        for k, worth in zip(self.chosen(choices).tolist(), self.worth(choices), strict=True):
            others = ", ".join(f"{n} {w:+.3f}" for n, w in zip(names, worth, strict=True))
            sentences.append(f"{names[k]} was chosen; worth after tolls: {others}")
        return tuple(sentences)
