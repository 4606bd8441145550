"""`underdog plan FILE --llm SPEC`: what labelling would cost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from ... import terminal
from ..options import (
    DescribeOption,
    File,
    JsonOption,
    LabelOption,
    LabelsOption,
    QuietOption,
    TextOption,
    read_file,
)

if TYPE_CHECKING:
    from ....core.data import Dataset
    from ....study.labels.label_budget import LabelBudget
    from ....study.labels.plan import Plan

PLENTY = 1_000_000
"""Texts that could still be labelled where a file holds labelled ones alone."""


def plan(
    file: File,
    llm: Annotated[str, typer.Option("--llm", help="The large model: \"chat('gpt-5-mini')\".")],
    text: TextOption = None,
    label: LabelOption = None,
    labels: LabelsOption = None,
    describe: DescribeOption = None,
    student: Annotated[
        str | None,
        typer.Option("--student", help="Small model that more labels would train: 'linear()'."),
    ] = None,
    answers: Annotated[
        str | None,
        typer.Option("--answers", help="Column of answers that it has given already."),
    ] = None,
    scores: Annotated[
        str | None,
        typer.Option("--scores", help="FILE of scores on other tasks: task, model, score."),
    ] = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what labelling FILE with a large model would cost.

    Nothing is asked or paid.

    With --student it also says how many more labels would be worth their price, judged by the rows
    that have one. From recorded answers or --scores it predicts the large model's score.
    """
    from dataclasses import asdict

    from ....data.descriptions import described
    from ....runtime.registry import contestant
    from ....study.labels.expectation import expectation
    from ....study.labels.plan import plan as estimate

    rest = False if label else None  # of a named column, rows without a label are asked about too
    data = described(read_file(file, text, label, labels, labelled=rest), describe).data
    with terminal.working(as_json):
        found = estimate(contestant(llm), data)
        worth = _worth(student, data, found) if student else None
        likely = expectation(data, _named(found.llm), answers, scores)
    told = asdict(found) | ({"labels": asdict(worth)} if worth else {})
    told |= {"expected": likely.plain}
    lines = (*found.lines(), *likely.lines(), *(worth.lines() if worth else ()))
    terminal.tell(told, as_json, *lines)


def _named(spec: str) -> str:
    """The name of the model in a spec: gpt-4 in chat('gpt-4')."""
    quoted = re.search(r"'([^']+)'", spec)
    return quoted.group(1) if quoted else spec


def _worth(student: str, data: Dataset, found: Plan) -> LabelBudget:
    from ....core.errors import UnderdogError
    from ....core.protocols import Learner
    from ....runtime.registry import contestant
    from ....study.labels.label_budget import label_budget

    recipe = contestant(student)
    if not isinstance(recipe, Learner):
        raise UnderdogError(f"{student} does not learn", "name a recipe: --student 'linear()'")
    asked = found.cost.calls or 0
    each = found.cost.dollars / asked if found.cost.dollars is not None and asked else None
    left = int((data.targets < 0).sum()) or PLENTY
    return label_budget(recipe, data, each, left)
