"""`underdog chapters [NAME]`: every technique of the field, what runs it here, what came out."""

from __future__ import annotations

from typing import Annotated

import typer

from ... import terminal
from ..options import JsonOption, QuietOption


def chapters(
    name: Annotated[
        str | None, typer.Argument(help="Show one technique: claim, result and example.")
    ] = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show the map of the field.

    Techniques, what runs them here, and what came out.
    """
    from ...chapters import page

    if name:
        one = page.named(name)
        found = next(cell for cell in page.plain() if cell["name"] == name)
        terminal.tell(found, as_json, *page.card(one))
    elif as_json:
        terminal.data(page.plain())
    else:
        for table in page.tables():
            terminal.out.print(table)
        terminal.say("A claim, what came out, and an example: underdog chapters NAME")
