"""A finished study on standard output, and the exit code that tells its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from ... import terminal, views
from .next_step import afterwards

EXIT_CODES = {
    "ship": 0,
    "ship with deferral": 10,
    "keep the large model": 11,
    "not enough evidence": 12,
    "best so far": 13,
}


def show_study(
    results: Mapping[str, Any], folder: Path, as_json: bool, exit_code: bool, command: str = ""
) -> None:
    """Print the study and the ``command`` that follows; ``exit_code``: leave with its code."""
    if as_json:
        terminal.data(results)
    else:
        commands = [("next", command), *afterwards(command)] if command else []
        views.show(results, folder, commands)
    if exit_code:
        raise typer.Exit(EXIT_CODES[results["verdict"]["decision"]])
