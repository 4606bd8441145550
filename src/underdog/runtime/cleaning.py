"""What underdog keeps on disk outside the user's folders, and deleting it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from .cache import folder as training_folder
from .store import default_store


@dataclass(frozen=True)
class Kept:
    """A file or folder that underdog made for itself: its place, its use, its size in bytes."""

    path: Path
    what: str
    size: int


def caches() -> list[Kept]:
    """The folders of unfinished training; nothing in them was paid for."""
    place = training_folder()
    here = place is not None and place.is_dir()
    return [Kept(place, "unfinished training", _size(place))] if place and here else []


def paid() -> list[Kept]:
    """The store of paid answers, with the files that SQLite keeps beside it."""
    path = default_store().path
    here = path is not None and path.exists()
    return [Kept(path, "stored answers of language models", _size(path))] if path and here else []


def delete(one: Kept) -> None:
    """Delete a folder, or a file with its SQLite companions; what is gone already is no error."""
    if one.path.is_dir():
        rmtree(one.path, ignore_errors=True)
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
