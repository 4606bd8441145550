"""Who did not take part, why, and what to type so that they do; and how much time there was."""

from __future__ import annotations

from dataclasses import dataclass

from . import formatting
from .contestants import Results, mapping, sequence


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Contestants that are missing for the same reason, each as spec and the part missing."""

    who: tuple[tuple[str, str], ...]
    why: str
    remedy: str


def left_out(results: Results) -> list[LeftOut]:
    """Who is missing, those with the same reason together."""
    alike: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for one in sequence(results, "absent"):
        why, remedy = str(one.get("why") or formatting.UNKNOWN), str(one.get("remedy") or "")
        part = f"({one['part']})" if one.get("part") else ""
        alike.setdefault((why, remedy), []).append((str(one.get("spec")), part))
    return [LeftOut(tuple(who), *reason) for reason, who in alike.items()]


def time(results: Results) -> str:
    """The time that was allowed and what was used of it; empty where there was no limit."""
    budget = mapping(results, "budget")
    if formatting.known(budget.get("seconds")) is None:
        return ""
    spent = formatting.duration(budget.get("spent"))
    allowed = formatting.duration(budget["seconds"])
    return f"Time allowed: {allowed}; fitting and answering took {spent}."
