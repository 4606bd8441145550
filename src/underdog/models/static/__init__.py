"""A fast classifier on static token vectors that are distilled from an encoder: `Static`.

recipe.py     the recipe, trained by torch
model.py      the trained model, run by numpy, scipy and tokenizers, without torch
network.py    the network as torch trains it
table.py      a vector for each token, distilled from an encoder
"""

from .model import StaticModel
from .recipe import Static

__all__ = ["Static", "StaticModel"]
