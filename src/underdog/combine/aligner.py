"""A small corrector behind any model: it learns what becomes of a draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..core.answer import ABSTAIN, Answers
from ..core.data import Dataset, Text
from ..core.errors import UnderdogError
from ..core.given import Data, dataset
from ..core.protocols import Learner, Model, fitted, samples_seen
from ..runtime.out_of_fold import held_out
from ..runtime.registry import register
from .decoding.writers import Sampled
from .prompted import labelling

FOLDS = 4
"""Parts of the data: a draft for each is written by a model that learned from the others."""

WRITTEN = 128
"""Tokens of a correction at most."""


@register("aligner", sample="aligner(majority(), bayes())")
@dataclass(frozen=True)
class Aligner:
    """Puts right what ``model`` answers: ``corrector`` learns from drafts and the right answers.

    (Aligner: Ji et al., NeurIPS 2024; LMCor: Vernikos et al., EACL 2024.) The corrector reads each
    text and the draft as a pair, so any recipe that reads pairs corrects labels, sets and numbers.
    Where answers are texts it is a recipe of a language model, as in ``aligner(chat('gpt-5-mini'),
    lm('smollm2'))``, which writes the better text. ``model`` is never changed and may stand behind
    an API. A model that is a recipe learns first, and its drafts are of texts that it has not
    learned from.
    """

    model: Model | Learner
    corrector: Learner

    def fit(self, data: Data, seed: int = 0) -> Model:
        """An `AlignedModel`.

        Raises `UnderdogError` without right answers, or if the corrector cannot learn from pairs.
        """
        data = dataset(data)
        known = data.take(np.flatnonzero(data.known))
        if not len(known):
            raise UnderdogError(
                "there is no right answer that a draft could be corrected to",
                "name the column of right answers: --label COLUMN",
            )
        model = fitted(labelling(self.model) if data.task.labels else self.model, data, seed)
        drafts = self._drafts(model, known, seed)
        writes = data.task.kind == "text"
        if writes:
            texts = _examples(known, drafts)
            learned = replace(known, texts=texts, labels=(None,) * len(texts), references=None)
        else:
            learned = replace(known, texts=tuple(beside(known.texts, drafts)))
        corrector = self.corrector.fit(learned, seed)
        if writes and not isinstance(corrector, Model):
            corrector = Sampled(corrector, max_tokens=WRITTEN)
        return AlignedModel(model, corrector, writes)

    def samples_seen(self, data: Dataset) -> float:
        """Examples read by all fits."""
        drafting = self.model if isinstance(self.model, Learner) else None
        first = (1 + FOLDS) * samples_seen(drafting, data) if drafting else 0.0
        return first + samples_seen(self.corrector, data)

    def _drafts(self, model: Model, data: Dataset, seed: int) -> tuple[str, ...]:
        """What ``model`` answers; a recipe's answers to texts that it has not learned from."""
        recipe = labelling(self.model) if data.task.labels else self.model
        if isinstance(recipe, Learner):
            return held_out(recipe, data, FOLDS, seed, label="drafting").values
        return model.answer(data.texts).values


@register("aligner.model")
@dataclass(frozen=True, eq=False)
class AlignedModel:
    """The ``corrector``'s answers, given the drafts of ``model``; it ``writes`` texts, or reads
    pairs. A correction that is empty leaves the draft as it is.
    """

    model: Model
    corrector: Model
    writes: bool = False

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The corrected answers, billed for the drafts as well."""
        drafts = self.model.answer(texts)
        if not self.writes:
            better = self.corrector.answer(beside(texts, drafts.values))
        else:
            prompts = [_prompt(t, d) for t, d in zip(texts, drafts.values, strict=True)]
            better = self.corrector.answer(prompts)
            values = [value.partition("\n")[0].strip() for value in better.values]
            better = replace(better, values=tuple(values), logprobs=None)
        empty = [i for i, value in enumerate(better.values) if value == ABSTAIN]
        corrected = better.after(drafts)
        if not empty:
            return corrected
        kept = replace(drafts.take(empty), costs=corrected.costs[empty])
        return corrected.put(empty, kept)


def beside(texts: Sequence[Text], drafts: Sequence[str]) -> list[Text]:
    """Each text and its draft as a pair; of a pair of texts, both and the draft."""
    return [(_whole(text), draft) for text, draft in zip(texts, drafts, strict=True)]


def _whole(text: Text) -> str:
    return text if isinstance(text, str) else "\n".join(text)


def _prompt(text: Text, draft: str) -> str:
    return f"{_whole(text)}\nDraft: {draft}\nBetter:"


def _examples(data: Dataset, drafts: Sequence[str]) -> tuple[Text, ...]:
    """The texts that a language model learns to continue: text, draft, right answer."""
    prompts = [_prompt(text, draft) for text, draft in zip(data.texts, drafts, strict=True)]
    lines = [" ".join(right[0].split()) for right in data.right]
    return tuple([f"{prompt} {line}" for prompt, line in zip(prompts, lines, strict=True)])
