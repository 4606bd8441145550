"""Which columns of a sheet mean what: those that are named, and those that are guessed."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.errors import UnderdogError
from ..guess import (
    Columns,
    check,
    find_text,
    guess_label,
    guess_split,
    guess_text,
    is_split,
    listed,
    model_answers,
    quoted,
)
from ..sheet import Sheet, shown
from .names import ROW
from .rows import row_columns

FEW = 12
"""Values of a column that may stand for parts."""


def chosen_columns(sheet: Sheet, named: Columns, labelled: bool) -> tuple[Columns, list[str]]:
    """All columns that mean something, and a note for each that was guessed.

    Where no column looks like texts, or where three or more are named, the text is the row. Raises
    `UnderdogError` for a column that is missing, and where it is not clear which one is meant.
    """
    notes: list[str] = []
    for option, name in (("label", named.label), ("group", named.group), ("split", named.split)):
        if name:
            check(sheet, name, option)
    said = named.text or tuple(name for name in sheet.text if name != named.label)
    text = tuple(check(sheet, name, "text") for name in said if name != ROW)
    row = ROW in said or len(text) > 2
    label, split = named.label, named.split
    label = label if label is not None or sheet.label in text else sheet.label
    given = [name for name in (*text, label, named.group, split) if name]
    if split is None and (split := guess_split(sheet, given)):
        notes.append(f"split column: {split!r} (guessed; another: --split, none: --split '')")
    notes += [] if split is not None else _no_split(sheet, given)
    given = [name for name in (*text, label, named.group) if name]
    taken = [*given, *([split] if split else []), *(sheet.unguessed - set(given))]
    if not said:
        text = _text(sheet, taken, label, notes)
        row = not text
    if label is None:
        label = _guessed_label(sheet, [*taken, *text], labelled)
        if label:
            notes.append(f"label column: {label!r} (guessed; name it with --label)")
    if not text:
        text = _row(sheet, taken, label, notes)
    if twice := [n for n in (label, named.group) if n and n in text]:
        raise UnderdogError(
            f"column {twice[0]!r} cannot be the text and something else as well",
            "name two columns: --text A --label B",
        )
    return Columns(text, label or None, named.group, split or None, row), notes


def _no_split(sheet: Sheet, given: Sequence[str]) -> list[str]:
    """A note on a column that is named like a split and names no parts, such as numbered folds."""
    other = next((n for n in sheet.columns if is_split(n) and n not in given), None)
    values = sorted({shown(value) for value in sheet.columns[other]}) if other else []
    if not 1 < len(values) <= FEW:
        return []
    return [
        f"column {other!r} is not used to split: it names no training and test part, but "
        f"{listed(values)}"
    ]


def _text(
    sheet: Sheet, taken: Sequence[str], label: str | None, notes: list[str]
) -> tuple[str, ...]:
    """The guessed columns of the text; none where no column looks like texts, and rows will do."""
    surest = label or guess_label(sheet, taken, by_shape=False)
    free = [*taken, surest] if surest else taken
    if not find_text(sheet, free) and row_columns(sheet, free, None)[0]:
        return ()
    text = guess_text(sheet, free)
    notes.append(f"text column: {listed(text)} (guessed; name it with --text)")
    return text


def _row(
    sheet: Sheet, taken: Sequence[str], label: str | None, notes: list[str]
) -> tuple[str, ...]:
    """The columns that rows are made of, which are told in ``notes``."""
    names, left_out = row_columns(sheet, taken, label)
    if not names:
        raise UnderdogError(
            f"no column of {sheet.name} is left to make rows of; its columns: "
            f"{listed(sheet.columns)}",
            "name the column of the text: --text COLUMN",
        )
    notes.append(
        f"no column holds texts, so each text is a row: {listed(names)} (guessed; name them: "
        f"--text '{ROW}' --text {quoted(names[0])} …)"
    )
    if left_out:
        notes.append(f"left out of the rows: {left_out}")
    return tuple(names)


def _guessed_label(sheet: Sheet, taken: Sequence[str], labelled: bool) -> str | None:
    """The label column; where there is none, the error names the answers of a model instead."""
    try:
        return guess_label(sheet, taken, by_shape=labelled)
    except UnderdogError as error:
        answers = [name for name in model_answers(sheet) if name not in sheet.text]
        if "none looks like one" not in error.problem or not answers:
            raise
        raise UnderdogError(
            f"{error.problem}. Column {answers[0]!r} looks like the answers of a model: without "
            "gold labels, agreement with them can be measured, and accuracy cannot",
            f"--label COLUMN, or measure agreement: --label {quoted(answers[0])}",
        ) from error
