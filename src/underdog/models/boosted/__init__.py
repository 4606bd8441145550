"""Gradient-boosted trees over what a text says and what its row says of it: `Boosted`.

recipe.py     what a user builds, and what comes out
columns.py    columns as numbers, and which of them may be looked at
known.py      which row of the file a text stands in
trees.py      fitted trees as arrays, answered by numpy
"""

from .recipe import Boosted, BoostedModel

__all__ = ["Boosted", "BoostedModel"]
