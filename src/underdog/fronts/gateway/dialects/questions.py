"""A question with its options, whatever the protocol; and refusals of malformed ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..asgi import HttpError

MOST_QUESTIONS = 400
MOST_OPTIONS = 1000

YES = frozenset({"true", "yes", "y", "1", "positive", "pos"})


@dataclass(frozen=True, slots=True)
class Question:
    """One question: ``kind`` is choice, predicate or score.

    ``options`` are the allowed answers as text, in the caller's order; a predicate's are true and
    false, a score's its levels from low to high. ``values`` are the options as the caller wrote
    them: text or booleans. ``source`` is the question as it came, of which every part counts for
    its identity but the name.
    """

    kind: str
    name: str | None
    instructions: str
    options: tuple[str, ...]
    values: tuple[str | bool, ...]
    source: Any


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a decision protocol; ``text`` is None where it is more than plain text."""

    model: str
    text: str | None
    questions: tuple[Question, ...]


def confidence(probs: Sequence[float]) -> float:
    """1 where one option holds everything, 0 where all are equal."""
    k = len(probs)
    return 1.0 if k < 2 else max(0.0, (k * max(probs) - 1.0) / (k - 1.0))


def text_of(value: Any) -> str:
    """An option as text: true and false for booleans."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def need(condition: bool, problem: str) -> None:
    """Refuse the request with status 400 unless ``condition`` holds."""
    if not condition:
        raise HttpError(400, problem)


def named(body: dict[str, Any]) -> str:
    """The model of a request; refused if it names none."""
    found = body.get("model")
    need(isinstance(found, str) and bool(found), "model: a name is missing")
    return str(found)


def instructions_of(question: dict[str, Any], where: str) -> str:
    """The instructions of a question, as text; refused where there are none."""
    found = question.get("instructions")
    if isinstance(found, list):  # typed parts: kept whole, since they count for the identity
        from .content import plain

        found = plain(found)
    need(isinstance(found, str), f"{where}.instructions: a text is missing")
    return str(found)
