"""`underdog answer MODEL TEXTS`: ask a saved model."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from ....core.errors import UnderdogError
from ....runtime.registry import parts
from ... import terminal
from ..options import JsonOption, ModelFolder, QuietOption


def answer(
    model: ModelFolder,
    texts: Annotated[
        list[str] | None, typer.Argument(help="Texts; standard input if none.")
    ] = None,
    pair: Annotated[bool, typer.Option("--pair", help="Two tab-separated texts a line.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Let the model make calls that cost money.")
    ] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Answer texts, one a line."""
    from ....runtime.persist import load_model
    from ....runtime.store import default_store

    lines = texts if texts else [line.rstrip("\n") for line in sys.stdin]
    asked = [_pair(line) for line in lines] if pair else lines
    loaded = load_model(model)
    _check_spending(loaded, yes)
    with default_store().open():
        answers = loaded.answer(asked)
    for one in answers:
        if as_json:
            probs = dict(one.probs) if one.probs else None
            terminal.data({"value": one.value, "probs": probs, "path": one.path}, indent=None)
        else:
            on_terminal = terminal.out.is_terminal
            typer.echo(terminal.visible(one.value).plain if on_terminal else one.value)


def _check_spending(model: Any, yes: bool) -> None:
    """Say what a model would call, and at what address; go on only if the user agrees."""
    from ....models.chat.model import Chat

    services = {f"{c.model} at {c.seller}" for c in parts(model) if isinstance(c, Chat) and c.paid}
    if not services or yes:
        return
    said = f"the model asks {', '.join(sorted(services))}, which costs money"
    if not (sys.stdin.isatty() and terminal.err.is_terminal and typer.confirm(f"{said}. Go on?")):
        raise UnderdogError(said, "let it: underdog answer MODEL TEXTS --yes")


def _pair(line: str) -> tuple[str, str]:
    left, tab, right = line.partition("\t")
    if not tab:
        raise UnderdogError(f"no tab in {line[:60]!r}", "separate the two texts by a tab")
    return left, right
