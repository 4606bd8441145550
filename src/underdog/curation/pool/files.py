"""A pool of files: cut into pieces that are read, and worked on, one by one or on all cores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ...core.data import Dataset, Task
from ...core.errors import UnderdogError
from ...data.tables.names import TEXT_NAMES
from ...runtime.cache import Cache, digest, digest_recipe
from ...runtime.registry import register
from ...runtime.workers.parallel import attempts
from .formats import found, kind_of, plain
from .pieces import LARGE, MANY, SMALL, Piece, Row, cut, read
from .pool import ROW, SOURCE, Pool

T = TypeVar("T")
S = TypeVar("S")

PAIRS = (("prompt", "completion"), ("instruction", "output"), ("question", "answer"))
"""Columns that are read together, as one text, where both are there."""


@register("curation.reading")
@dataclass(frozen=True)
class Reading:
    """Which columns hold the text, the label and the source; the file is the source if none."""

    text: tuple[str, ...]
    label: str = ""
    source: str = ""

    def text_of(self, row: Row | None) -> str:
        """The text of a row; empty if it has none."""
        parts = [row.get(name) for name in self.text] if row else []
        return "\n\n".join([part if isinstance(part, str) else str(part) for part in parts if part])


@dataclass(frozen=True, eq=False)
class Files(Pool):
    """The rows of files as a pool; every piece's result is kept in ``cache`` until the end."""

    pieces: tuple[Piece, ...] = ()
    reading: Reading = Reading(("text",))
    key: str = ""
    cache: Cache = field(default_factory=Cache)
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, source: Path, work: Path, columns: Reading | None = None, **more: Any) -> Files:
        """The rows of the file or folder ``source``; ``work`` is a folder for what is kept.

        Raises `UnderdogError` if nothing there can be read.
        """
        paths, notes = found(source)
        total = sum(path.stat().st_size for path in paths)
        pieces: list[Piece] = []
        for path in paths:
            name = str(path.relative_to(source)) if source.is_dir() else path.name
            first = pieces[-1].first + pieces[-1].rows if pieces else 0
            size = LARGE if total > MANY else SMALL
            pieces += cut(plain(path, work).resolve(), name, size, first)
        if not pieces:
            raise UnderdogError(f"{source} has no rows", "give a file with texts")
        stats = [(str(p.resolve()), p.stat().st_size, p.stat().st_mtime_ns) for p in paths]
        reading = columns or Reading(())
        reading = Reading(reading.text or guessed(pieces), reading.label, reading.source)
        _check(reading, pieces)
        size = pieces[-1].first + pieces[-1].rows
        key = digest((tuple(stats), repr(reading)))
        cache = Cache(work / "kept")
        return cls(
            size,
            **more,
            pieces=tuple(pieces),
            reading=reading,
            key=key,
            cache=cache,
            notes=tuple(notes),
        )

    def parts(self) -> Iterator[Dataset]:
        """A part for each piece that has documents left."""
        for piece in self.pieces:
            yield part_of(self.reading, (piece, self._alive(piece)))

    def map(self, work: Callable[[S, Dataset], T], shared: S) -> Iterator[T]:
        """``work(shared, part)`` for each piece, on all cores where that pays, in their order.

        What an earlier run did is not done again. Raises the `UnderdogError` of a piece.
        """
        items = [(piece, self._alive(piece)) for piece in self.pieces]
        about = work.__module__, work.__qualname__, digest_recipe(shared), self.key, self.seed
        keys = [digest((*about, item))[:24] for item in items]
        job = partial(_worked, work)
        waiting: dict[int, T] = {}
        at = 0
        todo = attempts(job, (shared, self.reading), items, cache=self.cache, keys=keys)
        with closing(todo) as results:
            for n, made in results:
                if made.status != "done":
                    raise UnderdogError(
                        f"{self.pieces[n].name}: {made.problem}", made.hint or "type it again"
                    )
                waiting[n] = made.value  # type: ignore[assignment]
                while at in waiting:
                    yield waiting.pop(at)
                    at += 1

    def again(self, work: Callable[[S, Dataset], T], shared: S) -> Iterable[T]:
        """What `map` gives, to be gone through more than once: later times from the cache."""
        return _Again(self, work, shared)

    def _alive(self, piece: Piece) -> Any:
        if self.alive is None:
            return None
        return self.alive[piece.first : piece.first + piece.rows]


@dataclass(frozen=True, eq=False)
class _Again:
    """Work on every piece, the results of which lie on disk after the first time."""

    pool: Files
    work: Any
    shared: Any

    def __iter__(self) -> Iterator[Any]:
        return self.pool.map(self.work, self.shared)


def _worked(work: Callable[[S, Dataset], T], shared: tuple[S, Reading], item: Any) -> T:
    return work(shared[0], part_of(shared[1], item))


def part_of(reading: Reading, item: tuple[Piece, Any]) -> Dataset:
    """The documents of a piece that are left."""
    piece, alive = item
    places = range(piece.rows) if alive is None else alive.nonzero()[0].tolist()
    rows = read(piece) if len(places) else []
    chosen = [rows[i] for i in places]
    labels = [_said(row, reading.label) for row in chosen]
    named = [_said(row, reading.source) or piece.name for row in chosen]
    return Dataset(
        Task("pool", tuple(sorted({one for one in labels if one}))),
        tuple([reading.text_of(row) for row in chosen]),
        tuple(labels),
        columns={ROW: tuple([piece.first + i for i in places]), SOURCE: tuple(named)},
    )


def _said(row: Row | None, column: str) -> str | None:
    value = row.get(column) if row and column else None
    return None if value is None or value == "" else str(value)


def guessed(pieces: list[Piece]) -> tuple[str, ...]:
    """The columns that hold the text: by their names, else the one with the longest texts."""
    if all(piece.kind == "text" for piece in pieces):
        return ("text",)
    piece = next(piece for piece in pieces if piece.kind != "text")
    rows = [row for row in read(piece)[:200] if row]
    if not rows:
        raise UnderdogError(
            f"none of the first rows of {piece.name} can be read",
            "is a quotation mark opened and never closed, or is it no such file?",
        )
    names = list(dict.fromkeys(name for row in rows for name in row))
    lower = {name.lower(): name for name in names}
    for pair in PAIRS:
        if all(name in lower for name in pair):
            return tuple([lower[name] for name in pair])
    for name in (name for rank in TEXT_NAMES for name in rank):
        if name in lower:
            return (lower[name],)
    texts = {n: [row[n] for row in rows if isinstance(row.get(n), str)] for n in names}
    best = max(texts, key=lambda n: sum(map(len, texts[n])), default="")
    if not best or not texts[best]:
        raise UnderdogError(f"{piece.name} has no column of texts", "name it: --text COLUMN")
    return (best,)


def _check(reading: Reading, pieces: list[Piece]) -> None:
    """Refuse names that are no column of the first file that has columns."""
    piece = next((piece for piece in pieces if piece.kind != "text"), None)
    if piece is None:
        return
    names = piece.columns or tuple({name for row in read(piece)[:200] if row for name in row})
    for name in (*reading.text, reading.label, reading.source):
        if name and name not in names:
            raise UnderdogError(
                f"{piece.name} has no column {name!r}", f"it has: {', '.join(sorted(names))}"
            )


def target_of(path: Path, work: Path, label: str = "") -> Dataset:
    """All texts of a target file, which must fit in memory; empty ones are left out.

    Their labels stand in the column ``label``, if one is named.
    """
    pool = Files.of(path, work, Reading((), label))
    whole = Dataset.join(list(pool.parts()))
    return whole.take([i for i, text in enumerate(whole.texts) if str(text).strip()])


__all__ = ["Files", "Reading", "kind_of", "part_of", "target_of"]
