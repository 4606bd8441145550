"""Fitted models on disk: a JSON tree and a safetensors file of arrays. Never a pickle.

Recipes and models are registered dataclasses of plain values, arrays, bytes and each other, so
one pair of functions saves them all and no class writes a line for it. A model from a stranger is
checked against what its classes declare before any of it is built, and can run nothing.

tree.py     objects as plain data and arrays, and back
record.py   what a saved model claims about its making
disk.py     the folder: what may be in it, how it is read, and whether it is undamaged
"""

from .disk import AGAIN, fingerprint, load, load_model, opened, packed, record_of, save, unpacked

__all__ = [
    "AGAIN",
    "fingerprint",
    "load",
    "load_model",
    "opened",
    "packed",
    "record_of",
    "save",
    "unpacked",
]
