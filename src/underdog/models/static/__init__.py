"""The mean of token vectors that an encoder taught, and a small network on it: `Static`.

recipe.py     what a user builds: trained by torch
model.py      what comes out: answers by numpy, scipy and tokenizers, without torch
network.py    the network as torch trains it
table.py      a vector for each token, distilled from an encoder
"""

from .model import StaticModel
from .recipe import Static

__all__ = ["Static", "StaticModel"]
