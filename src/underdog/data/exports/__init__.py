"""Exports of other tools, recognised by what is in them: one module for each tool."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .. import limits
from ..sheet import Sheet, cell
from .argilla import ARGILLA
from .doccano import DOCCANO
from .export import Export, Reading, Row, loaded
from .label_studio import LABEL_STUDIO
from .openai_batch import OPENAI_BATCH
from .openai_chats import OPENAI_CHATS
from .prodigy import PRODIGY
from .traces import HELICONE, LANGFUSE_EXPORT, LANGSMITH

EXPORTS: tuple[Export, ...] = (
    LABEL_STUDIO,
    PRODIGY,
    ARGILLA,
    OPENAI_BATCH,
    HELICONE,
    LANGFUSE_EXPORT,
    LANGSMITH,
    OPENAI_CHATS,
    DOCCANO,
)
"""The tools whose exports are read, in the order in which they are tried."""

FIRST = 50
"""Rows by which an export is recognised."""


def recognised(sheet: Sheet, path: Path | None = None) -> Sheet:
    """``sheet`` as it is, or, where it is the export of a tool that is known, what that tool meant.

    The note that is added says which tool it was, and where text and label came from.
    """
    if sheet.text:
        return sheet
    keys = frozenset(sheet.columns)
    first = _rows(sheet, range(min(FIRST, len(sheet))))
    for export in EXPORTS:
        if export.recognise(keys, first):
            reading = export.read(_rows(sheet, range(len(sheet))), path)
            if reading is not None and reading.rows:
                return _sheet(reading, sheet)
    return sheet


def _sheet(reading: Reading, sheet: Sheet) -> Sheet:
    names = list(dict.fromkeys(key for row in reading.rows for key in row))
    limits.CELLS.check(len(reading.rows) * len(names), sheet.name)
    columns = [tuple([cell(row.get(key)) for row in reading.rows]) for key in names]
    made = Sheet.of(sheet.name, names, columns)
    return Sheet(
        made.name,
        made.columns,
        (*sheet.notes, reading.told),
        reading.text,
        reading.label,
        reading.unguessed,
    )


def _rows(sheet: Sheet, places: Iterable[int]) -> list[Row]:
    return [{key: loaded(column[i]) for key, column in sheet.columns.items()} for i in places]
