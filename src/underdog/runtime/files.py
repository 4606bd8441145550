"""Files that are whole or absent: written beside their place, then moved into it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.errors import UnderdogError


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an operating system's refusal to write ``path`` into a sentence with a remedy."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UnderdogError(
            f"cannot write {path}: {reason}",
            "free some space, or choose another folder: --out FOLDER",
        ) from error


def write(path: Path, content: str | bytes) -> None:
    """Replace the file at ``path``: a reader, or a crash, finds the old one or the new one."""
    data = content.encode() if isinstance(content, str) else content
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def writable(path: Path) -> None:
    """Refuse a ``path`` that could not be written: before long work, not after it."""
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryDirectory(dir=path.parent).cleanup()


@contextmanager
def folder(path: Path) -> Iterator[Path]:
    """A new folder to fill, which takes the place of ``path`` when the block ends well."""
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        try:
            yield fresh
            fresh.chmod(0o755)
            if path.exists():
                old = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.old."))
                os.replace(path, old / "it")
                os.replace(fresh, path)
                shutil.rmtree(old)
            else:
                os.replace(fresh, path)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
