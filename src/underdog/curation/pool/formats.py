"""Which files of a pool can be read, and those that must be unpacked or decoded first."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any

from ...core.errors import UnderdogError
from ...data import limits
from ...runtime import files
from ...runtime.extras import require

KINDS = {
    ".txt": "text",
    ".text": "text",
    ".md": "text",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
"""What a file holds, by the ending of its name."""

OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
BOMB = 100
"""How many times its size a packed file may have inside, beyond the limit on bytes of a file."""

DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""What the standard library raises for a packed file that is damaged."""

SAMPLE = 1 << 16
WIDE = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def kind_of(path: Path) -> tuple[str, str]:
    """What the name says: the kind, empty if unknown, and the packing, empty if none."""
    endings = [suffix.lower() for suffix in path.suffixes[-2:]]
    packing = endings.pop() if endings and endings[-1] in (*OPENERS, ".zst") else ""
    return KINDS.get(endings[-1] if endings else "", ""), packing


def opened(path: Path, packing: str, mode: str = "rb") -> AbstractContextManager[IO[bytes]]:
    """The bytes inside ``path``, to read or, with the mode 'wb', to write."""
    if packing == ".zst":
        pa = require("pyarrow", "parquet")
        if mode == "wb":
            packed: Any = pa.output_stream(str(path), compression="zstd")
        else:
            packed = io.BufferedReader(pa.input_stream(str(path), compression="zstd"))
        return packed  # type: ignore[no-any-return]
    if packing == ".gz" and mode == "wb":  # the same content must give the same bytes
        return gzip.GzipFile(path, mode, mtime=0)  # type: ignore[return-value]
    return OPENERS.get(packing, open)(path, mode)  # type: ignore[no-any-return]


def found(source: Path) -> tuple[list[Path], list[str]]:
    """The files of ``source`` that can be read, by name, and a note on each that cannot.

    Raises `UnderdogError` if there is none.
    """
    if source.is_file():
        if problem := _problem(source):
            raise UnderdogError(f"{source} {problem}", f"one of: {', '.join(KINDS)}, or a folder")
        return [source], []
    if not source.is_dir():
        raise UnderdogError(f"no file {source}", f"look: ls {source.parent}")
    good, notes = [], []
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        name = path.relative_to(source)
        if any(part.startswith((".", "_")) for part in name.parts):
            continue
        if problem := _problem(path):
            notes.append(f"not read: {name} {problem}")
        else:
            good.append(path)
    if not good:
        said = f": {notes[0]}" if notes else ""
        raise UnderdogError(f"no file of {source} can be read{said}", f"look: ls {source}")
    return good, notes


def _problem(path: Path) -> str:
    """Why ``path`` cannot be read; empty if it can."""
    kind, packing = kind_of(path)
    if not kind:
        return "is of no known format"
    try:
        with opened(path, packing) as file:
            head = file.read(SAMPLE)
    except DAMAGED as error:
        return f"cannot be read: {error}"
    if not head:
        return "is empty"
    if kind == "parquet":
        return "" if head.startswith(b"PAR1") else "is no Parquet file"
    return "is binary" if b"\0" in head and head[:2] not in WIDE else ""


def plain(path: Path, work: Path) -> Path:
    """A file that can be read from any place: ``path``, or what is inside it, put into ``work``.

    A packed file is unpacked, and UTF-16 becomes UTF-8. Raises `UnderdogError` for a damaged one.
    """
    kind, packing = kind_of(path)
    try:
        with opened(path, packing) as file:
            wide = WIDE.get(file.read(2), "") if kind != "parquet" else ""
    except DAMAGED as error:
        raise _damaged(path, error) from error
    if not packing and not wide:
        return path
    seen = path.stat()
    known = f"{path.resolve()} {seen.st_size} {seen.st_mtime_ns}"
    inside = work / f"{hashlib.sha256(known.encode()).hexdigest()[:16]}.{kind}"
    if inside.exists():
        return inside
    try:
        with opened(path, packing) as file, files.file(inside) as fresh, fresh.open("wb") as out:
            text = io.TextIOWrapper(file, wide, newline="") if wide else None
            while piece := (text.read(SAMPLE).encode() if text else file.read(SAMPLE)):
                out.write(piece)
                if out.tell() > BOMB * seen.st_size:
                    limits.BYTES.check(out.tell(), str(path), more=True)
    except (*DAMAGED, UnicodeDecodeError) as error:
        raise _damaged(path, error) from error
    return inside


def _damaged(path: Path, error: Exception) -> UnderdogError:
    return UnderdogError(f"{path} is damaged: {error}", "copy it again")
