"""A small bidirectional recurrent network: `BiLSTM`.

recipe.py     the recipe, trained by torch
model.py      the trained model, run by onnxruntime; contextual embeddings also need torch
network.py    the network as torch trains it
graph.py      the same network as an ONNX graph
words.py      texts as rows of vectors: learned, static or contextual embeddings
"""

from .model import BiLSTMModel
from .recipe import BiLSTM
from .words import ContextualVectors, LearnedVectors, StaticVectors

__all__ = ["BiLSTM", "BiLSTMModel", "ContextualVectors", "LearnedVectors", "StaticVectors"]
