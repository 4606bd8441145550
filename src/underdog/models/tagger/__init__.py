"""Pieces of a text found and named: `Tagger`.

tokens.py     texts as tokens with features, and tags for the pieces that are to be found
vectors.py    vectors of tokens, by an encoder that is not trained
recipe.py     the recipe, a linear model of tags
model.py      the fitted model: the likeliest sequence of tags
"""

from .model import TaggerModel
from .recipe import Tagger

__all__ = ["Tagger", "TaggerModel"]
