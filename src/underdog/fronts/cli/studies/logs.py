"""A log of a large model's answers without right ones, as the command line finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ....core.data import Dataset
from ....core.errors import UnderdogError
from ....core.reading.spelling import folded
from ... import terminal

if TYPE_CHECKING:
    from ....data.read import Table
    from ....data.sheet import Sheet


def log_without_gold(
    sheet: Sheet, against: str | None, labels: str | None, columns: Mapping[str, Any]
) -> Table | None:
    """The table in ``sheet``, labelled with the answers in ``against``, if it has no gold column.

    None where ``against`` is not a column, or where a column looks like right answers by its
    name. Raises `UnderdogError` where one looks so by holding the values that the answers hold, and
    is not named after a model. ``columns`` are the options of `read`.
    """
    from ....data.guess import quoted, recorded
    from ....data.mapping import label_names
    from ....data.read import read
    from ....study.labels.no_gold import from_answers

    if against is None or "(" in against:
        return None
    table = read(sheet, labelled=False, **columns)
    if against not in table.data.columns or table.columns.label is not None:
        return None
    if gold := looks_like_gold(table.data, against):
        if not recorded(gold):
            return None  # it is guessed to be the label, or asked for
        raise UnderdogError(
            f"it cannot be told whether {gold!r} holds right answers: it has the values that "
            f"{against!r} has",
            f"if it does: --label {quoted(gold)}; if not, measure agreement: --label "
            f"{quoted(against)}",
        )
    data, notes = from_answers(table.data, against, label_names(labels) if labels else ())
    terminal.notes((*table.notes, *notes))
    return replace(table, data=data, train=None, test=None)


def looks_like_gold(data: Dataset, against: str) -> str:
    """The column besides ``against`` that holds few values, most of which the answers hold too, and
    that is not named after a model; "" if there is none."""
    from ....core.reading.stated import stated
    from ....data.guess import plain_name
    from ....data.tables.names import MODELS

    answered = {folded(stated(str(cell))) for cell in data.columns[against] if cell is not None}
    for name, cells in data.columns.items():
        values = {folded(str(cell)) for cell in cells if cell is not None and str(cell).strip()}
        few = 2 <= len(values) <= max(2, len(cells) // 5)
        of_model = any(MODELS.match(word) for word in plain_name(name).split("_"))
        same = few and 2 * len(values & answered) > len(values)
        if name != against and not of_model and same:
            return name
    return ""
