"""The decision, in one sentence with the numbers, and the reasons for and against."""

from .judge import Context, verdict
from .words import BEST, DEFER, FOLDS, JUDGEMENTS, KEEP, LABELS, SHIP, UNDECIDED, Verdict

__all__ = [
    "BEST",
    "DEFER",
    "FOLDS",
    "JUDGEMENTS",
    "KEEP",
    "LABELS",
    "SHIP",
    "UNDECIDED",
    "Context",
    "Verdict",
    "verdict",
]
