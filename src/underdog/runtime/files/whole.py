"""Files and folders that are whole or absent: written beside their place, then moved into it.

What is being written is called ``.NAME.RANDOM.underdog-new``, and its writer holds a lock on it.
A writer that was killed holds none, so the next one that writes to the same place deletes it. A
folder that is being replaced is called ``.NAME.underdog-old`` for the moment between two renames;
`steady` finds it if the writer was killed in that moment.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...core.errors import UnderdogError
from .ownership import MARKER, check_folder, marked, resolved

try:
    import fcntl
except ImportError:  # not on Windows: two writers are not kept apart there
    fcntl = None  # type: ignore[assignment]

NEW, OLD = ".underdog-new", ".underdog-old"

SETTLED = 10.0
"""Seconds after which what a living writer writes is locked for sure."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an operating system's error on writing ``path`` into an `UnderdogError` with a hint."""
    try:
        yield
    except (OSError, UnicodeEncodeError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise UnderdogError(
            f"cannot write {path}: {reason}",
            "free some space, or choose another folder: --out FOLDER",
        ) from error


@contextmanager
def file(path: Path) -> Iterator[Path]:
    """The name of a new file to write, which replaces ``path`` when the block ends well.

    A reader, or a crash, finds the old file or the new one. Raises UnderdogError if it cannot be
    written.
    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        fresh = _beside(path)
        handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _CLOSED, 0o666)
        try:
            _lock(handle, wait=True)
            yield fresh
            _settle(fresh)
            os.replace(fresh, path)
            _settle(path.parent)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        finally:
            os.close(handle)


def write(path: Path, content: str | bytes) -> None:
    """Replace the file at ``path`` by ``content``, whole or not at all (see `file`).

    Of text, a lone surrogate, which no file can hold, becomes a question mark.
    """
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    with file(path) as fresh:
        fresh.write_bytes(data)


def writable(path: Path) -> None:
    """Refuse a ``path`` that could not be written: before long work, not after it."""
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        trial = _beside(path)
        trial.mkdir()
        trial.rmdir()


@contextmanager
def folder(path: Path) -> Iterator[Path]:
    """A new folder to fill, which takes the place of ``path`` when the block ends well.

    `UnderdogError` if ``path`` holds anything that underdog did not write.
    """
    with explained(path):
        place = resolved(path)  # a link to a folder stays: the folder that it names is replaced
        check_folder(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = _beside(place)
        fresh.mkdir()
        handle = os.open(fresh, os.O_RDONLY | _CLOSED)
        try:
            _lock(handle, wait=True)
            yield fresh
            (fresh / MARKER).write_text(marked(entry.name for entry in fresh.iterdir()), "utf-8")
            for entry in (*fresh.rglob("*"), fresh):
                _settle(entry)
            _put(fresh, place)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        finally:
            os.close(handle)


@contextmanager
def steady(path: Path) -> Iterator[Path]:
    """The folder to read for ``path``, which no writer replaces inside the block.

    It is the one that was there if a kill came while it was being replaced.
    """
    place = resolved(path)
    parent = None
    with suppress(OSError):
        parent = os.open(place.parent, os.O_RDONLY | _CLOSED)
    try:
        if parent is not None:
            _lock(parent, wait=True, shared=True)
        old = _old(place)
        yield old if old.is_dir() and not place.exists() else path
    finally:
        if parent is not None:
            os.close(parent)


@contextmanager
def alone(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Long work whose result goes to ``path``: `UnderdogError` while another process does the same.

    A hidden file beside ``path`` is locked until the block ends; a kill unlocks it. Where none can
    be made, nothing is refused. With ``wait`` the other process is waited for: look again then
    whether the work is still to be done.
    """
    place, handle = resolved(path), None
    with suppress(OSError):
        handle = _claimed(_lock_file(place), wait)
        if handle is None:
            raise UnderdogError(
                f"another underdog is writing {path}",
                "wait until it ends, or choose another place: --out NAME",
            )
    try:
        yield
    finally:
        if handle is not None:
            _lock_file(place).unlink(missing_ok=True)
            os.close(handle)


def _claimed(lock: Path, wait: bool) -> int | None:
    """The locked file ``lock``, open; None if another process holds it, unless to ``wait`` for."""
    while True:
        handle = os.open(lock, os.O_CREAT | os.O_RDWR | _CLOSED, 0o666)
        if not _lock(handle, wait=wait or fcntl is None):
            os.close(handle)
            return None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), os.stat(lock)):
                return handle
        os.close(handle)  # its owner had just deleted it


def _put(fresh: Path, place: Path) -> None:
    """Move ``fresh`` to ``place``; of several writers one at a time, and the last one stays."""
    parent = os.open(place.parent, os.O_RDONLY | _CLOSED)
    try:
        _lock(parent, wait=True)
        old = _old(place)
        if old.exists():  # left by a kill: put back, or already replaced
            shutil.rmtree(old) if place.exists() else os.replace(old, place)
        check_folder(place)
        if place.exists():
            os.replace(place, old)
        os.replace(fresh, place)
        _settle(place.parent)
        shutil.rmtree(old, ignore_errors=True)
        _sweep(place)
    finally:
        os.close(parent)


def _sweep(path: Path) -> None:
    """Delete what writers of ``path`` that were killed have left beside it."""
    start = f".{path.name}."
    with suppress(OSError):
        left = [n for n in os.listdir(path.parent) if n.startswith(start) and n.endswith(NEW)]
        for name in left:
            place = path.parent / name
            with suppress(OSError):
                handle = os.open(place, os.O_RDONLY | _CLOSED)
                try:
                    old = time.time() - os.fstat(handle).st_mtime > SETTLED
                    if old and _lock(handle, wait=False):
                        shutil.rmtree(place) if place.is_dir() else place.unlink()
                finally:
                    os.close(handle)


def _beside(path: Path) -> Path:
    return path.parent / f".{path.name[:200]}.{secrets.token_hex(4)}{NEW}"


def _old(place: Path) -> Path:
    return place.parent / f".{place.name[:200]}{OLD}"


def _lock_file(place: Path) -> Path:
    return place.parent / f".{place.name[:200]}.underdog-lock"


def _lock(handle: int, *, wait: bool, shared: bool = False) -> bool:
    """Hold the open file, alone or ``shared``, until it is closed; False if another holds it."""
    if fcntl is None:
        return wait
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(handle, kind | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return wait
    return True


def _settle(path: Path) -> None:
    """Wait until ``path`` is on the disk, so that no rename is there before what it names."""
    handle = os.open(path, os.O_RDONLY | _CLOSED)
    try:
        os.fsync(handle)
    except OSError:
        if path.is_file():
            raise
    finally:
        os.close(handle)


_CLOSED = getattr(os, "O_CLOEXEC", 0)
