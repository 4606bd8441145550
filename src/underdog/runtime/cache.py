"""Results of long work on disk, each under a key made of everything that can change it."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from shutil import rmtree
from time import time
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

import numpy as np

from ..core.data import Archive, Dataset
from ..core.errors import UnderdogError
from ..core.protocols import DependsOnEnvironment
from .files.home import kept_at, user_home
from .machine import installed
from .meter import machine_hour
from .persist import load, save

OURS = re.compile(r"[0-9a-f]{24}(\..+)?|\..+\.underdog-(new|old|lock)")
"""Names in the folder of interrupted fits; what else is in the folder that a user named stays."""

KEPT = 30 * 24 * 60 * 60.0
"""Seconds for which unfinished work is kept."""

PLAIN = (str, int, float, bool, bytes, type(None))


@dataclass(frozen=True)
class Cache:
    """A folder of results by their keys; without a ``folder`` it holds nothing.

    Work that took fewer than ``after`` seconds is cheaper to repeat than to write.
    """

    folder: Path | None = None
    after: float = 0.0

    def path(self, key: str) -> Path | None:
        """Where the result of ``key`` is kept; None without a folder, or a key."""
        return self.folder / key if self.folder and key else None

    def get(self, key: str) -> Any:
        """The result kept under ``key``; None if there is none that can be read."""
        path = self.path(key)
        if path is None or not path.exists():
            return None
        try:
            return load(path)
        except Exception:  # damaged, or of classes that have changed: to be done again
            rmtree(path, ignore_errors=True)
            return None

    def put(self, key: str, value: Any) -> None:
        """Keep ``value`` under ``key``. `UnderdogError` if it cannot be saved."""
        if path := self.path(key):
            save(value, path)

    def remove(self, *keys: str) -> None:
        """Forget what is kept under ``keys``."""
        for path in filter(None, map(self.path, keys)):
            rmtree(path, ignore_errors=True)

    def clear(self) -> None:
        """Forget everything."""
        if self.folder:
            rmtree(self.folder, ignore_errors=True)


def folder() -> Path | None:
    """The folder of interrupted fits: UNDERDOG_TRAINING, or ``~/.cache/underdog/training``.

    None, so that nothing is kept, where the user has no home.
    """
    return kept_at("UNDERDOG_TRAINING", "training")


def training() -> Path | None:
    """The `folder`, without what was not resumed within `KEPT` seconds: that is deleted."""
    place = folder()
    for left in unfinished(place) if place else ():
        with suppress(OSError):  # another process may have deleted it
            if time() - left.lstat().st_mtime > KEPT:
                delete(left)
    return place


def unfinished(place: Path) -> list[Path]:
    """What underdog keeps in the folder ``place``; not what else may be there."""
    with suppress(OSError):
        return [one for one in place.iterdir() if OURS.fullmatch(one.name)]
    return []


def delete(one: Path) -> None:
    """Delete a folder, a file or a link; OSError if that cannot be done."""
    rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink()


def key(recipe: Any, data: Dataset | Sequence[Any], seed: int, *options: object) -> str:
    """The key of what ``recipe`` makes of ``data`` from ``seed``: 24 hexadecimal digits.

    It covers every option of the recipe, the code of its class, the pretrained models and servers
    that it names, every field of the data, the ``options``, the price of this machine, and the
    versions of underdog, its plug-ins and the libraries that compute. Results of different inputs
    never share a key. What cannot be digested gets a key of its own, so it is never found.
    """
    about = tuple(sorted(_versions().items())), machine_hour()
    return digest((digest_recipe(recipe), data, seed, options, about))[:24]


@cache
def _versions() -> dict[str, str]:
    plugins = {e.dist.name: e.dist.version for e in entry_points(group="underdog") if e.dist}
    return plugins | installed()


_digests: WeakKeyDictionary[Dataset | Archive, str] = WeakKeyDictionary()


def digest(thing: Any) -> str:
    """SHA-256 of the content of ``thing``: of all fields, entries and items that it has."""
    if isinstance(thing, Dataset | Archive):  # immutable, and long
        if thing not in _digests:
            _digests[thing] = _digest(thing)
        return _digests[thing]
    return _digest(thing)


def _digest(thing: Any, inner: Any = digest) -> str:
    content: Any
    match thing:
        case _ if _plain(thing):
            content = repr(thing)
        case tuple() | list():
            content = tuple(map(inner, thing))
        case Mapping():
            content = "mapping", *[(inner(k), inner(v)) for k, v in thing.items()]
        case np.ndarray() if thing.dtype != object:
            whole = np.ascontiguousarray(thing)
            content = thing.dtype.str, thing.shape, hashlib.sha256(whole.data).hexdigest()
        case _ if is_dataclass(thing) and not isinstance(thing, type):
            parts = [(f.name, inner(getattr(thing, f.name))) for f in fields(thing) if f.init]
            content = type(thing).__qualname__, *parts
        case _:
            content = _pickled(thing)
    return hashlib.sha256(repr(content).encode("utf-8", "surrogatepass")).hexdigest()


def digest_recipe(thing: Any) -> str:
    """`digest`, and of what options name outside: the class's code, files, servers."""
    outside: list[Any] = []
    if isinstance(thing, str) and thing:
        outside = _pretrained(thing)
    elif isinstance(thing, tuple | list | Mapping | np.ndarray) or type(thing) in PLAIN:
        pass
    else:
        outside = [_source(thing.__module__ if callable(thing) else type(thing).__module__)]
        if isinstance(thing, DependsOnEnvironment):
            try:
                outside.append(sorted(thing.environment().items()))
            except UnderdogError as error:  # an address is missing: the fit will say so
                outside.append(error.problem)
    return _digest((_digest(thing, digest_recipe), repr(outside)))


def _plain(thing: Any) -> bool:
    """Whether the `repr` of ``thing`` tells all of it."""
    if type(thing) is tuple:
        return all(type(item) in PLAIN or _plain(item) for item in thing)
    return type(thing) in PLAIN


def _pickled(thing: Any) -> str:
    try:
        return hashlib.sha256(pickle.dumps(thing)).hexdigest()
    except Exception:  # a lock, a lambda, a connection
        return uuid4().hex


@cache
def _source(module: str) -> str:
    """The digest of the file that defines ``module``; empty where there is none."""
    path = getattr(sys.modules.get(module), "__file__", None)
    with suppress(OSError, TypeError):
        return hashlib.sha256(Path(str(path)).read_bytes()).hexdigest()
    return ""


def _pretrained(name: str) -> list[Any]:
    """What is in the folder of the pretrained model ``name``, or its revision in the hub's cache.

    Each file counts by its name, size and date. Other texts than such names give nothing.
    """
    home = Path(os.environ.get("HF_HOME") or (user_home() or Path()) / ".cache" / "huggingface")
    hub = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    found: list[Any] = []
    with suppress(OSError, ValueError):  # not a path at all
        if any((Path(name) / file).is_file() for file in ("config.json", "model.json")):
            seen = [(path.name, path.stat()) for path in sorted(Path(name).iterdir())]
            found = [(file, stat.st_size, stat.st_mtime_ns) for file, stat in seen]
        main = hub / f"models--{name.replace('/', '--')}" / "refs" / "main"
        if main.is_file():
            found.append(main.read_text("utf-8"))
    return found
