"""Any model, asked with shorter texts: `Compressed`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...core.answer import Answers
from ...core.data import Text
from ...core.description import Fact, describe
from ...core.given import Data, dataset
from ...core.protocols import Learner, Model, fitted
from ...runtime.formatting import percent
from ...runtime.registry import register
from ...runtime.schema import Number
from ..demonstrations import words
from ..prompted import labelling
from .shortening import shortened


@register("compressed", sample="compressed(bayes(), 0.5)", holds={"share": Number(0, 1)})
@dataclass(frozen=True)
class Compressed:
    """Asks ``model`` with a ``share`` of each text, in whole sentences.

    Of a pair (question, passage) the passage is shortened to what bears on the question; of a
    single text, what has least to do with the rest is left out. A recipe is fitted to the short
    texts. The receipts hold what was paid for the short ones; `compare` the model without this to
    see what that saves.
    """

    model: Model | Learner
    share: float = 0.5

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `CompressedModel`."""
        data = dataset(data)
        texts = tuple(short(text, self.share) for text in data.texts)
        model = fitted(labelling(self.model), replace(data, texts=texts), seed)
        return CompressedModel(model, self.share)


@register("compressed.model", holds={"share": Number(0, 1)})
@dataclass(frozen=True)
class CompressedModel:
    """The answers of ``model`` to a ``share`` of each text."""

    model: Model
    share: float

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The model's answers to the shortened texts."""
        return self.model.answer([short(text, self.share) for text in texts])

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """How many words are left of ``texts``; and the facts of the model."""
        if not texts:
            return describe(self.model, texts)
        whole = sum(len(words(text)) for text in texts)
        cut = [short(text, self.share) for text in texts]
        left = sum(map(len, map(words, cut)))
        says = f"asked with {left:,} of {whole:,} words ({percent(left / max(1, whole))})"
        return (Fact("compression", says, {"words": left, "of": whole}), *describe(self.model, cut))


def short(text: Text, share: float) -> Text:
    """A ``share`` of ``text``; of a pair, of its second text, as the first one asks."""
    if isinstance(text, str):
        return shortened(text, share)
    return text[0], shortened(text[1], share, text[0])
