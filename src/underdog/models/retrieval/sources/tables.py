"""Sheets in files: found by their header and content, answered with their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ....core.errors import UnderdogError
from ....core.passages import Hit, Passages
from ....data.formats.files import read_file
from ....data.sheet import Sheet, shown
from ....runtime.registry import register
from ..bm25 import BM25, BM25Index
from ..words import words

ENDINGS = (".csv", ".tsv", ".xlsx", ".parquet", ".jsonl")
SHOWN = 10
"""Rows of a table that a hit has."""

ROWS = 20_000
"""Rows of a table that are searched."""

SAMPLES = 200
"""Words of a table's content by which it is found, the commonest of them."""


@register("tables")
@dataclass(frozen=True)
class Tables:
    """The tables in the files of ``folder``: CSV, Excel, Parquet and JSONL.

    A table is found by its name, its header and its content; in it, the rows that share rare words
    with the query. A hit has the header and these rows.
    """

    folder: str

    def top(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """The tables that the queries name, each with the rows that fit best.

        Raises `UnderdogError` if there are no tables in the folder.
        """
        return [
            self._found(query, hits)
            for query, hits in zip(queries, self._index.top(queries, k), strict=True)
        ]

    def _found(self, query: str, hits: list[Hit]) -> list[Hit]:
        found = []
        for hit in hits:
            sheet = self._sheets[hit.row]
            header = tuple(sheet.columns)
            chosen = [row.row for row in self._rows(hit.row).top([query], SHOWN)[0]]
            cells = list(zip(*sheet.columns.values(), strict=True))
            picked = [cells[row] for row in chosen or range(min(SHOWN, len(sheet)))]
            rows = (header, *(tuple(map(shown, row)) for row in picked))
            text = "\n".join(" | ".join(row) for row in rows)
            found.append(Hit(text, hit.score, hit.source, hit.row, rows=rows))
        return found

    @cached_property
    def _sheets(self) -> list[Sheet]:
        return [sheet for _, sheet in self._read]

    @cached_property
    def _read(self) -> list[tuple[str, Sheet]]:
        place = Path(self.folder).expanduser()
        if not place.is_dir():
            raise UnderdogError(f"no folder {self.folder}", "as in: tables('reports')")
        files = [f for f in sorted(place.rglob("*")) if f.suffix.lower() in ENDINGS and f.is_file()]
        found = [(f.relative_to(place).as_posix(), read_file(f)) for f in files]
        if not found:
            raise UnderdogError(
                f"there are no tables in {self.folder}", f"they end in {', '.join(ENDINGS)}"
            )
        return found

    @cached_property
    def _index(self) -> BM25Index:
        texts = [_described(name, sheet) for name, sheet in self._read]
        return BM25().over(Passages.of(texts, [name for name, _ in self._read]))

    def _rows(self, table: int) -> BM25Index:
        kept: dict[int, BM25Index] = self.__dict__.setdefault("_kept", {})
        if table not in kept:
            columns = [column[:ROWS] for column in self._sheets[table].columns.values()]
            texts = [" ".join(map(shown, row)) for row in zip(*columns, strict=True)]
            kept[table] = BM25().over(Passages.of(texts))
        return kept[table]


def _described(name: str, sheet: Sheet) -> str:
    """Name and header of a table, twice as content counts less, and its commonest words."""
    heads = [Path(name).stem.replace("_", " ").replace("-", " ")]
    heads += [column.replace("_", " ") for column in sheet.columns]
    seen: Counter[str] = Counter()
    for column in sheet.columns.values():
        for cell in column[:ROWS]:
            if isinstance(cell, str):
                seen.update(set(words(cell)))
    return " ".join([*heads, *heads, *(word for word, _ in seen.most_common(SAMPLES))])
