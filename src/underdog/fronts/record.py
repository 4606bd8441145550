"""What a saved model knows of itself: its spec, data, score, date and command."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from ..core.cost import Cost
from ..core.data import Dataset
from ..core.errors import UnderdogError
from ..core.protocols import Learner, Model
from ..data.read import Table
from ..runtime.registry import spec
from .spending import paid_services

QUICK = 10.0
"""Seconds of fitting up to which a model's score is measured by fitting once more."""

HELD_OUT = 0.2


def record(recipe: Learner | Model, table: Table, seed: int, bill: Cost) -> dict[str, Any]:
    """Plain data on how a model was made, to be saved with it."""
    data = table.data
    return {
        "spec": spec(recipe),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": version("underdog"),
        "command": shlex.join(["underdog", *sys.argv[1:]]),
        "seed": seed,
        "text": list(table.columns.text),
        "labels": list(data.task.labels),
        "data": {"name": data.task.name, "rows": len(data), "fingerprint": data.fingerprint},
        "fit": {"seconds": bill.seconds, "dollars": bill.dollars},
        "score": _score(recipe, data, seed, bill),
    }


def _score(recipe: Learner | Model, data: Dataset, seed: int, bill: Cost) -> dict[str, Any]:
    """Accuracy on a fifth of the rows of the same recipe fitted on the others.

    Not measured where that takes long, or where it would call a paid service.

    The saved model itself was fitted on all rows, so nothing is left to test it on.
    """
    if not isinstance(recipe, Learner):
        return {"accuracy": None, "why": "the model was not fitted"}
    if paid_services(recipe):
        return {"accuracy": None, "why": "it would cost money; underdog compare measures it"}
    if bill.seconds is None or bill.seconds > QUICK:
        return {"accuracy": None, "why": "fitting takes long; underdog compare measures it"}
    if any(label is None for label in data.labels):
        return {"accuracy": None, "why": "not every row has a label"}
    try:
        train, test = data.split(HELD_OUT)
        answers = recipe.fit(train, seed).answer(test.texts)
    except (UnderdogError, ValueError) as error:
        return {"accuracy": None, "why": getattr(error, "problem", str(error))}
    right = sum(a == b for a, b in zip(answers.values, test.labels, strict=True))
    how = f"fitted on the other {len(train):,}"
    return {"accuracy": right / len(test), "rows": len(test), "how": how}
