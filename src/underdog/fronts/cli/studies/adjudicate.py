"""`underdog adjudicate FOLDER`: settle a study by judging the texts on which two models differ."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ... import terminal
from ..options import JsonOption, QuietOption
from .next_step import after_judging, afterwards

if TYPE_CHECKING:
    from ....study.labels.adjudication import Docket


def adjudicate(
    folder: Annotated[Path, typer.Argument(help="Folder that `compare` wrote to.")],
    small: Annotated[
        str | None, typer.Option("--small", help="Small model to judge. Default: the best one.")
    ] = None,
    page: Annotated[
        bool, typer.Option("--page/--no-page", help="Serve a page, or only read the CSV file.")
    ] = True,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port of the page.")] = 0,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Settle a study: judge the texts on which two models differ.

    A page on this machine shows each text with the two answers, blind and in random order. With
    --no-page, fill the column 'right' of adjudication.csv in the folder, from the top, and type the
    command again. The test is valid after every judgement, and stops when the result is clear.
    """
    from ....study.labels.adjudication import FILE, concluded, docket
    from ....study.results import read

    case = docket(folder, small)
    if not (folder / FILE).exists():
        case.save()
    if page and case.next is not None:
        case = _served(case, port)
    state = concluded(case)
    terminal.tell(state, as_json, state["sentence"])
    command = "" if case.next or as_json else after_judging(read(folder), folder)
    for when, typed in [("next", command), *afterwards(command)] if command else ():
        terminal.whole(f"{when}: {typed}")
    if case.early:
        terminal.notes(
            [f"note: {case.early:,} judgements do not count yet: a text above them is not judged"]
        )
    if case.next is not None:
        terminal.notes([f"to go on: underdog adjudicate {folder}, or fill {folder / FILE}"])


def _served(case: Docket, port: int) -> Docket:
    from ...adjudication import AdjudicationServer

    server = AdjudicationServer(case, port)
    terminal.notes(
        [
            f"the answers differ on {case.question.differing:,} of {case.question.texts:,} texts;"
            f" {case.question.outlook(case.seen)}",
            f"open {server.address} (Ctrl-C ends it; judgements are saved one by one)",
        ]
    )
    with suppress(KeyboardInterrupt), closing(server):
        server.serve_forever()
    return server.docket
