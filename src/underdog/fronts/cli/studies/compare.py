"""`underdog compare FILE SPECS`: could a small model do the job?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ....core.errors import UnderdogError
from ... import terminal
from ..options import (
    BudgetOption,
    DescribeOption,
    ExitCodeOption,
    File,
    GroupOption,
    JsonOption,
    Kind,
    KindOption,
    LabelOption,
    LabelsOption,
    MapOption,
    MarginOption,
    NotesOption,
    OutOption,
    QuietOption,
    SeedsOption,
    Specs,
    SplitOption,
    TextOption,
    TitleOption,
    YesOption,
    read_file,
    stem,
)
from .bootstrap import answers_of, bootstrapped
from .logs import log_without_gold
from .next_step import next_command
from .replacing import check_report
from .shown import show_study


def compare(
    file: File,
    specs: Specs = None,
    text: TextOption = None,
    label: LabelOption = None,
    against: Annotated[
        str | None,
        typer.Option("--against", help="Column of the large model's answers, or its spec."),
    ] = None,
    bootstrap: Annotated[
        str | None,
        typer.Option(
            "--bootstrap", help="Large model that answers all texts first, such as \"decide('M')\"."
        ),
    ] = None,
    labels: LabelsOption = None,
    mapping: MapOption = None,
    describe: DescribeOption = None,
    kind: KindOption = None,
    grader: Annotated[
        str | None,
        typer.Option("--grader", help="How right an answer is, such as 'tolerance(1)'."),
    ] = None,
    group: GroupOption = None,
    split: SplitOption = None,
    test: Annotated[str | None, typer.Option("--test", help="A second file to test on.")] = None,
    folds: Annotated[
        int, typer.Option("--folds", min=0, help="Number of cross-validation folds.")
    ] = 0,
    seeds: SeedsOption = 1,
    margin: MarginOption = 1.0,
    label_price: Annotated[
        float | None, typer.Option("--label-price", min=0.0, help="Dollars per training label.")
    ] = None,
    volume: Annotated[
        float | None, typer.Option("--volume", help="Texts a month, for the bill.")
    ] = None,
    price_in: Annotated[
        float | None,
        typer.Option("--price-in", min=0.0, help="Dollars per million tokens the large one reads."),
    ] = None,
    price_out: Annotated[
        float, typer.Option("--price-out", min=0.0, help="The same per million tokens written.")
    ] = 0.0,
    machine_hour: Annotated[
        float | None, typer.Option("--machine-hour", min=0.0, help="Dollars per machine-hour.")
    ] = None,
    budget: BudgetOption = None,
    title: TitleOption = None,
    notes: NotesOption = None,
    out: OutOption = None,
    yes: YesOption = False,
    exit_code: ExitCodeOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare models on FILE and say whether a small model could do the job.

    Models that would not finish within the time limit are skipped and listed; run the same
    command with a larger --budget, and finished work is reused. With --exit-code the exit code is
    0 for SHIP, 10 for SHIP WITH DEFERRAL, 11 for KEEP, 12 for NOT ENOUGH EVIDENCE and 13 for BEST
    SO FAR, where no large model took part.
    """
    from ....data.descriptions import described
    from ....data.read import sheet_of
    from ....runtime import files
    from ....runtime.meter import hour_costs
    from ....study import compare as run
    from ....study.results import titled, write
    from ....study.runs.lineup import announced

    folder = out or Path(f"{stem(file)}-report")
    check_report(folder, answers_of(file).stem if bootstrap else stem(file), yes)
    sheet = sheet_of(file)
    if bootstrap:
        if against:
            raise UnderdogError("--bootstrap is the large model already", "leave out --against")
        file, against = bootstrapped(sheet, bootstrap, text, label, labels, mapping, yes)
        sheet = sheet_of(file)
    columns = {"text": text or (), "group": group, "split": split}
    table = None if label or test or kind else log_without_gold(sheet, against, labels, columns)
    gold_known = table is None
    table = table or read_file(sheet, text, label, labels, group, split, mapping, True, kind)
    table = described(table, describe)
    same = Kind(table.data.task.kind)
    other = read_file(test, text, label, None, group, None, mapping, kind=same) if test else None
    terminal.notes(announced(specs, budget))
    with files.alone(folder), hour_costs(machine_hour), terminal.working(as_json):
        study = run(
            specs or None,
            table.data if other or table.train is None or folds else table.train,
            other.data if other else None if folds else table.test,
            against=against,
            seeds=range(seeds),
            folds=folds,
            margin=margin,
            label_price=label_price,
            budget=budget,
            folder=folder,
            gold_known=gold_known,
            on_verdict=lambda so_far: terminal.notes([f"so far: {so_far}"]),
            volume=volume,
            price_in=price_in,
            price_out=price_out,
            grader=grader,
        )
        results = titled(study.results(), title, notes)
        if title is not None or notes is not None:
            write(results, folder)
    named = label or (None if gold_known else against)
    given = {"--text": text or [], "--label": [named] if named else []}
    given["--kind"] = [kind.value] if kind else []
    command = next_command(results, folder, file, given)
    show_study(results, folder, as_json, exit_code, command)
