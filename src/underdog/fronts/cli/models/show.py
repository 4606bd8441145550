"""`underdog show MODEL`: what a saved model is, and what it was trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ... import terminal
from ..options import JsonOption, LabelOption, ModelFolder, QuietOption

if TYPE_CHECKING:
    from ....report.explaining.card import Card

PAGES = (".html", ".htm")


def show(
    model: ModelFolder,
    card: Annotated[
        bool, typer.Option("--card", help="A model card in Markdown, for auditors.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="File for the card: HTML if it ends in .html.")
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", help="Labelled file on which the card measures.")
    ] = None,
    label: LabelOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a saved model is, and how it was made.

    Spec, data, score, date, command, certificate and rules.

    With --card it is a model card: intended use, data, performance by group, quality of
    explanations, limits. It is Markdown; as a page: underdog show MODEL --card --out card.html
    """
    from ....core.description import describe
    from ....core.explaining import Readable, overview_of
    from ....runtime import files
    from ....runtime.persist import opened

    if out is not None:
        files.check_file(out)
        files.writable(out)
    fitted, told = opened(model)
    if card or out is not None:
        return _show_card(_card(fitted, told, str(model), data, label), out, as_json)
    certificate = getattr(fitted, "certificate", None)
    facts = [fact.says for fact in describe(fitted, ())]
    rules = list(fitted.rules()) if isinstance(fitted, Readable) else []
    speaks = overview_of(fitted)
    found = {
        "model": str(model),
        **told,
        "facts": facts,
        "rules": rules,
        "speaks_for": speaks,
        "certificate": str(certificate) if certificate else None,
    }
    lines = [*_lines(str(model), told, facts, found["certificate"]), *_known(rules, speaks)]
    terminal.tell(found, as_json, *lines)


def _known(rules: list[str], speaks: Mapping[str, Sequence[tuple[str, float]]]) -> Iterator[str]:
    """All that the model knows, where it can be read; else what speaks for each label."""
    yield from (f"  rule      {rule}" for rule in rules)
    for label, strongest in speaks.items() if not rules else ():
        if strongest:
            yield f"  words     for {label}: {', '.join(name for name, _ in strongest)}"


def _show_card(made: Card, out: Path | None, as_json: bool) -> None:
    from ....runtime import files

    if out is not None:
        files.write(out, made.html() if out.suffix.lower() in PAGES else made.markdown())
        terminal.tell({**made.as_dict(), "written": str(out)}, as_json, str(out))
    elif as_json:
        terminal.tell(made.as_dict(), as_json)
    else:
        typer.echo(terminal.visible(made.markdown()).plain)


def _card(
    fitted: Any, told: Mapping[str, Any], name: str, data: str | None, label: str | None
) -> Card:
    """The card of a model, measured on a labelled file if there is one."""
    from ....core.task import KINDS
    from ....data.read import read
    from ...card import card
    from ...spending import agreed

    if data is None:
        return card(fitted, told, name)
    agreed(fitted, False, "measure a model that answers on this machine")
    told_kind = told.get("kind") if told.get("kind") in KINDS else None
    table = read(data, text=told.get("text") or [], label=label, split="", kind=told_kind)
    terminal.notes(table.notes)
    with terminal.working(False):
        return card(fitted, told, name, table.data)


def _lines(
    model: str, told: Mapping[str, Any], facts: list[str], certificate: Any
) -> Iterator[str]:
    yield f"{model}: {told.get('spec', 'saved by an older underdog, which kept no record')}"
    try:
        yield from _made(told) if told else ()
    except (LookupError, TypeError, ValueError, AttributeError):
        yield "  the record of how it was made is damaged"
    yield from (f"  fact      {fact}" for fact in facts)
    if certificate:
        yield from str(certificate).splitlines()


def _made(told: Mapping[str, Any]) -> list[str]:
    """The lines on data, score and command; raises if the record lacks one of them."""
    data = told["data"]
    return [
        f"  data      {data['name']}: {data['rows']:,} rows, fingerprint {data['fingerprint']}",
        *([f"  labels    {', '.join(told['labels'])}"] if told["labels"] else []),
        f"  score     {_score(told['score'])}",
        f"  made      {told['created']} by underdog {told['version']}, seed {told['seed']}",
        f"  command   {told['command']}",
    ]


def _score(score: Mapping[str, Any]) -> str:
    if score.get("accuracy") is None:
        return f"not measured: {score['why']}"
    share = f"{100 * score['accuracy']:.1f} % {score.get('says', 'right')}"
    return f"{share} on {score['rows']:,} held-out rows ({score['how']})"
