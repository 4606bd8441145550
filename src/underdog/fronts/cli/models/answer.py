"""`underdog answer MODEL TEXTS`: ask a saved model."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ....core.errors import UnderdogError
from ... import terminal
from ..options import JsonOption, ModelFolder, QuietOption


def answer(
    model: ModelFolder,
    texts: Annotated[
        list[str] | None, typer.Argument(help="Texts; standard input if none.")
    ] = None,
    pair: Annotated[bool, typer.Option("--pair", help="Two tab-separated texts a line.")] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Answer texts, one a line."""
    from ....runtime.persist import load_model
    from ....runtime.store import default_store

    lines = texts if texts else [line.rstrip("\n") for line in sys.stdin]
    asked = [_pair(line) for line in lines] if pair else lines
    with default_store().open():
        answers = load_model(model).answer(asked)
    for one in answers:
        if as_json:
            probs = dict(one.probs) if one.probs else None
            terminal.data({"value": one.value, "probs": probs, "path": one.path}, indent=None)
        else:
            typer.echo(one.value)


def _pair(line: str) -> tuple[str, str]:
    left, tab, right = line.partition("\t")
    if not tab:
        raise UnderdogError(f"no tab in {line[:60]!r}", "separate the two texts by a tab")
    return left, right
