"""Weights of sources that serve the worst-served one: group DRO with a small proxy model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.cost import Floats
from ...core.errors import UnderdogError
from ...core.protocols import Selector
from ...models.language.ngram import NGram
from ...runtime.registry import register, spec
from ...runtime.schema import Number
from ..pool import Pool
from ..pool.pool import texts_of
from ..scoring import Ask, Combining
from .combined import in_shares, named
from .controls import Random
from .perplexity import fitted

DOCUMENTS = 300
"""Documents of a source that the proxy learns from, and a third as many that it is asked about."""

READ = 2_000
PROXY, WITHIN = NGram(order=4), Random()


@register("doremi", holds={"rounds": Number(1, 10_000), "rate": Number(0, 100)})
@dataclass(frozen=True)
class Doremi(Combining):
    """Shares of sources such that no source is served much worse than by a model of its own.

    ``proxy``, an n-gram recipe, learns each source. A mixture of these models stands for a model
    that learns from a mixture of the sources; group DRO (Sagawa et al., 2020; DoReMi: Xie et al.,
    2023) finds the weights whose largest excess loss is least, in ``rounds`` steps. ``within``
    decides inside a source. The card tells the weights.
    """

    proxy: Any = PROXY
    within: Selector = WITHIN
    rounds: int = 300
    rate: float = 1.0

    def combine(self, pool: Pool, ask: Ask) -> Floats:
        """Scores, ``[size]``, of which the highest of any number hold the weights."""
        sources = named(pool)
        names = sorted({name for name in sources if name})
        if len(names) < 2:
            raise UnderdogError(
                "doremi() weighs several sources, and the pool has one",
                "name them: --source COLUMN",
            )
        weights, _ = weighed(self, pool, sources, names)
        shares = dict(zip(names, weights.tolist(), strict=True))
        pool.tell(spec(self), weights={name: round(w, 4) for name, w in shares.items()})
        return in_shares(ask(self.within, None), sources, shares, pool.seed)


def weighed(
    recipe: Doremi, pool: Pool, sources: tuple[str, ...], names: list[str]
) -> tuple[Floats, list[Floats]]:
    """The weight of each of ``names``, ``[sources]``; and what each model says of the tokens of
    each source, log-probabilities ``[models, tokens]``.
    """
    column = np.array(sources, dtype=object)
    dice = np.random.default_rng(pool.seed)
    models, asked = [], []
    for name in names:
        rows = dice.permutation(np.flatnonzero(column == name))[: DOCUMENTS + DOCUMENTS // 3]
        part = pool.take(rows)
        if len(part) < 4:
            raise UnderdogError(f"source {name!r} has fewer than 4 documents", "leave it out")
        n = len(part) - max(1, len(part) // 4)
        model = fitted(recipe.proxy, part.take(range(n)), pool.seed)
        if not hasattr(model, "surprisal"):
            raise UnderdogError(
                f"{spec(recipe.proxy)} is too slow a proxy", "as in: doremi(ngram(order=4))"
            )
        models.append(model)
        asked.append([text[:READ] for text in texts_of(part.take(range(n, len(part))))])
    said = [
        np.stack([-np.concatenate([model.surprisal(text) for text in texts]) for model in models])
        for texts in asked
    ]
    return minimax(said, recipe.rounds, recipe.rate), said


def minimax(said: list[Floats], rounds: int, rate: float) -> Floats:
    """The weights of a mixture whose largest excess loss over the sources is least, ``[sources]``.

    Of each source ``said`` has the log-probabilities of its tokens, ``[models, tokens]``. The
    excess loss is what the mixture loses against the source's own model. Each round raises the
    importance of sources with a high excess and moves the mixture a step of EM towards them; the
    weights are those of the best round.
    """
    n = len(said)
    own = np.array([-said[d][d].mean() for d in range(n)])
    importance = mixture = np.full(n, 1 / n)
    best, least = mixture, np.inf
    for _ in range(rounds):
        moved, losses = np.zeros(n), np.empty(n)
        for d, table in enumerate(said):
            loss, share = asked_of(mixture, table)
            losses[d] = loss
            moved += importance[d] * share
        worst = float((losses - own).max())
        if worst < least:
            best, least = mixture, worst
        importance = importance * np.exp(rate * np.maximum(losses - own, 0))
        importance /= importance.sum()
        mixture = moved / moved.sum()
    return best


def asked_of(mixture: Floats, table: Floats) -> tuple[float, Floats]:
    """The loss of a ``mixture`` of models on the tokens of one source, in nats per token; and the
    share of each model in it, ``[models]``.
    """
    joint = np.log(np.maximum(mixture, 1e-12))[:, None] + table
    top = joint.max(axis=0)
    total = top + np.log(np.exp(joint - top).sum(axis=0))
    share: Floats = np.exp(joint - total).mean(axis=1)
    return float(-total.mean()), share
