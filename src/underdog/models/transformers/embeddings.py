"""Sentence embeddings and token vectors of an encoder that is not trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...runtime.extras import require
from ...runtime.progress import step
from ..features.windows import WindowReader, Windows
from .vectors import LATEST, Vectors, kept, latest, received

States = NDArray[np.float16]
Rows = NDArray[np.intp]

TOKENS = 256
"""Tokens of a text that are read, or fewer if the encoder takes fewer."""

BATCH = 64


def embed(texts: Sequence[str], encoder: str = "minilm") -> Vectors:
    """Embeddings of length 1, shape ``[texts, width]``; equal texts are encoded once.

    The mean of the last layer's token vectors (Reimers & Gurevych, Sentence-BERT, EMNLP 2019). The
    encoder is not fine-tuned. Raises `UnderdogError` if there is none of that name.
    """
    body, reader = _loaded(encoder)
    index = {text: row for row, text in enumerate(dict.fromkeys(texts))}
    windows = reader.windows([*index])
    first = np.flatnonzero(np.diff(windows.owner, prepend=-1))
    vectors = np.zeros((len(index), body.config.hidden_size), np.float32)
    for rows, states, mask in _batches(body, windows, first):
        means = (states * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        vectors[windows.owner[rows]] = (means / means.norm(dim=1, keepdim=True)).numpy()
    last = [*index][-LATEST:]
    latest.add(encoder, dict(zip(last, vectors[-LATEST:].copy(), strict=True)))
    return vectors[[index[text] for text in texts]]


def embed_cached(texts: Sequence[str], encoder: str = "minilm") -> Vectors:
    """The result of `embed`, ``[texts, width]``, where a process encodes each text once: for fits.

    Answers are always computed, because their time and cost are measured. Raises `UnderdogError` if
    there is no such encoder.
    """
    cached = kept.get(encoder, texts)
    missing = [text for text in dict.fromkeys(texts) if text not in cached]
    new = received.get(encoder, missing)
    fresh = [text for text in missing if text not in new]
    if fresh:
        new |= dict(zip(fresh, embed(fresh, encoder), strict=True))
    kept.add(encoder, new)
    rows = cached | new
    return np.stack([rows[text] for text in texts])


def embed_latest(text: str, encoder: str = "minilm") -> Vectors:
    """The result of `embed`, ``[width]``; it is not computed again for a text just answered."""
    row = latest.get(encoder, [text]).get(text)
    return embed([text], encoder)[0] if row is None else row


def truncation(texts: Sequence[str], encoder: str = "minilm") -> tuple[int, int]:
    """The number of tokens that `embed` reads of a text, and how many of ``texts`` have more.

    Raises `UnderdogError` if there is no such encoder.
    """
    _, reader = _loaded(encoder)
    return reader.length, int((np.bincount(reader.windows(texts).owner) > 1).sum())


def token_states(texts: Sequence[str], encoder: str = "minilm") -> list[States]:
    """The last layer's vector of each token, one array ``[tokens, width]`` per text, in float16.

    A long text is read in consecutive windows that do not see each other. Nothing is cached. Raises
    `UnderdogError` if there is no such encoder.
    """
    body, reader = _loaded(encoder)
    windows = reader.windows(texts)
    flat: list[States] = [np.zeros((0, 0), np.float16)] * len(windows.windows)
    for rows, states, mask in _batches(body, windows, np.arange(len(flat))):
        lengths = mask.sum(dim=1).tolist()
        for row, vectors, length in zip(rows, states.numpy(), lengths, strict=True):
            flat[row] = vectors[:length].astype(np.float16)
    ends = np.searchsorted(windows.owner, np.arange(len(texts) + 1)).tolist()
    return [np.concatenate(flat[a:b]) for a, b in pairwise(ends)]


def _batches(body: Any, windows: Windows, rows: Rows) -> Iterator[tuple[Rows, Any, Any]]:
    """Rows of similar length, the last layer's vectors ``[rows, tokens, width]``, and the mask."""
    torch = require("torch", "offline")
    from .network import token_vectors

    order = rows[np.argsort(windows.lengths[rows], kind="stable")]
    with step("reading", len(order)) as advance:
        for start in range(0, len(order), BATCH):
            some = order[start : start + BATCH]
            ids, mask, types, _ = map(torch.from_numpy, windows.padded(some))
            with torch.inference_mode():
                yield some, token_vectors(body, ids, mask, types), mask
            advance(len(some))


@cache
def _loaded(encoder: str) -> tuple[Any, WindowReader]:
    """The encoder, which is never trained, and its reader."""
    require("torch", "offline")
    from .pretrained import pretrained

    return pretrained(encoder, TOKENS)
