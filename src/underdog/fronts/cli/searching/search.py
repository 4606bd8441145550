"""`underdog search INDEX 'query'`: the passages that answer a query, and where they are from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from textwrap import shorten, wrap
from typing import Annotated

import typer

from ....core.passages import Hit
from ... import terminal
from ..options import JsonOption, QuietOption

WIDTH = 78
LINES = 4
"""Lines of a passage that are shown; --json has all of it."""


def search(
    index: Annotated[str, typer.Argument(help="Folder that `index` wrote, or a spec.")],
    query: Annotated[str, typer.Argument(help="What to look for, in words.")],
    k: Annotated[int, typer.Option("-k", min=1, help="Number of passages.")] = 5,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find the passages of an index that answer a query.

    INDEX is a folder that `underdog index` wrote, or the spec of what can be searched without
    one: "code('numpy')", "database('sqlite:///shop.db')", "tables('reports')".
    """
    from ...searching import opened

    with terminal.working(as_json):
        retriever, notes = opened(index)
        terminal.notes([f"note: {note}" for note in notes])
        hits = retriever.top([query], k)[0]
    found = {"query": query, "hits": [asdict(hit) for hit in hits], "changed": notes}
    nothing = f"nothing found for {shorten(query, 60)!r} in {index}"
    terminal.tell(found, as_json, *(_lines(hits) if hits else (nothing,)))


def _lines(hits: list[Hit]) -> Iterator[str]:
    for place, hit in enumerate(hits, 1):
        yield f"{place}. {hit.source}  ({hit.score:.3g})"
        if hit.query:
            yield from (f"   {line}" for line in wrap(hit.query, WIDTH - 3))
        lines = [
            piece
            for line in hit.text.strip().splitlines()
            for piece in wrap(line, WIDTH - 3) or [""]
        ]
        shown = lines if len(lines) <= LINES else [*lines[: LINES - 1], f"{lines[LINES - 1]} …"]
        yield from (f"   {line}" for line in shown)
