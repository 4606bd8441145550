"""The `underdog` command. Every verb parses, calls one public function and prints."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ..core.errors import UnderdogError
from ..runtime.progress import shown
from . import terminal, views
from .options import (
    BudgetOption,
    File,
    GroupOption,
    JsonOption,
    LabelOption,
    LabelsOption,
    MarginOption,
    OutOption,
    QuietOption,
    SeedsOption,
    SplitOption,
    TextOption,
)

DEMO_TEXTS, DEMO_BUDGET = 400, "3m"
"""Texts of each library in the demonstration, and the time for fitting and answering."""

STOPPED = 130
"""The exit code of a program that was interrupted (128 + SIGINT)."""


class Verbs(TyperGroup):
    """Shows what a person can put right without a traceback; lets every other error through."""

    def invoke(self, ctx: Any) -> Any:
        try:
            with terminal.remarks():
                return super().invoke(ctx)
        except UnderdogError as error:
            terminal.failure(error.problem, error.hint)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            remedy = "type the same command again to continue"
            terminal.failure("stopped; what was done is kept", remedy)
            raise typer.Exit(STOPPED) from None


if TYPE_CHECKING:
    from ..data.read import Table

app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Could a small model do this job, and if only for part of it, for which part?",
)


@app.command()
def compare(
    file: File,
    specs: Annotated[
        list[str] | None, typer.Argument(help="Contestants, such as 'linear()'; a line-up if none.")
    ] = None,
    text: TextOption = None,
    label: LabelOption = None,
    against: Annotated[
        str | None,
        typer.Option("--against", help="Column of the large model's answers, or its spec."),
    ] = None,
    group: GroupOption = None,
    split: SplitOption = None,
    test: Annotated[str | None, typer.Option("--test", help="A second file to test on.")] = None,
    folds: Annotated[
        int, typer.Option("--folds", min=0, help="Test on every row, in this many parts.")
    ] = 0,
    seeds: SeedsOption = 1,
    margin: MarginOption = 0.01,
    label_price: Annotated[
        float | None, typer.Option("--label-price", min=0.0, help="Dollars per training label.")
    ] = None,
    budget: BudgetOption = None,
    out: OutOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Race contestants on FILE and say whether a small model could do the job."""
    from ..data.read import read
    from ..runtime.store import default_store
    from ..study import compare as race
    from ..study.lineup import announced
    from ..study.results import check_place

    folder = out or Path(f"{_stem(file)}-report")
    check_place(folder)
    plan = announced(specs, budget)
    table = read(file, text=text or (), label=label, group=group, split=split)
    other = read(test, text=text or (), label=label, group=group) if test else None
    if not quiet:
        terminal.notes((*table.notes, *(other.notes if other else ()), *plan))
    with terminal.progress(quiet or as_json) as listener, shown(listener), default_store().open():
        study = race(
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
        )
    _show(study.results(), folder, as_json)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path("demo-report"),
    seeds: SeedsOption = 1,
    budget: BudgetOption = DEMO_BUDGET,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Race contestants on a task found on this disk: which library is a docstring from?"""
    from ..data.demo import docstrings
    from ..study import compare as race
    from ..study.lineup import announced
    from ..study.results import check_place

    check_place(out)
    if not quiet:
        terminal.notes(announced(None, budget))
    with terminal.progress(quiet or as_json) as listener, shown(listener):
        study = race(None, docstrings(DEMO_TEXTS), seeds=range(seeds), budget=budget, folder=out)
    _show(study.results(), out, as_json)


@app.command()
def audit(
    file: File,
    text: TextOption = None,
    label: LabelOption = None,
    group: GroupOption = None,
    split: SplitOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what is wrong with the data in FILE: duplicates, contradictions, likely wrong labels."""
    from ..data.read import read
    from ..evaluate.audit import audit as look

    table = read(file, text=text or (), label=label, group=group, split=split)
    if not quiet:
        terminal.notes(table.notes)
    with terminal.progress(quiet or as_json) as listener, shown(listener):
        found = look(table.data, table.train, table.test)
    terminal.tell(found.as_dict(), as_json, *found.lines())


@app.command()
def plan(
    file: File,
    llm: Annotated[str, typer.Option("--llm", help="The large model: \"chat('gpt-5-mini')\".")],
    text: TextOption = None,
    label: LabelOption = None,
    labels: LabelsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what labelling FILE with a large model would cost, before a cent is spent."""
    from dataclasses import asdict

    from ..runtime.registry import contestant
    from ..runtime.store import default_store
    from ..study.plan import plan as estimate

    data = _read(file, text, label, labels).data
    with default_store().open():
        found = estimate(contestant(llm), data)
    terminal.tell(asdict(found), as_json, *found.lines())


@app.command()
def fit(
    recipe: Annotated[str, typer.Argument(help="What to fit, such as 'linear()'.")],
    file: File,
    out: Annotated[Path, typer.Option("--out", help="Folder to write the model to.")],
    text: TextOption = None,
    label: LabelOption = None,
    labels: LabelsOption = None,
    group: GroupOption = None,
    seed: Annotated[int, typer.Option("--seed", help="Where randomness starts.")] = 0,
    quiet: QuietOption = False,
) -> None:
    """Fit RECIPE on FILE and write the model to a folder."""
    from ..core.cost import Ledger
    from ..core.description import describe
    from ..core.protocols import fitted
    from ..runtime import files
    from ..runtime.formatting import dollars, seconds
    from ..runtime.persist import save
    from ..runtime.registry import contestant
    from ..runtime.store import default_store

    files.check_folder(out)
    files.writable(out)
    learner = contestant(recipe)
    table = _read(file, text, label, labels, group)
    if not quiet:
        terminal.notes(table.notes)
    with terminal.progress(quiet) as listener, shown(listener), default_store().open():
        with Ledger() as bill:
            model = fitted(learner, table.data, seed)
        save(model, out)
    if not quiet:
        terminal.say(*views.describe(describe(model, ())))
        terminal.say(
            f"wrote {out}: {len(table.data):,} examples, {seconds(bill.total.seconds)},"
            f" {dollars(bill.total.dollars)}"
        )


@app.command()
def answer(
    model: Annotated[Path, typer.Argument(help="Folder of a model that `fit` wrote.")],
    texts: Annotated[
        list[str] | None, typer.Argument(help="Texts; standard input if none.")
    ] = None,
    pair: Annotated[bool, typer.Option("--pair", help="Two tab-separated texts a line.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Answer texts, one a line."""
    from ..runtime.persist import load
    from ..runtime.store import default_store

    lines = texts if texts else [line.rstrip("\n") for line in sys.stdin]
    asked = [_pair(line) for line in lines] if pair else lines
    with default_store().open():
        answers = load(model).answer(asked)
    for one in answers:
        if as_json:
            probs = dict(one.probs) if one.probs else None
            terminal.data({"value": one.value, "probs": probs, "path": one.path}, indent=None)
        else:
            typer.echo(one.value)


@app.command()
def certify(
    model: Annotated[Path, typer.Argument(help="Folder of a model that defers with a promise.")],
    file: File,
    text: TextOption = None,
    label: LabelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Certify a model's promise again, on rows of FILE that it has not learned from."""
    from dataclasses import asdict

    from ..runtime import files
    from ..runtime.persist import load, save
    from ..runtime.store import default_store
    from ..teach.deferral.certify import certify as prove
    from ..teach.deferral.certify import renewed
    from ..teach.deferral.frugal import FrugalModel

    promised = load(model)
    files.check_folder(model)
    if not isinstance(promised, FrugalModel):
        raise UnderdogError(
            f"the model in {model} made no promise",
            'fit one that does: underdog fit "frugal(linear(), LARGE, risk=0.05)" FILE --out DIR',
        )
    data = _read(file, text, label, None).data
    with terminal.progress(as_json) as listener, shown(listener), default_store().open():
        certificate = prove(promised, data)
    save(renewed(promised, certificate), model)
    terminal.tell(asdict(certificate), as_json, str(certificate), f"written to {model}")


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="Folder that `compare` wrote to.")],
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")] = False,
) -> None:
    """Draw report.html again from results.json, or print the table as Markdown."""
    from .. import report as pages
    from ..runtime import files
    from ..study.results import read

    results = read(folder)
    if markdown:
        typer.echo(pages.markdown(results))
    else:
        files.check_files(folder, ["report.html"])
        files.write(folder / "report.html", pages.html(results))
        typer.echo(str(folder / "report.html"))


@app.command("list")
def list_(
    name: Annotated[
        str | None, typer.Argument(help="One of them, to read all about it and its options.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Name everything that may be typed in a spec, or explain one of them."""
    from ..runtime.registry import described, explained

    if name:
        one = explained(name)
        terminal.tell(one, as_json, one["spec"], "", one["about"])
        return
    found = described()
    if as_json:
        terminal.data(found)
    else:
        for line in views.names(found):
            terminal.out.print(line)


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Say what is installed, what is missing, and the command that installs it."""
    from ..runtime.extras import extras
    from ..runtime.machine import machine, versions

    found = {"versions": versions(), "machine": machine(), "extras": extras()}
    if as_json:
        terminal.data(found)
    else:
        for line in views.health(found):
            terminal.out.print(line)


def main() -> None:
    """Run the command that was typed."""
    app()


def _read(
    file: str,
    text: list[str] | None,
    label: str | None,
    labels: str | None,
    group: str | None = None,
) -> Table:
    """A file that may have no labels, if they are named."""
    from ..data.read import read

    names = tuple(name.strip() for name in labels.split(",")) if labels else ()
    return read(file, text=text or (), label=label, group=group, labels=names, labelled=not names)


def _show(results: dict[str, Any], folder: Path, as_json: bool) -> None:
    if as_json:
        terminal.data(results)
    else:
        views.show(results, folder)


def _stem(file: str) -> str:
    name = Path(file.removeprefix("hf:")).name
    return name.partition(".")[0] or name


def _pair(line: str) -> tuple[str, str]:
    left, tab, right = line.partition("\t")
    if not tab:
        raise UnderdogError(f"no tab in {line[:60]!r}", "separate the two texts by a tab")
    return left, right
