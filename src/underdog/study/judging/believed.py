"""Scores of outputs as probabilities of being good, calibrated on the ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ...core.errors import UnderdogError
from ...data.outputs import Outputs
from ...evaluate.uncertainty import Beliefs, beliefs
from ...runtime.formatting import percent
from .lineup import Score


def believed(outputs: Outputs, scores: Sequence[Score]) -> Beliefs | None:
    """What each score is worth as a probability; None with too few ratings, or all alike."""
    if outputs.ratings is None:
        return None
    right = np.where(outputs.ratings.known, ~outputs.ratings.bad, np.nan)
    columns = {one.name: one.grades for one in scores}
    try:
        return beliefs(columns, right, outputs.values, clusters=outputs.data.groups)
    except UnderdogError:
        return None  # what ratings cannot tell is in the notes already


def sentence(found: Beliefs, leader: str) -> tuple[str, ...]:
    """How well calibrated the score called ``leader`` is, and how good the surest half."""
    one = next((score for score in found.scores if score.name == leader), None)
    if one is None:
        return ()
    half = dict(one.curve)[0.5]
    return (
        f"As a probability of being good, {leader} has a Brier score of {one.brier:.3f} (saying"
        f" {percent(found.base)} of each: {found.brier:.3f}) and a calibration error of"
        f" {one.ece:.3f}; of the half that it is surest of, {percent(half)} are good.",
    )


def plain(found: Beliefs | None) -> dict[str, Any] | None:
    """The same as plain data: the base rate, and each score's numbers."""
    if found is None:
        return None
    scores = [asdict(one) for one in found.scores]
    return {"base": found.base, "brier": found.brier, "rated": found.n, "scores": scores}
