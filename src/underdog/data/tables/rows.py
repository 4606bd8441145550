"""A table that has no column of texts: which of its columns a row is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...core.data import Column
from ...core.errors import UnderdogError
from ...core.values import as_row, number
from ..guess import listed, model_answers, plain_name
from ..sheet import Sheet, cell, shown
from .names import ANSWERS, ROW

LABELS = "its values are labels"
"""The reason why a column that `holds_labels` is left out."""

NUMERIC = 0.95
"""Share of the cells of a column that must be numbers for a column of numbers."""

IDS = re.compile(r"^(ids?|uuid|guid|index|idx|urls?|uri|hash|split|fold|dup|duplicate|logprobs?)$")
"""Words in names of columns that say nothing about another row."""

METERED = frozenset(
    {"cost", "costs", "usd", "dollars", "token", "tokens", "latency", "ms", "seconds", "score"}
    | {"confidence", "prob", "probs", "correct", "model", "api", "call", "total", "input", "output"}
)
"""Names made of these words speak of a recorded model where there are recorded answers."""

GENERIC_LABELS = {"yes", "no", "y", "n", "true", "false", "t", "f", "none", "other", "unknown"}
"""Labels that are common words: another column may hold them for unrelated reasons."""

COMMON = METERED | {"score", "user", "users", "agent", "agents", "annotator", "annotators"}
"""Words that `guess.recorded` takes for recorded answers, and that many tables have."""


def row_columns(sheet: Sheet, taken: Iterable[str], label: str | None) -> tuple[list[str], str]:
    """The columns that rows are made of, and a note on those that are left out, with the reasons.

    Left out are, by their names, recorded answers of a model, what it cost, and ids; and columns
    that hold labels. There are none unless a column holds numbers, or values that repeat.
    """
    others = [name for name in sheet.columns if name not in {*taken, label}]
    reasons = {name: said for name in others if (said := _objection(sheet, name, label))}
    kept = [name for name in others if name not in reasons]
    if not any(_tells(sheet, name) for name in kept):
        return [], ""
    groups = [
        f"{listed(name for name in reasons if reasons[name] == said)} ({said})"
        for said in dict.fromkeys(reasons.values())
    ]
    return kept, "; ".join(groups)


def row_of(cells: Mapping[str, Any], names: Sequence[str]) -> str:
    """The text of a row, of the columns ``names``; of all, if there are none.

    Raises `UnderdogError` for a column that is missing.
    """
    if missing := [name for name in names if name not in cells]:
        raise UnderdogError(
            f"no column {missing[0]!r}, which rows are made of; the columns: {listed(cells)}",
            f"give a file that has it, or name others: --text '{ROW}' --text COLUMN …",
        )
    return as_row({name: cell(cells[name]) for name in names or cells})


def _objection(sheet: Sheet, name: str, label: str | None) -> str:
    """The reason why rows are made without a column; nothing if there is none."""
    words = plain_name(name).split("_")
    of_model = METERED.issuperset(words) and model_answers(sheet)
    if of_model or any(ANSWERS.match(word) and word not in COMMON for word in words):
        return "named like recorded answers and what they cost"
    if any(IDS.match(word) for word in words):
        return "named like ids"
    if label is None:
        return ""
    labels = {shown(value).strip() for value in sheet.columns[label]}
    return LABELS if holds_labels(sheet.columns[name], labels) else ""


def holds_labels(cells: Column, labels: Iterable[str]) -> bool:
    """Whether most cells of a column are ``labels``, other than numbers and common words."""
    words = {label.casefold() for label in labels}
    specific = {one for one in words - GENERIC_LABELS if one and number(one) != number(one)}
    texts = [text.casefold() for cell in cells if (text := shown(cell).strip())]
    return sum(text in specific for text in texts) > len(texts) / 2


def _tells(sheet: Sheet, name: str) -> bool:
    """Whether a column has numbers, or values that repeat, and more than one of them."""
    texts = [text.strip() for text in map(shown, sheet.columns[name]) if text.strip()]
    kinds = set(texts)
    if len(kinds) < 2:
        return False
    numbers = sum(number(text) == number(text) for text in texts)
    return numbers >= NUMERIC * len(texts) or len(kinds) <= len(texts) / 2
