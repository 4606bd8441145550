"""Objects as plain data and arrays, and back: what a class does not declare is not built."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.errors import UnderdogError
from ...core.protocols import Learner, Model
from .. import registry

Arrays = dict[str, NDArray[Any]]


class Damaged(ValueError):
    """What was read is not what its classes declare."""


def encode(thing: Any, arrays: Arrays) -> Any:
    """``thing`` as JSON takes it; what it holds of arrays and bytes is added to ``arrays``.

    Raises `UnderdogError` for a value that cannot be saved, or that `decode` would not build.
    """
    match thing:
        case None | bool() | int() | float() | str():
            return thing
        case np.ndarray():
            return {"array": _stored(np.ascontiguousarray(thing), arrays)}
        case bytes():
            return {"bytes": _stored(np.frombuffer(thing, np.uint8), arrays)}
        case tuple() | list():
            return [encode(item, arrays) for item in thing]
        case dict():
            return {"dict": [[key, encode(value, arrays)] for key, value in thing.items()]}
        case _ if is_dataclass(thing) and (name := registry.name_of(type(thing))):
            parts = {f.name: getattr(thing, f.name) for f in fields(thing) if f.init}
            if problem := registry.wrong(type(thing), parts):
                raise _refused(name, problem, parts)
            return {"kind": name, "with": {k: encode(v, arrays) for k, v in parts.items()}}
    raise UnderdogError(
        f"{type(thing).__name__} cannot be saved", "make it a dataclass and @register it"
    )


def _refused(name: str, problem: str, parts: dict[str, Any]) -> UnderdogError:
    """The error for a ``problem`` of the ``parts`` of ``name``; of a recipe where a model belongs,
    that it is not fitted."""
    field = parts.get(problem.partition(" ")[0])
    for one in field if isinstance(field, tuple | list) else [field]:
        if isinstance(one, Learner) and not isinstance(one, Model):
            return UnderdogError(
                f"{name} holds {registry.spec(one)}, which is not fitted",
                "underdog fit FILE SPEC --out FOLDER fits what a model is made of, too; in Python:"
                f" ud.build({registry.spec(one)!r}).fit(data)",
            )
    return UnderdogError(f"{name} cannot be saved: {problem}", "fit it again: underdog fit …")


def decode(tree: Any, arrays: Arrays) -> Any:
    """What `encode` made ``tree`` and ``arrays`` of; `Damaged` if it cannot have been it."""
    return _decoded(tree, arrays, {})


def _decoded(tree: Any, arrays: Arrays, seen: dict[str, bytes]) -> Any:
    match tree:
        case list():
            return tuple([_decoded(item, arrays, seen) for item in tree])
        case {"array": str(key), **rest} if not rest:
            return _array(key, arrays)
        case {"bytes": str(key), **rest} if not rest:
            if key not in seen:  # once, so that a small file cannot ask for it a million times
                seen[key] = _array(key, arrays).tobytes()
            return seen[key]
        case {"dict": list(pairs), **rest} if not rest:
            return {key: _decoded(value, arrays, seen) for key, value in pairs}
        case {"kind": str(name), "with": dict(parts), **rest} if not rest:
            cls = registry.lookup(name)
            new: dict[str, str] = getattr(cls, "renamed", {})  # fields that had another name once
            whole = {
                new.get(str(key), str(key)): _decoded(value, arrays, seen)
                for key, value in parts.items()
            }
            if problem := registry.wrong(cls, whole):
                raise Damaged(f"{name}: {problem}")
            return cls(**whole)
        case dict():
            raise Damaged(f"nothing is made of {', '.join(map(repr, list(tree)[:4]))}")
    return tree


def _array(key: str, arrays: Arrays) -> NDArray[Any]:
    if key not in arrays:
        raise Damaged(f"the array {key[:40]!r} is missing")
    return arrays[key]


def key_of(array: NDArray[Any]) -> str:
    """The name of ``array``, made of what is in it."""
    seen = hashlib.blake2b(f"{array.dtype.str}{array.shape}".encode(), digest_size=16)
    seen.update(np.ascontiguousarray(array).data)
    return seen.hexdigest()


def _stored(array: NDArray[Any], arrays: Arrays) -> str:
    """The key of ``array`` among ``arrays``: equal ones are stored once.

    Members of an ensemble have much in common, such as the encoder that they all look through.
    """
    arrays[key := key_of(array)] = array
    return key
