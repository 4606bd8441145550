"""A language model of n-grams, fitted in seconds on the texts of a domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.cost import Floats
from ...core.data import clean, plain
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.language import Ids, Logits, Tokenizer
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Number
from .kneser_ney import Table
from .tokenizers import Bytes


@register("ngram", holds={"order": Number(1, 12)})
@dataclass(frozen=True)
class NGram:
    """Counts sequences of up to ``order`` tokens, with modified Kneser-Ney smoothing (Chen and
    Goodman, 1999).

    ``tokenizer`` is that of the model it is to be mixed with or to draft for, such as 'smollm2',
    or 'bytes'. Fitting reads the texts alone, about a million tokens a second. As a recipe inside
    `mixture` or `speculative` it is fitted with them; it labels nothing.
    """

    order: int = 5
    tokenizer: str = "bytes"

    def fit(self, data: Data, seed: int = 0) -> NGramModel:
        """The language model of the texts of ``data``; the seed changes nothing.

        Raises `UnderdogError` if there are no texts.
        """
        data = dataset(data)
        meter = Meter()
        tokenizer = tokenizer_of(self.tokenizer)
        texts = [plain(text) for text in data.texts]
        documents = [[*tokenizer.encode(text), tokenizer.end] for text in texts if text.strip()]
        if not documents:
            raise UnderdogError("there are no texts to count n-grams in", "give a file with texts")
        model = NGramModel(tokenizer, Table.of(documents, self.order, tokenizer.size + 1))
        meter.bill(1)
        return model


@dataclass(frozen=True)
class History:
    """The tokens of each text so far: all that an n-gram model remembers."""

    texts: tuple[tuple[int, ...], ...]

    @property
    def length(self) -> int:
        """Tokens of each text."""
        return len(self.texts[0])

    def crop(self, length: int) -> History:
        """The first ``length`` tokens of each text."""
        return History(tuple([text[:length] for text in self.texts]))

    def select(self, rows: Sequence[int]) -> History:
        """The texts at ``rows``."""
        return History(tuple([self.texts[row] for row in rows]))


@register("ngram.model")
@dataclass(frozen=True, eq=False)
class NGramModel:
    """A table of n-grams as a `LanguageModel`."""

    tokenizer: Tokenizer
    table: Table

    def extend(self, ids: Ids, cache: Any = None) -> tuple[Logits, History]:
        """Log-probabilities of the next token, ``[texts, tokens, vocabulary]``."""
        texts = list(cache.texts) if cache else [()] * len(ids)
        found = np.empty((*ids.shape, self.tokenizer.size))
        for row, new in enumerate(ids.tolist()):
            for i, token in enumerate(new):
                texts[row] = (*texts[row], token)
                found[row, i] = np.log(self.table.next(texts[row]))
        return found, History(tuple(texts))

    def surprisal(self, text: str) -> Floats:
        """Minus the log-probability of each token of ``text``, in nats: ``[tokens]``.

        Hundreds of thousands of tokens a second: garbled text has a high mean.
        """
        found: Floats = -np.log(self.table.probabilities(self.tokenizer.encode(clean(text))))
        return found


def tokenizer_of(name: str) -> Tokenizer:
    """The tokenizer called ``name``: 'bytes', or that of a model for `causal`."""
    if name == "bytes":
        return Bytes()
    from .pretrained import tokenizer

    return tokenizer(name)
