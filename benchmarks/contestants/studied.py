"""Recipes on the questions of the two studies in ``examples``; trials are shared with these."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from benchmarks.contestants.cell import CACHE
from benchmarks.contestants.taught import taught
from benchmarks.data import root
from examples.david_vs_goliath import questions
from examples.nli_study.pairs import official
from examples.summary import quality
from examples.trial import FULL, Desk, Piece, Question, Trial
from underdog.core.protocols import Learner
from underdog.runtime.cache import Cache

ASKED: dict[str, tuple[str, Callable[[], Question]]] = {
    "NLI": ("nli_study", lambda: official(root())),
    "NLI, taught": ("nli_study", lambda: taught(root())),
    "tweets": ("david_vs_goliath", lambda: questions.sentiment(root())),
    "stars": ("david_vs_goliath", lambda: questions.stars(root())),
}
"""By the name of a row: the study that stores its trials, and the question."""


@cache
def question(on: str) -> Question:
    """The question of the row ``on``."""
    return ASKED[on][1]()


def tried(on: str, recipe: Learner, seed: int) -> Trial:
    """The trial of ``recipe`` on the question ``on``; reused if the study has run it."""
    desk = Desk(Cache(CACHE.parent / ASKED[on][0] / "kept"))
    trial = desk.trial(Piece(question(on), recipe, FULL, seed))
    assert trial is not None
    return trial


def describe(on: str, trial: Trial) -> dict[str, float]:
    """The scores of ``trial``, its training time in seconds, and its answers per second."""
    values = quality(question(on), [trial])
    scores = {name: value for name, value in values.items() if value is not None}
    return {**scores, "fit": trial.fitting, "texts/s": len(question(on).test) / trial.run.wall}


def numbers(on: str, recipe: Learner, seed: int) -> dict[str, float]:
    """`describe` of the trial that `tried` returns."""
    return describe(on, tried(on, recipe, seed))
