"""The arguments and options that several verbs share, and what they mean."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...core.errors import UnderdogError
from .. import terminal

if TYPE_CHECKING:
    from ...data.read import Table
    from ...data.sheet import Sheet


class Kind(StrEnum):
    """What an answer is: one of the labels, a set of them, a number, or a text."""

    label = "label"
    labels = "labels"
    number = "number"
    text = "text"


class Engine(StrEnum):
    """Where the work is done: on this machine, or on the cluster that UNDERDOG_RAY names."""

    cores = "cores"
    ray = "ray"


def _quiet(value: bool) -> bool:
    terminal.silence(value)
    return value


def _specs(incomplete: str) -> Iterable[tuple[str, str]]:
    """Shell completion for a spec: every registered name, with what it is.

    Bash would read the brackets, unless a quote is typed already.
    """
    from ...runtime.registry import described

    quoted = re.search(r"['\"]\S*$", os.environ.get("COMP_WORDS", ""))
    bash = os.environ.get("_UNDERDOG_COMPLETE") == "complete_bash"
    brackets = r"\(\)" if bash and not quoted else "()"
    found = [(name, one["summary"]) for name, one in described().items()]
    return [(f"{name}{brackets}", what) for name, what in found if name.startswith(incomplete)]


File = Annotated[str, typer.Argument(help="CSV, TSV, JSONL or Parquet file, or hf:NAME.")]
Specs = Annotated[
    list[str] | None,
    typer.Argument(
        help="Models, such as 'linear()'; a default line-up if none.", autocompletion=_specs
    ),
]
Spec = Annotated[
    str, typer.Argument(help="What to fit, such as 'linear()'.", autocompletion=_specs)
]
ModelFolder = Annotated[Path, typer.Argument(help="Folder of a model that `fit` wrote.")]
TextOption = Annotated[
    list[str] | None,
    typer.Option("--text", help="Text column; repeat it for pairs; '*' for the whole row."),
]
LabelOption = Annotated[str | None, typer.Option("--label", help="Column of the right answer.")]
GroupOption = Annotated[
    str | None,
    typer.Option(
        "--group", help="Group column: rows that share a value stay together in every split."
    ),
]
SplitOption = Annotated[
    str | None, typer.Option("--split", help="Column that says which rows are for training.")
]
LabelsOption = Annotated[
    str | None,
    typer.Option(
        "--labels", help="The labels of a file that has none: a,b,c or a file, one a line."
    ),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", help="Another spelling of a label, as ANSWER=LABEL; repeatable."),
]
DescribeOption = Annotated[
    str | None,
    typer.Option("--describe", help="File that says what labels mean: JSON, or two columns."),
]
KindOption = Annotated[
    Kind | None,
    typer.Option("--kind", help="What an answer is. Default: recognised from the column."),
]
EngineOption = Annotated[
    Engine | None, typer.Option("--engine", help="cores, or ray: the cluster of UNDERDOG_RAY.")
]
QuietOption = Annotated[
    bool,
    typer.Option(
        "--quiet", help="Print the result and errors only.", callback=_quiet, is_eager=True
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
YesOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Replace earlier output without asking.")
]
ExitCodeOption = Annotated[
    bool, typer.Option("--exit-code", help="Let the exit code tell the result, for CI.")
]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Folder to write to. Default: FILE-report.")
]
TitleOption = Annotated[
    str | None, typer.Option("--title", help="Title of the report. Default: the file's name.")
]
NotesOption = Annotated[
    str | None, typer.Option("--notes", help="A paragraph of yours for the report.")
]
SeedsOption = Annotated[int, typer.Option("--seeds", min=1, help="Number of random seeds.")]
SeedOption = Annotated[
    int, typer.Option("--seed", min=0, max=2**32 - 1, help="Random seed.", metavar="INTEGER")
]
BudgetOption = Annotated[
    str | None,
    typer.Option("--budget", help="Time limit: 90s, 5m, 2h. Default for the line-up: 5m."),
]


def _points(value: float) -> float:
    """A margin in points as a share; `UnderdogError` for one that looks like a share already."""
    if not 0 <= value < 50:
        raise UnderdogError(f"a margin of {value:g} points is no margin", "type --margin 1")
    if 0 < value < 0.1:
        raise UnderdogError(
            f"--margin {value:g} would be {value:g} percentage points",
            f"margins are in points: type --margin {100 * value:g}",
        )
    return value / 100


MarginOption = Annotated[
    float,
    typer.Option(
        "--margin", help="Points of accuracy that may be lost.", callback=_points, metavar="POINTS"
    ),
]


AgainstOption = Annotated[
    str | None, typer.Option("--against", help="Column of the large model's answers, or its spec.")
]
BootstrapOption = Annotated[
    str | None,
    typer.Option(
        "--bootstrap", help="Large model that answers all texts first, such as \"decide('M')\"."
    ),
]
GraderOption = Annotated[
    str | None, typer.Option("--grader", help="How right an answer is, such as 'tolerance(1)'.")
]
TestOption = Annotated[str | None, typer.Option("--test", help="A second file to test on.")]
FoldsOption = Annotated[
    int, typer.Option("--folds", min=0, help="Number of cross-validation folds.")
]
LabelPriceOption = Annotated[
    float | None, typer.Option("--label-price", min=0.0, help="Dollars per training label.")
]
VolumeOption = Annotated[
    float | None, typer.Option("--volume", help="Texts a month, for the bill.")
]
PriceInOption = Annotated[
    float | None,
    typer.Option(
        "--price-in", min=0.0, help="Large model's price: dollars per million input tokens."
    ),
]
PriceOutOption = Annotated[
    float, typer.Option("--price-out", min=0.0, help="The same per million output tokens.")
]
MachineHourOption = Annotated[
    float | None, typer.Option("--machine-hour", min=0.0, help="Dollars per machine-hour.")
]


def read_file(
    file: str | Sheet,
    text: list[str] | None,
    label: str | None,
    labels: str | None = None,
    group: str | None = None,
    split: str | None = None,
    mapping: list[str] | None = None,
    labelled: bool | None = None,
    kind: Kind | None = None,
) -> Table:
    """The table in ``file``; notes are shown.

    Unless ``labelled`` says otherwise, rows may lack a label where ``labels`` names all of them.
    """
    from ...data.mapping import label_names, parsed
    from ...data.read import read

    names = label_names(labels) if labels else ()
    table = read(
        file,
        text=text or (),
        label=label,
        group=group,
        split=split,
        labels=names,
        labelled=not names if labelled is None else labelled,
        mapping=parsed(mapping or ()),
        kind=None if kind is None else kind.value,
    )
    terminal.notes(table.notes)
    return table


def stem(file: str) -> str:
    """The name of a file without folder and endings: 'logs' for 'data/logs.csv.gz'."""
    name = Path(file.removeprefix("hf:")).name
    return name.partition(".")[0] or name
