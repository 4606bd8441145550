"""`underdog fit FILE SPEC --out FOLDER`: train a model and save it."""

from __future__ import annotations

import re
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ....core.errors import UnderdogError
from ....runtime import files
from ....runtime.formatting import quoted
from ... import terminal, views
from ...spending import agreed
from ..options import (
    DescribeOption,
    File,
    GroupOption,
    JsonOption,
    KindOption,
    LabelOption,
    LabelsOption,
    MapOption,
    QuietOption,
    SeedOption,
    Spec,
    TextOption,
    YesOption,
    read_file,
)

if TYPE_CHECKING:
    from ....core.cost import Cost
    from ....core.data import Dataset
    from ....core.protocols import Learner, Model
    from ....data.read import Table


def fit(
    file: File,
    spec: Spec,
    out: Annotated[Path, typer.Option("--out", help="Folder to write the model to.")],
    text: TextOption = None,
    label: LabelOption = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against", help="Column of a large model's answers, in the place of labels."
        ),
    ] = None,
    labels: LabelsOption = None,
    mapping: MapOption = None,
    describe: DescribeOption = None,
    kind: KindOption = None,
    group: GroupOption = None,
    seed: SeedOption = 0,
    yes: YesOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Fit SPEC on FILE and write the model to a folder."""
    from ....core.description import describe as told
    from ....core.protocols import ReadsUnlabelled
    from ....data.descriptions import described
    from ....runtime.persist import save
    from ....runtime.registry import contestant
    from ...record import record

    file, spec = _in_order(file, spec, out)
    _check_place(out, yes)
    learner = contestant(spec)
    answers = _answers(file, against, text, labels, group) if against else None
    keeps = False if labels or isinstance(learner, ReadsUnlabelled) else None
    table = answers or read_file(file, text, label, labels, group, None, mapping, keeps, kind)
    table = described(table, describe)
    agreed(learner, yes, f"underdog fit {file} … --yes")
    with files.alone(out), terminal.working(as_json):
        model, bill, wall = _timed(learner, table.data, seed)
        save(model, out, record(learner, table, seed, bill, wall))
    facts = [*told(model, ())]
    if as_json:
        terminal.data(views.fitted_as_data(out, spec, table.data, bill, facts))
    elif not quiet:
        terminal.notes(_next(file, out))
        terminal.say(*views.describe(facts), views.fitted_line(out, table.data, bill))


def _timed(learner: Learner | Model, data: Dataset, seed: int) -> tuple[Any, Cost, float]:
    """The fitted model, what fitting it cost, and how many seconds of the clock it took."""
    from ....core.cost import Ledger
    from ....core.protocols import fitted

    started = perf_counter()
    with Ledger() as bill:
        model = fitted(learner, data, seed)
    return model, bill.total, perf_counter() - started


def _next(file: str, out: Path) -> tuple[str, str]:
    """What to type next: commands that run as they stand."""
    on = f"{quoted(str(out))} {quoted(file)}"
    return f"next: underdog answer {on} --out labelled.csv", f"later: underdog monitor {on}"


def _answers(
    file: str, against: str, text: list[str] | None, labels: str | None, group: str | None
) -> Table:
    """The table in ``file``, labelled with the answers in ``against`` as `compare` reads them."""
    from ....data.read import sheet_of
    from ..studies.logs import log_without_gold

    columns = {"text": text or (), "group": group}
    table = log_without_gold(sheet_of(file), against, labels, columns)
    if table is None:
        raise UnderdogError(
            f"{file} has no column {against!r}, or right answers beside it",
            "name the column to learn from: --label COLUMN",
        )
    return table


def _in_order(file: str, spec: str, out: Path) -> tuple[str, str]:
    """The file and the spec; they may come in the old order, spec first, with a note."""
    if Path(file).exists() or not (Path(spec).exists() or re.fullmatch(r"\w+\(.*\)", file, re.S)):
        return file, spec
    terminal.notes([f'note: the file comes first now: underdog fit {spec} "{file}" --out {out}'])
    return spec, file


def _check_place(out: Path, yes: bool) -> None:
    """Refuse a folder that cannot be written, and to replace a saved model without --yes."""

    files.check_folder(out)
    files.writable(out)
    if not yes and (out / "model.json").exists():
        raise UnderdogError(
            f"there is a model in {out} already",
            "add --yes to replace it, or choose another folder: --out FOLDER",
        )
