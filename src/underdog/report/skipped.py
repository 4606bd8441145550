"""Skipped models, why, and what to type to include them; and how much time was allowed."""

from __future__ import annotations

from dataclasses import dataclass

from . import formatting
from .entries import Results, mapping, sequence


@dataclass(frozen=True, slots=True)
class Skipped:
    """Models that were skipped for the same reason, each as (spec, part that is missing)."""

    models: tuple[tuple[str, str], ...]
    why: str
    remedy: str


def skipped(results: Results) -> list[Skipped]:
    """The skipped models, grouped by reason."""
    alike: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for one in sequence(results, "absent"):
        why, remedy = str(one.get("why") or formatting.UNKNOWN), str(one.get("remedy") or "")
        part = f"({one['part']})" if one.get("part") else ""
        alike.setdefault((why, remedy), []).append((str(one.get("spec")), part))
    return [Skipped(tuple(models), *reason) for reason, models in alike.items()]


def time(results: Results) -> str:
    """The time limit and how much of it was used; empty without a limit."""
    budget = mapping(results, "budget")
    if formatting.known(budget.get("seconds")) is None:
        return ""
    spent = formatting.duration(budget.get("spent"))
    allowed = formatting.duration(budget["seconds"])
    return f"Time limit: {allowed}; fitting and answering took {spent}."
