"""A small recurrent network that reads in both directions: `BiLSTM`.

recipe.py     what a user builds: trained by torch
model.py      what comes out: answers by onnxruntime; without torch, unless in context
network.py    the network as torch trains it
graph.py      the same network as ONNX
words.py      texts as rows of vectors: a vocabulary of its own, an encoder's, or in context
"""

from .model import BiLSTMModel
from .recipe import BiLSTM
from .words import Contexts, Pieces, Words

__all__ = ["BiLSTM", "BiLSTMModel", "Contexts", "Pieces", "Words"]
