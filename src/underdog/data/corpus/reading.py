"""Files as passages: a folder of documents, one document, or a table with a column of texts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ...core.errors import UnderdogError
from ...core.passages import Passages
from .. import limits
from ..formats.encodings import decoded
from ..guess import guess_text
from ..read import sheet_of
from ..sheet import Sheet, shown
from .splitting import WORDS, passages

DOCUMENTS = (".txt", ".md", ".rst", ".text", ".log", ".tex", ".org", ".adoc")
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".xlsx")


@dataclass(frozen=True)
class Corpus:
    """Passages, and the files that they are from: what `changes` compares with what is there."""

    path: str
    passages: Passages
    files: Mapping[str, str]
    notes: tuple[str, ...] = ()


def read_corpus(path: Path | str, text: Sequence[str] = (), words: int = WORDS) -> Corpus:
    """The passages of a file or of all files in a folder, with the file and line of each.

    Of a table each row is one, its columns ``text`` joined; the source is the file and its row,
    counted from 1. Documents are divided into passages of at most so many ``words``. Hidden files
    and links are left out, and files that hold no text are told. Raises `UnderdogError` for a
    path that does not exist, or in which there is no text.
    """
    place = Path(path).expanduser()
    if not place.exists():
        raise UnderdogError(f"no file or folder {place}", f"look: ls {place.parent}")
    texts: list[str] = []
    sources: list[str] = []
    files: dict[str, str] = {}
    notes: list[str] = []
    for file, name in _files(place, notes):
        files[name] = digest(file)
        found, told = _read(file, text, words)
        for where, passage in found:
            texts.append(passage)
            sources.append(f"{name}:{where}")
        notes += told
    if not texts:
        raise UnderdogError(
            f"there is no text in {place}",
            f"documents end in {', '.join(DOCUMENTS[:3])}, tables in {', '.join(TABLES)}",
        )
    return Corpus(str(place.resolve()), Passages.of(texts, sources), files, tuple(notes))


def changes(path: str, files: Mapping[str, Any]) -> list[str]:
    """The names of the files below ``path`` that differ from ``files``, are new, or are gone."""
    place = Path(path)
    if not place.exists():
        return [*files]
    now = {name: file for file, name in _files(place, [])}
    differ = [n for n, file in now.items() if n in files and digest(file) != files[n]]
    return sorted({*differ, *(now.keys() ^ files.keys())})


def digest(file: Path) -> str:
    """A digest of what is in ``file``."""
    with file.open("rb") as content:
        seen = blake2b(digest_size=12)
        while part := content.read(1 << 20):
            seen.update(part)
    return seen.hexdigest()


def _files(place: Path, notes: list[str]) -> Iterator[tuple[Path, str]]:
    """The files at ``place`` that may hold text, and their names below it, in order."""
    if place.is_file():
        yield place, place.name
        return
    other = 0
    for folder, inner, names in os.walk(place):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if name.startswith(".") or file.is_symlink() or not file.is_file():
                continue
            if file.suffix.lower() in DOCUMENTS + TABLES or _plain(file):
                yield file, file.relative_to(place).as_posix()
            else:
                other += 1
    if other:
        files = "1 file that is" if other == 1 else f"{other:,} files that are"
        notes.append(f"left out {files} neither document nor table")


def _plain(file: Path) -> bool:
    """Whether a file without an ending, such as README, holds text."""
    with file.open("rb") as content:
        return not file.suffix and b"\0" not in content.read(1000)


def _read(
    file: Path, text: Sequence[str], words: int
) -> tuple[Iterator[tuple[int, str]], list[str]]:
    """The passages of one file with the line or row of each, and notes."""
    if file.suffix.lower() in TABLES:
        sheet = sheet_of(file)
        return _rows(sheet, text), [*sheet.notes]
    limits.BYTES.check(file.stat().st_size, str(file))
    content, notes = decoded(file.read_bytes(), file)
    return passages(content.replace("\r\n", "\n"), words), [f"{file.name}: {n}" for n in notes]


def _rows(sheet: Sheet, text: Sequence[str]) -> Iterator[tuple[int, str]]:
    names = text or sheet.text or _guessed(sheet)
    if missing := [name for name in names if name not in sheet.columns]:
        raise UnderdogError(
            f"{sheet.name} has no column {missing[0]!r}",
            f"its columns: {', '.join(list(sheet.columns)[:20])}",
        )
    columns = [sheet.columns[name] for name in names]
    for row, cells in enumerate(zip(*columns, strict=True), 1):
        if passage := "\n".join(shown(one) for one in cells if one is not None).strip():
            yield row, passage


def _guessed(sheet: Sheet) -> tuple[str, ...]:
    """The column of the texts; all columns where none stands out."""
    try:
        return guess_text(sheet, ())
    except UnderdogError:
        return tuple(sheet.columns)
