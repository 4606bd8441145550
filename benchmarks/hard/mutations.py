"""A model's folder with something wrong in it: its JSON, an array, a bit, a file, a tokenizer."""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path
from typing import Any


def mutated_model(source: Path, place: Path, draw: random.Random) -> str:  # noqa: C901
    """A copy of the model in ``source`` with something wrong in it; says what."""
    import numpy as np
    from safetensors.numpy import load, save

    from underdog.runtime.persist.tree import key_of

    shutil.copytree(source, place)
    kind = draw.choice(["json", "json", "json", "array", "array", "bits", "file", "tokenizer"])
    said = json.loads((place / "model.json").read_text("utf-8"))
    if kind in ("json", "tokenizer"):
        what = _mutate_tree(said, draw, texts=kind == "tokenizer")
        said.pop("digest", None)
        (place / "model.json").write_text(json.dumps(said), "utf-8")
        return what
    arrays = load((place / "arrays.safetensors").read_bytes())
    if kind == "array" and arrays:
        key = draw.choice(sorted(arrays))
        changed, what = _mutate_array(np.array(arrays.pop(key)), draw)
        arrays[key_of(changed)] = changed
        text = json.dumps(said).replace(key, key_of(changed))
        (place / "model.json").write_text(text.replace('"digest"', '"old"'), "utf-8")
        said = json.loads(text)
        said.pop("digest", None)
        (place / "model.json").write_text(json.dumps(said), "utf-8")
        (place / "arrays.safetensors").write_bytes(save(arrays))
        return f"array {what}"
    name = draw.choice(["model.json", "arrays.safetensors"])
    if kind == "bits":
        content = bytearray((place / name).read_bytes())
        for _ in range(draw.choice([1, 1, 8])):
            content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        (place / name).write_bytes(content)
        return f"bits of {name}"
    (place / name).unlink()
    what = draw.choice(["missing", "link", "fifo", "folder", "empty", "cut", "device"])
    if what == "link":
        (place / name).symlink_to(source / name)
    elif what == "fifo":
        os.mkfifo(place / name)
    elif what == "folder":
        (place / name).mkdir()
    elif what == "empty":
        (place / name).write_bytes(b"")
    elif what == "cut":
        (place / name).write_bytes((source / name).read_bytes()[: draw.randrange(1, 200)])
    elif what == "device":
        (place / name).symlink_to("/dev/zero")
    return f"{name} {what}"


ODD: list[Any] = [None, True, -1, 0, 10**10, 1.5, float("nan"), 1e308, "", "x", "..", [], [[]], {}]


def _mutate_tree(said: Any, draw: random.Random, *, texts: bool) -> str:
    places = [p for p in _places(said["model"], ()) if not texts or _looks_like_json(p[1])]
    if not places:
        places = _places(said["model"], ())
    path, old = draw.choice(places)
    new: Any = draw.choice(ODD)
    if isinstance(old, str) and len(old) > 100:
        at = draw.randrange(len(old))
        new = draw.choice([old[:at], old[:at] + draw.choice('{}[]",:0') + old[at + 1 :], new])
        try:
            inner = json.loads(old)
            some, _ = draw.choice(_places(inner, ()))
            _set(inner, some, draw.choice(ODD))
            new = draw.choice([new, json.dumps(inner), json.dumps(inner)])
        except (ValueError, IndexError, TypeError):
            pass
    elif isinstance(old, list) and old and draw.random() < 0.5:
        new = draw.choice([old[:-1], old + old, old[::-1], [old]])
    _set(said, ("model", *path), new)
    return f"json {'.'.join(map(str, path))[:60]} = {str(new)[:30]!r}"


def _looks_like_json(old: Any) -> bool:
    return isinstance(old, str) and old.startswith("{")


def _places(tree: Any, path: tuple[Any, ...]) -> list[tuple[tuple[Any, ...], Any]]:
    found = [(path, tree)] if path else []
    items: Any = tree.items() if isinstance(tree, dict) else ()
    if isinstance(tree, list):
        items = enumerate(tree)
    for key, value in items:
        found += _places(value, (*path, key))
    return found


def _set(tree: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        tree = tree[key]
    tree[path[-1]] = value


def _mutate_array(array: Any, draw: random.Random) -> tuple[Any, str]:
    import numpy as np

    what = draw.choice(["cut", "value", "nan", "dtype", "reshape", "longer", "zeros", "bytes"])
    flat = array.reshape(-1).copy()
    if what == "cut":
        return array[: draw.randrange(len(array) + 1)] if array.ndim else array, what
    if what == "longer":
        return np.concatenate([array, array]) if array.ndim else array, what
    if what == "dtype":
        return array.astype(draw.choice([np.int64, np.float64, np.uint8, np.bool_])), what
    if what == "reshape":
        return flat[None], what
    if what == "zeros":
        return np.zeros_like(array), what
    if len(flat) and what == "nan" and flat.dtype.kind == "f":
        flat[draw.randrange(len(flat))] = np.nan
    elif len(flat):
        top = np.iinfo(flat.dtype).max if flat.dtype.kind in "iu" else 1
        at = draw.randrange(len(flat))
        flat[at] = draw.choice([0, top, top // 2]) if top > 1 else draw.choice([0, 1])
    return flat.reshape(array.shape), what
