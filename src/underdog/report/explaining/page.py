"""Explanations as one self-contained HTML page without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ...core.data import clean
from ..page import CONTROL, environment, static
from . import shown


def html(found: Sequence[Mapping[str, Any]], model: str, overall: Mapping[str, Any]) -> str:
    """One page on explanations, each `Explanation.as_dict`; ``overall`` has words by answer.

    Everything that comes from texts and labels is escaped; the page needs no network, runs no
    script and can load nothing.
    """
    page = environment().get_template("explanations.html.j2")
    said = page.render(
        explanations=[shown.shown(one) for one in found],
        model=model,
        summary=shown.summary(found),
        overall=[
            (label, ", ".join(f"{word} {weight:+.2f}" for word, weight in words))
            for label, words in overall.items()
            if words
        ],
        style=Markup(static("report.css")),
    )
    return clean(said.replace("\r\n", "\n").translate(CONTROL))
