"""Which words the answer of a small model rests on, and how far that holds; for the dashboard."""

from __future__ import annotations

from typing import Any

from ....core.errors import UnderdogError
from ..tasks.task import TaskState

LONGEST = 2_000
"""Characters of a text that are explained."""


def words(task: TaskState, text: str) -> dict[str, Any]:
    """The pieces of ``text``, each with its colour and what it adds to the answer of the small
    model of ``task``; how that was found, and how far it holds. Nothing where there is no model.
    """
    if task.learner.models is None:
        return {}
    # these bring scipy and Jinja: memory that a gateway takes only where someone asks for words
    from ....evaluate.explanation import explain
    from ....report.explaining import shown as explanations

    try:
        [found] = explain(task.learner.models[0], text[:LONGEST], edits=False)
    except UnderdogError as error:
        return {"method": f"not explained: {error.problem}"}
    shown = explanations.shown(found.as_dict())
    return {
        "words": [piece for side in shown.sides for piece in side],
        "method": found.method,
        "measured": shown.measured,
    }
