"""Many prompts at once: each asked once, kept the moment it is answered, and never lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from threading import Event
from time import perf_counter
from typing import Any, Protocol

from ...core.cost import Cost
from ...runtime.prices import Usage
from ...runtime.store import Reply, Store
from .dialects import ask
from .endpoint import Endpoint
from .patience import Fault, patiently

LOOK = 0.2
"""Seconds between two looks whether another process has got the reply."""


class Asked(Protocol):
    """A request for one reply of ``model``: only what asks it knows what else it holds."""

    @property
    def model(self) -> str:
        """The model that is asked."""
        ...


@dataclass(frozen=True)
class Terms:
    """How an endpoint is called: ``concurrency`` requests at once, ``timeout`` in seconds,
    ``retries`` per request; by ``ask``, for the model that specs call ``kind``; through its batch
    API if ``batched``.
    """

    endpoint: Endpoint
    concurrency: int
    timeout: float
    retries: int
    ask: Callable[[Endpoint, Any, float], Reply] = ask
    kind: str = "chat"
    batched: bool = False


def replies(
    requests: Mapping[str, Asked], terms: Terms, store: Store | None
) -> Iterator[tuple[str, Reply]]:
    """The replies to ``requests``, by key, as they come in; in the end perhaps a `Fault`.

    After the first request that fails for good no new one is sent, but those on their way are
    waited for, for they will be billed: their replies still come, and the fault comes last.
    """
    stop = Event()

    one = _Asking(terms, store, stop).one
    failed: Exception | None = None
    with ThreadPoolExecutor(max(1, min(terms.concurrency, len(requests)))) as pool:
        asked: dict[Future[Reply], str] = {
            pool.submit(one, key, request): key for key, request in requests.items()
        }
        try:
            for future in as_completed(asked):
                if future.cancelled():
                    continue
                if error := future.exception():
                    failed = failed or _known(error)
                    stop.set()
                    for waiting in asked:
                        waiting.cancel()
                else:
                    yield asked[future], future.result()
        finally:  # Ctrl-C, or a caller who lost interest
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
    if failed:
        raise failed


@dataclass(frozen=True)
class _Asking:
    """One prompt after the other, each in a thread of its own; a fault for good sets ``stop``."""

    terms: Terms
    store: Store | None
    stop: Event

    def one(self, key: str, request: Asked) -> Reply:
        """The reply to ``request``, which is kept before another process may ask for it."""
        if self.store is None:
            return self.asked(request)[0]
        while not self.store.lease(key):  # another process asks: its reply is waited for
            if self.stop.wait(LOOK):
                raise Fault("broken", "stopped while another process was asking the same prompt")
        try:
            if kept := self.store.get([key]):
                return kept[key]
            reply, keep = self.asked(request)
            if keep:  # in this thread, not in the caller's: a kill may come any moment
                self.store.put(key, request.model, reply)
            return reply
        finally:
            self.store.release(key)

    def asked(self, request: Asked) -> tuple[Reply, bool]:
        """The reply, and whether it is worth keeping."""
        start, terms = perf_counter(), self.terms
        try:
            work = partial(terms.ask, terms.endpoint, request, terms.timeout)
            return patiently(work, terms.retries, self.stop), True
        except Fault as fault:
            if fault.about_prompt:
                return refused(perf_counter() - start), False
            self.stop.set()
            raise


def refused(seconds: float | None) -> Reply:
    """An endpoint that will not take one prompt (too long, filtered) says nothing, unbilled.

    That reads as an abstention, so that one text in ten thousand cannot stop a study. Not kept.
    """
    return Reply("", Usage(0, 0), Cost(seconds, None, 0.0, 0, 0, 1))


def _known(error: BaseException) -> Exception:
    if isinstance(error, Exception):
        return error
    raise error
