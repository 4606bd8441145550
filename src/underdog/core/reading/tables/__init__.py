"""Answers that go through the labels one by one: scores, ticks, and rows of a table."""

from .rows import rows
from .scores import scored
from .ticks import ticked

__all__ = ["rows", "scored", "ticked"]
