"""A file on disk: found, unpacked, decoded, and handed to the parser of its format."""

from __future__ import annotations

import codecs
import difflib
from dataclasses import replace
from pathlib import Path

from ...core.errors import UnderdogError
from .. import limits
from ..exports import recognised
from ..exports.llm_logs import parse_logs
from ..sheet import Sheet
from .conll import CONLL, parse_conll
from .delimited import parse
from .encodings import decoded
from .excel import parse_workbook
from .fasttext import is_fasttext, parse_fasttext
from .frames import parse_parquet
from .packed import PACKED, is_workbook, packing_of, unpacked
from .records import looks_like_json, parse_json

KINDS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".xlsx", ".db", *CONLL)
TEXT = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".txt", ".tab", ".dat", "", *CONLL)
"""Endings of files that hold text; what is in them is told by their content."""

BINARY = {
    b"PAR1": ".parquet",
    b"SQLite format 3\0": ".db",
}
FOREIGN = {
    b"\xd0\xcf\x11\xe0": (
        "an old Excel or Office file, or one with a password",
        "save it as .xlsx without a password",
    ),
    b"%PDF": ("a PDF file", "give the table it was made from, as CSV"),
    b"ARROW1": ("an Arrow file", "write it as Parquet: pyarrow.parquet.write_table"),
    b"\x89PNG": ("an image", "give a table of texts, as CSV"),
    b"\xff\xd8\xff": ("an image", "give a table of texts, as CSV"),
    b"7z\xbc\xaf": (
        "a 7z archive",
        "unpack it, and name a file in it: underdog compare tickets.csv",
    ),
    b"Rar!": ("a RAR archive", "unpack it, and name a file in it: underdog compare tickets.csv"),
    b"<!doctype": ("a web page", "download the file itself, not the page that shows it"),
    b"<html": ("a web page", "download the file itself, not the page that shows it"),
    b"<?xml": ("an XML file", "write its rows as CSV or JSONL"),
    b"\x93numpy": ("an array of NumPy", "give a table of texts, as CSV"),
    b"version https://git-lfs": ("a pointer of Git LFS", "fetch the file: git lfs pull"),
    **{
        bytes([0x80, version]): ("a pickle, which may run code", "write it as CSV: frame.to_csv")
        for version in range(2, 6)
    },
}
"""First bytes, with letters in lower case where they are text, of files that hold no table."""

TAR = (257, b"ustar")
"""Where the first file of a tar archive says so."""


def read_file(path: Path) -> Sheet:
    """The sheet in the file at ``path``; its content tells the format, and its name where the
    content does not.

    Raises UnderdogError, with the remedy, for a file that cannot be read.
    """
    content, inside = unpacked(_content(path), path)
    told = Path(inside) if inside else path
    suffixes = [s.lower() for s in told.suffixes if s.lower() not in PACKED]
    packed = path.suffix.lower() in PACKED and not inside and not packing_of(_head(path))
    if packed and not _plain(content):
        raise UnderdogError(
            f"{path} is not a whole {path.suffix.lower()} file: it begins otherwise",
            f"copy it again, and look: ls -l {path}",
        )
    sheet = _parsed(content, suffixes[-1] if suffixes else "", path)
    if packed:
        note = f"the file is not packed, whatever its name ends in ({path.suffix})"
        sheet = replace(sheet, notes=(note, *sheet.notes))
    return replace(recognised(sheet, path), name=_stem(path))


def content_of(path: Path) -> tuple[bytes, str]:
    """The bytes of the file at ``path``, unpacked, and the name of the file in a zip file.

    Raises UnderdogError for a file that cannot be read, or that is no table by its first bytes.
    """
    content, inside = unpacked(_content(path), path)
    _check_foreign(content, path)
    return content, inside


def _parsed(content: bytes, kind: str, path: Path) -> Sheet:
    name = str(path)
    _check_foreign(content, path)
    if is_workbook(content):
        return parse_workbook(content, name)
    binary = next((k for magic, k in BINARY.items() if content.startswith(magic)), kind)
    if binary == ".parquet":
        return parse_parquet(content, name)
    if binary == ".db" and content:
        return parse_logs(content, name)
    if kind == ".xlsx" and content.startswith(b"PK"):
        return parse_workbook(content, name)  # broken: it says so
    if kind not in (*TEXT, ".xlsx"):
        raise UnderdogError(
            f"{path}: the name ends in none of {', '.join(KINDS)}",
            "rename it after what it holds, as in: underdog compare tickets.csv",
        )
    text, notes = decoded(content, path)
    json_named = kind in (".jsonl", ".ndjson", ".json")
    if kind in CONLL:
        sheet = parse_conll(text, name)
    elif is_fasttext(text):
        sheet = parse_fasttext(text, name)
    elif json_named or looks_like_json(text):
        sheet = parse_json(text, name, lines=kind != ".json")
    else:
        sheet = parse(text, name, "\t" if kind in (".tsv", ".tab") else "")
    return replace(sheet, notes=(*notes, *sheet.notes))


def _check_foreign(content: bytes, path: Path) -> None:
    """Refuse what is no table, by its first bytes, and say what it is."""
    head = content[:40].lstrip()
    for magic, (what, remedy) in FOREIGN.items():
        if head.startswith(magic) or head.lower().startswith(magic):
            raise UnderdogError(f"{path} is {what}, not a table", remedy)
    start, mark = TAR
    if content[start : start + len(mark)] == mark:
        raise UnderdogError(
            f"{path} is a tar archive, not a table",
            f"unpack it, and name a file in it: tar -xf {path}",
        )


def _stem(path: Path) -> str:
    """The file's name without what tells its format: ``a/tickets.csv.gz`` is "tickets"."""
    name = path.name
    for suffix in (*PACKED, *KINDS, ".txt", ".tab", ".dat"):
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
    return name or "task"


def _content(path: Path) -> bytes:
    try:
        if path.is_file():
            limits.BYTES.check(path.stat().st_size, str(path))
        elif path.exists() and not path.is_dir():
            raise UnderdogError(
                f"{path} is not a regular file", f"copy it into one: cat {path} > tickets.csv"
            )
        return path.read_bytes()
    except FileNotFoundError:
        near = _near(path)
        raise UnderdogError(
            f"no file {path}",
            f"did you mean this one? {near}" if near else f"look: ls {path.parent}",
        ) from None
    except IsADirectoryError:
        inside = sorted(p for p in path.iterdir() if p.suffix in (*KINDS, *PACKED))
        example = inside[0] if inside else path / "tickets.csv"
        raise UnderdogError(
            f"{path} is a folder", f"name one file in it, such as {example}"
        ) from None
    except PermissionError:
        raise UnderdogError(f"no permission to read {path}", f"chmod u+r {path}") from None
    except OSError as error:
        raise UnderdogError(f"cannot read {path}: {error.strerror}", f"ls -l {path}") from error


def _plain(content: bytes) -> bool:
    """Whether ``content`` is a table that was never packed: text of several lines, or binary."""
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, *BINARY)
    known = content.startswith(marks) or is_workbook(content)
    return known or (content.count(b"\n") > 0 and b"\0" not in content[:1000])


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def _near(path: Path) -> Path | None:
    try:
        siblings = [p.name for p in path.parent.iterdir()]
    except OSError:
        return None
    near = difflib.get_close_matches(path.name, siblings, n=1)
    return path.parent / near[0] if near else None
