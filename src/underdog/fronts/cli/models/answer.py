"""`underdog answer MODEL FILE --out labelled.csv`: label a file, or single texts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ....core.errors import UnderdogError
from ... import terminal
from ...spending import agreed
from ..options import EngineOption, JsonOption, LabelsOption, QuietOption, TextOption

if TYPE_CHECKING:
    from ...labelling.run import Labelled

ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".xlsx", ".gz", ".bz2", ".xz")

DeferOption = Annotated[
    str | None,
    typer.Option(
        "--defer-to", help="Large model instead of a recorded one: \"chat('gpt-5-mini')\"."
    ),
]


def answer(
    model: Annotated[
        str,
        typer.Argument(help="Folder that `fit` wrote, or what needs no fit: \"llama('smollm2')\"."),
    ],
    texts: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE or TEXTS]", help="A file, or texts; standard input if none."),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", help="To write: .csv, .tsv, .jsonl, .parquet, .xlsx, FOLDER/, or - for output."
        ),
    ] = None,
    text: TextOption = None,
    labels: LabelsOption = None,
    defer_to: DeferOption = None,
    engine: EngineOption = None,
    pair: Annotated[bool, typer.Option("--pair", help="Two tab-separated texts a line.")] = False,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes", "-y", help="Let the model make calls that cost money, and replace output."
        ),
    ] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Label FILE, or answer single texts, with a saved model.

    A language model needs no fit: "llama('smollm2')" writes, and with --labels it chooses one.

    A labelled file has the columns of FILE and four more: value, confidence, path and cost. A run
    that was stopped continues when the same command is typed again. A text that the model passes
    on and that has no recorded answer gets the value "deferred".
    """
    asked, told, identity = _opened(model, labels)
    if defer_to:
        asked = _deferring(asked, defer_to, told)
    agreed(asked, yes, "underdog answer MODEL TEXTS --yes")
    if file := file_of(texts, out):
        columns = text or told.get("text") or []
        _label(asked, f"{identity} {defer_to}", file, out, columns, yes, as_json, engine or "")
    elif engine:
        raise UnderdogError("--engine needs a file", "underdog answer MODEL FILE --out OUT.csv")
    else:
        _texts(asked, texts, pair, as_json)


def _opened(model: str, labels: str | None) -> tuple[Any, dict[str, Any], str]:
    """The saved model, or the one of a spec; the record of a saved one; and which model it is."""
    if "(" in model and not Path(model).exists():
        from ....data.mapping import label_names
        from ...labelling.unfitted import unfitted

        asked = unfitted(model, label_names(labels) if labels else ())
        return asked, {}, repr(asked)
    if labels:
        raise UnderdogError("a saved model has its labels", "leave out --labels")
    from ....runtime.persist import opened

    identity = _identity(Path(model))  # first: a model that replaces it must not be taken for it
    return *opened(model), identity


def _deferring(asked: Any, spec: str, told: dict[str, Any]) -> Any:
    """The model with a live large model in the place of the recorded one."""
    from ...labelling.replace import deferring_to, labels_of

    labels = tuple(told.get("labels") or labels_of(asked))
    terminal.notes(["note: a certificate of this model held for the recorded large model"])
    return deferring_to(asked, spec, labels)


def file_of(texts: list[str] | None, out: str | None) -> str:
    """The file to label; empty if the arguments are texts."""
    if out is not None:
        if texts and len(texts) != 1:
            raise UnderdogError("--out needs one file", "underdog answer MODEL FILE --out OUT.csv")
        return texts[0] if texts else "-"
    if texts == ["-"]:
        return "-"
    named = texts is not None and len(texts) == 1 and Path(texts[0]).suffix.lower() in ENDINGS
    return texts[0] if named and texts and Path(texts[0]).is_file() else ""


def _identity(folder: Path) -> str:
    """Which model is in ``folder``: its rows must not be mixed with those of another."""
    try:
        saved = (folder / "model.json").stat()
    except OSError:  # it will be told why there is none
        return str(folder)
    return f"{folder.resolve()} {saved.st_size} {saved.st_mtime_ns}"


def _label(  # the options of one run
    asked: Any,
    identity: str,
    file: str,
    out: str | None,
    text: list[str],
    yes: bool,
    as_json: bool,
    engine: str,
) -> None:
    from dataclasses import asdict

    from ...labelling import answer_file

    with terminal.working(as_json):
        place = _place(out or "-", file)
        found = answer_file(
            asked, file, place, text=text, identity=identity, yes=yes, engine=engine
        )
    if as_json and found.out != "-":
        terminal.data(asdict(found))
    else:
        terminal.notes(_lines(found, file))


def _place(out: str, file: str) -> str:
    """The file to write: in a folder, one that is called like the ``file`` that is read."""
    if file == "-" or not (out.endswith("/") or Path(out).is_dir()):
        return out
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnderdogError(f"{out}: {error.strerror}", "--out labelled.csv") from None
    return str(Path(out) / Path(file).name)


def _lines(found: Labelled, file: str) -> list[str]:
    from ....runtime.formatting import dollars

    where = "" if found.out == "-" else f" to {found.out}"
    again = f", {found.resumed:,} of them from an earlier run" if found.resumed else ""
    lines = [f"wrote {found.rows:,} rows{where}{again}; {dollars(found.dollars)}"]
    if found.deferred:
        lines.append(_deferred(found.deferred) + " --yes")
    if found.abstained:
        lines.append(f"note: texts without an answer (value: abstained): {found.abstained:,}")
    return lines


def _deferred(n: int) -> str:
    texts = "1 text was deferred and has" if n == 1 else f"{n:,} texts were deferred and have"
    return f"note: {texts} no recorded answer; ask a live model: --defer-to \"chat('gpt-5-mini')\""


def _texts(asked: Any, texts: list[str] | None, pair: bool, as_json: bool) -> None:
    from ....runtime.store import default_store
    from ...labelling.run import DEFERRED, value_of

    lines = texts if texts else [line.rstrip("\n") for line in sys.stdin]
    given = [pair_of(line) for line in lines] if pair else lines
    with default_store().open():
        answers = asked.answer(given)
    deferred = 0
    for one in answers:
        deferred += value_of(one) == DEFERRED
        if as_json:
            probs = dict(one.probs) if one.probs else None
            shown = {"value": value_of(one), "probs": probs, "path": one.path}
            terminal.data(shown, indent=None)
        else:
            on_terminal = terminal.out.is_terminal
            said = value_of(one)
            typer.echo(terminal.visible(said).plain if on_terminal else said)
    if deferred:
        terminal.notes([_deferred(deferred)])


def pair_of(line: str) -> tuple[str, str]:
    left, tab, right = line.partition("\t")
    if not tab:
        raise UnderdogError(f"no tab in {line[:60]!r}", "separate the two texts by a tab")
    return left, right
