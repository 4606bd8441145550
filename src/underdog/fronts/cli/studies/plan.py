"""`underdog plan FILE --llm SPEC`: what labelling would cost."""

from __future__ import annotations

from typing import Annotated

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


def plan(
    file: File,
    llm: Annotated[str, typer.Option("--llm", help="The large model: \"chat('gpt-5-mini')\".")],
    text: TextOption = None,
    label: LabelOption = None,
    labels: LabelsOption = None,
    describe: DescribeOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what labelling FILE with a large model would cost; nothing is asked or paid."""
    from dataclasses import asdict

    from ....data.descriptions import described
    from ....runtime.registry import contestant
    from ....study.plan import plan as estimate

    data = described(read_file(file, text, label, labels), describe).data
    with terminal.working(as_json):
        found = estimate(contestant(llm), data)
    terminal.tell(asdict(found), as_json, *found.lines())
