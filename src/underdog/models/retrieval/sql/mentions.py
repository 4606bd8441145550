"""Which tables, columns and values a question names: by names, aliases, values and BM25."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ....core.errors import UnderdogError
from ....core.passages import Passages
from ..bm25 import BM25, BM25Index
from .layout import Column, Layout, normal

LONGEST = 12
"""Words of a name."""

TOKEN = re.compile(r"\"[^\"]+\"|“[^”]+”|'[^']{2,}'(?!\w)|\d[\d,]*(?:\.\d+)?|\w+")

COMMON = frozenset(
    re.findall(
        r"\w+",
        """a an the of in on at to for from with by is are was were be been do does did has have had
        which what who whose how many much number count that this these those there their its
        and or not all any each every per me show list give name find tell please i we you it he she
        average mean total sum highest lowest largest smallest most least maximum minimum max min
        biggest longest shortest greatest best worst top more less than over under above below
        higher lower greater fewer between exactly equal first last one ones value values different
        distinct existing exist when where can could would get got belong belongs containing""",
    )
)
"""Words that a question is made of, and that name nothing."""

TURNING = frozenset(
    re.findall(
        r"\w+",
        """without not no never none nor except excluding besides unless neither but
        after before since until during earlier later recent recently latest newest oldest earliest
        first last second third other others another percent percentage ratio share fraction median
        variance deviation difference twice half rank""",
    )
)
"""Words that turn the meaning of a question, and that the grammar does not know."""

LEADING = frozenset(re.findall(r"\w+", "of by for in from with named called at to on like about"))
"""Words before what restricts an answer."""


@dataclass(frozen=True)
class Mention:
    """The words from ``start`` to ``end`` name a table, one of some columns, or of some values."""

    start: int
    end: int
    table: str = ""
    columns: tuple[Column, ...] = ()
    values: tuple[tuple[Column, str], ...] = ()


@dataclass(frozen=True)
class Linked:
    """A question in ``words``, its ``mentions`` in order, and content words that name nothing.

    ``open`` says that one of these restricts the answer or turns the question, so that a query
    without it would answer another one.
    """

    words: tuple[str, ...]
    mentions: tuple[Mention, ...]
    unknown: tuple[str, ...]
    open: bool = False


class Linker:
    """Finds in questions what is in a database."""

    def __init__(self, layout: Layout, aliases: Mapping[str, str]) -> None:
        self.layout = layout
        self.tables: dict[str, str] = {normal(table): table for table in layout.tables}
        self.columns: dict[str, list[Column]] = {}
        for columns in layout.tables.values():
            for column in columns:
                self.columns.setdefault(normal(column.name), []).append(column)
        for alias, name in aliases.items():
            self._add(alias, name)

    def _found(self, what: str, name: str) -> tuple[str, list[Column]]:
        """The table, and the column if one is named; `UnderdogError` if there is none."""
        table, _, column = name.partition(".")
        found = [c for c in self.layout.tables.get(table, ()) if c.name == column]
        if table not in self.layout.tables or (column and not found):
            raise UnderdogError(
                f"the {what} names {name!r}, which is not in the database",
                f"its tables: {', '.join(self.layout.tables)}",
            )
        return table, found

    def value(self, words: str, name: str) -> str | float | None:
        """The value of the column ``name``, as in 'customers.name', that ``words`` mean, if any."""
        (column,) = self._found("template", name)[1]
        said = words.strip("\"“”' ")
        if column.numeric:
            number = said.replace(",", "")
            return float(number) if re.fullmatch(r"-?\d+(?:\.\d+)?", number) else None
        mine = [v for c, v in self.layout.values.get(normal(said), ()) if c == column]
        if mine or self._values is None:
            return mine[0] if mine else None
        wanted = set(normal(said).split())
        near = [
            value
            for hit in self._values.top([said], 20)[0]
            for c, value in self.layout.values[normal(hit.text)]
            if c == column and wanted <= set(normal(value).split())
        ]
        return min(near, key=len, default=None)

    def _add(self, alias: str, name: str) -> None:
        table, found = self._found(f"alias {alias!r}", name)
        if found:
            self.columns.setdefault(normal(alias), []).extend(found)
        else:
            self.tables[normal(alias)] = table

    def link(self, question: str) -> Linked:
        """What ``question`` names, the longest names first."""
        words = tuple(TOKEN.findall(question))
        taken: dict[int, Mention] = {}
        for length in range(min(LONGEST, len(words)), 0, -1):
            for start in range(len(words) - length + 1):
                span = range(start, start + length)
                if any(place in taken for place in span):
                    continue
                if mention := self._named(words, start, start + length):
                    taken.update(dict.fromkeys(span, mention))
        for start, end in _runs(words, taken):
            if mention := self._near(words, start, end):
                taken.update(dict.fromkeys(range(start, end), mention))
        free = [i for i in range(len(words)) if i not in taken]
        unknown = [i for i in free if not _common(words[i]) and not words[i][0].isdigit()]
        is_open = any(words[i].lower() in TURNING for i in free) or any(
            _looks_named(words[i], i) or _restricts(words, i) for i in unknown
        )
        mentions = sorted(set(taken.values()), key=lambda mention: mention.start)
        said = tuple([words[i] for i in unknown])
        return Linked(words, tuple(mentions), said, is_open)

    def _named(self, words: Sequence[str], start: int, end: int) -> Mention | None:
        text = " ".join(words[start:end])
        is_quoted = end - start == 1 and text[0] in "\"“'"
        name = normal(text)
        if (
            not name
            or (name in COMMON and not is_quoted)
            or (text[0].isdigit() and end - start == 1)
        ):
            return None
        if not is_quoted and name in self.columns:
            return Mention(start, end, columns=tuple(self.columns[name]))
        if not is_quoted and name in self.tables:
            return Mention(start, end, table=self.tables[name])
        values = self.layout.values.get(name, ())
        return Mention(start, end, values=values) if values else None

    def _near(self, words: Sequence[str], start: int, end: int) -> Mention | None:
        """Values that hold all words from ``start`` to ``end``, if a good match is one of them."""
        if self._values is None:
            return None
        text = " ".join(words[start:end]).strip("\"“”'")
        wanted = set(normal(text).split())
        hits = self._values.top([text], 20)[0]
        good = [hit.text for hit in hits if wanted <= set(normal(hit.text).split())]
        if not good:
            return None
        shortest = min(good, key=len)
        return Mention(start, end, values=self.layout.values[normal(shortest)])

    @cached_property
    def _values(self) -> BM25Index | None:
        texts = [found[0][1] for found in self.layout.values.values()]
        return BM25().over(Passages.of(texts)) if texts else None


def _runs(words: Sequence[str], taken: Mapping[int, Mention]) -> Iterator[tuple[int, int]]:
    """Stretches of words that name nothing yet and look like names: quoted, or capitalised."""
    place = 0
    while place < len(words):
        end = place
        while end < len(words) and end not in taken and _looks_named(words[end], end):
            end += 1
        if end > place:
            yield place, end
        place = max(end, place + 1)


def _looks_named(word: str, place: int) -> bool:
    return word[0] in "\"“'" or (word[0].isupper() and place > 0 and word.lower() not in COMMON)


def _common(word: str) -> bool:
    return normal(word) in COMMON or word.lower() in COMMON


def _restricts(words: Sequence[str], place: int) -> bool:
    """Whether the word at ``place`` follows one such as ``of``, with an article or without."""
    before = [word.lower() for word in words[:place]]
    if before and before[-1] in ("a", "an", "the", "all", "any"):
        before.pop()
    return bool(before) and before[-1] in LEADING
