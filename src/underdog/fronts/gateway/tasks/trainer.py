"""Small models are fitted when they are due, one at a time, in a process of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ....core.data import Dataset
from ....core.errors import UnderdogError
from ....core.protocols import Model
from ....teach.deferral.thresholds import HeldOutAnswers
from ..ledger.store import Store
from ..ledger.writer import Writer
from ..settings import Settings
from .learner import dataset
from .task import COMPARED, LENIENT, TaskState
from .training import Carried, fit_apart

MOST = 20_000
"""Examples that a fit reads: the latest ones."""


class Trainer:
    """A thread that waits for tasks with enough new labels and has their small models fitted.

    ``claim`` says whether this gateway may fit a task: of several on one database, one does. A
    small model that comes after one that is proven answers at once: its held-out answers set its
    thresholds, and a look at texts that it learned from shows whether it arrived whole.

    It learns from what the upstream replied, heard or audited, and from nothing else.
    """

    def __init__(
        self,
        settings: Settings,
        tasks: Callable[[], list[TaskState]],
        store: Store,
        writer: Writer,
        claim: Callable[[TaskState], bool],
    ) -> None:
        self._claim = claim
        self._settings = settings
        self._tasks = tasks
        self._store = store
        self._writer = writer
        self._wake = threading.Event()
        self._ended = False
        self._carried = Carried()
        threading.Thread(target=self._work, name="underdog-trainer", daemon=True).start()

    def wake(self) -> None:
        """Look at once whether a task is due."""
        self._wake.set()

    def close(self) -> None:
        """Begin no further fit; the result of one that is under way is not used."""
        self._ended = True
        self._wake.set()

    def _work(self) -> None:
        while not self._ended:
            self._wake.wait(1.0)
            self._wake.clear()
            for task in self._tasks():
                if task.learner.due and task.policy.state != "off" and not self._ended:
                    self._fit(task)

    def _fit(self, task: TaskState) -> None:
        task.fitting, began = True, time.perf_counter()
        try:
            if not self._claim(task):
                return  # another gateway fits it, and this one will use the result
            self._writer.flush(5.0)
            term = task.learner.postpone()
            data = dataset(task.learner.stream, self._examples(task))
            if data is None or self._ended:
                return
            record, student = fit_apart(data, self._settings.student, 0, self._carried, task.id)
            follows = task.proven(self._settings.risk) and _whole(student, record, data)
            if not self._ended and task.learner.adopt(term, record, student):
                task.counts.fits += 1
                if not follows:
                    task.compare_again()
                task.counts.training_seconds += time.perf_counter() - began
                task.problem, task.dirty = "", True
        except (UnderdogError, OSError, ValueError) as error:
            task.problem = str(error).partition("\n")[0]
        except Exception as error:  # one task that cannot be fitted must not end the thread
            task.problem = f"{type(error).__name__}: {error}".partition("\n")[0]
        finally:
            task.fitting = False

    def _examples(self, task: TaskState) -> list[tuple[str, str, float]]:
        rows = self._store.rows(
            "SELECT text, reply, weight FROM examples WHERE task = :task AND at >= :since "
            "AND source IN ('heard', 'audit') ORDER BY at DESC LIMIT :n",
            task=task.id,
            since=task.since,
            n=MOST,
        )
        return [(text, reply, weight) for text, reply, weight in reversed(rows)]


def _whole(student: Model, record: HeldOutAnswers, data: Dataset) -> bool:
    """Whether a small model says of texts that it learned from what its held-out answers promise.

    It differs on no more of them than such models do on texts that they have not seen.
    """
    texts, labels = data.texts[-COMPARED:], data.labels[-COMPARED:]
    said = student.answer(texts).values
    differ = sum(a != b for a, b in zip(said, labels, strict=True))
    return differ <= LENIENT * (1 + len(texts) * float(record.doubt.mean()))
