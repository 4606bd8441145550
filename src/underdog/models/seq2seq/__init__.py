"""A network that reads a text and writes its label, and may write nothing else: `Seq2Seq`.

recipe.py     what a user builds, and what comes out
trie.py       the labels as a tree of tokens: at each fork one token is chosen
network.py    the network as torch trains it
"""

from .recipe import Seq2Seq, Seq2SeqModel

__all__ = ["Seq2Seq", "Seq2SeqModel"]
