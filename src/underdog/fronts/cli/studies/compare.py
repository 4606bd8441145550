"""`underdog compare FILE SPECS`: could a small model do the job?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from ... import terminal
from ..options import (
    AgainstOption,
    BootstrapOption,
    BudgetOption,
    DescribeOption,
    ExitCodeOption,
    File,
    FoldsOption,
    GraderOption,
    GroupOption,
    JsonOption,
    KindOption,
    LabelOption,
    LabelPriceOption,
    LabelsOption,
    MachineHourOption,
    MapOption,
    MarginOption,
    NotesOption,
    OutOption,
    PriceInOption,
    PriceOutOption,
    QuietOption,
    SeedsOption,
    Specs,
    SplitOption,
    TestOption,
    TextOption,
    TitleOption,
    VolumeOption,
    YesOption,
    stem,
)
from .bootstrap import answers_of
from .replacing import check_report
from .shown import show_study
from .source import Source

if TYPE_CHECKING:
    from ....core.data import Dataset
    from ....study.options import Options


def compare(
    file: File,
    specs: Specs = None,
    text: TextOption = None,
    label: LabelOption = None,
    against: AgainstOption = None,
    bootstrap: BootstrapOption = None,
    labels: LabelsOption = None,
    mapping: MapOption = None,
    describe: DescribeOption = None,
    kind: KindOption = None,
    grader: GraderOption = None,
    group: GroupOption = None,
    split: SplitOption = None,
    test: TestOption = None,
    folds: FoldsOption = 0,
    seeds: SeedsOption = 1,
    margin: MarginOption = 1.0,
    label_price: LabelPriceOption = None,
    volume: VolumeOption = None,
    price_in: PriceInOption = None,
    price_out: PriceOutOption = 0.0,
    machine_hour: MachineHourOption = None,
    budget: BudgetOption = None,
    title: TitleOption = None,
    notes: NotesOption = None,
    out: OutOption = None,
    yes: YesOption = False,
    exit_code: ExitCodeOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare models on FILE: could a small one do the job?

    Models that would not finish within the time limit are skipped and listed; run the same
    command with a larger --budget, and finished work is reused. With --exit-code it is 0 for SHIP,
    10 for SHIP WITH DEFERRAL, 11 for KEEP, 12 for NOT ENOUGH EVIDENCE and 13 for BEST SO FAR.
    """
    folder = out or Path(f"{stem(file)}-report")
    check_report(folder, answers_of(file).stem if bootstrap else stem(file), yes)
    source = Source(file, against, text, label, group, split, labels, mapping, describe, kind)
    source = source.answered_by(bootstrap, yes)
    parts = source.parts(test, folds)
    results = _raced(
        specs, parts, machine_hour, as_json,
        against=source.against, seeds=range(seeds), folds=folds, margin=margin,
        label_price=label_price, budget=budget, folder=folder, volume=volume, price_in=price_in,
        price_out=price_out, grader=grader, title=title, notes=notes,
    )  # fmt: skip
    show_study(results, folder, as_json, exit_code, source.command(results, folder, parts[2]))


def _raced(
    specs: list[str] | None,
    parts: tuple[Dataset, Dataset | None, bool],
    machine_hour: float | None,
    as_json: bool,
    **settings: Unpack[Options],
) -> dict[str, Any]:
    """The results of a study, which tells its verdict so far."""
    from ....runtime.meter import hour_costs
    from ....study import compare as run
    from ....study.runs.lineup import announced

    train, test, settings["gold_known"] = parts
    settings["on_verdict"] = lambda so_far: terminal.notes([f"so far: {so_far}"])
    terminal.notes(announced(specs, settings["budget"], train))
    with hour_costs(machine_hour), terminal.working(as_json):
        return run(specs or None, train, test, **settings).results()
