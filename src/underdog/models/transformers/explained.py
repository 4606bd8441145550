"""Integrated gradients of encoders: what each word adds to the logits of the likeliest labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Text
from ...core.explaining import Explanation, Token
from ...core.explaining.deletion import MOST, divided, occlusion
from ..features.pair_features import pair_features
from ..features.windows import PaddedWindows, Vectors, WindowReader
from ..training.heads import Head

METHOD = "integrated gradients"

STEPS = 16
"""Points on the path from padding to the words, at which gradients are taken."""

LABELS = 2
"""The likeliest labels that are explained: each takes a pass backwards."""

WINDOWS = 4
"""Windows of a text up to which gradients are taken; in longer texts words are deleted instead."""


class _Network(Protocol):
    """What is asked of an encoder: its parts and its answers."""

    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def pairs(self) -> bool: ...
    @property
    def reader(self) -> WindowReader: ...
    @property
    def body(self) -> Any: ...
    @property
    def weights(self) -> Vectors: ...
    @property
    def bias(self) -> Vectors: ...
    @property
    def head(self) -> Head | None: ...
    def answer(self, texts: Sequence[Text]) -> Answers: ...
    def logits(self, texts: Sequence[Text]) -> Floats: ...


def explain_encoder(model: _Network, texts: Sequence[Text]) -> list[Explanation]:
    """What each word adds to the logits of the two likeliest labels, by integrated gradients.

    (Sundararajan et al., ICML 2017.) The path runs from a text of padding, whose special tokens
    are in place, to the text. The contributions add up to the logits but for the error of `STEPS`
    points. Words are deleted instead (`occlusion`) in long texts, for sets and numbers, and where
    the network is an ONNX graph, which has no gradients.
    """
    return [_one(model, text) for text in texts]


def _one(model: _Network, text: Text) -> Explanation:
    answers = model.answer([text])
    windows = model.reader.windows([text])
    spans = model.reader.spans(text)
    many = len(windows.windows) > (1 if model.pairs else WINDOWS)
    if many or model.head is not None or not hasattr(model.body, "network"):
        return occlusion(model, [text])[0]
    tokens, notes = divided(text, MOST)
    logits = model.logits([text])[0]
    some = np.argsort(-logits, kind="stable")[:LABELS].tolist()
    labels = tuple(model.labels[k] for k in some)
    contributions, base = np.zeros((len(tokens), len(some))), np.zeros(len(some))
    counts = np.maximum(_counts(windows.padded(range(len(windows.windows)))), 1)
    for row, places in enumerate(spans):
        parts, start = _integrated(model, windows.padded([row]), places, counts, some)
        owners = _owners(tokens, places)
        for token, part in zip(owners, parts, strict=True):
            if token >= 0:
                contributions[token] += part
        base += start
    base += np.asarray(model.bias, np.float64)[some]
    note = (f"against {labels[1]!r}, the next likeliest label",) if len(model.labels) > 2 else ()
    return Explanation(
        text, answers.values[0], labels, tokens, contributions, base, logits[some], METHOD,
        "logit", path=answers.paths[0], notes=(*note, *notes),
    )  # fmt: skip


def _integrated(
    model: _Network,
    window: PaddedWindows,
    places: Sequence[tuple[int, int, int]],
    counts: Floats,
    some: Sequence[int],
) -> tuple[Floats, Floats]:
    """What each token of a window adds to ``some`` labels, ``[tokens, some]``, and the start.

    ``counts``, ``[2]``, are the tokens of each side of the text over all windows.
    """
    import torch

    from .network import window_sums

    network = model.body.network
    table = network.get_input_embeddings()
    ids = torch.from_numpy(window.ids)
    words = torch.tensor([side >= 0 for side, _, _ in places])
    padding = torch.where(words, torch.full_like(ids, model.reader.pad), ids)
    weights = torch.from_numpy(np.asarray(model.weights, np.float32)[:, list(some)])
    with torch.no_grad():
        here, there = table(padding), table(ids)
    shares = (torch.arange(STEPS, dtype=torch.float32) + 0.5) / STEPS

    def score(vectors: Any) -> Any:
        sums = window_sums(network, vectors, window) / torch.from_numpy(counts).float()[:, None]
        first, second = sums[:, 0], sums[:, 1]
        inputs = torch.cat(pair_features(first, second), dim=1) if model.pairs else first
        return inputs @ weights

    path = (here + shares[:, None, None] * (there - here)).detach().requires_grad_(True)
    scores = score(path)
    parts = []
    for k in range(len(some)):
        kept = k + 1 < len(some)
        [slope] = torch.autograd.grad(scores[:, k].sum(), path, retain_graph=kept)
        parts.append(((there - here)[0] * slope.mean(dim=0)).sum(dim=1))
    with torch.no_grad():
        start = score(here)[0]
    return torch.stack(parts, dim=1).double().numpy(), start.double().numpy()


def _counts(window: PaddedWindows) -> Floats:
    """The tokens of each side of a text, ``[2]``."""
    seconds = float((window.sides * window.mask).sum())
    return np.array([float(window.mask.sum()) - seconds, seconds])


def _owners(tokens: Sequence[Token], places: Sequence[tuple[int, int, int]]) -> list[int]:
    """The token of the text that each token of the network belongs to; -1 for a special one."""
    owners = []
    for side, start, _ in places:
        mine = [i for i, t in enumerate(tokens) if t.side == side and t.start <= start]
        owners.append(mine[-1] if mine else -1)
    return owners
