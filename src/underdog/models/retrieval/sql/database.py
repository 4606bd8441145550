"""A database that is asked in words: answers carry the query and the rows."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ....core.errors import UnderdogError
from ....core.passages import Hit
from ....core.protocols import Model
from ....runtime.meter import Meter
from ....runtime.registry import register
from ....runtime.schema import Number
from .execution import Database, Found, Limits, unquoted
from .layout import Layout, read_layout
from .mentions import Linker
from .questions import Query, Writer
from .templates import Template, queries

SHARE = 0.5
"""Least share of the content words of a question that must name something in the database."""

STATEMENT = re.compile(r"```(?:sql)?\s*(.+?)```|((?:SELECT|WITH)\b.+?)(?:;|\Z)", re.I | re.S)

PROMPT = """Tables of a database:
{tables}

Write one SQL query of {kind} that answers the question. Write nothing else.
Question: {question}
SQL:"""


@register("database", holds={"seconds": Number(0.01, 3600), "rows": Number(1, 10_000)})
@dataclass(frozen=True)
class Asked:
    """The database at ``url``, such as 'sqlite:///shop.db', asked in words; it is only read.

    Tables, columns and values are found in a question by their names, by ``aliases`` such as
    {'clients': 'customers'}, and by BM25. From them a query is put together: counts, sums, means,
    superlatives, look-ups, lists and groups, over joined tables. ``templates`` of your own come
    first: questions with slots, and their SQL. Where nothing is understood, ``writer``, a model
    that writes, may write a query. Every statement is parsed and must only read; it runs
    read-only, within ``seconds``, with ``rows`` at most, and a limit on memory.
    """

    url: str
    aliases: Mapping[str, str] = field(default_factory=dict)
    writer: Model | None = None
    templates: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 2.0
    rows: int = 100

    def __post_init__(self) -> None:
        Database(self.url)  # refuses one with a password, which models and reports would tell
        for question, statement in self.templates.items():
            Template(question, statement)

    def __hash__(self) -> int:
        words = tuple(self.aliases.items()), tuple(self.templates.items())
        return hash((self.url, words, self.seconds, self.rows))

    def top(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """One hit at most for each query: the rows of the answer, and the SQL that found them.

        Raises `UnderdogError` for a database that is locked, damaged or gone.
        """
        found = []
        for question in queries:
            hit = self.ask(question) if k > 0 and question.strip() else None
            found.append([hit] if hit else [])
        return found

    def ask(self, question: str) -> Hit | None:
        """The answer to one question; None if it is not understood, or no row answers it."""
        meter = Meter()
        made, share = next(queries(self.templates, question, self._linker), None), 1.0
        if made is None:
            made, share = self._understood(question)
        found = self._run(made) if made else None
        meter.bill(1)
        if found is None and self.writer is not None:
            made, found = self._written(question)
            share = SHARE
        if made is None or found is None or not found.rows:
            return None
        source = (
            f"{self._database.name}: {', '.join(made.tables)}"
            if made.tables
            else (self._database.name)
        )
        rows = (found.header, *found.rows)
        return Hit(_table(rows, found.cut), share, source, query=_inlined(made), rows=rows)

    def _understood(self, question: str) -> tuple[Query | None, float]:
        """The query of a question, if it is understood, and the share of its words that is."""
        linked = self._linker.link(question)
        content = len(linked.mentions) + len(linked.unknown)
        share = len(linked.mentions) / content if content else 0.0
        is_known = share >= SHARE and not linked.open
        return (Writer(self.layout, linked).query() if is_known else None), share

    def environment(self) -> Mapping[str, str]:
        """When the file was last written: answers from another state of it do not count."""
        if self._database.kind == "sqlite" and self._database.path.is_file():
            state = self._database.path.stat()
            return {f"database {self._database.name}": f"{state.st_size} {state.st_mtime_ns}"}
        return {}

    @cached_property
    def layout(self) -> Layout:
        """What is in the database, as it was when it was first asked."""
        return read_layout(self._database)

    @cached_property
    def _database(self) -> Database:
        return Database(self.url, Limits(self.seconds, self.rows))

    @cached_property
    def _linker(self) -> Linker:
        return Linker(self.layout, self.aliases)

    def _run(self, made: Query) -> Found | None:
        return self._database.run(made.statement, made.values)

    def _written(self, question: str) -> tuple[Query | None, Found | None]:
        """A query by the model that writes, and its rows; what may not run is told, and not run."""
        assert self.writer is not None
        kind = {"sqlite": "SQLite", "postgres": "PostgreSQL"}[self._database.kind]
        prompt = PROMPT.format(tables=self.layout.described(), kind=kind, question=question)
        reply = self.writer.answer([prompt])[0].value
        match = STATEMENT.search(reply)
        if not match:
            return None, None
        made = Query((match[1] or match[2]).strip().rstrip(";"), (), ())
        try:
            return made, self._run(made)
        except UnderdogError as error:
            warnings.warn(f"a query by {self.writer!r}: {error.problem}", stacklevel=4)
            return None, None


def _inlined(made: Query) -> str:
    """The statement with its values in their places, to be read and typed."""
    parts = unquoted(made.statement)
    if len(parts) != len(made.values) + 1:
        return made.statement
    filled = [parts[0]]
    for value, part in zip(made.values, parts[1:], strict=True):
        whole = isinstance(value, float) and value.is_integer()
        text = str(value).replace("'", "''")
        filled += [f"'{text}'" if isinstance(value, str) else f"{int(value) if whole else value}"]
        filled.append(part)
    return "".join(filled)


def _table(rows: Sequence[Sequence[Any]], cut: bool) -> str:
    """Rows as lines of cells, the header first."""
    lines = [" | ".join("" if cell is None else str(cell) for cell in row) for row in rows]
    return "\n".join([*lines, "… and more rows"] if cut else lines)
