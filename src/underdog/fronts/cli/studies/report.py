"""`underdog report FOLDER`: draw a study's report again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ... import terminal
from ..options import JsonOption, NotesOption, QuietOption, TitleOption


def report(
    folder: Annotated[Path, typer.Argument(help="Folder that `compare` wrote to.")],
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")] = False,
    title: TitleOption = None,
    notes: NotesOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Draw report.html again, or print its table as Markdown.

    A title and notes are kept in results.json.
    """
    from .... import report as pages
    from ....runtime import files
    from ....study.results import read, titled, write

    results = titled(read(folder), title, notes)
    if title is not None or notes is not None:
        write(results, folder)
    if as_json:
        terminal.data(results)
    elif markdown:
        typer.echo(terminal.visible(pages.markdown(results)).plain)
    else:
        with files.alone(folder):
            files.check_files(folder, ["report.html"])
            files.write(folder / "report.html", pages.html(read(folder)))
        terminal.say(str(folder / "report.html"))
