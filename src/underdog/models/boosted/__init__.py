"""Gradient-boosted trees over a text and the other columns of its row: `Boosted`.

recipe.py      the recipe, and the trained model
columns.py     columns as numbers, and which of them may be used
rows.py        the model of a table that has no texts
row_lookup.py  the row of the file that a text belongs to
held_out.py    trees of a part of the rows, to choose how many are grown
trees.py       fitted trees as arrays, evaluated by numpy
"""

from .recipe import Boosted, BoostedModel

__all__ = ["Boosted", "BoostedModel"]
