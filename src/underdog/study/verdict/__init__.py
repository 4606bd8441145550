"""The decision, in one sentence with the numbers, and the reasons for and against."""

from .judge import Context, verdict
from .words import BEST, DEFER, KEEP, SHIP, UNDECIDED, Verdict

__all__ = ["BEST", "DEFER", "KEEP", "SHIP", "UNDECIDED", "Context", "Verdict", "verdict"]
