"""A study's outcome: tables, plots and records, printed and written to a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from benchmarks.data import table
from examples.summary import Record
from underdog.runtime import files
from underdog.runtime.formatting import UNKNOWN, points

NONE = "–"
"""What a table shows where nothing was measured."""

NBSP = "\N{NO-BREAK SPACE}"
"""Inside an interval, so that no page breaks it."""

STYLE = """
:root { color-scheme: light dark; }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif;
  background: light-dark(#fcfcfa, #15171a); color: light-dark(#1b1d20, #e7e8ea); }
.wide { overflow-x: auto; } svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 0.5rem 0; }
th, td { padding: 0.25rem 0.6rem; font-size: 0.9rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid light-dark(#dcdcd6, #33383e); }
th:first-child, td:first-child { text-align: left; }
h2 { margin: 2.5rem 0 0.5rem; }
p { max-width: 68ch; font-size: 0.9rem; color: light-dark(#5a5f66, #a2a8b0); }
"""


@dataclass(frozen=True)
class Sheet:
    """A table: what it is about, its columns, its rows, and what must be known to read it.

    ``plots`` show the same: SVG by file name, without its ending.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: str = ""
    plots: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return table(self.title, list(self.head), [list(row) for row in self.rows], self.notes)

    @property
    def html(self) -> str:
        """The table and its plots as HTML."""

        def line(cells: Sequence[str], tag: str) -> str:
            return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"

        body = "\n".join(line(row, "td") for row in self.rows)
        return (
            f'<h2>{escape(self.title)}</h2>\n<div class="wide"><table>\n{line(self.head, "th")}\n'
            f"{body}\n</table></div>\n<p>{escape(self.notes)}</p>\n{''.join(self.plots.values())}"
        )


@dataclass(frozen=True)
class Outcome:
    """Everything that a study found. ``missing`` counts the trials that were not made."""

    title: str
    sheets: Sequence[Sheet]
    records: Sequence[Record]
    missing: int = 0

    @property
    def markdown(self) -> str:
        """All tables, as they are printed."""
        return "\n\n".join(map(str, self.sheets)) + "\n"

    @property
    def json(self) -> str:
        """The records, for programs."""
        said = {"title": self.title, "missing": self.missing, "records": list(self.records)}
        return json.dumps(said, ensure_ascii=False, indent=1) + "\n"

    @property
    def html(self) -> str:
        """Tables and plots as one page that needs no other file and no network."""
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(self.title)}</title><style>{STYLE}</style></head>\n"
            f"<body><h1>{escape(self.title)}</h1>\n"
            + "\n".join(sheet.html for sheet in self.sheets)
            + "\n</body></html>\n"
        )

    def save(self, folder: Path) -> None:
        """Write the page, the tables, the records and each plot."""
        files.write(folder / "study.html", self.html)
        files.write(folder / "tables.md", self.markdown)
        files.write(folder / "records.json", self.json)
        for sheet in self.sheets:
            for name, svg in sheet.plots.items():
                files.write(folder / f"{name}.svg", svg)


def decimal(value: float | None, digits: int = 3) -> str:
    """A score: .754, as papers print it."""
    if value is None:
        return NONE
    return ("−" if value < 0 else "") + f"{abs(value):.{digits}f}".removeprefix("0")


def within(low: float, high: float) -> str:
    """An interval of scores."""
    return f"[{decimal(low)},{NBSP}{decimal(high)}]"


def gap(difference: float, low: float, high: float) -> str:
    """A difference of two shares in points, with its interval."""
    return f"{points(difference)}{NBSP}[{points(low)},{NBSP}{points(high)}]"


def amount(value: float | None, unit: str = "") -> str:
    """A number with two or three digits that count, after its unit."""
    if value is None:
        return UNKNOWN
    shown = f"{float(f'{value:.3g}'):,.0f}" if abs(value) >= 100 else f"{value:.2g}"
    return f"{unit}{shown}"
