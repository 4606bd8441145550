"""Labels in prose: where they stand, how they may be spelled, and which words count as one."""

from .counting import NUMERALS, counted
from .finder import Finder, Mention

__all__ = ["NUMERALS", "Finder", "Mention", "counted"]
