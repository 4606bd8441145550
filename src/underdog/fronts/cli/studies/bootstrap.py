"""`underdog compare --bootstrap SPEC`: a start without labels, from a model that needs none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ....core.errors import UnderdogError
from ... import terminal
from ...spending import agreed
from ..options import stem

if TYPE_CHECKING:
    from ....data.sheet import Sheet

COLUMN = "bootstrap"


def bootstrapped(
    sheet: Sheet,
    spec: str,
    text: list[str] | None,
    label: str | None,
    labels: str | None,
    mapping: list[str] | None,
    yes: bool,
) -> tuple[str, str]:
    """Let ``spec`` answer all texts: the file of its answers, and the name of their column.

    The file keeps every column of ``sheet``. Paid answers are stored, so another run with more
    labels or texts asks only what is new. Raises `UnderdogError` where no label is known.
    """
    from ....data.mapping import label_names, parsed
    from ....data.read import read
    from ....runtime.registry import contestant
    from ...labelling import annotate

    annotator = contestant(spec)
    names = label_names(labels) if labels else ()
    table = read(
        sheet,
        text=text or (),
        label=label,
        labels=names,
        labelled=False,
        mapping=parsed(mapping or ()),
    )
    if len(table.data.task.labels) < 2:
        raise UnderdogError("--bootstrap needs to know the labels", "--labels a,b,c")
    agreed(annotator, yes, "the same command with --yes")
    out = answers_of(sheet.name)
    job = annotate.Job(table, sheet.name, (annotator,), out, column=COLUMN)
    found, _ = annotate.label_file(job, yes or _ours(out))
    told = [f"{spec} answered {found.asked:,} texts; its answers are in {out}"]
    if any(known is not None for known in table.data.labels):
        right, of = found.agreement()
        told.append(f"right on {right:,} of the {of:,} texts that have a label")
    else:
        told.append(
            "no text has a label yet: a column of right answers for some of them shows when a"
            " trained model overtakes it; type the same command again then"
        )
    terminal.notes(told)
    return str(out), annotate.label_column(job)


def answers_of(file: str) -> Path:
    """Where the answers to the texts of ``file`` are written: in the present folder."""
    return Path(f"{stem(file)}-{COLUMN}.csv")


def _ours(out: Path) -> bool:
    """Whether ``out`` is a file that an earlier run with --bootstrap wrote."""
    from ....data.read import sheet_of

    return out.is_file() and f"{COLUMN}_annotator" in sheet_of(str(out)).columns
