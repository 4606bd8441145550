"""Compressed files: recognised by their first bytes, unpacked piece by piece up to a ceiling."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...core.errors import UnderdogError
from ...runtime.extras import require
from .. import limits

MAGIC = {
    b"\x1f\x8b": ".gz",
    b"BZh": ".bz2",
    b"\xfd7zXZ\0": ".xz",
    b"\x28\xb5\x2f\xfd": ".zst",
    b"PK\x03\x04": ".zip",
    b"PK\x05\x06": ".zip",
}
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
BROKEN = (
    *(lzma.LZMAError, zlib.error, zipfile.BadZipFile, struct.error),
    *(EOFError, OSError, ValueError, LookupError, RuntimeError),
)
"""What the standard library raises for a packed file that is damaged."""

OFFICE = {
    "xl/workbook.bin": "a binary Excel workbook",
    "content.xml": "an OpenDocument file",
    "word/document.xml": "a Word file",
    "Index/Document.iwa": "a Numbers or Pages file",
    "[Content_Types].xml": "an Office file without its workbook",
}
"""Files in a zip file that tell which program wrote it, and what cannot be read as a table."""

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".xlsx", ".db", ".gz")
"""Ends of the names of files in a zip file that hold a table; beside one, others are no data."""

LAYERS = 3
"""Packings inside each other that are undone."""

PIECE = 1 << 20
JUNK = ("__MACOSX/", ".")
"""Beginnings of names in a zip file that are no data."""


def unpacked(content: bytes, path: Path) -> tuple[bytes, str]:
    """What is inside ``content``, and the name of the file in a zip file ("" elsewhere).

    An Excel workbook is a zip file too, and stays packed. Raises UnderdogError for a file that is
    cut off, or that unpacks to more bytes than the limit.
    """
    inside = ""
    for _ in range(LAYERS):
        packing = packing_of(content)
        if not packing or is_workbook(content):
            break
        try:
            if packing == ".zip":
                content, inside = _zipped(content, path)
            else:
                content = _joined(_pieces(content, packing), path)
        except UnderdogError:
            raise
        except BROKEN as error:
            what = ".xlsx" if path.suffix.lower() == ".xlsx" else packing
            raise UnderdogError(
                f"{path} is not a whole {what} file: {error}",
                f"copy it again, and look: ls -l {path}",
            ) from error
    return content, inside


def packing_of(content: bytes) -> str:
    """The packing that the first bytes announce, as a suffix; "" for none."""
    return next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), "")


def is_workbook(content: bytes) -> bool:
    """Whether ``content`` is an Excel workbook (.xlsx)."""
    if not content.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except BROKEN:
        return False


def _joined(pieces: Iterator[bytes], path: Path) -> bytes:
    whole = io.BytesIO()
    for piece in pieces:
        if whole.write(piece) and whole.tell() > limits.BYTES.value:
            limits.BYTES.check(whole.tell(), f"{path}, unpacked,", more=True)
    return whole.getvalue()


def _pieces(content: bytes, packing: str) -> Iterator[bytes]:
    if packing == ".zst":
        pa = require("pyarrow", "parquet")
        with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
            while piece := stream.read(PIECE):
                yield piece
        return
    start = 0
    while start < len(content):  # a file may hold several streams, one after the other
        reader = _decompressor(packing)
        rest, given = content[start : start + PIECE], start + PIECE
        while not reader.eof:
            if packing == ".gz":
                yield reader.decompress(rest, PIECE)
                rest = reader.unconsumed_tail
                hungry = not rest
            else:
                yield reader.decompress(rest, PIECE)
                rest, hungry = b"", reader.needs_input
            if not reader.eof and hungry:
                if given >= len(content):
                    raise EOFError("it ends too early")
                rest, given = content[given : given + PIECE], given + PIECE
        start = min(given, len(content)) - len(reader.unused_data)
        if packing_of(content[start : start + 8]) != packing:
            return  # padding


def _decompressor(packing: str) -> Any:
    if packing == ".gz":
        return zlib.decompressobj(wbits=31)
    return bz2.BZ2Decompressor() if packing == ".bz2" else lzma.LZMADecompressor()


def _zipped(content: bytes, path: Path) -> tuple[bytes, str]:
    """The one data file in a zip file, and its name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        _check_office(archive, path)
        files = [
            item
            for item in archive.infolist()
            if not item.is_dir()
            and not item.filename.startswith(JUNK)
            and not Path(item.filename).name.startswith(".")
        ]
        tables = [item for item in files if item.filename.lower().endswith(TABLES)]
        files = tables if len(tables) == 1 else files
        if len(files) != 1:
            names = ", ".join(repr(item.filename) for item in files[:5]) or "none"
            one = files[0].filename if files else "tickets.csv"
            raise UnderdogError(
                f"{path} holds {len(files)} files ({names}), not one",
                f"unpack one of them: unzip -p {path} '{one}' > '{Path(one).name}'",
            )
        limits.BYTES.check(files[0].file_size, f"{path}, unpacked,")
        try:
            with archive.open(files[0]) as stream:
                found = _joined(iter(lambda: stream.read(PIECE), b""), path)
        except (RuntimeError, NotImplementedError) as error:  # a password, or a rare packing
            raise UnderdogError(
                f"{path} cannot be unpacked: {error}", f"unpack it yourself: unzip {path}"
            ) from error
        return found, files[0].filename


def _check_office(archive: zipfile.ZipFile, path: Path) -> None:
    names = set(archive.namelist())
    for name, what in OFFICE.items():
        if name in names:
            raise UnderdogError(
                f"{path} is {what}, not a table",
                "open it and save it as .xlsx or CSV UTF-8, then: underdog compare tickets.csv",
            )
