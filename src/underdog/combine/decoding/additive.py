"""Scores of the next token added and subtracted: one combiner, and the methods that it covers.

score = base + alpha x (plus - minus), where the base finds a token plausible. All models share
one tokenizer. With alpha = 0 the result is the base, bit for bit; so it is where plus and minus
say the same. The base may be behind an API that names only its likeliest tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.language import (
    Ids,
    LanguageModel,
    Logits,
    Tokenizer,
    complete,
    log_softmax,
    named,
    same_tokenizer,
    stepwise,
)
from ...runtime.registry import register
from ...runtime.schema import Number
from .joint import After, Joint, read
from .named import floored, steered

WEIGHT = Number(-1000, 1000)


@dataclass(frozen=True)
class Sum:
    """What is added up: ``plus`` or ``minus`` may be absent, which is a uniform distribution.

    ``alpha`` None adapts to each token: it is the Jensen-Shannon divergence of plus and minus, in
    bits, so between 0 and 1. Tokens less than ``plausible`` times as likely to the base as its
    likeliest one are excluded.
    """

    base: LanguageModel
    plus: LanguageModel | None = None
    minus: LanguageModel | None = None
    alpha: float | None = 1.0
    plausible: float = 0.0

    def extend(self, ids: Ids, cache: Joint | None) -> tuple[Logits, Joint]:
        """Scores of the next token, ``[texts, tokens, vocabulary]``.

        Raises `UnderdogError` if the models have different tokenizers.
        """
        models = [m for m in (self.base, self.plus, self.minus) if m is not None]
        same_tokenizer(*models)
        self._check()
        found, memory = read(models, ids, cache)
        base, rest = found[0], found[1:]
        if self.alpha == 0:
            return base, memory
        if named(self.base):
            return self._from_named(base, rest), memory
        even = np.zeros(1, base.dtype)
        plus = _centred(rest.pop(0)) if self.plus is not None else even
        minus = _centred(rest.pop(0)) if self.minus is not None else even
        alpha = divergence(plus, minus) if self.alpha is None else self.alpha
        score: Logits = base + alpha * (plus - minus)
        if self.plausible:
            top = base.max(axis=-1, keepdims=True)
            score = np.where(base < top + np.log(self.plausible), -np.inf, score)
        return score, memory

    def _check(self) -> None:
        """Refuse a model that names few tokens where all are needed: what it does not name would
        be added, or taken off, without a number.
        """
        if self.plus is not None and self.plus is not self.base and named(self.plus):
            complete("a model whose scores are added", self.plus)
        if self.minus is not None and named(self.minus) and not named(self.base):
            complete("a model whose scores are taken off", self.minus)

    def _from_named(self, base: Logits, rest: list[Logits]) -> Logits:
        """Scores where the base is an API's: among its named tokens, and the others as one."""
        plus = rest.pop(0) if self.plus is not None else None
        minus = rest.pop(0) if self.minus is not None else None
        if self.plus is not self.base:
            assert self.alpha is not None
            return steered(base, plus, minus, self.alpha, self.plausible)
        assert minus is not None  # the same API with and without a context
        without = np.where(np.isneginf(base), -np.inf, floored(minus))
        alpha = divergence(base, without) if self.alpha is None else self.alpha
        with np.errstate(invalid="ignore"):
            score: Logits = base + alpha * (base - without)
        return np.where(np.isneginf(base), -np.inf, score)


def divergence(plus: Logits, minus: Logits) -> Logits:
    """The Jensen-Shannon divergence of two distributions, in bits: ``[texts, tokens, 1]``."""
    p, q = log_softmax(plus), log_softmax(minus)
    middle = np.logaddexp(p, q) - np.log(2.0)
    with np.errstate(invalid="ignore"):
        terms = [np.where(np.isfinite(x), np.exp(x) * (x - middle), 0.0) for x in (p, q)]
    nats = 0.5 * (terms[0] + terms[1]).sum(axis=-1, keepdims=True)
    found: Logits = np.clip(nats / np.log(2.0), 0.0, 1.0)
    return found


def _centred(logits: Logits) -> Logits:
    """``logits`` with 0 for the likeliest token, and nothing below what numbers can hold."""
    found: Logits = np.maximum(logits - logits.max(axis=-1, keepdims=True), -1e4)
    return found


class Combined:
    """A combination of language models, which says in `parts` what is added up."""

    def parts(self) -> Sum:
        """What is added up."""
        raise NotImplementedError

    @property
    def tokenizer(self) -> Tokenizer:
        """That of all models; `UnderdogError` if they do not share one."""
        return self.parts().base.tokenizer

    @property
    def stepwise(self) -> bool:
        """Whether one of the models scores only what follows the last token."""
        parts = self.parts()
        return stepwise(*(m for m in (parts.base, parts.plus, parts.minus) if m is not None))

    def extend(self, ids: Ids, cache: Any = None) -> tuple[Logits, Joint]:
        """Scores of the next token, ``[texts, tokens, vocabulary]``."""
        return self.parts().extend(ids, cache)


@register("contrasted", holds={"alpha": WEIGHT, "plausible": Number(0, 1)})
@dataclass(frozen=True)
class Contrasted(Combined):
    """``expert`` without what the ``amateur`` believes as well (contrastive decoding, Li et al.,
    ACL 2023).

    Among tokens that the expert finds at least ``plausible`` times as likely as its likeliest one,
    the log-probability of the amateur, times ``alpha``, is taken off.
    """

    expert: LanguageModel
    amateur: LanguageModel
    alpha: float = 1.0
    plausible: float = 0.1

    def parts(self) -> Sum:
        """expert - alpha x amateur."""
        return Sum(self.expert, None, self.amateur, self.alpha, self.plausible)


@register("context_aware", holds={"alpha": WEIGHT})
@dataclass(frozen=True)
class ContextAware(Combined):
    """``model`` after a ``context`` that it is to follow even against what it has learned.

    What it says without the context is taken off, times ``alpha`` (Shi et al., NAACL 2024). None
    weighs each token by how much the context changes (AdaCAD, Wang et al., NAACL 2025), so that
    nothing is lost where the two agree.
    """

    model: LanguageModel
    context: str
    alpha: float | None = None

    def parts(self) -> Sum:
        """with + alpha x (with - without)."""
        informed = After(self.model, self.context)
        return Sum(informed, informed, self.model, self.alpha)


@register("proxy_tuned", holds={"alpha": WEIGHT, "plausible": Number(0, 1)})
@dataclass(frozen=True)
class ProxyTuned(Combined):
    """``base`` moved as far as training moved a small model: ``expert`` against ``antiexpert``
    (proxy-tuning, Liu et al., COLM 2024; DExperts, Liu et al., ACL 2021).
    """

    base: LanguageModel
    expert: LanguageModel
    antiexpert: LanguageModel
    alpha: float = 1.0
    plausible: float = 0.0

    def parts(self) -> Sum:
        """base + alpha x (expert - antiexpert)."""
        return Sum(self.base, self.expert, self.antiexpert, self.alpha, self.plausible)


@register("adapted", holds={"alpha": WEIGHT})
@dataclass(frozen=True)
class Adapted(Combined):
    """``base`` times ``policy``: a small model that was trained to be multiplied with it (IPA, Lu
    et al., EMNLP 2023).
    """

    base: LanguageModel
    policy: LanguageModel
    alpha: float = 1.0

    def parts(self) -> Sum:
        """base + alpha x policy."""
        return Sum(self.base, self.policy, None, self.alpha)
