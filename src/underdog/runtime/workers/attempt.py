"""One piece of work that may refuse, crash, be late or be resumed, and what came of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Generic, TypeVar

from ...core.cost import FREE, Cost, Ledger, charge
from ...core.errors import UnderdogError
from .. import formatting
from ..cache import Cache
from ..limit import Limit, TimeIsUp
from ..registry import register

T = TypeVar("T")


@register("workers.attempt")
@dataclass(frozen=True)
class Attempt(Generic[T]):
    """What came of one piece of work.

    ``status`` is one of done, refused (the work raised an `UnderdogError`), crashed (it raised
    anything else, or its process died) and late (a `Limit` stopped it, or left no time to begin).
    ``value`` is the result if it is done, else None; ``problem`` and ``hint`` say why it is not.
    ``cost`` is what the work charged, ``seconds`` its time on the clock, ``warnings`` the texts
    of its user warnings; ``lacking`` is about how many more seconds late work would have needed.
    """

    value: T | None = None
    status: str = "done"
    problem: str = ""
    hint: str = ""
    cost: Cost = FREE
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    lacking: float = 0.0

    def account(self) -> None:
        """Charge the cost and give the warnings here, of work done elsewhere or earlier."""
        charge(self.cost)
        for text in self.warnings:
            warnings.warn(text, stacklevel=3)


DIED: Attempt[Any] = Attempt(
    status="crashed", problem="its process died, perhaps because memory ran out"
)


def attempt(
    work: Callable[[], T],
    *,
    limit: Limit | None = None,
    needed: float = 0.0,
    cache: Cache | None = None,
    key: str = "",
) -> Attempt[T]:
    """Do ``work`` in this process, and give what came of it whatever happens.

    Work done before is taken from ``cache`` by its ``key``. Work that needs ``needed`` seconds is
    not begun if ``limit`` leaves fewer, and is interrupted where it reports progress once the time
    is up. Raises nothing but KeyboardInterrupt and the `TimeIsUp` of another limit.
    """
    if kept := resumed(cache, key):
        return kept
    limit = limit or Limit()
    left, start = limit.left, perf_counter()
    if needed > left:
        problem = f"about {_whole(needed)} needed, {_whole(left)} left"
        return Attempt(status="late", problem=problem, lacking=needed)
    with Ledger() as bill, _noted() as texts:
        made = _outcome(work, limit, left)
    seconds = perf_counter() - start
    made = replace(made, cost=bill.total, seconds=seconds, warnings=tuple(texts))
    keep(cache, key, made)
    return made


def _outcome(work: Callable[[], T], limit: Limit, left: float) -> Attempt[T]:
    try:
        with limit.watch():
            return Attempt(work())
    except UnderdogError as error:
        return Attempt(status="refused", problem=error.problem, hint=error.hint)
    except TimeIsUp as up:
        if up.limit is not limit:
            raise
        stopped = f"stopped after {_whole(left)}, when the time was up"
        problem = stopped if left >= 1 else "not started: the time was up"
        return Attempt(status="late", problem=problem, lacking=2 * left)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # panics of compiled libraries are no `Exception`
        return crashed(error)


def crashed(error: BaseException) -> Attempt[Any]:
    """The attempt that ended in ``error``: its type, and the first line of its message."""
    lines = str(error).strip().splitlines()
    return Attempt(status="crashed", problem=": ".join([type(error).__name__, *lines[:1]]))


def resumed(cache: Cache | None, key: str) -> Attempt[Any] | None:
    """The attempt kept under ``key``, with its cost charged and its warnings given here."""
    kept = cache.get(key) if cache else None
    if isinstance(kept, Attempt):
        kept.account()
        return kept
    return None


def keep(cache: Cache | None, key: str, made: Attempt[Any]) -> None:
    """Put ``made`` into ``cache``, if it is done and took long enough to be worth it."""
    if cache and made.status == "done" and made.seconds >= cache.after:
        try:
            cache.put(key, made)
        except UnderdogError as error:
            warnings.warn(f"a result is not kept for a rerun: {error.problem}", stacklevel=3)


@contextmanager
def _noted() -> Iterator[list[str]]:
    """The texts of user warnings given inside the block, which are shown as ever."""
    with warnings.catch_warnings():
        show, texts = warnings.showwarning, list[str]()

        def note(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if category is UserWarning:
                texts.append(str(message))
            show(message, category, *place, **more)

        warnings.showwarning = note
        yield texts


def _whole(seconds: float) -> str:
    return formatting.seconds(round(seconds)) if seconds >= 1 else "no time"
