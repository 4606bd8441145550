"""A study in a notebook: its verdict and leaderboard as a fragment of HTML, and as plain rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from markupsafe import escape

from . import formatting
from .entries import Results, mapping, sequence

COLUMNS = {
    "accuracy": formatting.percent,
    "macro_f1": formatting.percent,
    "difference": formatting.points,
    "dollars_per_1000": formatting.money,
    "p50": formatting.duration,
}
"""The columns that a fragment shows, and how each is said."""


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
    head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in ("model", *COLUMNS))
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows(results))
    said = escape(str(verdict.get("sentence") or ""))
    decision = escape(str(verdict.get("decision") or "").upper())
    return f"<p><b>{decision}</b> {said}</p><table><tr>{head}</tr>{body}</table>"


def _cells(row: dict[str, Any]) -> str:
    told = [tell(row[name]) for name, tell in COLUMNS.items()]
    name = f"<td><code>{escape(row['model'])}</code></td>"
    return name + "".join(f"<td>{escape(cell)}</td>" for cell in told)
