"""`underdog monitor MODEL FILE`: has the traffic changed since a model was fitted?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ... import terminal
from ..options import (
    ExitCodeOption,
    File,
    JsonOption,
    LabelOption,
    MapOption,
    ModelFolder,
    QuietOption,
    TextOption,
    YesOption,
    stem,
)

if TYPE_CHECKING:
    from ....core.data import Dataset

FAMILIAR = "anything: most are the very texts that the model was fitted on; name newer ones"
MOST = 0.5

DRIFT = 10
"""The exit code when something changed and --exit-code was given."""


def monitor(
    model: ModelFolder,
    file: File,
    text: TextOption = None,
    label: LabelOption = None,
    mapping: MapOption = None,
    reference: Annotated[
        str | None,
        typer.Option("--reference", help="Rows to compare with, instead of the model's own."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="HTML report. Default: FILE-monitor.html.")
    ] = None,
    yes: YesOption = False,
    exit_code: ExitCodeOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say whether the traffic has changed since MODEL was fitted.

    Tests the texts of FILE, answers, confidence, the share that is deferred and, with --label,
    accuracy, corrected for the number of tests. Nothing that costs money is asked. With --exit-code
    the exit code is 10 if something changed.
    """
    from ....evaluate.monitor import Drift, Profile, drift, profile
    from ....report.monitoring import html
    from ....runtime import files
    from ....runtime.persist import opened
    from ...monitoring import look_at
    from ...record import familiar

    page = out or Path(f"{stem(file)}-monitor.html")
    files.check_file(page)
    asked, told = opened(model)
    columns = text or told.get("text") or []
    data = _rows(file, columns, label, mapping)
    with terminal.working(as_json):
        if reference:
            then = _rows(reference, columns, label, mapping)
            before = profile(then.texts, look_at(asked, then), f"the rows of {reference}")
        else:
            before = Profile.read(told.get("profile"))
        if not reference and familiar(data.texts, told.get("data", {}).get("texts")) > MOST:
            found = Drift(len(data), before.source, (), (FAMILIAR,))
        else:
            found = drift(before, data.texts, look_at(asked, data))
    files.write(page, html(found.as_dict(), str(model), file))
    terminal.tell(found.as_dict(), as_json, *found.lines(), str(page))
    if exit_code and found.changed:
        raise typer.Exit(DRIFT)


def _rows(file: str, text: list[str], label: str | None, mapping: list[str] | None) -> Dataset:
    """The rows of ``file``; labels are read only if their column is named."""
    from ....data.mapping import parsed
    from ....data.read import read

    table = read(
        file, text=text, label=label or "", split="", labelled=False, mapping=parsed(mapping or ())
    )
    terminal.notes(table.notes)
    return table.data
