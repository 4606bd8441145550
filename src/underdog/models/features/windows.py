"""Texts as token windows: the input of a transformer, as many windows as a text needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...core.data import Text, clean
from ...core.description import Fact
from ...runtime import formatting
from ...runtime.registry import register
from ...runtime.schema import Number
from .text_pairs import are_pairs
from .tokenizer import load_tokenizer

Ints = NDArray[np.int64]
Vectors = NDArray[np.float32]
Window = tuple[list[int], list[int], list[int]]
"""Token ids, and for each token its type id for the network and its side of a pair (0 or 1)."""


class PaddedWindows(NamedTuple):
    """A batch of windows, each field of shape ``[windows, tokens]``; ``mask`` is 0 at padding.

    ``types`` are the token type ids of the network, which may know one or several. ``sides`` tells
    which text of a pair, 0 or 1, a token belongs to; a special token belongs to the text before it.
    """

    ids: Ints
    mask: Ints
    types: Ints
    sides: Ints


@dataclass(frozen=True, eq=False)
class Windows:
    """The windows of some texts; those of one text are adjacent.

    ``owner``, shape ``[windows]``, is the index of each window's text. No token is dropped: a text
    that is longer than one window has several.
    """

    windows: tuple[Window, ...]
    owner: NDArray[np.intp]
    pad: int

    @cached_property
    def lengths(self) -> NDArray[np.intp]:
        """Number of tokens in each window, ``[windows]``."""
        return np.array([len(ids) for ids, _, _ in self.windows], np.intp)

    def padded(self, rows: Sequence[int] | NDArray[np.intp]) -> PaddedWindows:
        """The windows at ``rows``, padded to the longest: fields of shape ``[rows, tokens]``."""
        shape = len(rows), int(self.lengths[rows].max(initial=1))
        batch = PaddedWindows(np.full(shape, self.pad), *(np.zeros(shape, int) for _ in range(3)))
        for i, row in enumerate(rows):
            tokens, types, sides = self.windows[row]
            filled = slice(len(tokens))
            batch.ids[i, filled], batch.mask[i, filled] = tokens, 1
            batch.types[i, filled], batch.sides[i, filled] = types, sides
        return batch


@register("encoder.reader", holds={"length": Number(8, 1 << 20), "pad": Number(0, 1 << 31)})
@dataclass(frozen=True, eq=False)
class WindowReader:
    """Splits texts into windows of tokens with ``tokenizer``, JSON of the tokenizers library.

    A window holds up to ``length`` tokens. A longer text is read in consecutive windows that do not
    overlap. For a longer pair, each part of one text is read beside each part of the other; a side
    that fits into half a window is not split. ``pad`` is the id of the padding token.
    """

    tokenizer: str
    length: int
    pad: int

    def windows(self, texts: Sequence[Text]) -> Windows:
        """All windows of ``texts``. Raises `UnderdogError` if single texts and pairs are mixed."""
        are_pairs(texts)
        cleaned = [_clean(text) for text in texts]
        windows: list[Window] = []
        owner: list[int] = []
        for i, (text, encoding) in enumerate(
            zip(cleaned, self._tokenizer.encode_batch(cleaned), strict=True)
        ):
            parts = [encoding] if len(encoding.ids) <= self.length else list(self._parts(text))
            windows += [_window(part, self.pad) for part in parts]
            owner += [i] * len(parts)
        return Windows(tuple(windows), np.array(owner, np.intp), self.pad)

    def spans(self, text: Text) -> list[list[tuple[int, int, int]]]:
        """For each token of each window the side of its text, and where in that it begins and ends.

        A special token has the side -1. The windows are those that `windows` gives for the text.
        """
        [encoding] = self._tokenizer.encode_batch([_clean(text)])
        whole = len(encoding.ids) <= self.length
        parts = [encoding] if whole else list(self._parts(_clean(text)))
        return [
            [
                (-1 if side is None else side, start, end)
                for side, (start, end) in zip(part.sequence_ids, part.offsets, strict=True)
            ]
            for part in parts
        ]

    def tokens(self, text: str) -> list[int]:
        """The token ids of ``text`` alone, without special tokens."""
        ids: list[int] = self._tokenizer.encode(_clean(text), add_special_tokens=False).ids
        return ids

    def facts(self, texts: Sequence[Text], trained: float, unread: int) -> tuple[Fact, ...]:
        """Facts about a network that reads with it, for reports.

        They are the share of its parameters that was ``trained``, the number of training tokens
        ``unread``, and how many of ``texts`` need several windows. Raises `UnderdogError` if single
        texts and pairs are mixed.
        """
        share = "all" if trained == 1 else formatting.percent(trained)
        facts = [Fact("trained", f"{share} of its parameters were trained", trained)]
        if unread:
            cut = f"{unread:,} tokens of long training texts were not trained on"
            facts.append(Fact("unread", cut, unread))
        long = int((np.bincount(self.windows(texts).owner) > 1).sum())
        if long:
            parts = f"{long:,} of {len(texts):,} texts take several windows of"
            facts.append(Fact("windows", f"{parts} {self.length} tokens", long))
        return tuple(facts)

    @cached_property
    def special(self) -> frozenset[int]:
        """The ids of tokens that are in every window, whatever the text."""
        return frozenset(self._tokenizer.encode("").ids)

    @property
    def size(self) -> int:
        """Number of tokens in the vocabulary."""
        return int(self._tokenizer.get_vocab_size())

    def _parts(self, text: Text) -> Iterator[Any]:
        """The windows of a text or pair that does not fit in one."""
        sides = [self._tokenizer.encode(t, add_special_tokens=False) for t in _sides(text)]
        room = self.length - self._tokenizer.num_special_tokens_to_add(len(sides) == 2)
        if len(sides) == 1:
            yield from map(self._tokenizer.post_process, _chunks(sides[0], room))
            return
        lengths = [len(side.ids) for side in sides]
        half, short = room // 2, min(lengths)
        rooms = [n if n == short else room - short for n in lengths]
        if short > half:  # neither side fits
            rooms = [half, half]
        for one in _chunks(sides[0], max(1, rooms[0])):
            for other in _chunks(sides[1], max(1, rooms[1])):
                yield self._tokenizer.post_process(one, other)

    @cached_property
    def _tokenizer(self) -> Any:
        return load_tokenizer(self.tokenizer, "onnx")


def _window(part: Any, pad: int) -> Window:
    """One encoding as a window; an empty encoding becomes one padding token."""
    if not part.ids:
        return [pad], [0], [0]
    sides = accumulate((side or 0 for side in part.sequence_ids), max)
    return part.ids, part.type_ids, list(sides)


def _chunks(side: Any, room: int) -> list[Any]:
    side.truncate(room)
    return [side, *side.overflowing]


def _sides(text: Text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def _clean(text: Text) -> Text:
    return clean(text) if isinstance(text, str) else (clean(text[0]), clean(text[1]))
