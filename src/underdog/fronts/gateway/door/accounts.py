"""What follows a reply, off the path of requests: its usage and price, what it teaches, its row."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import Any

from ..clock import clock
from ..ledger.prices import PriceList
from ..ledger.store import Row
from ..ledger.writer import Writer
from ..metrics import Metrics
from ..settings import Settings
from ..tasks.board import Board
from ..tasks.router import Decided, Router
from . import usage
from .forward import UpstreamReply
from .passage import Outcome, Passage
from .usage import Used

SHORT = 1 << 16
"""Bytes of a request and its reply that are read in the event loop at most."""


class Accounts:
    """Enters every request in the ledger, and lets tasks learn from the upstream's replies."""

    def __init__(
        self,
        settings: Settings,
        writer: Writer,
        board: Board,
        router: Router,
        metrics: Metrics,
    ) -> None:
        self.prices = PriceList(settings.upstream)
        self._writer = writer
        self._board = board
        self._router = router
        self._metrics = metrics
        self._one = threading.Lock()
        self._name = settings.name

    def note(self, found: Passage, status: int) -> None:
        """Keep what is known of a request that was passed on, before its reply goes out."""
        outcome = Outcome("upstream", status, found.used or Used(), found.paid)
        self._writer.note(self._row(found, outcome, found.seconds, ""))

    def passed(self, found: Passage, reply: UpstreamReply) -> None:
        """Enter a request that was passed on; its reply is read once it is sent.

        Short ones are read in the event loop, others in the writer's thread. Where too many wait
        for that, this one is not kept for learning, so that memory does not grow with the load.
        Audits always are: the guarantee rests on them.
        """
        seconds = found.seconds
        self._metrics.count("upstream", reply.status, seconds)
        if self._board.quick and len(found.body) + len(reply.body) <= SHORT:
            self._writer.soon(lambda: self._over(found, reply, seconds))
        elif self._writer.crowded and not any(d.choice and d.choice.audit for d in found.decided):
            self._skipped()
            self._over(found, reply, seconds, learned=False)
        else:
            self._writer.later(lambda: self._over(found, reply, seconds))

    def enter(self, found: Passage, outcome: Outcome) -> None:
        """Enter a request that is over."""
        seconds = found.seconds
        self._metrics.count(outcome.by, outcome.status, seconds)
        self._put(found, outcome, seconds, found.task)

    def learn_later(self, found: Passage) -> None:
        """Teach tasks a whole reply, in the writer's thread."""
        self._writer.later(lambda: self._learn(found))

    def give(self, found: Passage, local: list[Decided]) -> None:
        """Count the parts that small models answered."""
        for one in local:
            if one.task is None or one.choice is None or one.own is None:
                continue
            one.task.learner.given(one.choice)
            one.task.counts.local += 1
            one.task.counts.saved += one.task.price
            one.task.dirty = True
            value, name = one.own.value, f"{found.id}-{one.part.at}"
            row = (name, clock.now(), one.task.id, one.text, value, "local", value, 0.0)
            self._writer.put("examples", row)

    def _skipped(self) -> None:
        if self._metrics.skip():
            logging.getLogger("underdog").warning(
                "replies come faster than they can be learned from: some teach nothing "
                "(underdog_unlearned_total at /metrics counts them)"
            )

    def _over(
        self, found: Passage, reply: UpstreamReply, seconds: float, learned: bool = True
    ) -> None:
        """Read a reply; one that cannot be read has a row all the same."""
        try:
            self._read(found, reply, seconds, learned)
        except Exception:
            self._put(found, Outcome("upstream", reply.status), seconds, "")
            raise

    def _read(self, found: Passage, reply: UpstreamReply, seconds: float, learned: bool) -> None:
        events: list[dict[str, Any]] = []
        if found.used is None:
            data = usage.unpacked(reply.body, reply.header(b"content-encoding"))
            if reply.header(b"content-type").startswith(b"text/event-stream"):
                events = list(usage.events(data))
                found.used = usage.of_events(events)
            else:
                found.reply = usage.loaded(data) or {}
                found.used = usage.of_reply(found.reply)
        used = found.used
        if learned and found.stored and found.scope["method"] == "POST":
            found.parse()
        requested = str((found.asked or {}).get("model") or "")
        paid = found.paid if found.paid is not None else self.prices.dollars(used, requested)
        used = used if used.model else replace(used, model=requested)
        outcome = Outcome("upstream" if reply.whole else "broken", reply.status, used, paid)
        self._put(found, outcome, seconds, self._task(found))
        if learned and reply.status == 200 and reply.whole and found.parts is not None:
            if found.reply is None:
                found.reply = self._router.joined(found.parts, events)
            self._learn(found)
            self._price(found, paid)

    def _task(self, found: Passage) -> str:
        """The first task of a request; empty if none is known yet."""
        parts = found.parts.parts if found.parts is not None else ()
        matched = [m for part in parts if (m := self._board.match(part)) is not None]
        return matched[0][0].id if matched else ""

    def _learn(self, found: Passage) -> None:
        """Teach the tasks of a request what the upstream replied."""
        parts = found.parts
        assert parts is not None
        decided = found.decided or [Decided(part) for part in parts.parts]
        left = [one for one in decided if not one.local]
        at = [one.part.at for one in left]
        heard = self._router.taught(parts, found.reply or {}, at, found.id)
        with self._one:
            for one, said in zip(left, heard, strict=False):
                self._board.observe(one.part, said, found.tenant, one.choice)

    def _price(self, found: Passage, paid: float | None) -> None:
        """Note what one question of each task costs: a moving mean."""
        parts = found.parts.parts if found.parts is not None else ()
        for part in parts if paid is not None else ():
            matched = self._board.match(part)
            if matched is not None and paid is not None:
                share, task = paid / len(parts), matched[0]
                task.counts.paid += share
                task.price += (share - task.price) * (0.05 if task.price else 1.0)

    def _put(self, found: Passage, outcome: Outcome, seconds: float, task: str) -> None:
        self._metrics.money(outcome.paid or 0.0, outcome.saved)
        self._writer.put("requests", self._row(found, outcome, seconds, task))

    def _row(self, found: Passage, outcome: Outcome, seconds: float, task: str) -> Row:
        used = outcome.used
        return (
            found.id, clock.now(), found.tenant, self._name, found.scope["path"], task, outcome.by,
            outcome.status, seconds, used.model, used.prompt, used.cached, used.written,
            used.reasoning, used.completion, used.audio_in, used.audio_out, outcome.paid,
            outcome.saved,
        )  # fmt: skip
