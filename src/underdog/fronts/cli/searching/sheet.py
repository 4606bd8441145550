"""`underdog sheet FILE`: a spreadsheet as a short text for a language model."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ... import terminal
from ..options import JsonOption, QuietOption, YesOption


def sheet(
    file: Annotated[str, typer.Argument(help="Excel workbook, CSV, or any file of a table.")],
    out: Annotated[Path | None, typer.Option("--out", help="Text file. Default: print.")] = None,
    near: Annotated[
        int, typer.Option("--near", min=0, help="Rows kept in full around each change of layout.")
    ] = 4,
    yes: YesOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a spreadsheet as a short text.

    It tells a language model what the spreadsheet holds, and where.

    Each value is written once, with the addresses of all cells that hold it. Adjacent numbers, or
    dates, are written as one range and its kind. So are rows that look like their neighbours.
    """
    from ....data.tables.encoded import sheet as encoded
    from ....runtime import files
    from ...labelling.journal import check_output

    if out is not None:
        check_output(out, yes, file)
        files.writable(out)
    found = encoded(file, near)
    if out is not None:
        files.write(out, found.text)
    if as_json:
        terminal.data({**asdict(found), "saved": found.saved})
        return
    if out is None:
        typer.echo(found.text, nl=False)
    change = f"{abs(found.saved):.0%} {'fewer' if found.saved >= 0 else 'more'}"
    terminal.notes(
        [
            f"{found.tokens:,} tokens, as CSV {found.csv_tokens:,} ({change}); "
            f"{found.told_by_kind:,} of {found.cells:,} cells are told by kind alone"
        ]
    )
