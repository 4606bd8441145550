"""Texts as points: what an encoder, which is not trained, makes of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...runtime.extras import require
from ...runtime.progress import step
from ..features.windows import WindowReader, Windows

Vectors = NDArray[np.float32]
States = NDArray[np.float16]
Rows = NDArray[np.intp]

TOKENS = 256
"""What is read of a text, or less, if the encoder reads less; the rest is not."""

BATCH = 64
REMEMBERED = 50_000
"""Texts whose embeddings are kept while the process lives: of MiniLM's, 75 MB."""

_known: OrderedDict[tuple[str, str], Vectors] = OrderedDict()


def embed(texts: Sequence[str], encoder: str = "minilm") -> Vectors:
    """Embeddings of length 1, shape ``[texts, width]``; equal texts are encoded once.

    The mean of the last layer's token vectors (Reimers & Gurevych, Sentence-BERT, EMNLP 2019).
    The encoder is not fine-tuned. `UnderdogError` if there is none of that name.
    """
    body, reader = _loaded(encoder)
    places = {text: row for row, text in enumerate(dict.fromkeys(texts))}
    windows = reader.windows([*places])
    first = np.flatnonzero(np.diff(windows.owner, prepend=-1))
    vectors = np.zeros((len(places), body.config.hidden_size), np.float32)
    for rows, known, mask in _batches(body, windows, first):
        means = (known * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        vectors[windows.owner[rows]] = (means / means.norm(dim=1, keepdim=True)).numpy()
    return vectors[[places[text] for text in texts]]


def remembered(texts: Sequence[str], encoder: str = "minilm") -> Vectors:
    """What `embed` gives, but a text is encoded once in a process: for texts to learn from.

    Answers are always computed: what they take, and cost, is measured.
    """
    fresh = [text for text in dict.fromkeys(texts) if (encoder, text) not in _known]
    made = dict(zip(fresh, embed(fresh, encoder), strict=True))
    found = [made[text] if text in made else _known[encoder, text] for text in texts]
    _known.update({(encoder, text): vector for text, vector in made.items()})
    while len(_known) > REMEMBERED:
        _known.popitem(last=False)
    return np.stack(found)


def cut(texts: Sequence[str], encoder: str = "minilm") -> tuple[int, int]:
    """How many tokens `embed` reads of a text at most, and how many of ``texts`` have more."""
    _, reader = _loaded(encoder)
    return reader.length, int((np.bincount(reader.windows(texts).owner) > 1).sum())


def states(texts: Sequence[str], encoder: str = "minilm") -> list[States]:
    """The last layer's vector of each token, for each text ``[tokens, width]``, in 16 bits.

    A long text is read in windows, one after the other, that do not see each other. Remembers
    nothing.
    """
    body, reader = _loaded(encoder)
    windows = reader.windows(texts)
    flat: list[States] = [np.zeros((0, 0), np.float16)] * len(windows.windows)
    for rows, known, mask in _batches(body, windows, np.arange(len(flat))):
        lengths = mask.sum(dim=1).tolist()
        for row, vectors, length in zip(rows, known.numpy(), lengths, strict=True):
            flat[row] = vectors[:length].astype(np.float16)
    ends = np.searchsorted(windows.owner, np.arange(len(texts) + 1)).tolist()
    return [np.concatenate(flat[a:b]) for a, b in pairwise(ends)]


def _batches(body: Any, windows: Windows, rows: Rows) -> Iterator[tuple[Rows, Any, Any]]:
    """Rows of like length, the last layer's vectors ``[rows, tokens, width]``, and the mask."""
    torch = require("torch", "offline")
    from .network import hidden

    order = rows[np.argsort(windows.lengths[rows], kind="stable")]
    with step("reading", len(order)) as advance:
        for start in range(0, len(order), BATCH):
            some = order[start : start + BATCH]
            ids, mask, types, _ = map(torch.from_numpy, windows.padded(some))
            with torch.inference_mode():
                yield some, hidden(body, ids, mask, types), mask
            advance(len(some))


@cache
def _loaded(encoder: str) -> tuple[Any, WindowReader]:
    """The network, which is never trained, and what reads texts for it."""
    require("torch", "offline")
    from .pretrained import pretrained

    return pretrained(encoder, TOKENS)
