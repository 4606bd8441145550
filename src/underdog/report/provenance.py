"""How the models were trained: what each fitted model says about itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import formatting
from .entries import Entry, measured, sequence

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
    """A model, the sentences about it, and what was tried before it was chosen."""

    entry: Entry
    sentences: tuple[str, ...]
    trials: tuple[tuple[str, ...], ...]


def made(entries: Sequence[Entry]) -> list[Made]:
    """The models with recorded facts, in the order of the leaderboard."""
    return [_made(entry) for entry in measured(entries) if sequence(entry.data, "facts")]


def fact(entry: Entry, name: str) -> Any:
    """The data of the fact called ``name``, or None."""
    named = (f for f in sequence(entry.data, "facts") if f.get("name") == name)
    return next((f.get("data") for f in named), None)


def _made(entry: Entry) -> Made:
    facts = sequence(entry.data, "facts")
    said = tuple(formatting.joined(str(f.get("says"))) for f in facts if f.get("name") != "trials")
    return Made(entry, said, tuple(map(_trial, fact(entry, "trials") or ())))


def _trial(trial: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(tell(trial.get(key)) for key, tell in COLUMNS.items())
