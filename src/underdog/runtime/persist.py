"""Fitted models on disk: a JSON tree and a safetensors file of arrays. Never a pickle.

Recipes and models are registered dataclasses of plain values, arrays, bytes and each other, so
one pair of functions saves them all and no class writes a line for it. Loading a model from a
stranger builds registered classes from data and can run nothing else.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.errors import UnderdogError
from . import files, registry

Arrays = dict[str, NDArray[Any]]
FORMAT = 1


def save(model: Any, path: Path | str) -> None:
    """Write ``model`` to the folder ``path``, replacing what is there only once all is written."""
    from safetensors.numpy import save as pack

    arrays: Arrays = {}
    tree = {"underdog": FORMAT, "model": _encode(model, arrays)}
    with files.folder(Path(path)) as fresh:
        (fresh / "model.json").write_text(json.dumps(tree), "utf-8")
        (fresh / "arrays.safetensors").write_bytes(pack(arrays))


def packed(thing: Any) -> bytes:
    """``thing`` as `save` would write it, in one piece: for another process to unpack."""
    from safetensors.numpy import save as pack

    arrays: Arrays = {}
    tree = json.dumps(_encode(thing, arrays)).encode()
    return len(tree).to_bytes(8, "little") + tree + pack(arrays)


def unpacked(data: bytes) -> Any:
    """What `packed` made ``data`` of."""
    from safetensors.numpy import load as unpack

    end = 8 + int.from_bytes(data[:8], "little")
    return _decode(json.loads(data[8:end]), unpack(data[end:]))


def load(path: Path | str) -> Any:
    """The model in the folder ``path``."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as unpack

    here = files.restored(Path(path))
    if not (here / "model.json").is_file():
        raise UnderdogError(
            f"no model in {here}", "write one: underdog fit FILE 'linear()' --out FOLDER"
        )
    try:
        tree = json.loads((here / "model.json").read_text("utf-8"))
        arrays = unpack((here / "arrays.safetensors").read_bytes())
        if tree["underdog"] > FORMAT:
            raise UnderdogError(
                f"{here} was written by a newer underdog", "pip install --upgrade underdog"
            )
        return _decode(tree["model"], arrays)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise UnderdogError(
            f"{here} is damaged: {type(error).__name__}: {error}", "fit it again: underdog fit …"
        ) from error


def _encode(thing: Any, arrays: Arrays) -> Any:
    match thing:
        case None | bool() | int() | float() | str():
            return thing
        case np.ndarray():
            return {"array": _stored(np.ascontiguousarray(thing), arrays)}
        case bytes():
            return {"bytes": _stored(np.frombuffer(thing, np.uint8), arrays)}
        case tuple() | list():
            return [_encode(item, arrays) for item in thing]
        case dict():
            return {"dict": [[key, _encode(value, arrays)] for key, value in thing.items()]}
        case _ if is_dataclass(thing) and (name := registry.name_of(type(thing))):
            parts = {f.name: getattr(thing, f.name) for f in fields(thing) if f.init}
            return {"kind": name, "with": {k: _encode(v, arrays) for k, v in parts.items()}}
    raise UnderdogError(
        f"{type(thing).__name__} cannot be saved", "make it a dataclass and @register it"
    )


def _stored(array: NDArray[Any], arrays: Arrays) -> str:
    """The key of ``array``, made of what is in it: equal arrays are stored once.

    Members of an ensemble have much in common, such as the encoder that they all look through.
    """
    seen = hashlib.blake2b(f"{array.dtype.str}{array.shape}".encode(), digest_size=16)
    seen.update(array.data)
    arrays[key := seen.hexdigest()] = array
    return key


def _decode(tree: Any, arrays: Arrays) -> Any:
    match tree:
        case list():
            return tuple([_decode(item, arrays) for item in tree])
        case {"array": key}:
            return arrays[key]
        case {"bytes": key}:
            return arrays[key].tobytes()
        case {"dict": pairs}:
            return {key: _decode(value, arrays) for key, value in pairs}
        case {"kind": name, "with": parts}:
            return registry.lookup(name)(**{k: _decode(v, arrays) for k, v in parts.items()})
    return tree
