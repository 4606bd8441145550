"""What comes home from another process: a result, its bill, and what was said on the way."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ...core.cost import FREE, Cost, Ledger, charge
from ...core.errors import UnderdogError
from ..registry import register

S = TypeVar("S")
A = TypeVar("A")
B = TypeVar("B")

DIED = "its process died, perhaps for want of memory"

_abroad = False


@register("parcel.crash")
@dataclass(frozen=True)
class Crash:
    """What is there in place of a result: why there is none."""

    reason: str


@register("parcel.refusal")
@dataclass(frozen=True)
class Refusal:
    """An `UnderdogError` on its way to the user."""

    problem: str
    hint: str


@register("parcel.parcel")
@dataclass(frozen=True)
class Parcel:
    """A result, and what would otherwise be lost with the process: its bill and its warnings."""

    result: Any
    bill: Cost = FREE
    said: tuple[str, ...] = ()


def tried(work: Callable[[S, A], B], shared: S, thing: A) -> B | Crash:
    """``work(shared, thing)``, or why it failed; an `UnderdogError` is let through."""
    try:
        return work(shared, thing)
    except UnderdogError:
        raise
    except Exception as error:
        return Crash(repr(error))


def posted(work: Callable[[S, A], B], shared: S, thing: A) -> Parcel:
    """``work(shared, thing)`` done in this process, for another one to open."""
    global _abroad
    _abroad = True
    with warnings.catch_warnings(record=True) as heard, Ledger() as bill:
        warnings.simplefilter("always", UserWarning)
        try:
            result: Any = tried(work, shared, thing)
        except UnderdogError as error:
            result = Refusal(error.problem, error.hint)
    said = tuple(str(w.message) for w in heard if w.category is UserWarning)
    return Parcel(result, bill.total, said)


def opened(parcel: Parcel) -> Any:
    """What is in the parcel: its bill is charged here, its warnings are given, its error raised."""
    charge(parcel.bill)
    for text in parcel.said:
        warnings.warn(text, stacklevel=3)
    if isinstance(parcel.result, Refusal):
        raise UnderdogError(parcel.result.problem, parcel.result.hint)
    return parcel.result


def abroad() -> bool:
    """Whether this process works for another, and so has no cores of its own to hand out."""
    return _abroad
