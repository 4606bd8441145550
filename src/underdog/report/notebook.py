"""A study in a notebook: its verdict and leaderboard as a fragment of HTML, and as plain rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from markupsafe import escape

from . import formatting
from .entries import Results, mapping, reference, sequence

COLUMNS = {
    "accuracy": ("accuracy", formatting.percent),
    "macro_f1": ("macro F1", formatting.percent),
    "difference": ("difference", formatting.points),
    "dollars_per_1000": ("per 1,000", formatting.money),
    "p50": ("p50", formatting.duration),
}
"""The columns that a fragment shows: the title, and how a value is said."""


def rows(results: Results) -> Iterator[dict[str, Any]]:
    """A plain row per contestant, the most accurate first; None is not known.

    Differences are from the large model; times are seconds, prices dollars.
    """
    for one in sequence(results, "contestants"):
        low, high = mapping(one, "intervals").get("accuracy") or (None, None)
        versus = mapping(one, "versus")
        yield {
            "model": one["spec"],
            "accuracy": mapping(one, "scores").get("accuracy"),
            "accuracy_low": low,
            "accuracy_high": high,
            "macro_f1": mapping(one, "scores").get("macro_f1"),
            "difference": versus.get("difference"),
            "difference_low": versus.get("low"),
            "difference_high": versus.get("high"),
            "dollars_per_1000": one.get("dollars_per_1000"),
            "p50": mapping(one, "latency").get("p50"),
            "fit_seconds": mapping(one, "fit").get("seconds"),
        }


def fragment(results: Results) -> str:
    """The verdict and the leaderboard as HTML; everything that comes from the user is escaped."""
    verdict = mapping(results, "verdict")
    titles = "model", *(title for title, _ in COLUMNS.values())
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    body = "".join(f"<tr>{_cells(row, results)}</tr>" for row in rows(results))
    said = escape(str(verdict.get("sentence") or ""))
    decision = escape(str(verdict.get("decision") or "").upper())
    return f"<p><b>{decision}</b> {said}</p><table><tr>{head}</tr>{body}</table>"


def _cells(row: dict[str, Any], results: Results) -> str:
    shown = {name: tell(row[name]) for name, (_, tell) in COLUMNS.items()}
    if row["model"] == results.get("incumbent"):
        shown["difference"] = reference(results)
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in shown.values())
    return f"<td><code>{escape(row['model'])}</code></td>{cells}"
