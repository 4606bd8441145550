"""What graders read: words in any script, the source of an output, and samples."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from ...core.data import Column, Dataset, Text
from ...core.errors import UnderdogError

UNSPACED = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Kana and Han: scripts without spaces, of which each sign counts as a word."""

WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")


def words(text: str) -> list[str]:
    """The words of ``text`` in lower case, without punctuation.

    >>> words("The cat's 2 mats."), words("犬と猫")
    (['the', 'cat', 's', '2', 'mats'], ['犬', 'と', '猫'])
    """
    return WORD.findall(text.casefold())


def source(text: Text) -> str:
    """What an output was made from: a text, or the last of a pair (question, passage)."""
    return text if isinstance(text, str) else text[-1]


def samples(data: Dataset, column: str = "samples") -> list[tuple[str, ...]]:
    """Other answers to the same question, one tuple for each row; empty where there are none.

    A cell is a list in JSON, or one text. Raises `UnderdogError` if there is no such column.
    """
    cells = named(data, column, " with other answers to the same question", "samples")
    return [_listed(cell) for cell in cells]


def named(data: Dataset, column: str, about: str, role: str) -> Column:
    """The cells of ``column``; an `UnderdogError` says what it is ``about`` where there is none.

    ``role`` is the option of `underdog judge` that names it.
    """
    if column not in data.columns:
        raise UnderdogError(
            f"the data have no column {column!r}{about}",
            f"name it: underdog judge FILE --{role} COLUMN",
        )
    return data.columns[column]


def _listed(cell: str | float | None) -> tuple[str, ...]:
    text = "" if cell is None else str(cell)
    if text.startswith("["):
        try:
            found = json.loads(text)
        except ValueError:
            found = [text]
        return tuple([str(one) for one in found if one is not None and str(one).strip()])
    return (text,) if text.strip() else ()


def repeated(data: Dataset, times: Sequence[int]) -> Dataset:
    """``data`` with its row ``i`` ``times[i]`` times, so that parts of one output can be graded."""
    return data.take([i for i, n in enumerate(times) for _ in range(n)])
