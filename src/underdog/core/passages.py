"""Texts to search, what a search finds, and which passages answer which queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from .errors import UnderdogError


@dataclass(frozen=True, eq=False)
class Strings(Sequence[str]):
    """Texts held as one array of bytes, so that a million of them can be mapped from a file.

    ``content`` is their UTF-8, ``[bytes]``; ``ends`` says where each text ends in it, ``[texts]``.
    """

    content: NDArray[np.uint8]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Strings:
        """``texts`` as columns; a lone surrogate, which UTF-8 cannot hold, becomes ``?``."""
        parts = [text.encode("utf-8", "replace") for text in texts]
        content = np.frombuffer(b"".join(parts), np.uint8)
        return cls(content, np.cumsum([len(part) for part in parts], dtype=np.int64))

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[str, ...]: ...
    def __getitem__(self, place: int | slice) -> str | tuple[str, ...]:
        if isinstance(place, slice):
            return tuple(self[i] for i in range(*place.indices(len(self))))
        row = range(len(self))[place]
        start = int(self.ends[row - 1]) if row else 0
        return self.content[start : int(self.ends[row])].tobytes().decode("utf-8", "replace")

    def __iter__(self) -> Iterator[str]:
        return (self[row] for row in range(len(self)))

    def __add__(self, more: Strings) -> Strings:
        shift = int(self.ends[-1]) if len(self) else 0
        content = np.concatenate([self.content[:shift], more.content])
        return Strings(content, np.concatenate([self.ends, more.ends + shift]))

    def __repr__(self) -> str:
        return f"<Strings: {len(self):,}>"


def misplaced(texts: Strings) -> str:
    """What is wrong with the places at which ``texts`` end; nothing if they lie in a row.

    Texts that overlapped would be far longer together than the file that holds them.
    """
    content, ends = texts.content, texts.ends
    if content.ndim != 1 or content.dtype != np.uint8 or ends.ndim != 1 or ends.dtype.kind != "i":
        return "the texts are no bytes with the places of their ends"
    inside = not len(ends) or (ends[0] >= 0 and ends[-1] <= len(content))
    if not inside or (ends[1:] < ends[:-1]).any():
        return "the texts do not lie one after another"
    return ""


def unequal(passages: Passages) -> str:
    """What is wrong if ``passages`` has not as many sources as texts; nothing if it has."""
    same = len(passages.texts) == len(passages.sources)
    return "" if same else "there are not as many sources as texts"


@dataclass(frozen=True, eq=False)
class Passages:
    """Texts that can be found, and for each where it is from, such as ``guide.md:12``."""

    texts: Strings
    sources: Strings

    @classmethod
    def of(cls, texts: Sequence[str], sources: Sequence[str] = ()) -> Passages:
        """``texts`` from ``sources``, which are row numbers from 1 unless given.

        Raises `UnderdogError` if there are not as many sources as texts.
        """
        found = sources or [str(row + 1) for row in range(len(texts))]
        if len(found) != len(texts):
            raise UnderdogError(
                f"{len(texts):,} passages but {len(found):,} sources", "give one source a passage"
            )
        return cls(Strings.of(texts), Strings.of(found))

    def __len__(self) -> int:
        return len(self.texts)

    def __add__(self, more: Passages) -> Passages:
        return Passages(self.texts + more.texts, self.sources + more.sources)

    def hit(self, row: int, score: float) -> Hit:
        """The passage at ``row`` as something that was found."""
        return Hit(self.texts[row], score, self.sources[row], row)

    def require(self) -> Passages:
        """These passages; `UnderdogError` if there are none, or nothing in any of them."""
        if not any(text.strip() for text in self.texts):
            raise UnderdogError(
                "there is nothing to index: no passage has text", "give a file or folder of texts"
            )
        return self


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found. Scores of one retriever compare within one query, no further.

    ``row`` is its place among the passages, -1 where it has none. What was found by a query in
    another language, such as SQL, has that ``query``, and ``rows`` of a table with their header
    first.
    """

    text: str
    score: float
    source: str = ""
    row: int = -1
    query: str = ""
    rows: tuple[tuple[Any, ...], ...] = ()


@dataclass(frozen=True)
class Pairs:
    """Queries, and for each the rows of the passages that answer it: what retrievers learn from."""

    queries: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if len(self.queries) != len(self.rows):
            raise UnderdogError(
                f"{len(self.queries):,} queries but {len(self.rows):,} lists of passages",
                "give one list of row numbers a query",
            )

    def __len__(self) -> int:
        return len(self.queries)

    def at(self, places: Iterable[int]) -> Pairs:
        """The queries at ``places``, in that order."""
        chosen = [*places]
        return Pairs(
            tuple([self.queries[i] for i in chosen]), tuple([self.rows[i] for i in chosen])
        )

    def within(self, passages: int) -> Pairs:
        """These pairs; `UnderdogError` if one names a row beyond so many ``passages``."""
        if any(not 0 <= row < passages for row in chain.from_iterable(self.rows)):
            raise UnderdogError(
                f"a pair names a passage that is not among the {passages:,}",
                "count rows of passages from 0",
            )
        return self
