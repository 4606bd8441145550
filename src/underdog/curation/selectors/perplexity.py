"""How well language models predict a document: perplexity, and the difference of two models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.language import gives_scores, nats
from ...models.language.ngram import NGram
from ...runtime.registry import register
from ...runtime.schema import Number
from ..pool import Pool
from ..pool.pool import texts_of
from ..scoring import Learning
from .dsir import target_of

USUAL = NGram()
"""The language model that is fitted where none is named."""

MOST = 4_000
"""Documents of the pool that a model of the pool is fitted on."""


@register("perplexity", holds={"most": Number(16, 1 << 20)})
@dataclass(frozen=True)
class Perplexity(Learning):
    """Keeps what a language model predicts well, in nats per byte.

    A ``model`` that is a recipe, such as ngram(), learns the target first; a pretrained one, such
    as causal('smollm2'), is taken as it is. With ``against``, another model, the score is by how
    much the first predicts better (Moore & Lewis, ACL 2010; as RHO-loss does): a recipe there
    learns a sample of the pool. Reads the first ``most`` bytes of a document.
    """

    model: Any = USUAL
    against: Any = None
    target: str = ""
    most: int = 2_000

    def learn(self, pool: Pool) -> Surprise:
        """The models, fitted where they must be."""
        model = self.model
        if not gives_scores(model):
            model = fitted(model, target_of(self.target, pool), pool.seed)
        against = self.against
        if against is not None and not gives_scores(against):
            against = fitted(against, pool.sample(MOST, "against"), pool.seed)
        return Surprise(model, against, self.most)


def fitted(recipe: Any, data: Dataset, seed: int) -> Any:
    """The language model that ``recipe`` learns from ``data``; `UnderdogError` if it is none."""
    if not hasattr(recipe, "fit"):
        raise UnderdogError(f"{recipe!r} is no language model", "as in: perplexity(ngram())")
    found = recipe.fit(data, seed)
    if not gives_scores(found):
        raise UnderdogError(f"{recipe!r} is no language model", "as in: perplexity(ngram())")
    return found


@register("perplexity.surprise", holds={"most": Number(16, 1 << 20)})
@dataclass(frozen=True, eq=False)
class Surprise:
    """One language model, or two that are compared."""

    model: Any
    against: Any
    most: int

    def score(self, data: Dataset) -> Floats:
        """Nats per byte, ``[examples]``: negative, or by how many the model is better."""
        texts = [
            text.encode("utf-8", "replace")[: self.most].decode("utf-8", "ignore")
            for text in texts_of(data)
        ]
        values = -per_byte(self.model, texts)
        return values if self.against is None else values + per_byte(self.against, texts)


def per_byte(model: Any, texts: list[str]) -> Floats:
    """How surprised ``model`` is by each text, in nats per byte, ``[texts]``; inf for no text."""
    sizes = np.array([len(text.encode("utf-8", "replace")) for text in texts], np.float64)
    total = np.array([surprisal(model, text) if text else np.inf for text in texts])
    return total / np.maximum(sizes, 1)


def surprisal(model: Any, text: str) -> float:
    """Minus the log-probability of ``text``, in nats."""
    if hasattr(model, "surprisal"):
        return float(model.surprisal(text).sum())
    return float(nats(model, [model.tokenizer.end, *model.tokenizer.encode(text)]).sum())
