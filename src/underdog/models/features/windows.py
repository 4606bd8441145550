"""Texts as a network reads them: token numbers, in as many windows as a text takes."""

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
from .text_pairs import paired
from .tokenizer import tool

Ints = NDArray[np.int64]
Vectors = NDArray[np.float32]
Window = tuple[list[int], list[int], list[int]]
"""The numbers of the tokens, and for each its type, as the network was taught, and its side."""


class Padded(NamedTuple):
    """What a network takes, each of shape ``[windows, tokens]``; the mask is 0 at padding.

    ``types`` are for the network, which may know one or several. ``sides`` say which text of a
    pair, 0 or 1, a token belongs to; a marker belongs to the text before it.
    """

    ids: Ints
    mask: Ints
    types: Ints
    sides: Ints


@dataclass(frozen=True, eq=False)
class Windows:
    """The windows of some texts, those of one text together; ``owner`` is its place.

    No token is missing: a text that is longer than a window has several.
    """

    windows: tuple[Window, ...]
    owner: NDArray[np.intp]
    pad: int

    @cached_property
    def lengths(self) -> NDArray[np.intp]:
        """Tokens in each window."""
        return np.array([len(ids) for ids, _, _ in self.windows], np.intp)

    def padded(self, rows: Sequence[int] | NDArray[np.intp]) -> Padded:
        """The windows at ``rows``, filled up to the longest of them."""
        shape = len(rows), int(self.lengths[rows].max(initial=1))
        made = Padded(np.full(shape, self.pad), *(np.zeros(shape, int) for _ in range(3)))
        for i, row in enumerate(rows):
            tokens, types, sides = self.windows[row]
            some = slice(len(tokens))
            made.ids[i, some], made.mask[i, some] = tokens, 1
            made.types[i, some], made.sides[i, some] = types, sides
        return made


@register("encoder.reader")
@dataclass(frozen=True, eq=False)
class Reader:
    """Cuts texts into tokens by ``tokenizer``, the JSON of the library of that name.

    A window holds up to ``length`` tokens. What is longer is read in windows one after the
    other, which do not overlap. Of a pair that is longer, each part of one text is read beside
    each part of the other; a side that fits into half a window is not cut.
    """

    tokenizer: str
    length: int
    pad: int

    def windows(self, texts: Sequence[Text]) -> Windows:
        """All windows of ``texts``; `UnderdogError` if single texts and pairs are mixed."""
        paired(texts)
        tidy = [_clean(text) for text in texts]
        found: list[Window] = []
        owner: list[int] = []
        for i, (text, whole) in enumerate(zip(tidy, self._tool.encode_batch(tidy), strict=True)):
            parts = [whole] if len(whole.ids) <= self.length else list(self._parts(text))
            found += [_window(part, self.pad) for part in parts]
            owner += [i] * len(parts)
        return Windows(tuple(found), np.array(owner, np.intp), self.pad)

    def tokens(self, text: str) -> list[int]:
        """The tokens of ``text`` alone, without markers."""
        found: list[int] = self._tool.encode(_clean(text), add_special_tokens=False).ids
        return found

    def facts(self, texts: Sequence[Text], trained: float, unread: int) -> tuple[Fact, ...]:
        """What a network that reads by it tells: the share of it that was ``trained``, the tokens
        ``unread`` in that, and how many of ``texts`` take several windows.
        """
        share = "all" if trained == 1 else formatting.percent(trained)
        found = [Fact("trained", f"{share} of its parameters were trained", trained)]
        if unread:
            cut = f"{unread:,} tokens of long training texts were not trained on"
            found.append(Fact("unread", cut, unread))
        long = int((np.bincount(self.windows(texts).owner) > 1).sum())
        if long:
            parts = f"{long:,} of {len(texts):,} texts take several windows of"
            found.append(Fact("windows", f"{parts} {self.length} tokens", long))
        return tuple(found)

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return int(self._tool.get_vocab_size())

    def _parts(self, text: Text) -> Iterator[Any]:
        """The windows of a text, or a pair, that is longer than one."""
        sides = [self._tool.encode(t, add_special_tokens=False) for t in _sides(text)]
        room = self.length - self._tool.num_special_tokens_to_add(len(sides) == 2)
        if len(sides) == 1:
            yield from map(self._tool.post_process, _pieces(sides[0], room))
            return
        lengths = [len(side.ids) for side in sides]
        half, short = room // 2, min(lengths)
        rooms = [n if n == short else room - short for n in lengths]
        if short > half:  # neither side fits
            rooms = [half, half]
        for one in _pieces(sides[0], max(1, rooms[0])):
            for other in _pieces(sides[1], max(1, rooms[1])):
                yield self._tool.post_process(one, other)

    @cached_property
    def _tool(self) -> Any:
        return tool(self.tokenizer, "onnx")


def _window(part: Any, pad: int) -> Window:
    """What the tokenizer made of a text or a pair; of nothing, one token of padding."""
    if not part.ids:
        return [pad], [0], [0]
    sides = accumulate((side or 0 for side in part.sequence_ids), max)
    return part.ids, part.type_ids, list(sides)


def _pieces(side: Any, room: int) -> list[Any]:
    side.truncate(room)
    return [side, *side.overflowing]


def _sides(text: Text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def _clean(text: Text) -> Text:
    return clean(text) if isinstance(text, str) else (clean(text[0]), clean(text[1]))
