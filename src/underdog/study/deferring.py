"""The deferring model that a study adds: a small model, with the recorded large one behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..core.graders import is_exact
from ..core.protocols import Learner, Model
from ..models.baselines import Majority
from ..models.recorded import Recorded
from ..runtime.registry import spec
from ..teach.deferral.frugal import Frugal
from .duels import RECALL_DROP
from .rows import Summary
from .runs.race import Race


@dataclass
class Deferring:
    """Enters deferring contestants into ``race``, for recorded answers are free.

    Each loses at most ``margin`` (a share) of accuracy to ``large``. ``refused`` says why the
    latest can promise nothing; else it is empty.
    """

    race: Race
    large: Recorded
    margin: float
    refused: str = ""
    entered: dict[str, str] = field(default_factory=dict)
    """What each contestant that was entered here refused with, if it did."""

    def enter(self) -> None:
        """Enter the small model that is best inside the training part, unless it is entered."""
        named = any(one.deferral and one.spec not in self.entered for one in self.race.runs)
        order = self.race.order()
        if order and 0 < self.margin < 1 and not named:
            self._enter(order[0], "accuracy", self.margin)

    def protect_recall(self, found: Sequence[Summary]) -> bool:
        """Enter a contestant that keeps the recall of every label, where that is what is missing.

        Says whether it took part, so that ``found`` is to be made again.
        """
        if any(s.defers and not s.lost for s in found):
            return False
        small = next((s for s in found if s.lost and not s.calls_out), None)
        if small is None or not isinstance(self.race.entered.get(small.spec), Learner):
            return False
        if all(s.lost or s.versus is None or s.versus.high < -self.margin for s in found):
            return self._enter(small.spec, "recall", RECALL_DROP)
        return False

    def _enter(self, name: str, metric: str, drop: float) -> bool:
        small = self.race.entered[name]
        assert isinstance(small, Learner)
        named = None if is_exact(self.race.grader, self.race.pairs[0][0]) else self.race.grader
        cascade = Frugal(small, self.large, drop=drop, metric=metric, grader=named)
        if spec(cascade) not in self.entered:
            self.race.enter([cascade])
            self.entered[spec(cascade)] = self.race.refusal(cascade)
        self.refused = self.entered[spec(cascade)]
        return any(run.spec == spec(cascade) for run in self.race.runs)


def first_heat(racing: Sequence[Learner | Model]) -> int:
    """How many of ``racing`` run before a deferring contestant is tried: to the first that learns.

    >>> from ..models.linear.recipe import Linear
    >>> first_heat([Recorded("llm"), Majority(), Linear(), Linear()])
    3
    """
    for place, one in enumerate(racing):
        if isinstance(one, Learner) and not isinstance(one, Majority | Recorded):
            return place + 1
    return len(racing)
