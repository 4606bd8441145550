"""The map of the field: every technique of the survey, what runs it here, and what came out."""

from __future__ import annotations

from . import (
    adaptation,
    choosing,
    competition,
    curation,
    distillation,
    evaluation,
    interpretability,
    prompting,
    studies,
    weak,
)
from .cell import CHAPTERS, PREAMBLE, Cell, Claim, Found

__all__ = ["CHAPTERS", "PREAMBLE", "Cell", "Claim", "Found", "cells"]


def cells() -> tuple[Cell, ...]:
    """Every cell, in the order of `CHAPTERS`."""
    rooms = (
        curation,
        weak,
        choosing,
        evaluation,
        adaptation,
        prompting,
        distillation,
        competition,
        interpretability,
        studies,
    )
    found = [one for room in rooms for one in room.CELLS]
    return tuple(sorted(found, key=lambda one: CHAPTERS.index(one.chapter)))
