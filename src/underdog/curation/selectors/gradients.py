"""Gradients of single documents, as Adam would use them, projected to a few numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...core.data import clean
from ...core.errors import UnderdogError
from ...models.language.causal import Causal, threads_of
from ...models.language.lm import LM
from ...models.language.lm_training import network
from ...models.language.ngram import tokenizer_of
from ...runtime.progress import step

Vectors = Mapping[str, NDArray[np.float32]]

BETAS, EPS = (0.9, 0.999), 1e-8
RATE = {True: 1e-3, False: 3e-3}
"""The learning rate of the warm-up, with a base and without one."""


def warmed(recipe: LM, texts: Sequence[str], seed: int) -> tuple[Vectors, Vectors, Vectors, int]:
    """What is trained of a network after one pass through ``texts``: the weights, and Adam's
    averages of gradients and of their squares, by name; and how many steps there were.
    """
    body, own = _network(recipe, seed)
    trained = {name: p for name, p in body.named_parameters() if p.requires_grad}
    rate = recipe.rate or RATE[bool(recipe.base)]
    optimizer = torch.optim.Adam(trained.values(), lr=rate, betas=BETAS, eps=EPS)
    steps = 0
    with threads_of(1), step("warming up", len(texts)) as advance:
        for start in range(0, len(texts), recipe.batch):
            optimizer.zero_grad()
            losses = [
                _loss(body, own, text, recipe) for text in texts[start : start + recipe.batch]
            ]
            known = [loss for loss in losses if loss is not None]
            for loss in known:
                (loss / len(known)).backward()  # type: ignore[no-untyped-call]
            if known:
                optimizer.step()
                steps += 1
            advance(len(losses))
    state = optimizer.state
    averages = [
        {
            name: state[p][key].numpy().copy() if p in state else np.zeros(p.shape, np.float32)
            for name, p in trained.items()
        }
        for key in ("exp_avg", "exp_avg_sq")
    ]
    weights = {name: p.detach().numpy().copy() for name, p in trained.items()}
    return weights, averages[0], averages[1], max(1, steps)


class Gradients:
    """A network whose gradients are asked for, document by document."""

    def __init__(self, recipe: LM, weights: Vectors, averages: Any, dims: int, seed: int) -> None:
        self.recipe, self.dims = recipe, dims
        self.body, self.own = _network(recipe, seed)
        self.body.eval()
        self.trained = {n: p for n, p in self.body.named_parameters() if p.requires_grad}
        with torch.no_grad():
            for name, p in self.trained.items():
                if any(np.shape(part.get(name)) != p.shape for part in (weights, *averages[:2])):
                    raise UnderdogError(
                        f"the saved weights {name!r} do not fit the recipe of the model",
                        "curate again: underdog curate …",
                    )
                p.copy_(torch.from_numpy(np.ascontiguousarray(weights[name])))
        first, second, self.steps = averages
        self.first, self.second = _flat(first, self.trained), _flat(second, self.trained)
        dice = torch.Generator().manual_seed(seed)
        self.place = torch.randint(dims, (len(self.first),), generator=dice)
        self.sign = torch.randint(2, (len(self.first),), generator=dice).float() * 2 - 1

    def direction(self, text: str, adam: bool) -> NDArray[np.float32]:
        """The projected gradient of ``text``, of length 1, ``[dims]``; 0 for a text of one token.

        Every weight is added, with a random sign, to one of the numbers (a count sketch).
        """
        with threads_of(1):
            loss = _loss(self.body, self.own, text, self.recipe)
            if loss is None:
                return np.zeros(self.dims, np.float32)
            parts = torch.autograd.grad(loss, list(self.trained.values()))
        gradient = torch.cat([part.flatten() for part in parts])
        if adam:
            b1, b2 = BETAS
            first = (b1 * self.first + (1 - b1) * gradient) / (1 - b1 ** (self.steps + 1))
            second = (b2 * self.second + (1 - b2) * gradient**2) / (1 - b2 ** (self.steps + 1))
            gradient = first / (second.sqrt() + EPS)
        sketch = torch.zeros(self.dims).index_add_(0, self.place, gradient * self.sign)
        found: NDArray[np.float32] = (sketch / (sketch.norm() + 1e-12)).numpy()
        return found


def _network(recipe: LM, seed: int) -> tuple[Any, Any]:
    own = Causal(recipe.base).tokenizer if recipe.base else tokenizer_of(recipe.tokenizer)
    body = network(recipe, own, seed)
    for part in body.modules():  # the same document must give the same gradient
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    return body, own


def _loss(body: Any, own: Any, text: str, recipe: LM) -> torch.Tensor | None:
    """The mean loss of the first tokens of ``text``; None if there is nothing to predict."""
    ids = [own.end, *own.encode(clean(text))][: recipe.length + 1]
    if len(ids) < 2:
        return None
    row = torch.tensor([ids])
    logits = body(row[:, :-1], use_cache=False).logits[0]
    return torch.nn.functional.cross_entropy(logits.float(), row[0, 1:])


def _flat(arrays: Vectors, trained: Mapping[str, Any]) -> torch.Tensor:
    return torch.cat([torch.from_numpy(np.asarray(arrays[name])).flatten() for name in trained])
