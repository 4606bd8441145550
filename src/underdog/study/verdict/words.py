"""The words of a verdict, and the verdict itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..runs.lineup import Absent

SHIP, DEFER, KEEP, UNDECIDED, BEST = (
    "ship",
    "ship with deferral",
    "keep the large model",
    "not enough evidence",
    "best so far",
)
"""The four decisions about a large model, and what is said where there is none."""

JUDGEMENTS, FOLDS, LABELS = "judgements", "folds", "labels"
"""What settles a study without enough evidence: judging texts on which two models differ, testing
on every row in turn, or more rows with a label.
"""

SURE = 0.05
FEWEST = 30
"""Held-out texts below which nothing is shipped, whatever a test says."""


@dataclass(frozen=True)
class Verdict:
    """Whether a small model could do the job, and why.

    ``decision`` is one of ship, ship with deferral, keep the large model, not enough evidence; or
    best so far, where no large model took part. ``contestant`` is the one it speaks of.
    """

    decision: str
    contestant: str | None
    sentence: str
    reasons: tuple[str, ...]
    against: tuple[str, ...]
    margin: float
    deferral: str = "not yet certified"
    notes: tuple[str, ...] = ()
    """What speaks neither for nor against it."""
    settled_by: str = ""
    """`JUDGEMENTS`, `FOLDS` or `LABELS`, where the evidence is not enough; else empty."""

    def __str__(self) -> str:
        return self.sentence

    def without(self, absent: Sequence[Absent]) -> Verdict:
        """This verdict, its sentence with the contestants that were skipped for time."""
        late = [one for one in absent if not one.part and one.remedy.startswith("--budget")]
        if not late:
            return self
        names = ", ".join(dict.fromkeys(one.spec for one in late))
        said = f"{self.sentence} Skipped for time: {names} ({late[0].remedy} includes them)."
        return replace(self, sentence=said)
