"""Runs and learning curves of all contestants, as far as the time allows; and what is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import eq, itemgetter
from typing import Any, NoReturn

from ...core.errors import UnderdogError
from ...core.graders import EXACT, is_exact
from ...core.protocols import Grader, Learner, Model
from ...runtime.cache import Cache, key
from ...runtime.limit import Limit
from ...runtime.machine import machine
from ...runtime.progress import step
from ...runtime.registry import spec
from ...runtime.workers.attempt import Attempt, attempt, resumed
from .learning_curve import FEWEST, Curve, curve, expected
from .lineup import Absent
from .run import Pairs, Run, measured
from .runtime_estimate import estimated

SOON = 0.1
"""The share of the time left that a learning curve may take while contestants are waiting."""

CHOICE = 2
"""Learning curves that are not put off: the strongest contestant is chosen by them."""

SLACK = 1.25
ROUND = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60)
"""Minutes that are proposed as a budget; beyond these, whole hours."""


@dataclass
class Race:
    """Runs and learning curves, taken from the ``cache`` where they were made before.

    The ``limit`` changes no result: a contestant that takes part does so in full. Work that is not
    expected to end in time is not begun, and work that takes longer than expected is stopped.
    A contestant that fails is left out, with the reason, and the others go on; but the one whose
    spec is ``required`` must not fail. What was ``entered`` is kept by spec, and of the contestants
    that call no service the model that is right most often, ``leader``: how often, spec, model.
    """

    pairs: Pairs
    seeds: Sequence[int]
    cache: Cache
    limit: Limit = field(default_factory=Limit)
    required: str | None = None
    grader: Grader = EXACT
    entered: dict[str, Learner | Model] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    curves: dict[str, Curve] = field(default_factory=dict)
    missing: list[tuple[str, str, Attempt[Any]]] = field(default_factory=list)
    """Spec, part (as in `Absent`) and attempt of everything that was not done."""
    leader: tuple[int, str, Model] | None = None

    def enter(self, contestants: Sequence[Learner | Model]) -> None:
        """Run every contestant, then measure the learning curves that there is time for.

        `UnderdogError` if the required contestant fails.
        """
        tests = sum(len(test) for _, test in self.pairs)
        label = f"comparing on {tests:,} texts"
        waiting: list[tuple[float, Learner]] = []
        with step(label, len(contestants)) as advance:
            for one in contestants:
                self.entered[spec(one)] = one
                last = self._runs(one)
                if last and isinstance(one, Learner) and self._teachable(last):
                    needed = expected(last, self.pairs)
                    if len(self.curves) < CHOICE or needed <= SOON * self.limit.left:
                        self._curve(needed, one)
                    else:
                        waiting.append((needed, one))
                advance(1)
            for needed, one in sorted(waiting, key=itemgetter(0)):
                self._curve(needed, one)

    def order(self) -> list[str]:
        """The learners with a curve, the most accurate inside the training part first.

        Equal ones stay in the order in which they were entered. Looks at no test text.
        """
        return sorted(self.curves, key=lambda name: -self.curves[name].held_out)

    @property
    def tied(self) -> bool:
        """Whether training cannot tell the first two of `order` apart."""
        first = [self.curves[name] for name in self.order()[:2]]
        return len(first) == 2 and first[0].like(first[1])

    def absent(self, spent: float) -> list[Absent]:
        """What is missing, why, and what to type, after ``spent`` seconds."""
        lacking = sum(made.lacking for *_, made in self.missing)
        more = f"--budget {enough(spent + lacking)}"
        return [
            Absent(name, made.problem, more if made.status == "late" else _remedy(name, made), part)
            for name, part, made in self.missing
        ]

    @property
    def late(self) -> bool:
        """Whether there was too little time for something."""
        return any(made.status == "late" for *_, made in self.missing)

    def refusal(self, one: Learner | Model) -> str:
        """Why ``one`` refused to run; it is then no longer missing. Else an empty text."""
        for place, (name, _, made) in enumerate(self.missing):
            if name == spec(one) and made.status == "refused":
                del self.missing[place]
                return f"{made.problem} ({made.hint})"
        return ""

    def give_up(self) -> NoReturn:
        """Raise the `UnderdogError` that says why nothing can be compared."""
        if all(made.status == "late" for *_, made in self.missing):
            missed = f"not even {self.required}" if self.required else "not one contestant"
            raise UnderdogError(f"{missed} could finish in time", "allow more of it: --budget 30m")
        name, _, made = next(one for one in self.missing if one[2].status != "late")
        problem = made.problem if made.status == "refused" else f"{name} crashed: {made.problem}"
        if len(self.missing) > 1:
            problem = f"not one contestant could run; the first: {problem}"
        raise UnderdogError(problem, _remedy(name, made))

    def _runs(self, one: Learner | Model) -> Run | None:
        """The last of its runs, one for each seed; None if there is none."""
        last, needed = None, None
        for seed in self.seeds if isinstance(one, Learner) else self.seeds[:1]:
            # a run holds timings, so it depends on the machine too
            kept = key(one, self.pairs, seed, "run", machine()["cpu"])
            made = resumed(self.cache, kept) or self._run(one, seed, needed, kept)
            if made.value is not None:
                self.runs.append(last := made.value)
                needed = made.seconds
                continue
            self._miss(one, "" if last is None else f"seed {seed}", made)
            if spec(one) == self.required and last is None:
                self.give_up()
            if last is None or made.status == "late":
                break
        return last

    def _run(
        self, one: Learner | Model, seed: int, needed: float | None, kept: str
    ) -> Attempt[Run]:
        if needed is None and self.limit.end < math.inf:
            guess = partial(estimated, one, self.pairs, self.limit.left)
            estimate: Attempt[Any] = attempt(guess, limit=self.limit)
            if estimate.value is None:
                return estimate
            needed = estimate.value
        work = partial(self._measured, one, seed)
        return attempt(work, limit=self.limit, needed=needed or 0.0, cache=self.cache, key=kept)

    def _measured(self, one: Learner | Model, seed: int) -> Run:
        found, model = measured(one, self.pairs, seed)
        golds = [label for _, test in self.pairs for label in test.labels]
        right = sum(map(eq, found.answers.values, golds))
        if not found.calls_out and seed == self.seeds[0] and right > (self.leader or (-1,))[0]:
            self.leader = right, found.spec, model
        return found

    def _teachable(self, last: Run) -> bool:
        """Whether a learning curve can be measured for free."""
        return not last.calls_out and len(self.pairs[0][0]) >= FEWEST

    def _curve(self, needed: float, one: Learner) -> None:
        made = attempt(
            partial(curve, one, *self.pairs[0], self.seeds[0], self.grader),
            limit=self.limit,
            needed=needed,
            cache=self.cache,
            key=key(one, self.pairs[0], self.seeds[0], "learning curve", *self._graded()),
        )
        if made.value is None:
            self._miss(one, "learning curve", made)
        else:
            self.curves[spec(one)] = made.value

    def _graded(self) -> list[str]:
        """The grader, for the key of a curve, unless labels are compared for equality."""
        return [] if is_exact(self.grader, self.pairs[0][0]) else [spec(self.grader)]

    def _miss(self, one: Learner | Model, part: str, made: Attempt[Any]) -> None:
        self.missing.append((spec(one), part, made))


def _remedy(name: str, made: Attempt[Any]) -> str:
    return made.hint or f"see why with it alone: underdog fit FILE {name!r} --out FOLDER"


def enough(seconds: float) -> str:
    """A round time, as it is typed, that is longer than ``seconds``.

    >>> enough(200), enough(1500), enough(9000)
    ('5m', '45m', '4h')
    """
    minutes = SLACK * seconds / 60
    fitting = [f"{m}m" for m in ROUND if m >= minutes]
    return fitting[0] if fitting else f"{math.ceil(minutes / 60)}h"
