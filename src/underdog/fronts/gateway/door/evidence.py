"""How near repeats fared when they were compared, task by task; it outlives the gateway."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import asdict, dataclass

from ....teach.bounds import upper_bound
from ..ledger.store import Store, storable

FIRST = 100
"""Comparisons after which a task is judged first; then after twice as many each time."""

MOST = 10_000
"""Tasks whose comparisons are remembered."""

SAVE = 10.0
"""Seconds after which comparisons are kept in the database; a difference is kept at once."""


@dataclass
class Evidence:
    """``compared`` near repeats of a task, of which ``wrong`` got another reply by ``model``.

    ``bound``: at most this share do, at the last judgement.
    """

    compared: int = 0
    wrong: int = 0
    bound: float = 1.0
    offered: bool = False
    model: str = ""

    def note(self, same: bool, risk: float, delta: float) -> None:
        """Enter a comparison. All judgements together err with probability ``delta`` at most."""
        self.compared += 1
        self.wrong += not same
        looks, rest = divmod(self.compared, FIRST)
        if rest == 0 and looks & (looks - 1) == 0:
            level = delta / 2.0 ** looks.bit_length()
            self.bound = float(upper_bound(self.wrong, self.compared, level))
            self.offered = self.bound <= risk
        if self.wrong > risk * self.compared:
            self.offered = False


class Book:
    """The evidence of all tasks, in the settings of ``store`` under the gateway's ``name``."""

    def __init__(self, store: Store | None = None, name: str = "") -> None:
        self.tasks: OrderedDict[str, Evidence] = OrderedDict()
        self._store = store
        self._row = f"near {name}"
        self._saved, self._dirty, self._wrong = time.monotonic(), False, False
        kept = store.rows("SELECT salt FROM settings WHERE id = :id", id=self._row) if store else ()
        with suppress(ValueError, TypeError):  # by another version, or damaged: compared again
            for (told,) in kept:
                pairs = json.loads(bytes(told))
                self.tasks.update({task: Evidence(**found) for task, found in pairs})

    def note(self, task: str, model: str, same: bool, risk: float, delta: float) -> None:
        """Enter a comparison of two replies of ``model``; another model begins from nothing."""
        found = self.tasks.get(task)
        if found is None or found.model != model:
            found = self.tasks[task] = Evidence(model=model)
        self.tasks.move_to_end(task)
        if len(self.tasks) > MOST:
            self.tasks.popitem(last=False)
        found.note(same, risk, delta)
        self._dirty, self._wrong = True, self._wrong or not same

    def keep(self) -> None:
        """Write what is new to the database, if it is time."""
        due = self._wrong or time.monotonic() - self._saved > SAVE
        if self._dirty and due:
            self.save()

    def save(self) -> None:
        """Write all of it to the database."""
        if self._store is None or not self._dirty:
            return
        self._saved, self._dirty, self._wrong = time.monotonic(), False, False
        told = json.dumps([(task, asdict(found)) for task, found in list(self.tasks.items())])
        row = storable((self._row, told.encode()))
        try:
            self._store.put("settings", [row])
            self._store.update("settings", row[0], {"salt": row[1]})
        except Exception:
            self._dirty = True
            raise
