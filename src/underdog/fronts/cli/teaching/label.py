"""`underdog label FILE --by SPEC --out FILE`: labels for texts, from annotators of any kind."""

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
    LabelsOption,
    MapOption,
    QuietOption,
    TextOption,
    YesOption,
    read_file,
)

if TYPE_CHECKING:
    from ....teach.label.labelling import Labelling
    from ...labelling.annotate import Job

ByOption = Annotated[
    list[str],
    typer.Option("--by", help="Annotator, such as \"chat('gpt-5-mini')\"; repeatable."),
]
DollarsOption = Annotated[
    str | None, typer.Option("--budget", help="The most to spend, in dollars: 1.50.")
]


def label(
    file: File,
    by: ByOption,
    out: Annotated[
        Path,
        typer.Option("--out", help="File to write: .csv, .parquet, .jsonl or .openai.jsonl."),
    ],
    text: TextOption = None,
    label: LabelOption = None,
    labels: LabelsOption = None,
    mapping: MapOption = None,
    budget: DollarsOption = None,
    combine: Annotated[
        str, typer.Option("--combine", help="How annotators are combined: em or majority.")
    ] = "em",
    soft: Annotated[
        bool, typer.Option("--soft", help="Write the probability of every label as well.")
    ] = False,
    licence: Annotated[
        str, typer.Option("--licence", help="Licence of the annotators' output, for the card.")
    ] = "",
    yes: YesOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Label the texts in FILE by one or several annotators.

    The labels go to a file, with a data card beside it.

    An annotator is any model or recipe: a large model, a recorded column, a saved recipe, or a
    labelling function such as "keywords('spam', ['free', 'winner'])". Several are combined by
    their estimated reliability. Rows that have a label already show how right the annotators are.
    A run that was stopped, by a kill or by its budget, continues when the command is typed again.
    """
    from ....runtime.registry import contestant
    from ...labelling import annotate

    annotators = tuple(contestant(spec) for spec in by)
    limit = _dollars(budget) if budget else None
    table = read_file(file, text, label, labels, mapping=mapping)
    agreed(annotators, yes, f"underdog label {file} … --yes")
    job = annotate.Job(table, file, annotators, out, limit, combine, soft, licence)
    with terminal.working(as_json):
        found, resumed = annotate.label_file(job, yes)
    terminal.tell(_as_data(found, job.out, resumed), as_json, *_lines(found, job, resumed))


def _dollars(said: str) -> float:
    """The most that may be spent."""
    from ....core.errors import UnderdogError
    from ....runtime.amounts import amounts

    try:
        found = float(amounts([said], "--budget")[0])
    except UnderdogError:
        found = float("nan")
    if not found >= 0:
        raise UnderdogError(f"--budget {said} is no amount of dollars", "as in: --budget 1.50")
    return found


def _lines(found: Labelling, job: Job, resumed: int) -> list[str]:
    from ....runtime.formatting import dollars
    from ...labelling.annotate import card_of, label_column
    from ...labelling.card import agreement, planned

    total, labelled = float(found.prices.sum()), int((found.places >= 0).sum())
    again = f", {resumed:,} of them asked about by an earlier run" if resumed else ""
    lines = [
        f"wrote {labelled:,} labels of {len(found.data):,} texts to {job.out}{again};"
        f" {dollars(None if total != total else total)}",
        f"agreement with gold labels: {agreement(found)}",
        f"the card says which annotator gave what, and at what price: {card_of(job.out)}",
    ]
    lines += [line for line in (planned(found),) if line]
    if left := len(found.data) - found.asked:
        lines.append(
            f"the budget is used up: {left:,} texts were not asked about; to go on, type the same"
            " command with a larger --budget"
        )
    elif labelled < found.asked:
        lines.append(f"without a label, as every annotator abstained: {found.asked - labelled:,}")
    if labelled and not job.is_chats:
        column = label_column(job)
        lines.append(f"next: underdog fit {job.out} 'linear()' --label {column} --out models/small")
    return lines


def _as_data(found: Labelling, out: Path, resumed: int) -> dict[str, object]:
    total = float(found.prices.sum())
    return {
        "out": str(out),
        "texts": len(found.data),
        "asked": found.asked,
        "resumed": resumed,
        "labelled": int((found.places >= 0).sum()),
        "dollars": None if total != total else total,
        "annotators": [{"spec": one.spec, "prompt": one.origin} for one in found.annotators],
        "agreement": dict(zip(("right", "of"), found.agreement(), strict=True)),
    }
