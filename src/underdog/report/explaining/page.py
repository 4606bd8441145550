"""Explanations as one self-contained HTML page without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..page import rendered
from . import shown

Overall = Mapping[str, Sequence[tuple[str, float]]]
"""By answer, what speaks for it, and how much."""


def html(found: Sequence[Mapping[str, Any]], model: str, words: Overall, columns: Overall) -> str:
    """One page on explanations, each `Explanation.as_dict`; and what speaks for each answer.

    Everything that comes from texts and labels is escaped; the page needs no network, runs no
    script and can load nothing.
    """
    return rendered(
        "explanations.html.j2",
        explanations=[shown.shown(one) for one in found],
        model=model,
        summary=shown.summary(found),
        overall=[
            (title, told)
            for title, table in (("Words", words), ("Columns", columns))
            if (told := _told(table))
        ],
    )


def _told(overall: Overall) -> list[tuple[str, str]]:
    return [
        (label, ", ".join(f"{name} {weight:+.2f}" for name, weight in strongest))
        for label, strongest in overall.items()
        if strongest
    ]
