"""Progress reports of long work, to a listener if there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

Advance = Callable[[int], None]
Listener = Callable[[str, int | None], AbstractContextManager[Advance]]


def _silent(_label: str, _total: int | None) -> AbstractContextManager[Advance]:
    return nullcontext(lambda _n: None)


_listener: ContextVar[Listener] = ContextVar("underdog_progress", default=_silent)


def step(label: str, total: int | None = None) -> AbstractContextManager[Advance]:
    """A step of ``total`` units (None: unknown); call what it gives with the units done.

    >>> with step("reading", total=2) as advance:
    ...     advance(2)
    """
    return _listener.get()(label, total)


@contextmanager
def shown(listener: Listener) -> Iterator[None]:
    """Inside the block, ``listener(label, total)`` opens a display for every step."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def watched(look: Callable[[], None]) -> Iterator[None]:
    """Inside the block ``look()`` is called whenever work says how far it is; it may raise."""
    outer = _listener.get()

    @contextmanager
    def listen(label: str, total: int | None) -> Iterator[Advance]:
        look()
        with outer(label, total) as advance:

            def on(n: int) -> None:
                advance(n)
                look()

            yield on

    with shown(listen):
        yield
