"""Probabilities of the next token mixed, with weights that are learned from texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.cost import Floats
from ...core.data import Text, plain
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.language import (
    Ids,
    LanguageModel,
    Logits,
    Tokenizer,
    log_softmax,
    named,
    piece,
    same_tokenizer,
    stepwise,
)
from ...core.protocols import Learner, pinned
from ...runtime import progress
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Array, Number
from .joint import Joint, read
from .named import filled

GATES = ("constant", "entropy", "full")

HELD_OUT = 0.2
"""The share of texts from which the weights are learned, and on which no member is fitted."""


@register("mixture", holds={"tokens": Number(10, 1e9)})
@dataclass(frozen=True)
class Mixture:
    """Several language models of one tokenizer, mixed (CombLM, Ormazabal et al., EMNLP 2023).

    Members that are recipes, such as `ngram(tokenizer='smollm2')`, are fitted on four fifths of the
    texts. On up to ``tokens`` tokens of the others the weights are learned: ``gate`` 'constant'
    gives one weight to each model; 'entropy' lets it depend on how sure each model is of the next
    token, and 'full' on how likely its likeliest token is and on how far the models differ as well.
    A member that does not help gets a weight near 0. What a member behind an API does not
    name is divided as the first member that runs here divides it; each token is then a request.
    """

    models: tuple[Any, ...]
    gate: str = "constant"
    tokens: int = 4000

    def __post_init__(self) -> None:
        if self.gate not in GATES:
            raise UnderdogError(f"mixture has no gate {self.gate!r}", f"one of {', '.join(GATES)}")

    def fit(self, data: Data, seed: int = 0) -> Mixed:
        """The members and their weights, learned from the texts of ``data``.

        Raises `UnderdogError` without texts, or if the tokenizers differ.
        """
        data = dataset(data)
        meter = Meter()
        train, held = data.split(HELD_OUT, seed)
        if not len(train) or not any(plain(text).strip() for text in held.texts):
            raise UnderdogError("too few texts to learn a mixture from", "give it ten or more")
        members: tuple[LanguageModel, ...] = tuple(
            [m.fit(train, seed) if isinstance(m, Learner) else pinned(m) for m in self.models]  # type: ignore[misc]
        )
        same_tokenizer(*members)
        chosen, features = observed(members, held.texts, self.tokens)
        weights = constant(chosen)
        seen = features[:, : 1 + len(members)] if self.gate == "entropy" else features
        gate = gated(chosen, seen, weights) if self.gate != "constant" else None
        meter.bill(1)
        return Mixed(members, tuple(weights.tolist()), gate)


@register(
    "mixture.model",
    holds={"weights": Number(0, 1), "gate": Array("models", "features")},
)
@dataclass(frozen=True, eq=False)
class Mixed:
    """``models`` mixed by ``weights``, which sum to 1; with a ``gate``, ``[models, features]``, by
    a softmax of gate x features at each token: 1 and the entropies, or all of `features_of`.
    """

    models: tuple[LanguageModel, ...]
    weights: tuple[float, ...]
    gate: Floats | None = None

    @property
    def tokenizer(self) -> Tokenizer:
        """That of all models."""
        return self.models[0].tokenizer

    @property
    def stepwise(self) -> bool:
        """Whether one of the models scores only what follows the last token."""
        return stepwise(*self.models)

    @property
    def named(self) -> int:
        """How many tokens are told about; 0: all, unless a model behind an API has weight 1."""
        return named(self.models[alone]) if (alone := self._alone()) is not None else 0

    def _alone(self) -> int | None:
        return self.weights.index(1.0) if self.gate is None and 1.0 in self.weights else None

    def extend(self, ids: Ids, cache: Any = None) -> tuple[Logits, Joint]:
        """Scores of the next token, ``[texts, tokens, vocabulary]``.

        With weight 1 they are those of that model, bit for bit. Raises `UnderdogError` if the
        tokenizers differ.
        """
        same_tokenizer(*self.models)
        found, memory = read(self.models, ids, cache)
        if (alone := self._alone()) is not None:
            return found[alone], memory
        logprobs = [log_softmax(logits) for logits in filled(self.models, found)]
        with np.errstate(divide="ignore"):
            weighed = np.log(np.array(self.weights))
        total: Any = None
        shares = weighed
        if self.gate is not None:
            full = self.gate.shape[1] > 1 + len(self.models)
            shares = _shares(self.gate, features_of(logprobs, full))
        for i, one in enumerate(logprobs):
            part = one + shares[..., i, None]
            total = part if total is None else np.logaddexp(total, part)
        return total, memory


def constant(chosen: Floats, rounds: int = 200) -> Floats:
    """Weights that make texts likeliest, ``[models]``, by expectation and maximisation.

    ``chosen``, ``[tokens, models]``, is the log-probability of each token that came.
    """
    likely = np.exp(chosen - chosen.max(axis=1, keepdims=True))
    weights: Floats = np.full(chosen.shape[1], 1.0 / chosen.shape[1])
    for _ in range(rounds):
        share = likely * weights
        weights = (share / share.sum(axis=1, keepdims=True)).mean(axis=0)
    weights[weights < 1e-6] = 0.0
    weights /= weights.sum()
    return weights


def gated(chosen: Floats, features: Floats, start: Floats) -> Floats:
    """The gate that makes texts likeliest, ``[models, features]``; begins at weights ``start``."""
    from scipy.optimize import minimize

    first = np.zeros((len(start), features.shape[1]))
    first[:, 0] = np.log(np.maximum(start, 1e-6))

    def loss(flat: Floats) -> tuple[float, Floats]:
        shares = _shares(flat.reshape(first.shape), features)
        joint = np.logaddexp.reduce(shares + chosen, axis=1)
        owed = np.exp(shares + chosen - joint[:, None]) - np.exp(shares)
        gradient = -(owed.T @ features) / len(chosen) + 2e-4 * flat.reshape(first.shape)
        return float(-joint.mean() + 1e-4 * (flat**2).sum()), gradient.ravel()

    best: Floats = minimize(loss, first.ravel(), jac=True, method="L-BFGS-B").x
    return best.reshape(first.shape)


def _shares(gate: Floats, features: Floats) -> Floats:
    """Log-weights of the models, ``[..., models]``."""
    found: Floats = log_softmax(features @ gate.T)
    return found


def features_of(logprobs: Sequence[Logits], full: bool = True) -> Floats:
    """What a gate sees of the models' next tokens: 1, and the entropy of each in nats; if ``full``,
    the log-probability of the likeliest token of each, and the mean divergence of the models from
    their mean as well: ``[..., 1 + models]``, or ``[..., 2 + 2 models]``.
    """
    with np.errstate(invalid="ignore"):
        masses = [np.where(np.isfinite(x), np.exp(x), 0.0) for x in logprobs]
        entropies = [-_total(mass, x) for mass, x in zip(masses, logprobs, strict=True)]
        found = [np.ones_like(entropies[0]), *entropies]
        if full:
            mean = np.log(np.maximum(sum(masses) / len(masses), 1e-300))
            apart = [-_total(mass, mean) for mass in masses]
            found += [*(x.max(axis=-1) for x in logprobs)]
            found += [(np.sum(apart, axis=0) - np.sum(entropies, axis=0)) / len(masses)]
    return np.stack(found, axis=-1)


def _total(mass: Logits, scores: Logits) -> Floats:
    """The mean of ``scores`` by ``mass``, along the last axis; what has no mass does not count."""
    found: Floats = np.where(mass > 0, mass * scores, 0.0).sum(axis=-1)
    return found


def observed(
    models: Sequence[LanguageModel], texts: Sequence[Text], most: int
) -> tuple[Floats, Floats]:
    """The log-probability of each token by each model, ``[tokens, models]``, and what a full gate
    sees, `features_of`.

    Reads the beginnings of ``texts``, in all about ``most`` tokens. Raises `UnderdogError` if the
    texts are too short.
    """
    tokenizer = models[0].tokenizer
    each = max(16, most // max(1, len(texts)))  # a beginning of many texts, not all of a few
    chosen, features, left, size = [], [], most, piece(*models)
    with progress.step("weighing language models", most) as advance:
        for text in texts:
            ids = np.array([tokenizer.encode(plain(text))[: min(each, left) + 1]])
            cache: Any = None
            for i in range(0, ids.shape[1] - 1, size):
                new = ids[:, i : min(i + size, ids.shape[1] - 1)]
                found, cache = read(models, new, cache)
                logprobs = [log_softmax(logits[0]) for logits in filled(models, found)]
                targets = ids[0, i + 1 : i + 1 + new.shape[1]]
                at = np.arange(len(targets))
                chosen.append(np.stack([x[at, targets] for x in logprobs], axis=1))
                features.append(features_of(logprobs))
            left -= max(0, ids.shape[1] - 1)
            advance(max(0, ids.shape[1] - 1))
            if left <= 0:
                break
    if not chosen:
        raise UnderdogError("the texts are too short to learn a mixture from", "give longer ones")
    return np.concatenate(chosen).astype(np.float64), np.concatenate(features).astype(np.float64)
