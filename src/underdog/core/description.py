"""Facts that a fitted model states about itself, in words and as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from .data import Text
from .protocols import children


@dataclass(frozen=True)
class Fact:
    """Something worth knowing of how a model was made, or of how it reads.

    ``name`` is the same for all models that tell it, ``says`` is a sentence without its full
    stop, and ``data`` the same as plain data: a number, or what JSON can hold.
    """

    name: str
    says: str
    data: Any = None


@runtime_checkable
class Describer(Protocol):
    """A model that can tell more than answers. No model must."""

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """How it was made, and how it reads ``texts``."""
        ...


def describe(thing: object, texts: Sequence[Text]) -> tuple[Fact, ...]:
    """What ``thing`` tells; what its model tells, if it wraps one only; else nothing."""
    if isinstance(thing, Describer):
        return thing.describe(texts)
    inner = tuple(children(thing))
    return describe(inner[0], texts) if len(inner) == 1 else ()
