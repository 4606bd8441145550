"""What results look like in a terminal: tables and sentences, drawn from plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from ..core.cost import Cost
from ..core.data import Dataset
from ..core.description import Fact
from ..core.graders import Entities
from ..report import measures
from ..report.entries import reference
from ..report.skipped import skipped
from ..runtime.formatting import dollars, percent, points, seconds
from .terminal import WIDE, out, say, whole

COLUMNS = {
    "accuracy": 0,
    "95 % interval": 110,
    "macro F1": 125,
    "difference": 0,
    "p50": 0,
    "per 1,000": 75,
    "fit": 135,
}
"""The leaderboard's columns, and the width of terminal from which each is shown."""

TOLD = {"choice", "teaching", "repair", "augmentation", "growth", "cut", "unread", "readings"}
"""The facts that are shown on a terminal; the report has all."""

STYLES = {
    "ship": "bold green",
    "ship with deferral": "bold green",
    "keep the large model": "bold yellow",
    "not enough evidence": "bold yellow",
    "best so far": "bold cyan",
}


def show(
    results: Mapping[str, Any], folder: Path, commands: Sequence[tuple[str, str]] = ()
) -> None:
    """A study: the leaderboard, skipped models, the decision with reasons, the report's path.

    ``commands`` are what may be typed next, each after the word that says when.
    """
    out.print(leaderboard(results, out.width))
    say(
        *facts(results),
        *serious(results),
        *absent(results),
        "",
        *verdict(results),
        *bill(results),
        "",
    )
    for when, command in commands:
        whole(Text.assemble((f"{when}: ", "bold"), command))
    say(str(folder / "report.html"))


def leaderboard(results: Mapping[str, Any], width: int = WIDE) -> Table:
    """The models, most accurate first; a narrow terminal gets fewer columns."""
    task = results["task"]
    table = Table(
        title=f"{results['title']}: {task['test']:,} test texts, {task['train']:,} for training,"
        f"{_labels(task)} ({task['protocol']})",
        title_justify="left",
        title_style="",
        box=None,
        pad_edge=False,
    )
    table.add_column("model", overflow="fold", min_width=20)
    shown = [name for name, least in COLUMNS.items() if width >= least]
    titles = {"accuracy": measures.first(results), "macro F1": measures.second(results)[1]}
    for name in shown:
        title = name if measures.kind(results) == "label" else titles.get(name, name).lower()
        table.add_column(title, justify="right", no_wrap=True)
    for one in results["contestants"]:
        cells = _cells(one, reference(results), measures.second(results)[0])
        spec = Text(one["spec"], style="bold" if one["incumbent"] else "")
        table.add_row(spec, *(cells[column] for column in shown))
    return table


def _labels(task: Mapping[str, Any]) -> str:
    count = len(task["labels"])
    if task.get("measure") == Entities.says:
        return " answers are pieces of the text"
    return f" {count} labels" if count else f" answers are {task.get('kind', 'label')}s"


def _cells(one: Mapping[str, Any], name: str, second: str) -> dict[str, str]:
    low, high = one["intervals"]["accuracy"]
    return {
        "accuracy": percent(one["scores"]["accuracy"]),
        "95 % interval": f"{100 * low:.1f} to {100 * high:.1f}",
        "macro F1": measures.told(second)(one["scores"].get(second)).replace("\xa0", " "),
        "difference": _difference(one["versus"], name),
        "p50": seconds(one["latency"]["p50"] if one["latency"] else None),
        "per 1,000": dollars(one["dollars_per_1000"]),
        "fit": seconds(one["fit"]["seconds"]),
    }


def _difference(versus: Mapping[str, Any] | None, name: str) -> str:
    if versus is None:
        return name
    bounds = f"[{points(versus['low'])}, {points(versus['high'])}]"
    return f"{points(versus['difference'])} {bounds}"


def verdict(results: Mapping[str, Any]) -> Iterator[Text]:
    """The decision, the sentence, the reasons for and against."""
    found = results["verdict"]
    decision = found["decision"]
    yield Text.assemble((decision.upper(), STYLES[decision]), "  ", found["sentence"])
    signs = (("+", "green", "reasons"), ("−", "yellow", "against"), ("·", "dim", "notes"))
    for sign, style, kind in signs:
        for line in found.get(kind) or ():
            yield Text.assemble((f"  {sign} ", style), line)


def bill(results: Mapping[str, Any]) -> Iterator[Text]:
    """What the verdict means in money, a line each."""
    for line in (results.get("bill") or {}).get("says", ()):
        yield Text.assemble(("  $ ", "bold"), line)


def serious(results: Mapping[str, Any]) -> Iterator[Text]:
    """What the audit found to be serious, with an example; and where the rest is."""
    audit = results.get("audit") or {}
    for finding in audit.get("findings") or ():
        if finding["severity"] == "serious":
            example = next(iter(finding.get("examples") or ()), "")
            shown = f" Such as: {example}" if example else ""
            yield Text.assemble(("serious: ", "bold red"), f"{finding['sentence']}{shown}")


def absent(results: Mapping[str, Any]) -> Iterator[Text]:
    """A line for each reason why models were skipped, and what to type to include them."""
    for missing in skipped(results):
        models = ", ".join(f"{spec} {part}".strip() for spec, part in missing.models)
        yield Text.assemble(("skipped: ", "yellow"), f"{models}: {missing.why}; {missing.remedy}")


def facts(results: Mapping[str, Any]) -> Iterator[Text]:
    """What a model says about itself beyond its row: a line each."""
    for one in results["contestants"]:
        for fact in one["facts"]:
            if fact["name"] in TOLD:
                yield Text.assemble((f"{one['spec']}: ", "bold"), fact["says"])


def fitted_line(out: Path, data: Dataset, bill: Cost) -> str:
    """What was written where, and what fitting it took and cost."""
    return f"wrote {out}: {len(data):,} examples, {seconds(bill.seconds)}, {dollars(bill.dollars)}"


def fitted_as_data(
    out: Path, spec: str, data: Dataset, bill: Cost, facts: Iterable[Fact]
) -> dict[str, Any]:
    """The same for programs; unknown is None."""
    return {
        "model": str(out),
        "spec": spec,
        "examples": len(data),
        "seconds": bill.seconds,
        "dollars": bill.dollars,
        "facts": [{"name": fact.name, "says": fact.says} for fact in facts],
    }


def describe(found: Iterable[Fact]) -> Iterator[str]:
    """What a fitted model says about itself: a line each."""
    return (fact.says for fact in found if fact.name in TOLD)


def names(found: Mapping[str, Mapping[str, Any]]) -> Iterator[Table]:
    """What may be typed in a spec, what each is, and an example."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, about in found.items():
        missing = f"  [{about['missing']}]" if about.get("missing") else ""
        table.add_row(Text(name), Text(about["summary"] + missing))
    yield table


def health(found: Mapping[str, Any]) -> Iterator[Text | Table]:
    """Versions, the machine, and a line for each extra: complete, or the command to type."""
    machine = found["machine"]
    yield Text(
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_bytes'] / 1e9:.0f} GB,"
        f" {machine['system']}; an hour is taken to cost {dollars(machine['dollars_per_hour'])}"
    )
    yield Text(", ".join(f"{name} {version}" for name, version in found["versions"].items()))
    table = Table(box=None, pad_edge=False, show_header=False)
    for extra, wanted in found["extras"].items():
        missing = [name for name, version in wanted.items() if version is None]
        have = ", ".join(f"{name} {version}" for name, version in wanted.items() if version)
        state = Text("missing", "yellow") if missing else Text("ready", "green")
        remedy = f"pip install 'underdog[{extra}]'  (needs {', '.join(missing)})"
        table.add_row(Text(extra, "bold"), state, Text(remedy if missing else have))
    for name, (about, install) in found["weights"].items():
        state = Text("missing", "yellow") if install else Text("ready", "green")
        table.add_row(Text(f"llama({name!r})", "bold"), state, Text(install or about))
    yield table
