"""Asking annotators about texts: part by part, and within a budget of dollars."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...combine.prompted import Prompted, labelling
from ...core.answer import ABSTAIN, Answers
from ...core.cost import FIELDS, Floats
from ...core.data import Dataset, Text
from ...core.errors import UnderdogError
from ...core.protocols import Learner, Model, fitted
from ...runtime.progress import step
from ...runtime.registry import parts, spec

PART = 64
"""Texts that are asked about before what was answered is kept."""

DOLLARS = FIELDS.index("dollars")


@dataclass(frozen=True)
class Annotator:
    """Anything that labels texts: its spec as typed, the model, and what it is asked.

    ``prompt`` is the question with a placeholder for the text, or the spec where nothing is asked
    in words; ``origin`` is a short fingerprint of it.
    """

    spec: str
    model: Model
    prompt: str

    @classmethod
    def of(cls, thing: Learner | Model, data: Dataset, seed: int = 0) -> Annotator:
        """``thing`` ready to label texts like those of ``data``; a recipe is fitted first."""
        model = fitted(labelling(thing), data, seed)
        asked = next((p for p in parts(model) if isinstance(p, Prompted)), None)
        blank: Text = "{text}"
        if data.texts and not isinstance(data.texts[0], str):
            blank = ("{first text}", "{second text}")
        return cls(spec(thing), model, asked.prompt(blank) if asked else spec(thing))

    def answer(self, texts: Sequence[Text], labels: Sequence[str]) -> Answers:
        """A label or an abstention for each text.

        Raises `UnderdogError` for an answer that is none of ``labels``: a rule for another task.
        """
        answers = self.model.answer(texts)
        other = {*answers.values} - {*labels, ABSTAIN}
        if other:
            raise UnderdogError(
                f"{self.spec} answers {min(other)!r}, which is none of the labels",
                f"spell it as a label is spelled: {', '.join(labels[:20])}",
            )
        return answers

    @property
    def batched(self) -> bool:
        """Whether it is asked through a batch API: about all texts at once."""
        return any(getattr(part, "batch", False) for part in parts(self.model))

    @property
    def origin(self) -> str:
        """Eight hexadecimal digits that stand for the prompt."""
        return hashlib.sha256(self.prompt.encode("utf-8", "surrogatepass")).hexdigest()[:8]


class Purse:
    """Dollars that may be spent (None: any number), and what has been.

    What a text will cost is bounded by the dearest so far, in proportion where it is longer: that
    holds for every price by the token, except for answers that grow longer than any before.
    """

    def __init__(self, limit: float | None) -> None:
        self.limit, self.spent = limit, 0.0
        self._dearest, self._longest = 0.0, 0

    def affordable(self, texts: Sequence[Text]) -> int:
        """How many of ``texts``, from the first on, can be asked about; one to learn the price."""
        if self.limit is None:
            return len(texts)
        if not self._longest:
            return min(1, len(texts)) if self.limit > 0 else 0
        scale = np.maximum(1.0, np.array([_length(text) for text in texts]) / self._longest)
        total = np.cumsum(self._dearest * scale)
        return int(np.searchsorted(total, self.limit - self.spent + 1e-12, side="right"))

    def pay(self, texts: Sequence[Text], prices: Floats, name: str = "an annotator") -> None:
        """Enter what labels of ``texts`` cost, ``[texts]`` in dollars; NaN is unknown.

        Raises `UnderdogError` for an unknown price if there is a limit.
        """
        if self.limit is not None and np.isnan(prices).any():
            raise UnderdogError(
                f"the price of {name} is unknown, so no budget can be kept",
                "tell it, as in: chat('my-model', price=[0.25, 2.0]); or leave out --budget",
            )
        self.spent += float(prices.sum())
        self._dearest = max(self._dearest, float(prices.max(initial=0.0)))
        self._longest = max([self._longest, *map(_length, texts)])


def asked(
    annotators: Sequence[Annotator], data: Dataset, purse: Purse, done: int = 0
) -> Iterator[list[Answers]]:
    """What each annotator says about the texts of ``data`` from place ``done`` on, part by part.

    Every part is answered by all annotators, so that they have seen the same texts when the money
    ends. The last part may be followed by texts that could not be paid for.
    """
    texts, labels = data.texts, data.task.labels
    with step("labelling", len(texts)) as advance:
        advance(done)
        size = len(texts) if any(one.batched for one in annotators) else PART
        while done < len(texts):
            part = texts[done : done + size]
            part = part[: purse.affordable(part)]
            if not len(part):
                return
            answers = [one.answer(part, labels) for one in annotators]
            yield answers
            prices = sum((a.costs[:, DOLLARS] for a in answers), np.zeros(len(part)))
            purse.pay(part, prices, _unpriced(annotators, answers))
            done += len(part)
            advance(len(part))


def _unpriced(annotators: Sequence[Annotator], answers: Sequence[Answers]) -> str:
    unknown = (np.isnan(a.costs[:, DOLLARS]).any() for a in answers)
    return next((one.spec for one, nan in zip(annotators, unknown, strict=True) if nan), "")


def _length(text: Text) -> int:
    """Bytes in a text, and one, so that none is of no length."""
    sides = (text,) if isinstance(text, str) else text
    return 1 + sum(len(side.encode("utf-8", "replace")) for side in sides)
