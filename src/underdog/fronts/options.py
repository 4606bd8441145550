"""The arguments and options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[str, typer.Argument(help="CSV, TSV, JSONL or Parquet file, or hf:NAME.")]
TextOption = Annotated[
    list[str] | None, typer.Option("--text", help="Column of the text; twice for pairs.")
]
LabelOption = Annotated[str | None, typer.Option("--label", help="Column of the right answer.")]
GroupOption = Annotated[
    str | None, typer.Option("--group", help="Column of what must not be split: patient, author.")
]
SplitOption = Annotated[
    str | None, typer.Option("--split", help="Column that tells training from test rows.")
]
LabelsOption = Annotated[
    str | None, typer.Option("--labels", help="The labels, a,b,c, of a file that has none.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print the result only.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Folder to write to; FILE-report unless told.")
]
SeedsOption = Annotated[int, typer.Option("--seeds", min=1, help="Fit each recipe this often.")]
BudgetOption = Annotated[
    str | None, typer.Option("--budget", help="Time for it all: 90s, 5m, 2h; 5m for the line-up.")
]
MarginOption = Annotated[
    float,
    typer.Option("--margin", min=0.0, max=1.0, help="Loss of accuracy that is still acceptable."),
]
