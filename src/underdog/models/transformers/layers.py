"""Token vectors of one layer of an encoder, of length 1, each text read once in a process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...core.errors import UnderdogError
from ...runtime.extras import require
from ...runtime.progress import step
from ..features.windows import Vectors, WindowReader

TOKENS = 512
"""Tokens of a window, or fewer if the encoder takes fewer: a longer text is read in several."""

AT_ONCE = 1024
"""Tokens in a batch, padding included: of sentences, larger ones are padded by a quarter."""

KEPT_BYTES = 400_000_000
"""Bytes of vectors that are kept in the process."""


class Tokens(NamedTuple):
    """The tokens of a text: ``vectors`` ``[tokens, width]``, and which are words, ``[tokens]``.

    The others only begin or end a window.
    """

    vectors: Vectors
    words: NDArray[np.bool_]


Key = tuple[str, int | None, str]
_cache: OrderedDict[Key, Tokens] = OrderedDict()


def layer_vectors(texts: Sequence[str], encoder: str, layer: int | None = None) -> list[Tokens]:
    """The vectors of each text's tokens after ``layer`` layers, or after the last.

    A text longer than a window is read in consecutive windows, which do not see each other. Raises
    `UnderdogError` if there is no such encoder or layer.
    """
    body, reader = _loaded(encoder, layer)
    read = {text: _cache.get((encoder, layer, text)) for text in dict.fromkeys(texts)}
    fresh = [text for text, tokens in read.items() if tokens is None]
    vectors = dict(zip(fresh, _read(body, reader, layer, fresh), strict=True))
    _cache.update({(encoder, layer, text): tokens for text, tokens in vectors.items()})
    kept = sum(tokens.vectors.nbytes for tokens in _cache.values())
    while kept > KEPT_BYTES:
        kept -= _cache.popitem(last=False)[1].vectors.nbytes
    return [read[text] or vectors[text] for text in texts]


def reader_of(encoder: str) -> WindowReader:
    """What cuts texts into the tokens that `layer_vectors` gives vectors of."""
    return _loaded(encoder, None)[1]


def _read(body: Any, reader: WindowReader, layer: int | None, texts: Sequence[str]) -> list[Tokens]:
    """The vectors of ``texts``, none of which is in the cache."""
    torch = require("torch", "offline")
    from .network import layer_output

    windows = reader.windows(texts)
    states: list[Vectors] = [np.zeros((0, 0), np.float32)] * len(windows.windows)
    with step("reading", len(states)) as advance:
        for rows in _batches(windows.lengths):
            ids, mask, types, _ = map(torch.from_numpy, windows.padded(rows))
            with torch.inference_mode():
                batch = layer_output(body, ids, mask, types, layer)
                batch = batch / batch.norm(dim=-1, keepdim=True)
            for row, vectors in zip(rows, batch.numpy(), strict=True):
                states[row] = vectors[: windows.lengths[row]]
            advance(len(rows))
    ends = np.searchsorted(windows.owner, np.arange(len(texts) + 1)).tolist()
    return [
        Tokens(
            np.concatenate(states[a:b]),
            np.array([i not in reader.special for w in windows.windows[a:b] for i in w[0]]),
        )
        for a, b in pairwise(ends)
    ]


def _batches(lengths: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Rows of similar length, such that a padded batch holds about `AT_ONCE` tokens at most."""
    order, start = np.argsort(lengths, kind="stable"), 0
    while start < len(order):
        sizes = np.arange(1, len(order) - start + 1) * lengths[order[start:]]
        size = max(1, int(np.searchsorted(sizes, AT_ONCE, "right")))
        yield order[start : start + size]
        start += size


@cache
def _loaded(encoder: str, layer: int | None) -> tuple[Any, WindowReader]:
    """The encoder, which is never trained, without the layers that are not needed."""
    require("torch", "offline")
    from .pretrained import pretrained

    body, reader = pretrained(encoder, TOKENS)
    stack = getattr(getattr(body, "encoder", None), "layer", None)
    count = body.config.num_hidden_layers
    if layer is not None and not 0 <= layer <= count:
        raise UnderdogError(
            f"the encoder {encoder!r} has {count} layers, and no layer {layer}",
            f"name one from 1 to {count}, as in: bertscore(layer={count})",
        )
    if layer is not None and stack is not None:
        body.encoder.layer = stack[:layer]
    return body, reader
