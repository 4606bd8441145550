"""A model's folder: written whole, read without following links, and checked for damage."""

from __future__ import annotations

import json
import math
import mmap
import os
import stat
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from ...core.errors import UnderdogError
from ...core.protocols import Model
from .. import files
from ..registry import name_of
from .record import damage
from .tree import Arrays, Damaged, decode, encode, key_of

FORMAT = 1
AGAIN = "fit it again: underdog fit …"


def save(model: Any, path: Path | str, record: Mapping[str, Any] | None = None) -> None:
    """Write ``model`` to the folder ``path``, replacing what is there only once all is written.

    ``record`` is plain data on how the model was made, which `record_of` reads.
    `UnderdogError` if something is there that underdog did not write.
    """
    from safetensors.numpy import save as pack

    arrays: Arrays = {}
    said = encode(model, arrays)
    tree = {"underdog": FORMAT, "model": said, "digest": _digest(said), "record": record or {}}
    with files.folder(Path(path)) as fresh:
        (fresh / "model.json").write_text(json.dumps(tree), "utf-8")
        (fresh / "arrays.safetensors").write_bytes(pack(arrays))


def record_of(path: Path | str) -> dict[str, Any]:
    """What `save` was told about the making of the model in ``path``; empty if nothing was.

    It is what the folder claims: only its types are checked. `UnderdogError` if they are others.
    """
    with files.steady(Path(path)) as here:
        tree, _ = _read(here, mapped=True)
    return _record(tree, here)


def opened(path: Path | str) -> tuple[Any, dict[str, Any]]:
    """The model in ``path`` and its record, both of the same moment: see `load_model`."""
    with files.steady(Path(path)) as here:
        tree, arrays = _read(here)
    return _answering(_built(tree, arrays, here), path), _record(tree, here)


def _record(tree: Any, here: Path) -> dict[str, Any]:
    found = tree.get("record") if isinstance(tree, dict) else None
    if problem := damage(found or {}):
        raise UnderdogError(f"{here} is damaged: {problem}", AGAIN)
    return found or {}


def packed(thing: Any) -> bytes:
    """``thing`` as `save` would write it, in one piece: for another process to unpack."""
    from safetensors.numpy import save as pack

    arrays: Arrays = {}
    tree = json.dumps(encode(thing, arrays)).encode()
    return len(tree).to_bytes(8, "little") + tree + pack(arrays)


def unpacked(data: bytes) -> Any:
    """What `packed` made ``data`` of."""
    from safetensors.numpy import load as unpack

    end = 8 + int.from_bytes(data[:8], "little")
    return decode(json.loads(data[8:end]), unpack(data[end:]))


def load_model(path: Path | str) -> Any:
    """The model in the folder ``path``; `UnderdogError` if what is there answers no texts."""
    return _answering(load(path), path)


def _answering(found: Any, path: Path | str) -> Any:
    if not isinstance(found, Model):
        raise UnderdogError(
            f"what is in {path} is {name_of(type(found)) or type(found).__name__}, not a model",
            "write one: underdog fit FILE 'linear()' --out FOLDER",
        )
    return found


def load(path: Path | str, *, mapped: bool = False) -> Any:
    """What `save` wrote to the folder ``path``.

    Arrays are copied into memory, unless they are to be ``mapped``: then they stay in the file,
    cannot be written to, and processes share them.

    `UnderdogError` if there is nothing, or something damaged, or something that its classes do not
    declare. Nothing of it is built before it is checked, and nothing is run.
    """
    with files.steady(Path(path)) as here:
        tree, arrays = _read(here, mapped)
    return _built(tree, arrays, here)


def _built(tree: Any, arrays: Arrays, here: Path) -> Any:
    try:
        if tree["underdog"] > FORMAT:
            raise UnderdogError(
                f"{here} was written by a newer underdog", "pip install --upgrade underdog"
            )
        if tree.get("digest", "") not in ("", _digest(tree["model"])):
            raise Damaged("model.json is not what was written")
        for key, array in arrays.items():
            if key_of(array) != key:
                raise Damaged(f"the array {key[:40]!r} is not what was written")
        return decode(tree["model"], arrays)
    except UnderdogError:
        raise
    except (Exception, RecursionError) as error:
        what = str(error) if isinstance(error, Damaged) else f"{type(error).__name__}: {error}"
        raise UnderdogError(f"{here} is damaged: {what[:300]}", AGAIN) from error


def fingerprint(path: Path | str) -> str:
    """A digest of what is saved in the folder ``path``; `UnderdogError` if nothing is."""
    with files.steady(Path(path)) as here:
        tree, _ = _read(here, mapped=True)
    return str(tree.get("digest", ""))


def _read(here: Path, mapped: bool = False) -> tuple[Any, Arrays]:
    """The JSON and the arrays of a folder, both from the same moment: another may replace it."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as unpack

    try:
        folder = os.open(here, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise _missing(here) from error
    try:
        said = _content(folder, "model.json", here)
        arrays = _content(folder, "arrays.safetensors", here, mapped)
    except FileNotFoundError as error:
        if error.filename == "model.json":
            raise _missing(here) from error
        raise UnderdogError(f"{here} is damaged: {error.filename} is missing", AGAIN) from error
    finally:
        os.close(folder)
    try:
        return json.loads(said), _views(arrays) if mapped else unpack(arrays)
    except (ValueError, RecursionError, SafetensorError, KeyError, TypeError, MemoryError) as error:
        raise UnderdogError(
            f"{here} is damaged: {type(error).__name__}: {str(error)[:200]}", AGAIN
        ) from error


NUMBERS = {
    **{"F64": "<f8", "F32": "<f4", "F16": "<f2", "BOOL": "?", "I8": "i1", "U8": "u1"},
    **{"I64": "<i8", "I32": "<i4", "I16": "<i2", "U64": "<u8", "U32": "<u4", "U16": "<u2"},
}
"""The names that safetensors has for the types of numbers, and numpy's."""


def _views(content: Any) -> Arrays:
    """The arrays of a safetensors file, as views of its ``content``; nothing is copied.

    As the library demands, they lie one after another, and together they are all that is there:
    what overlapped could be read, and digested, again and again.
    """
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(bytes(content[8:start]))
    if not isinstance(header, dict):
        raise ValueError("the header of the arrays is no object")
    header.pop("__metadata__", None)
    found, at = {}, 0
    for name, one in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        kind, shape = np.dtype(NUMBERS[one["dtype"]]), one["shape"]
        if not all(isinstance(size, int) and size >= 0 for size in shape):
            raise ValueError(f"the shape of the array {name[:40]!r} is none")
        end = at + math.prod(shape) * kind.itemsize
        if one["data_offsets"] != [at, end] or start + end > len(content):
            raise ValueError(f"the array {name[:40]!r} does not begin where the one before ends")
        found[name] = np.frombuffer(content, kind, math.prod(shape), start + at).reshape(shape)
        at = end
    if start + at != len(content):
        raise ValueError("there is more than the arrays")
    return found


def _content(folder: int, name: str, here: Path, mapped: bool = False) -> Any:
    """The bytes of a regular file: a link, a pipe or a device is refused, and never waited for."""
    try:
        handle = os.open(
            name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder
        )
    except FileNotFoundError as error:
        error.filename = name
        raise
    except OSError as error:
        raise UnderdogError(
            f"{here / name} cannot be read: {(error.strerror or str(error)).lower()}",
            "a model's folder holds plain files, no links: copy it with cp -rL",
        ) from error
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise UnderdogError(f"{here / name} is not a plain file", AGAIN)
        if mapped and os.fstat(handle).st_size:
            return mmap.mmap(handle, 0, access=mmap.ACCESS_READ)
        with os.fdopen(os.dup(handle), "rb") as file:
            return file.read()
    finally:
        os.close(handle)


def _missing(here: Path) -> UnderdogError:
    return UnderdogError(
        f"no model in {here}", "write one: underdog fit FILE 'linear()' --out FOLDER"
    )


def _digest(tree: Any) -> str:
    return blake2b(json.dumps(tree).encode(), digest_size=16).hexdigest()
