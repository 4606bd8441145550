"""Which files underdog wrote: it replaces those, and refuses to replace any other."""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path

from ...core.errors import UnderdogError

MARKER = ".underdog"
"""The file that lists what underdog wrote into a folder."""

MODEL_FILES = frozenset({"model.json", "arrays.safetensors"})
"""What a model's folder held before there were markers; model.json tells that it is one."""

PREDICTIONS = frozenset({"row", "label", "spec", "seed", "answer", "confidence", "dollars"})
"""Columns by which a table of predictions is recognised."""

START = 4096
"""Bytes at the beginning of a file by which it is recognised."""


def resolved(path: Path) -> Path:
    """Where ``path`` leads; OSError for links that lead to each other."""
    try:
        return path.resolve()
    except RuntimeError as error:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from error


def marked(names: Iterable[str]) -> str:
    """The content of a marker for a folder that holds ``names``."""
    return json.dumps({"underdog": 1, "files": sorted(names)}) + "\n"


def check_folder(path: Path) -> None:
    """Refuse a ``path`` that a new folder must not take the place of.

    It may be absent, empty, or a folder in which underdog wrote everything.
    """
    here = resolved(path)
    if not here.exists():
        return
    if not here.is_dir():
        raise _refused(path, "is a file")
    names = {entry.name for entry in here.iterdir()} - {"__pycache__"}  # Python's, of a script
    if names and (foreign := sorted(names - _written(here))):
        raise _refused(path, f"holds {foreign[0]!r}, which underdog did not write")
    if here == Path.cwd() or here in Path.cwd().parents:
        raise _refused(path, "is the folder you are in")


def check_files(folder: Path, names: Iterable[str]) -> None:
    """Refuse a ``folder`` in which one of ``names`` is something that underdog did not write.

    Other files may be in it: they stay. A name is a report file, recognised by its content, or
    the folder of unfinished work, recognised by its marker.
    """
    if folder.exists() and not folder.is_dir():
        raise _refused(folder, "is a file")
    for name in names:
        place = folder / name
        if (place.exists() or place.is_symlink()) and not _ours(place):
            raise _refused(folder, f"holds {name!r}, which underdog did not write")


def check_file(path: Path) -> None:
    """Refuse a ``path`` at which there is a file that is no report of underdog's."""
    if (path.exists() or path.is_symlink()) and not _ours(path):
        raise _refused(path, "is there already, and underdog did not write it")


def _written(folder: Path) -> frozenset[str]:
    """The names of what underdog wrote into ``folder``; none if it has no sign of that."""
    try:
        names = json.loads((folder / MARKER).read_text("utf-8"))["files"]
        return frozenset((MARKER, *map(str, names)))
    except (OSError, ValueError, LookupError, TypeError):
        pass
    start = _start(folder / "model.json")
    return MODEL_FILES if re.match(rb'\{"underdog": \d+, "model": ', start) else frozenset()


def _ours(place: Path) -> bool:
    if place.is_symlink():
        return False
    if place.is_dir():
        names = {entry.name for entry in place.iterdir()} - {MARKER}
        return all(re.fullmatch(r"[0-9a-f]{24}|\..+\.underdog-(new|old)", name) for name in names)
    match place.suffix:
        case ".html":
            return b'<meta name="generator" content="underdog' in _start(place)
        case ".json":
            start = _start(place)
            return b'"title":' in start and b'"created":' in start and b'"command":' in start
        case ".md":
            return _is_markdown_of_ours(place)
        case ".parquet":
            return _is_table_of_ours(place)
        case ".csv":
            header = _start(place).partition(b"\n")[0].decode("utf-8", "replace")
            return set(header.split(",")) >= PREDICTIONS
    return False


def _is_markdown_of_ours(place: Path) -> bool:
    start = _start(place).decode("utf-8", "replace")
    headed = re.match(r"### .+\n\n\*\*", start)
    return bool(headed) and bool(re.search(r"\| (model|contestant) \|", _text(place)))


def _is_table_of_ours(place: Path) -> bool:
    try:
        import pyarrow.parquet as pq

        with place.open("rb") as file:  # a library may not take a name that is not UTF-8
            return set(pq.read_schema(file).names) >= PREDICTIONS
    except Exception:  # whatever it is, it is no table of ours, or cannot be known to be one
        return False


def _start(place: Path) -> bytes:
    try:
        if not place.is_file():
            return b""
        with place.open("rb") as file:
            return file.read(START)
    except OSError:
        return b""


def _text(place: Path) -> str:
    try:
        return place.read_text("utf-8", "replace")
    except OSError:
        return ""


def _refused(path: Path, why: str) -> UnderdogError:
    return UnderdogError(
        f"{path} {why}, so nothing was written there",
        f"choose another place: --out {shlex.quote(str(_free(path)))}",
    )


def _free(path: Path) -> Path:
    """A place like ``path`` where there is nothing yet."""
    base = path if path.name not in ("", "..") else resolved(path)
    suffix = base.suffix if base.suffix == ".html" else ""
    name = (base.stem if base.is_file() else base.name) or "out"
    n = 2
    while (free := base.parent / f"{name}-{n}{suffix}").exists():
        n += 1
    return free
