"""What a saved model knows of itself: its spec, data, score, date and command."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from ..core.cost import Cost
from ..core.data import Dataset, Text, draw, normal
from ..core.errors import UnderdogError
from ..core.graders import is_exact, says
from ..core.protocols import Learner, Model
from ..data.read import Table
from ..evaluate.monitor import profile
from ..runtime.formatting import shell_command
from ..runtime.registry import spec
from .card import graded, groups_of
from .monitoring import look_at
from .spending import paid_services

QUICK = 10.0
"""Seconds of fitting up to which a model's score is measured by fitting once more."""

HELD_OUT = 0.2

SAMPLE, LEAST = 200, 5
"""Numbers in a sample of texts, and how many texts must be comparable with it."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """A fifth of the rows, and the recipe fitted on the others."""

    test: Dataset
    model: Model
    learned: int


def record(
    recipe: Learner | Model, table: Table, seed: int, bill: Cost, wall: float
) -> dict[str, Any]:
    """Plain data on how a model was made, to be saved with it; ``wall`` is seconds of fitting."""
    data = table.data
    held = _held_out(recipe, data, seed, wall)
    look = look_at(held.model, held.test) if isinstance(held, HeldOut) else None
    return {
        "spec": spec(recipe),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": version("underdog"),
        "command": shell_command(["underdog", *sys.argv[1:]]),
        "seed": seed,
        "text": table.columns.typed,
        "labels": list(data.task.labels),
        "kind": data.task.kind,
        "data": {
            "name": data.task.name,
            "rows": len(data),
            "fingerprint": data.fingerprint,
            "texts": sample(data.texts),
        },
        "fit": {"seconds": bill.seconds, "dollars": bill.dollars},
        "score": _score(held),
        "profile": profile(data.texts, look, "the rows it was fitted on").as_dict(),
    }


def sample(texts: Sequence[Text]) -> list[float]:
    """Random numbers in [0, 1) made of ``texts``, the `SAMPLE` lowest: they tell no text."""
    return sorted({_number(text) for text in texts})[:SAMPLE]


def familiar(texts: Sequence[Text], known: Any) -> float:
    """About which share of ``texts`` is in what ``known`` is a `sample` of; 0 if unknown."""
    if not isinstance(known, list) or not known or {type(one) for one in known} != {float}:
        return 0.0  # of an older model, or damaged
    bound = known[-1] if len(known) == SAMPLE else 1.0
    near = {number for number in map(_number, texts) if number <= bound}
    return len(near.intersection(known)) / len(near) if len(near) >= LEAST else 0.0


def _number(text: Text) -> float:
    return draw(repr(normal(text)))


def _held_out(recipe: Learner | Model, data: Dataset, seed: int, wall: float) -> HeldOut | str:
    """The recipe fitted once more, without a fifth of the rows; or why it was not.

    Not where that takes long, or where it would call a paid service.

    The saved model itself was fitted on all rows, so nothing is left to test it on.
    """
    if not isinstance(recipe, Learner):
        return "the model was not fitted"
    if paid_services(recipe):
        return "it would cost money; underdog compare measures it"
    if wall > QUICK:
        return "fitting takes long; underdog compare measures it"
    if any(label is None for label in data.labels):
        return "not every row has a label"
    try:
        train, test = data.split(HELD_OUT)
        if not len(test) or not len(train):
            return "too few texts differ"
        model = recipe.fit(train, seed)
        if not isinstance(model, Model):
            return "it answers no texts"  # a language model, say
        return HeldOut(test, model, len(train))
    except (UnderdogError, ValueError) as error:
        return str(getattr(error, "problem", error))


def _score(held: HeldOut | str) -> dict[str, Any]:
    """Accuracy on the rows that were held out, or why it was not measured."""
    if isinstance(held, str):
        return {"accuracy": None, "why": held}
    answers = held.model.answer(held.test.texts)
    grader, grades = graded(held.test, answers.values)
    how = f"fitted on the other {held.learned:,}"
    share, groups = float(grades.mean()), groups_of(held.test, grades)
    told = {"accuracy": share, "rows": len(held.test), "how": how, "groups": groups}
    return told | ({} if is_exact(grader, held.test) else {"says": says(grader)})
