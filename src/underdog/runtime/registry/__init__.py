"""Names for recipes and models, and the specs in which they are typed and stored.

naming.py  gives a class its name, finds it again, and writes an object as a spec
specs.py   reads a spec into the object that it describes: parsed, never evaluated
"""

from .naming import (
    described,
    explained,
    lookup,
    name_of,
    names,
    parts,
    register,
    samples,
    spec,
    wrong,
)
from .specs import build, contestant

__all__ = [
    "build",
    "contestant",
    "described",
    "explained",
    "lookup",
    "name_of",
    "names",
    "parts",
    "register",
    "samples",
    "spec",
    "wrong",
]
