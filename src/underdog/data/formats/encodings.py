"""Bytes as text: UTF-8, UTF-16 and UTF-32 with or without a mark, and encodings of old."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from ...core.errors import UnderdogError
from .legacy import guessed

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SAMPLE = 400_000
"""Bytes from which an encoding without a mark is recognised."""

WIDE_SHARE = 0.15
"""Share of NUL bytes above which a file is UTF-16; UTF-8 has none."""

NAMES = {
    **{f"cp125{i}": f"Windows-125{i}" for i in range(7)},
    **{"iso8859-2": "ISO-8859-2", "shift_jis": "Shift-JIS", "euc_jp": "EUC-JP", "euc_kr": "EUC-KR"},
}
"""Encodings as people call them."""


def decoded(content: bytes, path: Path) -> tuple[str, list[str]]:
    """``content`` as text, and a note where the encoding had to be guessed.

    Raises UnderdogError for bytes that are no encoding that can be told from others.
    """
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return _strict(content[len(mark) :], encoding, path), []
    if wide := _wide(content):
        return _strict(content, wide, path), [f"encoding: {wide.upper()} (recognised by its bytes)"]
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        return _guessed(content, error, path)


def _strict(content: bytes, encoding: str, path: Path) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnderdogError(
            f"{path}: byte {error.start} is not {encoding.upper()}",
            f"drop what is broken: iconv -c -f {encoding.upper()} -t UTF-8 {path} "
            f"> utf8-{path.name}",
        ) from error


def _wide(content: bytes) -> str:
    """The name of UTF-16 or UTF-32 where the places of the NUL bytes show it; else ""."""
    sample = content[: SAMPLE - SAMPLE % 4]
    nuls = sample.count(0)
    if not nuls:
        return ""
    by_place = [sample[place::4].count(0) for place in range(4)]
    even, odd = by_place[0] + by_place[2], by_place[1] + by_place[3]
    if nuls > 0.6 * len(sample) and len(content) % 4 == 0:
        return "utf-32-le" if by_place[3] >= by_place[0] else "utf-32-be"
    if len(content) % 2 or min(even, odd) > 0.1 * max(even, odd):
        return ""
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    if nuls >= WIDE_SHARE * len(sample):
        return encoding
    try:  # a script whose letters have no NUL byte; its line breaks have
        content.decode("utf-8")
    except UnicodeDecodeError:
        return encoding if "\n" in sample.decode(encoding, "replace") else ""
    return ""


def _guessed(content: bytes, error: UnicodeDecodeError, path: Path) -> tuple[str, list[str]]:
    line = content.count(b"\n", 0, error.start) + 1
    lenient = content.decode("utf-8", "replace")
    broken = lenient.count("\ufffd")
    sound = sum(not char.isascii() for char in lenient) - broken
    if sound > 5 * broken:  # UTF-8 with a few bytes that are not
        return lenient, [
            f"encoding: UTF-8 with {broken:,} broken bytes, first in line {line}; each is shown "
            "as \ufffd"
        ]
    if encoding := guessed(content):
        text = content.decode(encoding, "replace")
        words = (word for word in re.findall(r"\w+", text) if not word.isascii())
        name = NAMES.get(encoding, encoding.upper())
        return text, [
            f"encoding: {name} (guessed: line {line} is not UTF-8; it reads {next(words, '…')!r})"
        ]
    raise UnderdogError(
        f"{path}, line {line}: byte {error.start} is not UTF-8, and the encoding cannot be told",
        f"name the encoding, as in: iconv -f WINDOWS-1251 -t UTF-8 {path} > utf8-{path.name}",
    )
