"""Texts that a model writes: for a label, with attributes, after examples, or in other words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...combine.repeated import redrawn
from ...core.answer import Answers
from ...core.cost import Cost
from ...core.data import Dataset, Task, Text
from ...core.errors import UnderdogError
from ...core.protocols import Model
from ...core.reading.reasoning import without_reasoning
from ...runtime.registry import register
from ...runtime.schema import Number
from . import prompts
from .prompts import ATTRIBUTES, Attributes
from .source import Made, Origins, cleaned

WAYS = ("attributed", "plain", "examples")
FORMS = ("words", "back", "query")
LONGEST = 2_000
"""Characters of a text; what is longer is no answer to the question."""

PREFIX = re.compile(
    r"^\s*(?:here is[^\n:]*:|sure[^\n:]*:|text:|other words:|translation:|query:)\s*", re.I
)


@register("written", sample="", holds={"n": Number(1, 10_000_000)})
@dataclass(frozen=True)
class Writer:
    """``n`` texts that ``model`` writes, equally many for each label.

    ``how`` is what it is told: a label and ``attributes`` of the text, each with its values
    (`prompts.ATTRIBUTES` by default); ``plain``, the label alone; or ``examples``, real texts of
    the label. A ``plain`` prompt is the same for every text of a label, so the model must draw:
    ``chat('NAME', temperature=0.9)``.
    """

    model: Model
    n: int = 100
    how: str = "attributed"
    attributes: Attributes = ATTRIBUTES

    def __post_init__(self) -> None:
        if self.how not in WAYS:
            raise UnderdogError(
                f"texts cannot be written by {self.how!r}", f"how: {', '.join(WAYS)}"
            )

    def more(self, data: Dataset, seed: int = 0) -> Made:
        """The texts as they were written; their origins are the examples shown.

        Raises `UnderdogError` without labels, and for examples where a label has none.
        """
        task = data.task
        if not task.labels:
            raise UnderdogError("there are no labels to write for", "name them: --labels a,b,c")
        labels = [task.labels[i % len(task.labels)] for i in range(self.n)]
        if self.how == "plain":
            return self._plain(data, labels, seed)
        asked, origins = self._prompts(data, labels, seed)
        answers = redrawn(self.model, seed).answer(asked)
        return _written(task, answers, labels, origins)

    def _plain(self, data: Dataset, labels: Sequence[str], seed: int) -> Made:
        """Texts for the same prompts over and over: each time another draw."""
        parts, size = [], len(data.task.labels)
        for turn, start in enumerate(range(0, len(labels), size)):
            asked = [prompts.plain(data.task, label) for label in labels[start : start + size]]
            model = redrawn(self.model, 1000 * seed + turn)
            if turn == 1 and model == redrawn(self.model, 1000 * seed):
                raise UnderdogError(
                    "a plain prompt gives the same text each time",
                    "let the model draw, as in: chat('NAME', temperature=0.9); or how='attributed'",
                )
            parts.append(model.answer(asked))
        return _written(data.task, Answers.join(parts), labels, ((),) * len(labels))

    def _prompts(
        self, data: Dataset, labels: Sequence[str], seed: int
    ) -> tuple[list[str], Origins]:
        if self.how == "attributed":
            chosen = prompts.combinations(self.attributes, len(labels), seed)
            pairs = zip(labels, chosen, strict=True)
            return [prompts.attributed(data.task, y, c) for y, c in pairs], ((),) * len(labels)
        dice = np.random.default_rng(seed)
        rows = {y: np.flatnonzero(data.targets == k) for k, y in enumerate(data.task.labels)}
        if missing := [y for y, found in rows.items() if not len(found)]:
            raise UnderdogError(
                f"no example is labelled {missing[0]!r}", "write without: how='attributed'"
            )
        picked = [dice.permutation(rows[y])[: prompts.SHOWN].tolist() for y in labels]
        pairs_ = zip(labels, picked, strict=True)
        asked = [prompts.exemplified(y, [data.texts[i] for i in some]) for y, some in pairs_]
        return asked, tuple(map(tuple, picked))


@register("paraphrased", sample="", holds={"times": Number(1, 100)})
@dataclass(frozen=True)
class Paraphrased:
    """Each labelled text ``times`` times in other words, as ``model`` says it.

    ``how`` is what it is asked for: other ``words``; ``back``, a translation into ``language`` and
    from that into ``own`` again; or a ``query``, as it would be typed into a search box. For more
    than once the model must draw: ``chat('NAME', temperature=0.9)``.
    """

    model: Model
    times: int = 1
    how: str = "words"
    language: str = "German"
    own: str = "English"

    def __post_init__(self) -> None:
        if self.how not in FORMS:
            raise UnderdogError(
                f"texts cannot be rewritten by {self.how!r}", f"how: {', '.join(FORMS)}"
            )

    def more(self, data: Dataset, seed: int = 0) -> Made:
        """The paraphrases; the origin of each is the text it says again."""
        rows = [i for i in range(len(data)) if data.labels[i] is not None]
        texts = [data.texts[i] for i in rows]
        parts = [self._said(redrawn(self.model, 1000 * seed + n), texts) for n in range(self.times)]
        labels = [str(data.labels[i]) for i in rows] * self.times
        origins = tuple((i,) for i in rows) * self.times
        return _written(data.task, Answers.join(parts), labels, origins)

    def _said(self, model: Model, texts: Sequence[Text]) -> Answers:
        """What ``model`` makes of each text, with the bill of all that it was asked."""
        if self.how != "back":
            ask = prompts.paraphrase if self.how == "words" else prompts.searched
            return model.answer([ask(text) for text in texts])
        there = model.answer([prompts.translated(text, self.language) for text in texts])
        foreign = [_text(value) for value in there.values]
        back = model.answer([prompts.translated(text, self.own) for text in foreign])
        return back.after(there)


def synthesise(
    task: Task,
    llm: Model,
    n: int,
    *,
    how: str = "attributed",
    examples: Dataset | None = None,
    judge: Model | None = None,
    seed: int = 0,
) -> Made:
    """About ``n`` texts for the labels of ``task``, written by ``llm`` and cleaned.

    ``examples`` are real texts: what nearly repeats one is dropped, and ``how='examples'`` shows
    some. ``judge`` is another model than ``llm``; a text to which it gives another label is
    dropped. Whether they help is for `Augmented` to say. Raises `UnderdogError` as `Writer.more`.
    """
    real = examples or Dataset(task, (), ())
    found = cleaned(Writer(llm, n, how).more(replace(real, task=task), seed), real)
    return found if judge is None else judged(found, judge)


def judged(found: Made, judge: Model) -> Made:
    """``found`` without the texts to which ``judge`` gives another label than was asked for."""
    answers = judge.answer(found.data.texts)
    said = answers.indices(found.data.task.labels)
    agreed = np.flatnonzero((said < 0) | (said == found.data.targets)).tolist()
    found = replace(found, cost=found.cost + answers.total)
    return found.without("another label by the judge", agreed)


def _written(task: Task, answers: Answers, labels: Sequence[str], origins: Origins) -> Made:
    texts = tuple(_text(value) for value in answers.values)
    total: Cost = answers.total
    return Made(Dataset(task, texts, tuple(labels)), origins, total)


def _text(value: str) -> str:
    """What was written, without reasoning, quotation marks and preambles; empty if too long."""
    bare = PREFIX.sub("", without_reasoning(value)[0]).strip()
    bare = bare.split("\n\n")[0].partition("\nText:")[0].strip()
    if len(bare) > 1 and bare[0] in "\"'“" and bare[-1] in "\"'”":
        bare = bare[1:-1].strip()
    return " ".join(bare.split()) if len(bare) <= LONGEST else ""
