"""From what a question names to a query: counts, sums, superlatives, look-ups and lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from .layout import Column, Layout, quoted
from .mentions import Linked, Mention

COUNT = re.compile(r"\b(how many|number of|count)\b")
GROUP = re.compile(r"\b(?:per|for each|for every|of each|of every|in each|in every)\b")
MOST = "highest|largest|most|maximum|max|biggest|longest|greatest|best"
LEAST = "lowest|smallest|least|minimum|min|shortest|worst|fewest"
MEASURES = {
    "AVG": re.compile(r"\b(average|mean)\b(?! \w*_)"),
    "SUM": re.compile(r"\b(total|sum)\b"),
    "MAX": re.compile(rf"\b({MOST})\b"),
    "MIN": re.compile(rf"\b({LEAST})\b"),
}
SIGNS = {
    r"more than|over|above|greater than|higher than|longer than|larger than": ">",
    r"at least": ">=",
    r"less than|under|below|lower than|fewer than|shorter than|smaller than": "<",
    r"at most": "<=",
    r"exactly|equal to": "=",
}
COMPARE = re.compile(rf"\b({'|'.join(SIGNS)})\s+(\d[\d,]*(?:\.\d+)?)")
BETWEEN = re.compile(r"\bbetween\s+(\d[\d,]*(?:\.\d+)?)\s+and\s+(\d[\d,]*(?:\.\d+)?)")
TOP = re.compile(rf"\btop\s+(\d+)\b|\b(\d+)\s+(?:{MOST}|{LEAST})\b")


@dataclass(frozen=True)
class Query:
    """A statement, the values of its question marks, and the tables that it reads."""

    statement: str
    values: tuple[Any, ...]
    tables: tuple[str, ...]


class Writer:
    """Writes the query of one question."""

    def __init__(self, layout: Layout, linked: Linked) -> None:
        self.layout, self.linked = layout, linked
        self.text = " ".join(linked.words).lower()
        self.starts = _starts(linked.words)
        self.tables = [m for m in linked.mentions if m.table]
        self.named = {m.table for m in self.tables}
        self.columns = [(m, self._column(m)) for m in linked.mentions if m.columns]
        self.where: list[str] = []
        self.values: list[Any] = []
        self.used: list[str] = []
        self.compared: set[int] = set()
        self.numbers = self._numbers()

    def query(self) -> Query | None:
        """The query; None if the question is not understood, with each number in it."""
        having = self._comparisons()
        self._equalities()
        if self.numbers:
            return None
        plain = [(m, c) for m, c in self.columns if m.start not in self.compared]
        measure = next((name for name, sign in MEASURES.items() if sign.search(self.text)), "")
        if having:
            return self._having(*having)
        if group := self._grouped(plain):
            return self._per(group, measure, plain)
        summed = measure in ("AVG", "SUM") and any(c.numeric for _, c in plain)
        if COUNT.search(self.text) and not summed:
            return self._count()
        if measure or TOP.search(self.text):
            return self._measured(measure or "MAX", plain)
        return self._listed(plain)

    def _numbers(self) -> set[int]:
        """The places of numbers that no value holds, and that do not say how many rows to show."""
        named = {i for m in self.linked.mentions for i in range(m.start, m.end)}
        if top := TOP.search(self.text):
            named.add(self._word(top.start(1 if top[1] else 2)))
        return {i for i, w in enumerate(self.linked.words) if w[0].isdigit() and i not in named}

    def _column(self, mention: Mention) -> Column:
        """The column that is meant: of a table that is named, else of the largest one."""
        near = [c for c in mention.columns if c.table in self.named]
        valued = {c.table for m in self.linked.mentions for c, _ in m.values}
        beside = [c for c in mention.columns if c.table in valued]
        usable = near or beside or list(mention.columns)
        return max(usable, key=lambda c: self.layout.sizes[c.table])

    def _equalities(self) -> None:
        """Conditions that a column has a value; several values of one column are alternatives."""
        chosen: dict[Column, list[str]] = {}
        named = {column for _, column in self.columns}
        for mention in self.linked.mentions:
            if mention.values:
                column, value = max(mention.values, key=lambda found: self._fit(found[0], named))
                chosen.setdefault(column, []).append(value)
        for column, values in chosen.items():
            marks = ", ".join("?" * len(values))
            self.where.append(
                f"{column.sql} IN ({marks})" if len(values) > 1 else f"{column.sql} = ?"
            )
            self.values += values
            self.used.append(column.table)
            self.compared |= {m.start for m, c in self.columns if c == column}

    def _fit(self, column: Column, named: set[Column]) -> tuple[bool, bool, bool, int]:
        is_label = self.layout.label(column.table) == column
        mine = column.table in self.named or column.table in {c.table for c in named}
        return column in named, mine, is_label, self.layout.sizes[column.table]

    def _comparisons(self) -> tuple[str, str, float] | None:
        """Conditions on numbers; or a table, sign and number where rows of a table are counted."""
        for match in COMPARE.finditer(self.text):
            sign = next(s for words, s in SIGNS.items() if re.fullmatch(words, match[1]))
            number = float(match[2].replace(",", ""))
            column = self._numeric(match.start(), match.end())
            place = self._word(match.start(2))
            if column is None:
                after = [m for m in self.tables if m.start > place]
                self.numbers -= {place} if after else set()
                return (after[0].table, sign, number) if after else None
            self.numbers.discard(place)
            self.where.append(f"{column.sql} {sign} ?")
            self.values.append(number)
            self.used.append(column.table)
        for match in BETWEEN.finditer(self.text):
            if column := self._numeric(match.start(), match.end()):
                self.where.append(f"{column.sql} BETWEEN ? AND ?")
                self.values += [float(match[i].replace(",", "")) for i in (1, 2)]
                self.used.append(column.table)
                self.numbers -= {self._word(match.start(i)) for i in (1, 2)}
        for place in sorted(self.numbers):  # as in "a grade of 3"
            near = [m.start for m, c in self.columns if c.numeric and place - 2 <= m.end <= place]
            if near and (column := self._numeric(self.starts[place], self.starts[place])):
                self.where.append(f"{column.sql} = ?")
                self.values.append(float(self.linked.words[place].replace(",", "")))
                self.used.append(column.table)
                self.numbers.discard(place)
        return None

    def _numeric(self, start: int, end: int) -> Column | None:
        """The column that is compared: the last number named before, else the next one."""
        low, high = self._word(start), self._word(end)
        numeric = [(m, c) for m, c in self.columns if c.numeric]
        before = [(m, c) for m, c in numeric if m.end <= low and m.end >= low - 3]
        after = [(m, c) for m, c in numeric if high <= m.start <= high + 1]
        found = before[-1:] or after[:1]
        self.compared |= {m.start for m, _ in found}
        return found[0][1] if found else None

    def _grouped(self, plain: Sequence[tuple[Mention, Column]]) -> Column | None:
        match = GROUP.search(self.text)
        if not match:
            return None
        place = self._word(match.end())
        for mention, column in plain:
            if mention.start == place:
                self.compared.add(mention.start)
                return column
        tables = [m.table for m in self.tables if m.start == place]
        return self.layout.label(tables[0]) if tables else None

    def _per(
        self, group: Column, measure: str, plain: Sequence[tuple[Mention, Column]]
    ) -> Query | None:
        numeric = [c for m, c in plain if c.numeric and c != group]
        if measure and numeric:
            what, main = f"{measure}({numeric[0].sql})", numeric[0].table
        else:
            others = [t for t in self._order() if t != group.table]
            what, main = "COUNT(*)", (others or [group.table])[0]
        body = self._from(main, [group.table])
        return self._if(
            body,
            f"SELECT {group.sql}, {what} {body} GROUP BY {group.sql} ORDER BY {group.sql}",
            main,
        )

    def _count(self) -> Query | None:
        main = next(iter(self._order()), "") or next(iter(self.used), "")
        if not main and self.columns:
            column = self.columns[0][1]
            body = self._from(column.table, [])
            return self._if(body, f"SELECT COUNT(DISTINCT {column.sql}) {body}", column.table)
        body = main and self._from(main, [])
        if not body:
            return None
        key = self.layout.tables[main][0].sql
        return self._made(
            f"SELECT COUNT({'DISTINCT ' if 'JOIN' in body else ''}{key}) {body}", main
        )

    def _measured(self, measure: str, plain: Sequence[tuple[Mention, Column]]) -> Query | None:
        top = TOP.search(self.text)
        asks_which = bool(top) or bool(
            re.match(r"(which|who|name|list|show|what \w+ has)", self.text)
        )
        numeric = [c for _, c in plain if c.numeric]
        order = self._order()
        limit = int(top[1] or top[2]) if top else 1
        down = "ASC" if measure == "MIN" else "DESC"
        if asks_which and measure in ("MAX", "MIN") and (order or plain):
            first = next((c for _, c in plain if not c.numeric), None)
            label = first or (self.layout.label(order[0]) if order else None)
            if label and numeric:
                body = self._from(numeric[-1].table, [label.table])
                ranked = f"ORDER BY {numeric[-1].sql} {down} LIMIT {limit}"
                return self._if(body, f"SELECT {label.sql} {body} {ranked}", label.table)
            counted = [t for t in order if label and t != label.table]
            if label and counted:
                body = self._from(counted[0], [label.table])
                key = self.layout.tables[label.table][0].sql
                ranked = f"GROUP BY {key}, {label.sql} ORDER BY COUNT(*) {down} LIMIT {limit}"
                return self._if(body, f"SELECT {label.sql} {body} {ranked}", label.table)
        if not numeric:
            return None
        body = self._from(numeric[0].table, [])
        return self._if(body, f"SELECT {measure}({numeric[0].sql}) {body}", numeric[0].table)

    def _listed(self, plain: Sequence[tuple[Mention, Column]]) -> Query | None:
        """Columns that are named, else the names of rows, where a condition selects them."""
        wanted = list(dict.fromkeys(c for _, c in plain))
        if not self.where and not (wanted or self.tables):
            return None
        order = self._order()
        if not wanted:
            main = next((t for t in order), "") or self.used[0]
            wanted = [self.layout.label(main)]
        body = self._from(wanted[0].table, [c.table for c in wanted[1:]])
        names = ", ".join(c.sql for c in wanted)
        distinct = "DISTINCT " if (body and "JOIN" in body) or "different" in self.text else ""
        return self._if(body, f"SELECT {distinct}{names} {body}", wanted[0].table)

    def _having(self, counted: str, sign: str, number: float) -> Query | None:
        others = [t for t in self._order() if t != counted]
        if not others:
            return None
        label = self.layout.label(others[0])
        body = self._from(counted, [others[0]])
        key = self.layout.tables[others[0]][0].sql
        self.values.append(number)
        return self._if(
            body,
            f"SELECT {label.sql} {body} GROUP BY {key}, {label.sql} HAVING COUNT(*) {sign} ?",
            others[0],
        )

    def _order(self) -> list[str]:
        """The tables that are named, in order."""
        return list(dict.fromkeys(mention.table for mention in self.tables))

    def _from(self, main: str, more: Iterable[str]) -> str | None:
        """FROM, joins and WHERE; None if a table cannot be reached."""
        joined, lines = {main}, [f"FROM {quoted(main)}"]
        for table in dict.fromkeys([*more, *self.used]):
            path = _path(self.layout, joined, table)
            if path is None:
                return None
            for name, (one, other) in path:
                if name not in joined:
                    lines.append(f"JOIN {quoted(name)} ON {one.sql} = {other.sql}")
                    joined.add(name)
        if self.where:
            lines.append(f"WHERE {' AND '.join(self.where)}")
        return " ".join(lines)

    def _if(self, body: str | None, statement: str, main: str) -> Query | None:
        return self._made(statement, main) if body else None

    def _made(self, statement: str, main: str) -> Query:
        return Query(statement, tuple(self.values), tuple(dict.fromkeys([main, *self.used])))

    def _word(self, place: int) -> int:
        """The number of the word at or behind a place of the text."""
        return next((i for i, at in enumerate(self.starts) if at >= place), len(self.starts))


def _starts(words: Sequence[str]) -> list[int]:
    return list(accumulate((len(word) + 1 for word in words), initial=0))[:-1]


def _path(layout: Layout, joined: set[str], goal: str) -> list[tuple[str, Any]] | None:
    """The tables and links from those that are ``joined`` to ``goal``: the fewest."""
    front: list[tuple[str, list[tuple[str, Any]]]] = [(table, []) for table in sorted(joined)]
    seen = set(joined)
    while front:
        table, path = front.pop(0)
        if table == goal:
            return path
        for other, link in layout.neighbours[table]:
            if other not in seen:
                seen.add(other)
                front.append((other, [*path, (other, link)]))
    return None
