"""A file on disk: found, unpacked, decoded, and handed to the parser that its name asks for."""

from __future__ import annotations

import difflib
import lzma
import zlib
from dataclasses import replace
from pathlib import Path

from ..core.errors import UnderdogError
from .delimited import parse
from .frames import parse_parquet
from .records import parse_lines, parse_list
from .sheet import Sheet

PACKED = (".gz", ".bz2", ".xz", ".zst")
KINDS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")


def read_file(path: Path) -> Sheet:
    """The sheet in the file at ``path``; its suffix tells the format, ``.csv.gz`` and the like too.

    Text is UTF-8, with or without a byte-order mark, or UTF-16 with one.
    """
    content = _content(path)
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    if suffixes and suffixes[-1] in PACKED:
        content = _unpacked(content, suffixes.pop(), path)
    kind = suffixes[-1] if suffixes else ""
    if kind not in KINDS:
        raise UnderdogError(
            f"{path}: the name ends in none of {', '.join(KINDS)}",
            "rename it after what it holds, as in: underdog compare tickets.csv",
        )
    return replace(_parsed(content, kind, path), name=_stem(path))


def _parsed(content: bytes, kind: str, path: Path) -> Sheet:
    name = str(path)
    if kind == ".parquet":
        return parse_parquet(content, name)
    text = _decoded(content, path)
    if kind in (".jsonl", ".ndjson"):
        return parse_lines(text, name)
    if kind == ".json":
        return parse_list(text, name)
    return parse(text, name, "\t" if kind == ".tsv" else "")


def _stem(path: Path) -> str:
    """The file's name without what tells its format: ``a/tickets.csv.gz`` is "tickets"."""
    name = path.name
    for suffix in (*PACKED, *KINDS):
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
    return name or "task"


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        near = _near(path)
        raise UnderdogError(
            f"no file {path}",
            f"did you mean this? underdog compare {near}" if near else f"look: ls {path.parent}",
        ) from None
    except IsADirectoryError:
        inside = sorted(p for p in path.iterdir() if p.suffix in (*KINDS, *PACKED))
        example = inside[0] if inside else path / "tickets.csv"
        raise UnderdogError(
            f"{path} is a folder", f"name one file in it: underdog compare {example}"
        ) from None
    except PermissionError:
        raise UnderdogError(f"no permission to read {path}", f"chmod u+r {path}") from None
    except OSError as error:
        raise UnderdogError(f"cannot read {path}: {error.strerror}", f"ls -l {path}") from error


def _near(path: Path) -> Path | None:
    try:
        siblings = [p.name for p in path.parent.iterdir()]
    except OSError:
        return None
    near = difflib.get_close_matches(path.name, siblings, n=1)
    return path.parent / near[0] if near else None


def _unpacked(content: bytes, packed: str, path: Path) -> bytes:
    try:
        if packed == ".xz":
            return lzma.decompress(content)
        import pyarrow as pa

        codec = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}[packed]
        return bytes(pa.CompressedInputStream(pa.BufferReader(content), codec).read())
    except (lzma.LZMAError, zlib.error, EOFError, OSError) as error:
        raise UnderdogError(
            f"{path} is not a whole {packed} file: {error}",
            f"copy it again, and look: file {path}",
        ) from error


def _decoded(content: bytes, path: Path) -> str:
    encoding = "UTF-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "UTF-8"
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnderdogError(
            f"{path}, line {line}: byte {error.start} is not {encoding}",
            f"iconv -f WINDOWS-1252 -t UTF-8 {path} > utf8-{path.name}",
        ) from error
