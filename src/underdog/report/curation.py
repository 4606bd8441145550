"""What was kept of a pool and why, as one self-contained HTML page without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .page import rendered


def html(facts: Mapping[str, Any]) -> str:
    """The page on ``facts``, which is the card of a curation as plain data."""
    return rendered(
        "curation.html.j2",
        facts=facts,
        proof=facts.get("proof"),
        told=told(facts),
        bars={name: bars(facts[name]) for name in ("scores", "lengths")},
    )


def told(facts: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What selectors have found out, beside counts: the selector, the name of the fact, its value.

    Of several values by name, as weights of sources are, each is a fact of its own.
    """
    found = []
    for name, known in facts["told"].items():
        for key, value in known.items():
            if isinstance(value, Mapping):
                found += [(name, f"{key}: {inner}", str(one)) for inner, one in value.items()]
            elif not isinstance(value, int):
                found.append((name, key.replace("_", " "), str(value)))
    return found


def bars(found: Mapping[str, Any]) -> list[dict[str, float]]:
    """A histogram as bars: where each begins, and the heights of the kept and dropped parts, of
    the highest bar, 0 to 100.
    """
    totals = [kept + dropped for kept, dropped in zip(found["kept"], found["dropped"], strict=True)]
    most = max(totals, default=0) or 1
    return [
        {
            "from": edge,
            "kept": 100 * kept / most,
            "all": 100 * total / most,
            "count": total,
            "count_kept": kept,
        }
        for edge, kept, total in zip(found["edges"], found["kept"], totals, strict=False)
    ]
