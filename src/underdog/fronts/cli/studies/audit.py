"""`underdog audit FILE`: what is wrong with the data."""

from __future__ import annotations

import typer

from ... import terminal
from ..options import (
    ExitCodeOption,
    File,
    GroupOption,
    JsonOption,
    KindOption,
    LabelOption,
    QuietOption,
    SplitOption,
    TextOption,
    read_file,
)

SERIOUS = 10
"""The exit code when there is a serious finding and --exit-code was given."""


def audit(
    file: File,
    text: TextOption = None,
    label: LabelOption = None,
    group: GroupOption = None,
    split: SplitOption = None,
    kind: KindOption = None,
    exit_code: ExitCodeOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what is wrong with the data in FILE.

    It looks for duplicates, contradictions, likely wrong labels and more.

    With --exit-code the exit code is 10 if a finding is serious.
    """
    from ....evaluate.audit import audit as look

    table = read_file(file, text, label, None, group, split, kind=kind)
    with terminal.working(as_json):
        found = look(table.data, table.train, table.test)
    terminal.tell(found.as_dict(), as_json, *found.lines())
    if exit_code and any(finding.severity == "serious" for finding in found.findings):
        raise typer.Exit(SERIOUS)
