"""Models that are readable as they stand: sums over at most fifty lists of words and numbers."""

from .recipe import Glassbox

__all__ = ["Glassbox"]
