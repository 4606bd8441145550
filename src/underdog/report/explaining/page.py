"""Explanations as one self-contained HTML page without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ...core.data import clean
from ..page import CONTROL, environment, static
from . import shown

Overall = Mapping[str, Sequence[tuple[str, float]]]
"""By answer, what speaks for it, and how much."""


def html(found: Sequence[Mapping[str, Any]], model: str, words: Overall, columns: Overall) -> str:
    """One page on explanations, each `Explanation.as_dict`; and what speaks for each answer.

    Everything that comes from texts and labels is escaped; the page needs no network, runs no
    script and can load nothing.
    """
    page = environment().get_template("explanations.html.j2")
    said = page.render(
        explanations=[shown.shown(one) for one in found],
        model=model,
        summary=shown.summary(found),
        overall=[
            (title, told)
            for title, table in (("Words", words), ("Columns", columns))
            if (told := _told(table))
        ],
        style=Markup(static("report.css")),
    )
    return clean(said.replace("\r\n", "\n").translate(CONTROL))


def _told(overall: Overall) -> list[tuple[str, str]]:
    return [
        (label, ", ".join(f"{name} {weight:+.2f}" for name, weight in strongest))
        for label, strongest in overall.items()
        if strongest
    ]
