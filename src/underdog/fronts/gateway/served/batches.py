"""Requests answered in batches: all that arrived meanwhile, and no more than fit in the queue."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ....core.answer import Answers
from ....core.data import Text
from ....core.protocols import Model
from ..asgi import HttpError

LARGEST = 256
"""Texts in one batch at most."""

INLINE = 0.002
"""Seconds that a batch may take in the event loop; a slower one is computed in a thread."""

QUICK = 0.0005
"""Seconds for one text up to which it may be answered beside requests, in the event loop."""

Waiting = tuple[Sequence[Text], "asyncio.Future[Answers]"]


class Batches:
    """Answers texts with one model, many requests at a time.

    What arrives in the same turn of the event loop, or while a batch is computed, forms the next
    batch: a lone request never waits for company. A fast model is asked in the event loop, since
    handing a batch to a thread takes longer than its answer; a slow one in a thread, one batch at
    a time. ``queue`` texts may wait; more are refused with status 429. Raises TimeoutError for what
    is not answered within ``timeout`` seconds.
    """

    def __init__(self, model: Model, queue: int = 4096, timeout: float = 600.0) -> None:
        self.model = model
        self._queue = queue
        self._timeout = timeout
        self._waiting: deque[Waiting] = deque()
        self._texts = 0
        self._busy = self._away = False
        self._seconds = INLINE  # for one text; an estimate, high until a batch was timed
        self._pool = ThreadPoolExecutor(1, "underdog-model")

    @property
    def waiting(self) -> int:
        """Texts that wait."""
        return self._texts

    @property
    def quick(self) -> bool:
        """Whether one text is answered so fast that a thread would cost more."""
        return self._seconds < QUICK

    def at_once(self, text: Text) -> Answers:
        """The answer to one ``text``, which waits for no other, in the calling thread."""
        began = time.perf_counter()
        found = self.model.answer([text])
        self._timed(1, time.perf_counter() - began)
        return found

    async def answer(self, texts: Sequence[Text]) -> Answers:
        """The answers to ``texts``; refused with status 429 where the queue is full."""
        if self._texts + len(texts) > self._queue:
            after = max(1, round(self._texts * self._seconds))
            raise HttpError(
                429, "too many texts are waiting; try again", [(b"retry-after", b"%d" % after)]
            )
        done: asyncio.Future[Answers] = asyncio.get_running_loop().create_future()
        self._waiting.append((texts, done))
        self._texts += len(texts)
        if not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_soon(self._start)
        if not self._away and self._texts * self._seconds < INLINE:
            return await done  # in the next turn of the loop: a timer would cost more
        return await asyncio.wait_for(done, self._timeout)

    def close(self) -> None:
        """End the thread; what waits has been answered by then."""
        self._pool.shutdown(wait=False)

    def _start(self) -> None:
        batch, texts = self._next()
        if not batch:
            self._busy = False
        elif len(texts) * self._seconds < INLINE:
            began = time.perf_counter()
            try:
                self._deliver(batch, self.model.answer(texts), None)
            except Exception as error:
                self._deliver(batch, None, error)
            self._timed(len(texts), time.perf_counter() - began)
            asyncio.get_running_loop().call_soon(self._start)
        else:
            task = asyncio.get_running_loop().create_task(self._in_thread(batch, texts))
            task.add_done_callback(lambda _: self._start())

    async def _in_thread(self, batch: list[Waiting], texts: list[Text]) -> None:
        loop, began, self._away = asyncio.get_running_loop(), time.perf_counter(), True
        try:
            found = await loop.run_in_executor(self._pool, self.model.answer, texts)
            self._deliver(batch, found, None)
        except Exception as error:
            self._deliver(batch, None, error)
        self._away = False
        self._timed(len(texts), time.perf_counter() - began)

    def _next(self) -> tuple[list[Waiting], list[Text]]:
        batch: list[Waiting] = []
        texts: list[Text] = []
        while self._waiting and (not texts or len(texts) + len(self._waiting[0][0]) <= LARGEST):
            some, done = self._waiting.popleft()
            self._texts -= len(some)
            if not done.done():  # its caller may have gone
                batch.append((some, done))
                texts.extend(some)
        return batch, texts

    def _deliver(self, batch: list[Waiting], found: Any, error: Exception | None) -> None:
        at = 0
        for some, done in batch:
            if not done.done():
                if error is not None:
                    done.set_exception(error)
                else:
                    done.set_result(found[at : at + len(some)] if len(batch) > 1 else found)
            at += len(some)

    def _timed(self, texts: int, seconds: float) -> None:
        self._seconds += 0.2 * (seconds / texts - self._seconds)
