"""Cells that mark pieces of a text, by their places or as pairs, made one way of writing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...core.values import KIND_KEYS, as_pieces, pieces
from ..guess import recorded
from ..sheet import Sheet, shown

SAMPLE = 200


def spans_of(text: str, cell: Any) -> str | None:
    """The answer that names the pieces of ``text`` that ``cell`` marks; None if it marks none so.

    A piece is marked by its first character, the one after its last, and its kind: as a list, or
    under the names start, end and label. Pieces keep the order of the text. An empty list marks
    that there is none.
    """
    marks = _loaded(cell)
    if marks is None:
        return None
    found = []
    for mark in marks:
        place = _place(mark)
        if place is None or not 0 <= place[0] < place[1] <= len(text):
            return None
        start, end, kind = place
        found.append((start, kind, text[start:end]))
    return as_pieces((kind, piece) for _, kind, piece in sorted(found))


def spanned(sheet: Sheet) -> Sheet:
    """``sheet`` with its marks as pieces: in each column whose cells all mark pieces of a text.

    Where there is one such column beside those of models it is the label, unless the format says
    otherwise.
    """
    changed, found = dict(sheet.columns), []
    for name, column in sheet.columns.items():
        if not _marked(column[:SAMPLE]):
            continue
        cells = _read(sheet, column)
        if cells is not None:
            changed[name] = cells
            found.append(name)
    if not found:
        return sheet
    named = ", ".join(map(repr, found))
    notes = (*sheet.notes, f"{named}: pieces of the text, each with its kind")
    own = [name for name in found if not recorded(name)]
    label = sheet.label or (own[0] if len(own) == 1 else None)
    return replace(sheet, columns=changed, notes=notes, label=label)


def _read(sheet: Sheet, column: Sequence[Any]) -> tuple[str | None, ...] | None:
    """The cells of ``column`` as pieces of one of the texts, or as they name them."""
    empty = [not shown(cell).strip() for cell in column]
    texts = [c for c in sheet.columns.values() if c is not column and _is_text(c)]
    for text in texts:
        found = [
            None if gone else spans_of(shown(t), cell)
            for t, cell, gone in zip(text, column, empty, strict=True)
        ]
        if all(gone or one is not None for one, gone in zip(found, empty, strict=True)):
            return tuple(found)
    named = [
        None if gone else pieces(shown(c), False) for c, gone in zip(column, empty, strict=True)
    ]
    if any(one is None and not gone for one, gone in zip(named, empty, strict=True)):
        return None
    return tuple([None if one is None else as_pieces(one) for one in named])


def _marked(column: Sequence[Any]) -> bool:
    """Whether some cells mark pieces, and the others are empty lists or empty."""
    filled = [cell for cell in column if shown(cell).strip()]
    loaded = [_loaded(cell) for cell in filled]
    if not any(loaded) or any(one is None for one in loaded):
        return False
    return all(
        _place(mark) is not None or pieces(json.dumps([mark]), False) is not None
        for marks in loaded
        for mark in marks or ()
    )


def _loaded(cell: Any) -> list[Any] | None:
    if isinstance(cell, str):
        if cell.strip()[:1] != "[":
            return None
        try:
            cell = json.loads(cell)
        except (ValueError, RecursionError):
            return None
    nested = isinstance(cell, list) and all(isinstance(one, list | dict) for one in cell)
    return cell if nested else None


def _place(mark: Any) -> tuple[int, int, str] | None:
    if isinstance(mark, Mapping):
        kinds = mark.get("labels") if isinstance(mark.get("labels"), list) else None
        kind = (kinds or [None])[0] or next((mark[k] for k in KIND_KEYS if k in mark), None)
        mark = [mark.get("start"), mark.get("end"), kind]
    if not isinstance(mark, list) or len(mark) < 3:
        return None
    start, end, kind = mark[:3]
    whole = [isinstance(x, int) and not isinstance(x, bool) for x in (start, end)]
    return (start, end, kind) if all(whole) and isinstance(kind, str) and kind else None


def _is_text(column: Sequence[Any]) -> bool:
    filled = [cell for cell in column[:SAMPLE] if cell is not None]
    return bool(filled) and all(isinstance(c, str) and c.strip()[:1] != "[" for c in filled)
