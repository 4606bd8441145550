"""`underdog list [NAME]`: everything that may be typed in a spec."""

from __future__ import annotations

from typing import Annotated

import typer

from ... import terminal, views
from ..options import JsonOption, QuietOption


def list_(
    name: Annotated[
        str | None, typer.Argument(help="Show one model's options, their ranges and defaults.")
    ] = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """List the names that a spec may hold, or explain one of them."""
    from ....runtime.registry import described, explained

    if name:
        one = explained(name)
        options = [f"  {option}: {what}" for option, what in one["options"].items()]
        terminal.tell(one, as_json, one["spec"], *options, "", one["about"])
        return
    found = described()
    if as_json:
        terminal.data(found)
    else:
        for line in views.names(found):
            terminal.out.print(line)
