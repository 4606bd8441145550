"""Judged outputs as one self-contained HTML page without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .page import rendered


def html(found: Mapping[str, Any]) -> str:
    """The page on ``found``, which is what a judgement writes to results.json."""
    return rendered(
        "judging.html.j2",
        found=found,
        measured=_measured(found),
        worst=[{**one, "parts": _parts(one)} for one in found["worst"]],
    )


def _measured(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each score that was compared with the ratings, farthest from chance first, as a bar."""
    rows = []
    for score in found["scores"]:
        known = score["agreement"]
        if known is None:
            continue
        least, most = (0.0, 1.0) if known["measure"] == "AUROC" else (-1.0, 1.0)
        low, high = ((edge - least) / (most - least) for edge in known["interval"])
        chance = 0.5 if known["measure"] == "AUROC" else 0.0
        away = abs(known["value"] - chance)
        place = (known["value"] - least) / (most - least)
        bar = {"left": 100 * low, "width": 100 * max(high - low, 0.004), "point": 100 * place}
        rows.append({**score, **known, "bar": bar, "away": away})
    return sorted(rows, key=lambda row: -float(row["away"]))


def _parts(one: Mapping[str, Any]) -> tuple[str, str, str]:
    """An output before, in and after its worst sentence."""
    text, start, end = one["output"], one["start"], one["end"]
    return text[:start], text[start:end], text[end:]
