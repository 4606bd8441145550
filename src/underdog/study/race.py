"""Every contestant through the task, as far as the time allows; and who had to stay out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from time import perf_counter
from typing import TypeVar

from ..core.errors import UnderdogError
from ..core.protocols import Learner, Model
from ..runtime import formatting
from ..runtime.limit import Limit
from ..runtime.progress import step
from ..runtime.registry import spec
from .cells import Cells
from .learning_curve import FEWEST, Curve, curve, expected
from .lineup import Absent
from .run import Pairs, Run, run
from .runtime_estimate import rehearsed

T = TypeVar("T")

SOON = 0.1
"""Of the time that is left, what a learning curve may take while contestants are waiting."""

CHOICE = 2
"""Learning curves that are not put off: the strongest is chosen by them."""

SLACK = 1.25
ROUND = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60)
"""Minutes that are proposed as a budget; beyond these, whole hours."""


@dataclass
class Race:
    """Runs and learning curves, from disk where an earlier attempt finished them.

    Nobody is handicapped by the ``limit``: who took part did so in full. Nothing is begun that is
    not expected to end in time, and what takes longer than expected is stopped (see `Limit`).
    ``about`` is what the runs on disk must have been about.
    """

    pairs: Pairs
    seeds: Sequence[int]
    cells: Cells
    about: tuple[object, ...]
    limit: Limit = field(default_factory=Limit)
    runs: list[Run] = field(default_factory=list)
    curves: dict[str, Curve] = field(default_factory=dict)
    unable: list[Absent] = field(default_factory=list)
    late: list[tuple[str, str, str]] = field(default_factory=list)
    """What there was no time for, as of `Absent`: spec, part, and why not."""

    lacking: float = 0.0
    """Seconds that it would have taken, about."""

    def enter(self, racing: Sequence[Learner | Model], forgiving: bool = False) -> None:
        """Put everybody through the task, then measure the learning curves that time allows.

        If ``forgiving``, a contestant that cannot do the task is left out with the reason; else
        that is an `UnderdogError`.
        """
        tests = sum(len(test) for _, test in self.pairs)
        waiting: list[tuple[float, Learner]] = []
        with step(f"{len(racing)} contestants on {tests:,} texts", len(racing)) as advance:
            for one in racing:
                last = self._tolerated(one) if forgiving else self._runs(one)
                if last and isinstance(one, Learner) and self._teachable(last):
                    needed = expected(last, self.pairs)
                    if len(self.curves) < CHOICE or needed <= SOON * self.limit.left:
                        self._curve(needed, one)
                    else:
                        waiting.append((needed, one))
                advance(1)
            for needed, one in sorted(waiting, key=itemgetter(0)):
                self._curve(needed, one)

    def absent(self, spent: float) -> list[Absent]:
        """Who or what is missing, and what to type, now that ``spent`` seconds were too few."""
        remedy = f"--budget {enough(spent + self.lacking)}"
        late = [Absent(name, why, remedy, part) for name, part, why in self.late]
        return [*self.unable, *late]

    def _tolerated(self, one: Learner | Model) -> Run | None:
        try:
            return self._runs(one)
        except UnderdogError as error:
            self.unable.append(Absent(spec(one), error.problem, error.hint))
            return None

    def _runs(self, one: Learner | Model) -> Run | None:
        """The last of its runs, one for each seed; None if there was no time for any."""
        name, last, needed = spec(one), None, None
        for seed in self.seeds if isinstance(one, Learner) else self.seeds[:1]:
            key = ("run", name, seed, *self.about)
            found = self.cells.kept(key)
            if found is None:
                what = (name, "" if last is None else f"seed {seed}")
                needed = self._needed(what, one) if needed is None else needed
                work = partial(self.cells.get, key, partial(run, one, self.pairs, seed))
                start = perf_counter()
                found = None if needed is None else self._timed(what, needed, work)
                needed = perf_counter() - start
            if found is None:
                break
            self.runs.append(last := found)
        return last

    def _needed(self, what: tuple[str, str], one: Learner | Model) -> float | None:
        """Seconds that a run will take, if there is a limit; None if there is no time to see."""
        if self.limit.end == math.inf:
            return 0.0
        return self._timed(what, 0.0, partial(rehearsed, one, self.pairs, self.limit.left))

    def _teachable(self, last: Run) -> bool:
        """Whether a learning curve can be had, and for free."""
        return not last.calls_out and len(self.pairs[0][0]) >= FEWEST

    def _curve(self, needed: float, one: Learner) -> None:
        name = spec(one)
        key = ("curve", name, self.seeds[0], *self.about)
        found = self.cells.kept(key)
        if found is None:
            work = partial(curve, one, *self.pairs[0], self.seeds[0])
            kept = partial(self.cells.get, key, work)
            found = self._timed((name, "learning curve"), needed, kept)
        if found is not None:
            self.curves[name] = found

    def _timed(self, what: tuple[str, str], needed: float, work: Callable[[], T]) -> T | None:
        """What ``work`` gives, unless it is not expected to end in time, or does not."""
        left = self.limit.left
        if needed > left:
            self._skip(what, needed, f"about {_whole(needed)} needed, {_whole(left)} left")
            return None
        found = self.limit.within(work)
        if found is None:
            self._skip(what, 2 * left, f"stopped after {_whole(left)}, when the time was up")
        return found

    def _skip(self, what: tuple[str, str], needed: float, why: str) -> None:
        self.late.append((*what, why))
        self.lacking += needed


def _whole(seconds: float) -> str:
    return formatting.seconds(round(seconds)) if seconds >= 1 else "no time"


def enough(seconds: float) -> str:
    """A round time, as it is typed, that is longer than ``seconds``.

    >>> enough(200), enough(1500), enough(9000)
    ('5m', '45m', '4h')
    """
    minutes = SLACK * seconds / 60
    fitting = [f"{m}m" for m in ROUND if m >= minutes]
    return fitting[0] if fitting else f"{math.ceil(minutes / 60)}h"
