"""An encoder-decoder that is trained to write a text's label, constrained to the labels: `Seq2Seq`.

recipe.py     the recipe, and the trained model
trie.py       the labels as a prefix tree of tokens
network.py    the network as torch trains it
"""

from .recipe import Seq2Seq, Seq2SeqModel

__all__ = ["Seq2Seq", "Seq2SeqModel"]
