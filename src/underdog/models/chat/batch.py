"""Many prompts at once: each asked once, kept the moment it is answered, and never lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from threading import Event
from time import perf_counter

from ...core.cost import Cost
from ...runtime.prices import Usage
from ...runtime.store import Reply, Store
from .dialects import Request, ask
from .endpoint import Endpoint
from .patience import Fault, patiently


@dataclass(frozen=True)
class Terms:
    """How an endpoint is called: ``concurrency`` requests at once, ``timeout`` in seconds,
    ``retries`` per request.
    """

    endpoint: Endpoint
    concurrency: int
    timeout: float
    retries: int


def replies(
    requests: Mapping[str, Request], terms: Terms, store: Store | None
) -> Iterator[tuple[str, Reply]]:
    """The replies to ``requests``, by key, as they come in; in the end perhaps a `Fault`.

    After the first request that fails for good no new one is sent, but those on their way are
    waited for, for they will be billed: their replies still come, and the fault comes last.
    """
    stop = Event()

    def one(key: str, request: Request) -> Reply:
        start = perf_counter()
        try:
            reply = patiently(
                partial(ask, terms.endpoint, request, terms.timeout), terms.retries, stop
            )
        except Fault as fault:
            if fault.about_prompt:
                return _refused(perf_counter() - start)
            stop.set()
            raise
        if store is not None:  # here and not in the caller's thread: a kill may come any moment
            store.put(key, request.model, reply)
        return reply

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


def _refused(seconds: float) -> Reply:
    """An endpoint that will not take one prompt (too long, filtered) says nothing, unbilled.

    That reads as an abstention, so that one text in ten thousand cannot stop a study. Not kept.
    """
    return Reply("", Usage(0, 0), Cost(seconds, None, 0.0, 0, 0, 1))


def _known(error: BaseException) -> Exception:
    if isinstance(error, Exception):
        return error
    raise error
