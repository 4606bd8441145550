"""What labels mean, in the user's words: a file of descriptions that questions are asked with."""

from __future__ import annotations

import csv
import difflib
import json
from dataclasses import replace
from pathlib import Path

from ..core.data import Dataset
from ..core.errors import UnderdogError
from .formats.delimited import large_cells
from .read import Table

LARGEST = 4 << 20
"""Bytes of a file of descriptions at most: a thousand labels take a tenth of that."""


def described(table: Table, file: str | None) -> Table:
    """``table`` with the meanings of its labels from ``file``; itself without a file.

    The file is a JSON object, or two columns with a comma, a tab or an equals sign between them:
    the label, and what it means. A label may be left out. Raises `UnderdogError` for a file that
    is none of that, and for a description of something that is no label.
    """
    if file is None:
        return table
    means = _read(Path(file).expanduser())
    labels = table.data.task.labels
    if unknown := [name for name in means if name not in labels]:
        near = difflib.get_close_matches(unknown[0], labels, n=1)
        raise UnderdogError(
            f"{file} describes {unknown[0]!r}, which is no label",
            f"did you mean {near[0]!r}?" if near else f"labels: {', '.join(labels[:12])}",
        )
    pairs = tuple([(label, means[label]) for label in labels if label in means])
    return replace(
        table,
        data=_with(table.data, pairs),
        train=table.train and _with(table.train, pairs),
        test=table.test and _with(table.test, pairs),
    )


def _with(data: Dataset, pairs: tuple[tuple[str, str], ...]) -> Dataset:
    return replace(data, task=replace(data.task, descriptions=pairs))


def _read(path: Path) -> dict[str, str]:
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for, a device never ends
            raise UnderdogError(f"{path} is no file", "name the file: --describe labels.json")
        if path.stat().st_size > LARGEST:
            raise UnderdogError(
                f"{path} is too large for a file of descriptions", "a line or two for each label"
            )
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise UnderdogError(
            f"cannot read {path}: {error.strerror}", "name the file: --describe labels.json"
        ) from None
    except UnicodeDecodeError:
        raise UnderdogError(
            f"{path} is not text in UTF-8", f"convert it: iconv -t UTF-8 {path} > labels.json"
        ) from None
    pairs = _of_json(text, path) if text.lstrip().startswith("{") else _of_lines(text, path)
    found: dict[str, str] = {}
    for label, means in pairs:
        if label in found:
            raise UnderdogError(f"{path} describes {label!r} twice", "describe each label once")
        if means.strip():
            found[label] = " ".join(means.split())
    if not found:
        raise UnderdogError(f"{path} describes no label", 'write {"label": "what it means"}')
    return found


def _of_json(text: str, path: Path) -> list[tuple[str, str]]:
    try:
        plain = json.loads(text, object_pairs_hook=list)
        pairs = [(str(label), means) for label, means in plain]
    except (ValueError, TypeError, RecursionError):
        raise UnderdogError(
            f"{path} is no JSON object", 'write {"label": "what it means"}'
        ) from None
    if odd := [label for label, means in pairs if not isinstance(means, str)]:
        raise UnderdogError(
            f"{path} describes {odd[0]!r} by something that is no text",
            'write {"label": "what it means"}',
        )
    return pairs


def _of_lines(text: str, path: Path) -> list[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line.strip()]
    joint = next((mark for mark in "\t,;=" if all(mark in line for line in lines)), None)
    if not lines or joint is None:
        raise UnderdogError(
            f"{path} is no list of labels and what they mean",
            "a label, a comma and what it means on each line; or a JSON object",
        )
    with large_cells():
        rows = [row for row in csv.reader(lines, delimiter=joint) if row]
    pairs = [(row[0].strip(), joint.join(row[1:])) for row in rows]
    named = [cell.strip().casefold() for cell in rows[0]]
    return pairs[1:] if named[:2] in (["label", "description"], ["label", "meaning"]) else pairs
