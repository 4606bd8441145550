"""How the contestants were made: what each fitted model told of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import formatting
from .contestants import Who, measured, sequence

COLUMNS: Mapping[str, Callable[[Any], str]] = {
    "recipe": str,
    "examples": formatting.count,
    "seconds": formatting.duration,
    "score": formatting.percent,
    "failure": str,
}
"""The columns of a trial, and how each is said."""


@dataclass(frozen=True, slots=True)
class Made:
    """A contestant, the sentences about it, and what was tried before it was chosen."""

    who: Who
    sentences: tuple[str, ...]
    trials: tuple[tuple[str, ...], ...]


def made(people: Sequence[Who]) -> list[Made]:
    """Those that have something to tell, in the order of the leaderboard."""
    return [_made(who) for who in measured(people) if sequence(who.data, "facts")]


def fact(who: Who, name: str) -> Any:
    """The data of the fact called ``name``, or None."""
    named = (f for f in sequence(who.data, "facts") if f.get("name") == name)
    return next((f.get("data") for f in named), None)


def _made(who: Who) -> Made:
    facts = sequence(who.data, "facts")
    said = tuple(formatting.joined(str(f.get("says"))) for f in facts if f.get("name") != "trials")
    return Made(who, said, tuple(map(_trial, fact(who, "trials") or ())))


def _trial(trial: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(tell(trial.get(key)) for key, tell in COLUMNS.items())
