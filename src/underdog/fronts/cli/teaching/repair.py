"""`underdog repair FILE --by SPEC --out FILE`: labels that look wrong, asked about again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ... import terminal
from ...spending import agreed
from ..options import (
    File,
    JsonOption,
    LabelOption,
    MapOption,
    QuietOption,
    SeedOption,
    TextOption,
    YesOption,
    read_file,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ....data.read import Table
    from ....teach.distil.repair import Repair

WAS, SUSPICION = "label_was", "suspicion"
"""The columns that `repair` adds: the label before, and how wrong it looks, from 0 to 1."""


def repair(
    file: File,
    by: Annotated[str, typer.Option("--by", help="What is asked again: \"chat('gpt-5')\".")],
    out: Annotated[Path, typer.Option("--out", help="File to write: .csv, .parquet or .jsonl.")],
    student: Annotated[
        str, typer.Option("--student", help="The small model that looks for wrong labels.")
    ] = "linear()",
    share: Annotated[
        float, typer.Option("--share", min=0.0, max=1.0, help="Share of the labels to ask about.")
    ] = 0.15,
    text: TextOption = None,
    label: LabelOption = None,
    mapping: MapOption = None,
    seed: SeedOption = 0,
    yes: YesOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ask again about the labels in FILE that look wrong.

    A small model judges each label after learning from other rows. The model in --by is asked about
    the rows whose labels look most wrong, and its answers replace these labels. The old ones stay
    in the column label_was. No answer is paid for twice.
    """
    from ....core.errors import UnderdogError
    from ....core.protocols import Learner
    from ....runtime import files
    from ....runtime.registry import contestant
    from ....teach.distil.repair import repair as asked_again
    from ...labelling import output
    from ...labelling.journal import check_output

    output.check_ending(out)
    check_output(out, yes, file)
    files.writable(out)
    small, teacher = contestant(student), contestant(by)
    if not isinstance(small, Learner):
        raise UnderdogError(f"{student} does not learn", "name a recipe: --student 'linear()'")
    table = read_file(file, text, label, mapping=mapping)
    agreed(teacher, yes, f"underdog repair {file} … --yes")
    with files.alone(out), terminal.working(as_json):
        found = asked_again(table.data, small, teacher, share, seed)
        output.write(out, _rows(table, found))
    column = table.columns.label or "label"
    lines = [
        found.sentence(),
        f"wrote {len(found.old):,} rows to {out}; the old labels are in the column {WAS!r}",
        f"next: underdog fit {out} '{student}' --label {column} --out models/repaired",
    ]
    terminal.tell(_as_data(found, out), as_json, *lines)


def _rows(table: Table, found: Repair) -> Iterator[dict[str, object]]:
    columns, data = table.columns, found.data
    for i, text in enumerate(data.texts):
        row: dict[str, object] = {**columns.cells(text)}
        row[columns.label or "label"] = data.labels[i]
        row |= {name: cells[i] for name, cells in data.columns.items()}
        was = found.old[i] if found.old[i] != data.labels[i] else None
        yield {**row, WAS: was, SUSPICION: round(float(found.suspicion[i]), 6)}


def _as_data(found: Repair, out: Path) -> dict[str, object]:
    return {
        "out": str(out),
        "rows": len(found.old),
        "asked": len(found.rows),
        "changed": found.changed,
        "dollars": found.price,
    }
