"""One self-contained HTML file: it opens without a network, and cannot reach one."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..core.data import clean
from ..evaluate.bill import HOURS, PEAK
from . import formatting, skipped, slices, verdict_section
from .board import board
from .charts import Chart, charts
from .entries import Entry, Results, far, mapping, measured, numbered_entries, reference, sequence
from .explaining.shown import of_results
from .provenance import made

SCRIPTS = (
    ("vendor/d3.min.js",),
    ("vendor/plot.min.js",),
    (
        "units.js",
        *(
            f"charts/{name}.js"
            for name in ("common", "costs", "labels", "confidence", "speed", "members")
        ),
        "figures.js",
        "bill.js",
        "page.js",
    ),
)
"""The script elements of the page, each made of the files that it is joined from."""

CONTROL = {c: "\N{REPLACEMENT CHARACTER}" for c in range(32) if c not in (9, 10)}
"""Control characters have no place in HTML; a text that holds one shows that it did."""


def html(results: Results) -> str:
    """The report on ``results``, which is what a study writes to results.json.

    Returns a whole HTML document: styles, drawing code (Observable Plot and D3) and numbers are
    inside it. A Content-Security-Policy forbids every request; scripts are allowed by their
    hashes alone, and everything that comes from the user is escaped. Style attributes stay
    allowed, because the plots need them; without a network they can leak nothing. Pure: the
    same results give the same text. Does not contain the whole results: texts beyond 2,000
    characters are cut, and results.json lies beside the report.
    """
    scripts = [_script(names) for names in SCRIPTS]
    told = {**_context(results), "scripts": scripts, "policy": _policy(scripts)}
    return rendered("report.html.j2", **told)


def rendered(template: str, **told: Any) -> str:
    """A page of ``template`` with what is ``told`` in it, escaped, and the styles of all pages.

    Line ends are those of Unix, and control characters are shown as such.
    """
    page = environment().get_template(template).render(**told, style=Markup(static("report.css")))
    return clean(page.replace("\r\n", "\n").translate(CONTROL))


def _context(results: Results) -> dict[str, Any]:
    entries = numbered_entries(results)
    sections = charts(results, entries)
    every = [chart for found in sections.values() for chart in found]
    pair = verdict_section.duel(results, entries)
    task, verdict = mapping(results, "task"), mapping(results, "verdict")
    decision = str(verdict.get("decision") or "not enough evidence")
    return {
        "results": results,
        "title": str(results.get("title") or task.get("name") or "a study"),
        "task": task,
        "verdict": verdict,
        "decision": decision,
        "deferral": verdict_section.deferral(verdict),
        "headings": verdict_section.headings(verdict),
        "notes": str(results.get("notes") or ""),
        "tone": verdict_section.TONES.get(decision, "unsure"),
        "duel": pair,
        "figures": verdict_section.figures(pair),
        "entries": entries,
        "reference": reference(results),
        "measured": measured(entries),
        "far": far(entries),
        "board": board(results, entries),
        "skipped": skipped.skipped(results),
        "time": skipped.time(results),
        "sections": sections,
        "made": made(entries),
        "parts": slices.slices(results, pair),
        "words": slices.words(results),
        "why": of_results(results),
        "disagreements": verdict_section.disagreements(results, entries),
        "audit": mapping(results, "audit"),
        "runs": _runs(results, entries),
        "payload": _json(_payload(results, entries, every)),
    }


def _payload(results: Results, entries: Sequence[Entry], every: Sequence[Chart]) -> dict[str, Any]:
    """What the drawing code reads: the models by number, and each chart's numbers."""
    found = mapping(results, "bill")
    bill = {**found, "hours": HOURS, "peak": PEAK} if sequence(found, "ways") else None
    colours = {entry.number: entry.colour for entry in entries}
    return {
        "colours": colours,
        "reference": reference(results),
        "hidden": sorted(far(entries)),
        "charts": {chart.key: chart.data for chart in every},
        "bill": bill,
    }


def _runs(results: Results, entries: Sequence[Entry]) -> list[tuple[str, ...]]:
    """One line for each model and seed."""
    labels = {entry.spec: entry.label for entry in entries}
    return [
        (
            labels.get(str(row.get("spec")), str(row.get("spec"))),
            formatting.UNKNOWN if row.get("seed") is None else str(row["seed"]),
            formatting.percent(mapping(row, "scores").get("accuracy")),
            formatting.percent(mapping(row, "scores").get("macro_f1")),
            *(formatting.duration(mapping(row, part).get("seconds")) for part in ("fit", "answer")),
            *(formatting.money(mapping(row, part).get("dollars")) for part in ("fit", "answer")),
            *(
                formatting.count(mapping(row, "answer").get(key))
                for key in ("tokens_in", "tokens_out")
            ),
            formatting.count(mapping(row, "answer").get("calls")),
        )
        for row in sequence(results, "rows")
    ]


def _json(data: Mapping[str, Any]) -> Markup:
    """JSON that no text in it can break out of, inside a script element."""
    said = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Markup(said.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def _policy(scripts: Sequence[Markup]) -> str:
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _script(names: tuple[str, ...]) -> Markup:
    return Markup("\n".join(static(name) for name in names))


@cache
def static(name: str) -> str:
    """The text of a file in ``static/``."""
    return files(__package__).joinpath("static", *name.split("/")).read_text(encoding="utf-8")


@cache
def environment() -> Environment:
    """Where templates are found; what comes from the user is escaped in all of them."""
    found = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["say"] = formatting
    found.globals["examples"] = verdict_section.examples
    found.globals["zip"] = zip
    return found
