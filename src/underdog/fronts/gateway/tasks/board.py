"""All tasks of a gateway: what is learned from replies, and what is kept in the database."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from typing import Any

from ....core.errors import UnderdogError
from ..clock import DAY, clock
from ..ledger.store import Store, delete_before, storable
from ..ledger.tables import TASKS
from ..ledger.writer import Writer
from ..settings import Settings
from .families import Families, Heard
from .identity import Part
from .learner import Choice, Learner, fresh
from .sharing import Sharing, Told, copied, take
from .task import COMPARED, TaskState
from .trainer import Trainer

SAVE = 10.0
"""Seconds between two moments at which changed tasks are kept."""

LOOK = 2.0
"""Seconds between two looks at what other gateways on the same database know."""

HOUR = 3600.0


class Board:
    """The tasks. One thread at a time may `observe`, and any may `match`."""

    def __init__(self, settings: Settings, store: Store, writer: Writer) -> None:
        self.settings = settings
        self.mode = settings.mode
        self._store = store
        self._writer = writer
        self._families = Families(settings)
        self._patterns = [_pattern(p) for p in settings.redact]
        self._saved = self._looked = self._purged = time.monotonic()
        self._sharing = Sharing(store, settings)
        clock.start(float(store.rows("SELECT coalesce(max(at), 0) FROM tasks")[0][0]))
        self._load()
        writer.regularly(self._keep)
        self._trainer = Trainer(settings, self._trained, store, writer, self._sharing.claim)

    @property
    def tasks(self) -> list[TaskState]:
        """The tasks, in the order in which they were found."""
        return self._families.tasks

    def task(self, name: str) -> TaskState | None:
        """The task with this identity, else with this name."""
        found = [t for t in self.tasks if t.id == name] or [t for t in self.tasks if t.name == name]
        return found[0] if found else None

    @property
    def answering(self) -> bool:
        """Whether any task may be answered locally in this mode: else no request need be read."""
        return self.mode in ("canary", "serve") and any(t.learner.models for t in self.tasks)

    @property
    def quick(self) -> bool:
        """Whether to `observe` takes microseconds: no small model that may be asked is slow."""
        return all(task.quick for task in self.tasks)

    def match(self, part: Part) -> tuple[TaskState, str] | None:
        """The task of a part of a request, and the text that varies; None if there is none."""
        matched = self._families.match(part)
        return None if matched is None else (matched[0], self.redacted(matched[1]))

    def redacted(self, text: str) -> str:
        """``text`` without what the patterns hide; small models see no more than this."""
        for pattern in self._patterns:
            text = pattern.sub("[redacted]", text)
        return text

    def observe(
        self, part: Part, heard: Heard, tenant: str, choice: Choice | None = None
    ) -> TaskState | None:
        """Learn from the upstream's reply to a part of a request; its task, if it has one."""
        matched = self.match(part)
        if matched is None:
            found = self._families.look(part, heard, tenant)
            for task, examples in found:
                for text, earlier in examples:
                    task.note_model(earlier.resolved)
                    self._hear(task, self.redacted(text), earlier, None)
            return found[0][0] if found else None
        task, text = matched
        if task.policy.state == "off":
            return task
        if task.note_model(heard.resolved):
            task.learner.restart(f"the upstream's model is now {heard.resolved[:80]}")
            task.repeats.forget()
            task.counts.repeated = task.counts.same = 0
            self._forget(task)
        elif task.resolved and heard.resolved and heard.resolved != task.resolved:
            return task  # one reply of another model shows nothing yet, and teaches nothing
        self._hear(task, text, heard, choice or self.choice(task, text))
        return task

    def share(self, task: TaskState, said: str) -> float:
        """The share of the texts with the answer ``said`` that the small model may answer now."""
        if said in task.policy.never:
            return 0.0
        return task.share(self.mode, self.settings.risk)

    def choice(self, task: TaskState, text: str, local: bool = False) -> Choice | None:
        """What the small model says to a text that does not pass through the queues.

        It is compared with the upstream and answers nothing, unless ``local``.
        """
        queues = task.batches
        if queues is None:
            return None
        own = queues[0].at_once(text)
        watched = own if queues[1] is queues[0] else queues[1].at_once(text)
        share = self.share(task, own.values[0]) if local else 0.0
        return task.learner.choose(own, watched, share, text)

    def feedback(self, request: str, right: str) -> bool:
        """Enter a person's judgement of a request; False if the request is not known any more."""
        found = self._store.rows(
            "SELECT task, text, own, reply, source FROM examples WHERE id = :id", id=request
        )
        if not found:
            return False
        task, text, own, reply, source = found[0]
        said = json.dumps([own or None, None if source == "local" else reply])
        row = (f"{request}-gold", clock.now(), task, text, right, "gold", said, 0.0)
        self._writer.put("examples", row)
        return True

    def decide(self, task: TaskState, **changes: Any) -> None:
        """Enter what a person decided: fields of its `Policy`; other gateways follow soon."""
        task.policy = replace(task.policy, **changes, at=clock.now())
        self.save(task)

    def told(self, task: TaskState) -> list[Told]:
        """What every gateway on this database knows of a task; this one comes first."""
        return self._sharing.told(task)

    def save(self, task: TaskState) -> None:
        """Keep a task in the database."""
        task.dirty = False
        row = storable((self._sharing.row(task), *task.row()[1:]))
        self._store.put("tasks", [row])
        self._store.update("tasks", row[0], dict(zip(TASKS[1:], row[1:], strict=True)))

    def close(self) -> None:
        """Stop training, and keep every task as it is now."""
        self._trainer.close()
        for task in self.tasks:
            self.save(task)

    def _trained(self) -> list[TaskState]:
        return [] if self.mode == "observe" else self.tasks

    def _hear(self, task: TaskState, text: str, heard: Heard, choice: Choice | None) -> None:
        before = len(task.learner.stream.alarms)
        weight = task.learner.heard(choice, text, heard.label)
        if heard.label in task.learner.labels:
            task.spell(heard.label, heard.wrote)
        task.counts.heard += 1
        if (same := task.repeats.heard(text, heard.label)) is not None:
            task.counts.repeated += 1
            task.counts.same += same
        own = ""
        if choice is not None:
            own = task.learner.labels[choice.said] if choice.said >= 0 else ""
            _compare(task, text, heard, own, choice)
        if weight:
            source = "audit" if choice is not None and choice.audit and choice.able else "heard"
            row = (heard.request, clock.now(), task.id, text, heard.label, source, own, weight)
            self._writer.put("examples", row)
        task.dirty = True
        if len(task.learner.stream.alarms) != before:
            self._forget(task)
        if self.mode != "observe" and task.learner.due:
            self._trainer.wake()

    def _forget(self, task: TaskState) -> None:
        """Drop the examples and comparisons of a term that is over."""
        task.compare_again()
        task.since = now = clock.now()
        query = "DELETE FROM examples WHERE task = :task AND source != 'gold' AND at < :now"
        self._writer.later(lambda: self._store.delete(query, task=task.id, now=now))

    def _load(self) -> None:
        for task, at, mine in self._sharing.kept():
            if mine:
                self._families.add(task)
                self._catch_up(task, at)
            else:
                self._join(task)

    def _join(self, other: TaskState) -> None:
        """Use what another gateway on the same database knows of a task."""
        mine = self.task(other.id)
        if mine is not None:
            take(mine, other)
        else:
            stream = fresh(other.id, other.learner.labels, self.settings)
            new = TaskState(
                other.id, other.family, "", {}, other.template, Learner(stream), other.options
            )
            self._families.add(copied(other, new))

    def _catch_up(self, task: TaskState, saved: float) -> None:
        """Count local answers that the ledger holds and a killed gateway could not count."""
        query = (
            "SELECT count(*) FROM requests WHERE task = :task AND by_whom = 'local' AND at > :at"
        )
        if self.settings.worker:
            query += " AND gateway = :name"
        found = self._store.rows(query, task=task.id, at=saved, name=self.settings.name)
        missed = int(found[0][0])
        account = task.learner.stream.now.account
        account.answers += missed
        if account.given and missed:
            account.given[0] += missed
            if account.proven is not None:
                account.proven = min(account.proven + missed, sum(account.undetected))

    def _keep(self) -> None:
        for task in self._trained():
            task.learner.look()
        now = time.monotonic()
        if now - self._saved > SAVE:
            self._saved = now
            for task in self.tasks:
                if task.dirty:
                    self.save(task)
        if now - self._looked > min(SAVE, LOOK) and not self._sharing.alone():
            self._looked = now
            self._load()
        if now - self._purged > HOUR:
            self._purged = now
            delete_before(self._store, time.time() - DAY * self.settings.retention)


def _compare(task: TaskState, text: str, heard: Heard, own: str, choice: Choice) -> None:
    counts = task.counts
    differs = choice.sure and own != heard.label
    if counts.compared < COMPARED:
        counts.compared += 1
        counts.differed += differs
    if differs:
        told = {"text": text[:2000], "local": own, "upstream": heard.wrote[:300]}
        task.latest.append(told)
    if choice.audit and choice.able:
        counts.audited += 1
        counts.agreed += own == heard.label


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise UnderdogError(f"{text!r} is no pattern: {error}", r"--redact '\b\d{16}\b'") from error
