"""A small model's answer as advice in the prompt of a large one: `Advised`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..core.answer import ABSTAIN, Answers
from ..core.data import Text
from ..core.given import Data, dataset
from ..core.protocols import Learner, Model, fitted
from ..runtime.out_of_fold import out_of_fold
from ..runtime.registry import register
from .prompted import labelling

FOLDS = 4


@register("advised", sample="advised(fewshot(scripted([['a', 'a']]), k=2), majority())")
@dataclass(frozen=True)
class Advised:
    """Tells ``model`` what the small model ``by`` says of each text, and how sure it is.

    The demonstrations tell it too: there, the small model answers texts that it has not learned
    from, so that the large model sees where it errs (SuperICL: Xu et al., Findings of ACL 2024).
    As in ``advised(fewshot(chat('gpt-5-mini'), k=8), linear())``.
    """

    model: Model | Learner
    by: Learner

    def fit(self, data: Data, seed: int = 0) -> Model:
        """An `AdvisedModel`: the small model of all examples, and the large one shown its
        answers.
        """
        data = dataset(data)
        notes: dict[int, Text] = {}
        for fold in out_of_fold(self.by, data, FOLDS, seed, labels=2):
            said = noted(fold.test.texts, fold.answers)
            notes.update(zip(fold.rows.tolist(), said, strict=True))
        texts = tuple([notes.get(i, text) for i, text in enumerate(data.texts)])
        large = fitted(labelling(self.model), replace(data, texts=texts), seed)
        return AdvisedModel(large, self.by.fit(data, seed))


@register("advised.model")
@dataclass(frozen=True)
class AdvisedModel:
    """The answers of ``model``, which is told what ``by`` says of each text."""

    model: Model
    by: Model

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The large model's answers, billed for the small one's as well."""
        advice = self.by.answer(texts)
        return self.model.answer(noted(texts, advice)).after(advice)


def noted(texts: Sequence[Text], advice: Answers) -> list[Text]:
    """Each text with a note of the small model's answer; an abstention leaves it as it is."""
    sure = np.asarray(advice.confidence).tolist()
    return [
        _with(text, f"{value} ({p:.0%} sure)" if p else value) if value != ABSTAIN else text
        for text, value, p in zip(texts, advice.values, sure, strict=True)
    ]


def _with(text: Text, said: str) -> Text:
    note = f"(A small model says: {said})"
    return f"{text}\n{note}" if isinstance(text, str) else (text[0], f"{text[1]}\n{note}")
