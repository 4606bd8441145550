"""Prompts handed in together through OpenAI's batch API: half the price, answered within a day.

A batch is written down before it is sent, with its prompts by key, and forgotten when all its
replies are kept. So a process that is killed at any moment, while it sends or while it waits, finds
its batches again: nothing is handed in twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from threading import Event
from time import monotonic
from typing import Any, TypeVar
from uuid import uuid4

from ...runtime.progress import step
from ...runtime.store import Batch, Reply, Store
from . import batch
from .dialects import body, received
from .patience import Fault, patiently

T = TypeVar("T")

MOST = 1_000
"""Prompts of a batch: replies to so many, with probabilities, fit in what is read at once."""

FIRST_LOOK, LONGEST_LOOK, SLOWER = 0.25, 60.0, 1.5
"""Seconds before the first look whether a batch is done, at most between two, and their growth."""

LONGEST_WAIT = 120.0
"""Seconds in which another process that is about to hand in a batch must have done it."""

ROUNDS = 4
"""How often prompts that a batch left unanswered are handed in."""

PATH = "/v1/chat/completions"
OVER = ("completed", "failed", "expired", "cancelled")


def replies(
    requests: Mapping[str, Any], terms: batch.Terms, store: Store | None
) -> Iterator[tuple[str, Reply]]:
    """The replies to ``requests``, by key, as batches end; in the end perhaps a `Fault`.

    One prompt is asked by itself first, at the full price: a wrong key, model or parameter is then
    known at once, and not after hours.
    """
    left, desk = dict(requests), _Desk(terms, store)
    for _ in range(ROUNDS):
        waiting = {key for one in desk.open() for key in one.keys}
        fresh = [key for key in left if key not in waiting]
        if fresh:
            first = {fresh[0]: left[fresh[0]]}
            yield from batch.replies(first, terms, store)
            del left[fresh[0]]
            for start in range(1, len(fresh), MOST):
                desk.hand_in({key: left[key] for key in fresh[start : start + MOST]})
        for one in desk.open():
            if left.keys() & {*one.keys}:
                for key, reply in desk.collect(one, left):
                    if left.pop(key, None) is not None:
                        yield key, reply
        if not left:
            return
    raise Fault("broken", "batches end without replies to all of their prompts")


class _Desk:
    """Where batches are handed in and collected, at one endpoint."""

    def __init__(self, terms: batch.Terms, store: Store | None) -> None:
        self.terms, self.store = terms, store
        self.place = terms.endpoint.place
        self.client = terms.endpoint.client(terms.timeout)
        self.own: dict[str, Batch] = {}
        self.pause = Event()

    def open(self) -> list[Batch]:
        """The batches that were handed in and not collected, by this process or by others."""
        if self.store is None:
            return [*self.own.values()]
        found = []
        for one in self.store.batches(self.place):
            sent = one if one.id else self._recovered(self._waited_for(one))
            if sent.id:
                found.append(sent)
        return found

    def _waited_for(self, one: Batch) -> Batch:
        """A batch that another process is about to hand in, as it is when that is done."""
        assert self.store is not None
        until = monotonic() + LONGEST_WAIT
        while not one.id and one.waits and monotonic() < until:
            self.pause.wait(batch.LOOK)
            now = [b for b in self.store.batches(self.place) if b.name == one.name]
            one = now[0] if now else Batch(one.name, "", ())
        return one

    def _recovered(self, one: Batch) -> Batch:
        """A batch of a process that was killed while it sent it: as it is at the endpoint."""
        if one.id or not one.keys:
            return one
        assert self.store is not None
        sent = self._sent(one.name)
        if sent is None:
            self.store.collected(one.name)
            return Batch(one.name, "", ())
        self.store.handed_in(one.name, sent.id)
        return Batch(one.name, sent.id, one.keys)

    def hand_in(self, requests: Mapping[str, Any]) -> None:
        """Send ``requests``, by key, as one batch; those that another process sends are left."""
        name = uuid4().hex
        mine = Batch(name, "", tuple(requests))
        if self.store is not None:
            mine = self.store.reserve(name, self.place, [*requests])
        if not mine.keys:
            return
        endpoint = self.terms.endpoint
        lines = [
            {
                "custom_id": key,
                "method": "POST",
                "url": PATH,
                "body": body(endpoint, requests[key]),
            }
            for key in mine.keys
        ]
        file = (f"{name}.jsonl", "".join(json.dumps(line) + "\n" for line in lines).encode())
        try:
            sent = self._called(lambda: self.client.files.create(file=file, purpose="batch"))
            made = self._created(sent.id, name)
        except Fault as fault:
            if fault.kind == "status":  # refused; what broke is looked for when it is typed again
                self._forget(mine)
            raise
        if self.store is None:
            self.own[name] = Batch(name, made.id, mine.keys)
        else:
            self.store.handed_in(name, made.id)

    def _created(self, file: str, name: str) -> Any:
        """The batch of an uploaded ``file``: made once, even if the answer to that is lost."""
        attempt = 0
        while True:
            try:
                return self._once(
                    lambda: self.client.batches.create(
                        input_file_id=file,
                        endpoint=PATH,
                        completion_window="24h",
                        metadata={"underdog": name},
                    )
                )
            except Fault as fault:
                if (found := self._sent(name)) is not None:
                    return found
                wait = fault.wait(attempt) if attempt < self.terms.retries else None
                if wait is None:
                    raise
                attempt += 1
                self.pause.wait(wait)

    def _sent(self, name: str) -> Any:
        """The batch ``name`` at the endpoint; None if it never got there."""
        listed = self._called(lambda: [*self.client.batches.list(limit=100)])
        return next((b for b in listed if (b.metadata or {}).get("underdog") == name), None)

    def collect(self, one: Batch, requests: Mapping[str, Any]) -> Iterator[tuple[str, Reply]]:
        """Wait for a batch; the replies to those of ``requests`` that are in it, kept first."""
        ended = self._awaited(one)
        if ended is None:  # the endpoint does not know it any more
            return self._forget(one)
        fault: Fault | None = None
        files = [ended.output_file_id, ended.error_file_id]
        for line in chain.from_iterable(self._lines(name) for name in files if name):
            key = str(line.get("custom_id"))
            if key not in requests:
                continue
            try:
                reply = self._reply(line, requests[key])
            except Fault as found:
                if found.about_prompt:
                    yield key, batch.refused(None)
                elif found.wait(0) is None:
                    fault = fault or found
                continue
            if self.store is not None:
                self.store.put(key, requests[key].model, reply)
            yield key, reply
        self._forget(one)
        fault = fault or _ended_badly(ended)
        if fault:
            raise fault

    def _awaited(self, one: Batch) -> Any:
        """The batch when it is over; None if there is no such batch."""
        look, seen = FIRST_LOOK, 0
        with step(f"waiting for the batch {one.id}", len(one.keys)) as advance:
            while True:
                try:
                    found = self._called(lambda: self.client.batches.retrieve(one.id))
                except Fault as fault:
                    if fault.status == 404:
                        return None
                    raise
                done = found.request_counts.completed if found.request_counts else seen
                advance(max(0, done - seen))
                seen = max(seen, done)
                if found.status in OVER:
                    return found
                self.pause.wait(look)
                look = min(LONGEST_LOOK, look * SLOWER)

    def _lines(self, name: str) -> list[dict[str, Any]]:
        content = self._called(lambda: self.client.files.content(name).content)
        try:
            return [json.loads(line) for line in content.splitlines() if line.strip()]
        except ValueError as error:
            raise Fault("malformed", f"replies that cannot be read ({error})") from None

    def _reply(self, line: dict[str, Any], request: Any) -> Reply:
        answer, error = line.get("response") or {}, line.get("error") or {}
        status = answer.get("status_code", 0)
        if status == 200:
            return received(self.terms.endpoint, request, answer.get("body") or {}, None)
        told = (answer.get("body") or {}).get("error") or error
        said = ": ".join(str(told[k]) for k in ("code", "param", "message") if told.get(k))
        # of a batch that ran out of time the rest is expired: it may be handed in again
        raise Fault("status", said[:300] or "no reply", status or 503)

    def _forget(self, one: Batch) -> None:
        self.own.pop(one.name, None)
        if self.store is not None:
            self.store.collected(one.name)

    def _called(self, work: Callable[[], T]) -> T:
        """What a call of the SDK gives, with patience; its errors as a `Fault`."""
        return patiently(lambda: self._once(work), self.terms.retries, self.pause)

    def _once(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except Exception as error:
            raise Fault.of(error) from None


def _ended_badly(ended: Any) -> Fault | None:
    """Why a batch failed as a whole, or was cancelled."""
    if ended.status == "failed":
        told = [str(e.message) for e in (ended.errors.data or ())] if ended.errors else []
        return Fault("status", "; ".join(told)[:300] or "the batch failed", 400)
    if ended.status == "cancelled":
        return Fault("status", f"the batch {ended.id} was cancelled", 400)
    return None
