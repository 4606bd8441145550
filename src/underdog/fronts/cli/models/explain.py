"""`underdog explain MODEL FILE|TEXT`: why a saved model answers as it does."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ....core.errors import UnderdogError
from ... import terminal
from ...spending import agreed, paid_services
from ..options import JsonOption, LabelOption, ModelFolder, QuietOption, TextOption, YesOption
from .answer import file_of, pair_of


class Method(StrEnum):
    """How words are weighed."""

    own = "own"
    occlusion = "occlusion"
    shapley = "shapley"


def explain(
    model: ModelFolder,
    texts: Annotated[
        list[str], typer.Argument(metavar="FILE or TEXTS", help="A file, or texts to explain.")
    ],
    data: Annotated[
        str | None,
        typer.Option("--data", help="Labelled file, as the model was fitted on: nearest examples."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="HTML page to write.")] = None,
    rows: Annotated[int, typer.Option("--rows", min=1, help="Rows of FILE to explain.")] = 5,
    method: Annotated[Method, typer.Option("--method", help="How words are weighed.")] = Method.own,
    text: TextOption = None,
    label: LabelOption = None,
    pair: Annotated[bool, typer.Option("--pair", help="Two tab-separated texts.")] = False,
    yes: YesOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Explain the answers of MODEL.

    It shows the words and features that decided, edits that would change the answer, and how far
    the explanation can be trusted.

    With a FILE and --label, the most confident mistakes come first. A paid model is asked once for
    each word; edits and the check of the explanation are then skipped.
    """
    from ....evaluate.explanation import explain as explained
    from ....runtime import files
    from ....runtime.persist import opened
    from ....runtime.store import default_store

    if out is not None:
        files.check_file(out)
        files.writable(out)
    asked, told = opened(model)
    agreed(asked, yes, "underdog explain MODEL TEXTS --yes")
    columns = text or told.get("text") or []
    known = _rows(data, columns, label, labelled=True) if data else None
    with terminal.working(as_json), default_store().open():
        if file := file_of(texts, None):
            given, golds = _worst(asked, _rows(file, columns, label or "", labelled=False), rows)
        else:
            given = [pair_of(line) for line in texts] if pair else texts
            golds = [None] * len(given)
        more = not paid_services(asked)  # else each text would be asked about hundreds of times
        found = explained(asked, given, known, method=method.value, faithful=more, edits=more)
    _tell(found, golds, model, out, as_json)


def _tell(
    found: list[Any], golds: list[str | None], model: Path, out: Path | None, as_json: bool
) -> None:
    """The explanations as lines or data, and as a page if one is wanted."""
    from ....evaluate.explanation.explain import columns, overall
    from ....report.explaining.page import html
    from ....runtime import files
    from ...explanations import as_dicts, closing, lines

    plain, words = as_dicts(found, golds), overall(found) if len(found) > 1 else {}
    cells = columns(found) if len(found) > 1 else {}
    if out is not None:
        files.write(out, html(plain, str(model), words, cells))
    shown = [line for one in plain for line in lines(one)]
    more = [str(out)] if out is not None else []
    everything = {"explanations": plain, "overall": words, "columns": cells}
    terminal.tell(everything, as_json, *shown, *closing(plain, words, cells), *more)


def _rows(file: str, text: list[str], label: str | None, labelled: bool) -> Any:
    """The rows of ``file``; of one that need not be labelled, labels come from a named column."""
    from ....data.read import read

    table = read(file, text=text, label=label, split="", labelled=labelled)
    terminal.notes(table.notes)
    if not len(table.data):
        raise UnderdogError(f"no rows in {file}", "give a file with texts")
    return table.data


def _worst(asked: Any, data: Any, rows: int) -> tuple[list[Any], list[str | None]]:
    """The texts to explain and their right answers: mistakes first, where labels are known."""
    from ...explanations import mistakes_first

    texts, labels = list(data.texts), list(data.labels)
    if any(one is not None for one in labels):
        answers = asked.answer(texts)
        order = mistakes_first(answers.values, answers.confidence, labels)
        texts, labels = [texts[i] for i in order], [labels[i] for i in order]
    return texts[:rows], labels[:rows]
