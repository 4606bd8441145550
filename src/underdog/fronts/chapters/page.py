"""The map as a page of Markdown, as lines for a terminal, and as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from ...core.errors import UnderdogError
from . import cells
from .cell import CHAPTERS, PREAMBLE, Cell, Claim, Found

HEAD = """\
# The map of the field

What small models can do beside large ones, after the survey *What is the Role of Small Models
in the LLM Era* (Chen & Varoquaux, 2024), and the two studies that underdog began with. Each
technique has the spec or command that runs it here, the library that it rests on, up to ten lines
that try it, and a card: what was claimed, and what came out here.

A command printed each number of ours, and a document of this repository quotes it. Claims are as
their authors state them and were not measured here, unless "run here" is said. Where we could not
confirm one, the card says so.

`underdog chapters` prints the table, `underdog chapters NAME` a card. This page is written by
`python -m tools.chapters > docs/chapters.md`.
"""


def markdown() -> Iterator[str]:
    """The page, part by part."""
    every = cells()
    yield HEAD
    told = sum(one.found is not None for one in every)
    yield f"{len(every)} techniques, {told} with a number that was reproduced here.\n"
    yield f"Every example starts from these lines:\n\n```python\n{PREAMBLE}```\n"
    for chapter in CHAPTERS:
        yield f"## {chapter}\n"
        for one in every:
            if one.chapter == chapter:
                yield from _card(one)


def _card(one: Cell) -> Iterator[str]:
    yield f"### {one.name}\n"
    yield f"{one.technique[0].upper()}{one.technique[1:]}: `{one.run}`. Rests on {one.rests}.\n"
    yield f"```python\n{one.code}\n```\n"
    rows = [line for line in (_claimed(one.claimed), _found(one.found)) if line]
    if rows:
        yield "\n".join(["| | on | number |", "|---|---|---|", *rows]) + "\n"
    if one.note:
        yield f"{one.note[0].upper()}{one.note[1:]}.\n"


def _claimed(claim: Claim | None) -> str:
    return f"| claimed: {claim.paper} | {claim.data} | {claim.number} |" if claim else ""


def _found(found: Found | None) -> str:
    if not found:
        return ""
    return f"| here: `{found.command}` | {found.data} | {shown(found)} |"


def shown(found: Found) -> str:
    """The number and its interval."""
    return f"{found.number} {found.interval}".strip()


def named(name: str) -> Cell:
    """The cell called ``name``; `UnderdogError` if there is none."""
    every = {one.name: one for one in cells()}
    if name not in every:
        near = [known for known in every if name.lower() in known] or list(every)[:3]
        raise UnderdogError(
            f"the map has no technique {name!r}", f"as in: underdog chapters {near[0]}"
        )
    return every[name]


def card(one: Cell) -> Iterator[str]:
    """The lines of a card, for a terminal."""
    yield f"{one.name} ({one.chapter})"
    yield one.technique
    yield ""
    yield f"run:      {one.run}"
    yield f"rests on: {one.rests}"
    if one.claimed:
        yield f"claimed:  {one.claimed.number} ({one.claimed.paper}; {one.claimed.data})"
    if one.found:
        yield f"here:     {shown(one.found)} ({one.found.data})"
        yield f"          {one.found.command}"
    if one.note:
        yield f"note:     {one.note}"
    yield ""
    yield from (PREAMBLE + "\n" + one.code).splitlines()


def plain() -> list[dict[str, Any]]:
    """Every cell as plain data; ``program`` is its example with the lines that it starts from."""
    return [
        {**asdict(one), "example": one.code, "program": f"{PREAMBLE}\n{one.code}\n"}
        for one in cells()
    ]


def tables() -> Iterator[Table]:
    """A table for each chapter: a technique, what it is, what runs it, and the number reached."""
    every = cells()
    for chapter in CHAPTERS:
        table = Table(box=None, pad_edge=False)
        table.add_column(Text(chapter, "bold"), width=22)
        table.add_column("", width=36)
        table.add_column("here", width=18, justify="right")
        for one in every:
            if one.chapter == chapter:
                reached = shown(one.found) if one.found else ""
                told = Text.assemble(one.technique, "\n", (one.run, "dim"))
                table.add_row(Text(one.name), told, Text(reached))
        table.add_row()
        yield table
