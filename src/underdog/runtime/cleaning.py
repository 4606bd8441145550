"""What underdog keeps on disk outside the user's folders, and deleting it."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import UnderdogError
from .cache import delete as delete_one
from .cache import folder as training_folder
from .cache import unfinished
from .store import check_store, default_store


@dataclass(frozen=True)
class Kept:
    """A file or folder that underdog made for itself: its place, its use, its size in bytes."""

    path: Path
    what: str
    size: int


def caches() -> list[Kept]:
    """The folder of unfinished training; nothing that underdog put there was paid for."""
    place = training_folder()
    if place is None or not place.is_dir():
        return []
    return [Kept(place, "unfinished training", sum(map(_size, unfinished(place))))]


def paid() -> list[Kept]:
    """The store of paid answers, with the files that SQLite keeps beside it.

    Raises `UnderdogError` where UNDERDOG_STORE names a file that underdog did not write.
    """
    path = default_store().path
    if path is None or not path.exists():
        return []
    try:
        check_store(path)
    except sqlite3.Error as error:
        raise UnderdogError(
            f"{path} is no store of answers, or damaged: {error}", f"look: ls -l {path}"
        ) from error
    return [Kept(path, "stored answers of language models", _size(path))]


def delete(one: Kept) -> None:
    """Delete what underdog put into a folder, or a file with its SQLite companions.

    What is gone already is no error; a folder with other things in it stays.
    """
    if one.path.is_dir():
        for inner in unfinished(one.path):
            with suppress(OSError):
                delete_one(inner)
        with suppress(OSError):
            one.path.rmdir()
        return
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            one.path.with_name(one.path.name + suffix).unlink()


def _size(path: Path) -> int:
    """Bytes in a file, or in all files of a folder."""
    total = 0
    for file in path.rglob("*") if path.is_dir() else [path]:
        with suppress(OSError):  # another process may have deleted it
            total += file.stat().st_size if file.is_file() else 0
    return total
