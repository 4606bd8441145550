"""The card of a model as Markdown, as one self-contained HTML page, and as plain data."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .. import formatting
from ..page import rendered

WIDTH = 80
"""Characters of a line of Markdown, unless a word is longer."""


@dataclass(frozen=True)
class Items:
    """A list of sentences."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """What is on record, word for word: names and values."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Warned:
    """A sentence that must not be overlooked."""

    text: str


@dataclass(frozen=True)
class Verbatim:
    """Lines that keep their form."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """How good a model is for some texts: a ``share`` of them, its interval, and how many."""

    name: str
    texts: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Groups:
    """How good a model is for several kinds of texts; ``what`` the shares are."""

    what: str
    groups: tuple[Group, ...]


Block = str | Items | Facts | Warned | Verbatim | Groups
"""A part of a section; a string is a paragraph."""


@dataclass(frozen=True)
class Section:
    """A title, and what stands below it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Card:
    """All that is known of a model, for an auditor."""

    name: str
    head: Facts
    sections: tuple[Section, ...]

    def as_dict(self) -> dict[str, Any]:
        """The card as plain data."""
        told = {one.title: [_plain(block) for block in one.blocks] for one in self.sections}
        return {"model": self.name, "record": dict(self.head.pairs), "sections": told}

    def markdown(self) -> str:
        """The card in Markdown; no text in it makes a heading, a table cell or HTML."""
        parts = [f"# Model card: {_cell(self.name)}", "\n".join(_lines(self.head))]
        for one in self.sections:
            parts += [f"## {one.title}", *("\n".join(_lines(block)) for block in one.blocks)]
        return "\n\n".join(part for part in parts if part) + "\n"

    def html(self) -> str:
        """The card as a page that needs no network, runs no script and can load nothing.

        Everything that comes from texts, labels and file names is escaped.
        """
        sections = [(one.title, [(_kind(b), b) for b in one.blocks]) for one in self.sections]
        return rendered("card.html.j2", card=self, sections=sections)


def _kind(block: Block) -> str:
    return type(block).__name__.lower()


def _plain(block: Block) -> Any:
    match block:
        case str():
            return block
        case Warned(text):
            return {"warning": text}
        case Facts(pairs):
            return dict(pairs)
        case Items(lines) | Verbatim(lines):
            return list(lines)
        case Groups(what, groups):
            return {"measures": what, "groups": [vars(group) for group in groups]}


def _lines(block: Block) -> Iterator[str]:
    match block:
        case str():
            yield _wrapped(_cell(block))
        case Warned(text):
            yield _wrapped(f"**{_cell(text)}**")
        case Facts(pairs):
            yield from (f"- {name}: `{_cell(value)}`" for name, value in pairs)
        case Items(lines):
            yield from (_wrapped(f"- {_cell(line)}", "  ") for line in lines)
        case Verbatim(lines):
            yield from (f"    {line}" for line in lines)
        case Groups(what, groups):
            yield from _table(what, groups)


def _table(what: str, groups: Sequence[Group]) -> Iterator[str]:
    say = formatting.percent
    yield f"| group | texts | {what} | 95 % interval |"
    yield "|---|---:|---:|---|"
    for one in groups:
        cells = (_cell(one.name), f"{one.texts:,}", say(one.share))
        yield f"| {' | '.join(cells)} | {say(one.low)} to {say(one.high)} |"


def _wrapped(line: str, indent: str = "") -> str:
    return textwrap.fill(
        line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _cell(text: str) -> str:
    """``text`` as Markdown that stays in its place: one line, no table cell, no HTML."""
    flat = " ".join(text.split()).replace("|", "\\|")
    return flat.replace("<", "&lt;").replace("`", "'")
