"""A user's file, data frame or hub data set, read into a `Dataset`; what was guessed is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Unpack

from ..core.data import Archive, Dataset, Task, Text
from ..core.errors import UnderdogError
from ..core.values import as_set, members
from .exports import recognised
from .formats.files import read_file
from .formats.frames import from_frame, from_hub
from .formats.nested import flat
from .formats.spans import spanned
from .guess import Columns, plain_name, recorded, right_answers
from .kinds import RightAnswers, are_steps, guess_kind, merged, read_answers
from .lists import joined, single, unwrapped
from .mapping import mapped
from .options import Asked, Options
from .sheet import Sheet, shown
from .splits import parts
from .tables.chosen import chosen_columns
from .tables.names import SCORES
from .tables.rows import row_of
from .tables.ticked import ticked, without_ticks

__all__ = ["Columns", "Table", "read", "sheet_of"]

HUB = "hf:"


@dataclass(frozen=True, eq=False)
class Table:
    """What a source held: all of its ``data``, and its own ``train`` and ``test`` part if it has
    them. ``columns`` says which column is what, ``notes`` what was guessed or left out."""

    data: Dataset
    train: Dataset | None
    test: Dataset | None
    columns: Columns
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        text, label = ", ".join(self.columns.text), self.columns.label
        return f"<{self.data!r:.200}, text {text!r}, label {label!r}>"


def read(source: Any, **options: Unpack[Options]) -> Table:
    """The data set in ``source``: a path, a data frame, ``"hf:NAME"``, or what `sheet_of` gave.

    What a file holds is recognised by its content: CSV, JSON, Parquet, Excel, SQLite, packed
    or not, and the exports of annotation tools and logs (docs/data.md). ``options`` name columns
    (``text``, ``label``, ``group``, ``split``), ``labels`` and their other spellings (``mapping``),
    and the ``kind`` of answers; ``labelled=False`` keeps rows without a label. They are explained
    at `data.options.Asked`. Every other column is kept, in ``Dataset.columns`` and, for the whole
    file, in ``Dataset.archive``. Does not read "NA" or "null" in a text file as missing.

    Raises UnderdogError, with the remedy, for a source that cannot be read as asked.
    """
    asked = Asked.of(options)
    sheet = source if isinstance(source, Sheet) else sheet_of(source)
    columns, notes = chosen_columns(sheet, asked.columns, asked.labelled)
    guessed = columns.label if columns.label != sheet.label else None
    if guessed and _of_model(sheet, guessed):
        notes.append(
            f"labels come from {columns.label!r}, by its name a model's answers: what is measured"
            " is agreement with that model, not accuracy"
        )
    sheet = without_ticks(sheet, columns.label)
    data, noted = _dataset(sheet, columns, asked)
    notes += noted
    data, rows = merged(data)
    if len(rows) < len(sheet):
        notes.append(
            f"{len(sheet):,} rows hold {len(rows):,} texts: labels of equal texts are joined"
        )
    if asked.labelled:
        data, rows = _labelled(sheet, columns, data, rows, notes)
    elif len(rows) < len(sheet):
        data = data.take(rows)
    return _cut(sheet, columns, data, rows, notes, asked.split)


def _of_model(sheet: Sheet, name: str) -> bool:
    """Whether a column is, by its name, what a model answered."""
    right = plain_name(name) in SCORES or name in right_answers(sheet)
    return recorded(name) and not right


def _labelled(
    sheet: Sheet, columns: Columns, data: Dataset, rows: Sequence[int], notes: list[str]
) -> tuple[Dataset, list[int]]:
    """The rows that have a label, and which they are; the others are counted in ``notes``."""
    kept = [i for i in rows if data.known[i] or data.labels[i] is not None]
    several = 0
    if columns.label and data.task.kind == "label":
        several = len(single(sheet.columns[columns.label]).several)
    if dropped := len(rows) - len(kept) - several:
        notes.append(f"left out: {dropped:,} rows without a label")
    data = data.take(kept)
    _check_labels(data, sheet, columns)
    return data, kept


def _cut(
    sheet: Sheet,
    columns: Columns,
    data: Dataset,
    rows: Sequence[int],
    notes: list[str],
    named: str | None,
) -> Table:
    """The table of ``data``, with its own training and test part if it has them."""
    train = test = None
    if columns.split:
        cells = sheet.columns[columns.split]
        try:
            made = parts(data, tuple([cells[i] for i in rows]), columns.split)
            train, test = made.train, made.test
            notes += made.notes
        except UnderdogError as error:
            if named:  # the user's own word is not overruled; a guess is
                raise
            notes.append(f"column {columns.split!r} is not used to split: {error.problem}")
            columns = replace(columns, split=None)
    return Table(data, train, test, columns, (*sheet.notes, *notes))


def sheet_of(source: Any) -> Sheet:
    """The columns in ``source``, which `read` also takes: so that a file is parsed once.

    Raises UnderdogError for a source that cannot be read.
    """
    return ticked(unwrapped(spanned(flat(_sheet(source)))))


def _sheet(source: Any) -> Sheet:
    if isinstance(source, str) and source.startswith(HUB):
        return recognised(from_hub(source.removeprefix(HUB)))
    if isinstance(source, str | Path):
        return read_file(Path(source).expanduser())
    if hasattr(source, "columns") and hasattr(source, "__getitem__"):
        return recognised(from_frame(source))
    raise UnderdogError(
        f"cannot read a {type(source).__name__}",
        "give a path, a data frame or a hub name: underdog compare tickets.csv",
    )


def _dataset(sheet: Sheet, columns: Columns, asked: Asked) -> tuple[Dataset, list[str]]:
    """Every row of the sheet, and notes; a row without a label, or with several, has None."""
    texts = _texts(sheet, columns)
    labels = tuple(asked.labels)
    read = _answers(sheet, columns.label, labels, asked.kind)
    if read is None:
        read = RightAnswers("label", (None,) * len(texts), labels)
    gold, names, spellings = _mapped(read, asked.mapping or {})
    read_as_text = () if columns.row else columns.text
    others = {k: v for k, v in sheet.columns.items() if k not in (*read_as_text, columns.label)}
    groups = columns.group and tuple([shown(value) for value in sheet.columns[columns.group]])
    made = Dataset(
        Task(
            sheet.name,
            names,
            spellings=spellings,
            kind=read.kind,
            columns=columns.text if columns.row else (),
        ),
        texts,
        gold,
        references=read.references,
        groups=groups or None,
        columns=others,
        archive=Archive(texts, others),
    )
    return made, read.notes


def _texts(sheet: Sheet, columns: Columns) -> tuple[Text, ...]:
    """The text of each row, a pair, or the row itself."""
    cells = [sheet.columns[name] for name in columns.text]
    if columns.row:
        rows = (dict(zip(columns.text, row, strict=True)) for row in zip(*cells, strict=True))
        return tuple([row_of(row, columns.text) for row in rows])
    first, *second = ([shown(value) for value in column] for column in cells)
    return tuple(zip(first, second[0], strict=True) if second else first)


def _answers(
    sheet: Sheet, label: str | None, labels: tuple[str, ...], kind: str | None
) -> RightAnswers | None:
    """The right answers in the column ``label``, of the ``kind`` that is named or recognised."""
    if label is None:
        return (
            None
            if kind in (None, "label")
            else RightAnswers(str(kind), (None,) * len(sheet), labels)
        )
    column = sheet.columns[label]
    wanted = kind or guess_kind(column, label)
    if wanted != "label":
        return read_answers(column, label, wanted, labels)
    gold, notes = _gold(sheet, label)
    seen = sorted({value for value in gold if value is not None})
    if labels and (strange := [value for value in seen if value not in labels]):
        raise UnderdogError(
            f"column {label!r} holds {strange[0]!r}, which is none of the labels given",
            f"give them all: --labels {','.join([*labels, *strange[:3]])}",
        )
    if kind is None and are_steps(seen):
        first, last = min(seen, key=float), max(seen, key=float)
        notes.append(
            f"answers: the numbers {first} to {last}, each a label of its own (as ratings, "
            "where near is better than far: --kind number)"
        )
    return RightAnswers("label", gold, labels or tuple(seen), notes=notes)


def _mapped(
    read: RightAnswers, mapping: Mapping[str, str]
) -> tuple[tuple[str | None, ...], tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Answers, labels and other spellings after ``mapping``; see `mapping.mapped`."""
    if read.kind != "labels" or not mapping:
        return mapped(read.gold, read.labels, mapping)
    _, names, spellings = mapped(read.labels, read.labels, mapping)
    renamed, *_ = mapped(read.labels, read.labels, mapping)
    after = dict(zip(read.labels, map(str, renamed), strict=True))
    gold = [
        None if y is None else as_set(dict.fromkeys(after[x] for x in members(y)))
        for y in read.gold
    ]
    return tuple(gold), names, spellings


def _gold(sheet: Sheet, label: str) -> tuple[tuple[str | None, ...], list[str]]:
    """The label of each row, and notes on rows that have several."""
    read = single(sheet.columns[label])
    cells = [shown(value) for value in read.cells]
    notes = []
    if several := len(read.several):
        example = ", ".join(map(repr, read.several[0]))
        if several > len(cells) / 2:
            raise UnderdogError(
                f"{several:,} of {len(cells):,} rows of column {label!r} hold several labels, such "
                f"as {example}",
                "take them as sets of labels: --kind labels, or name another: --label COLUMN",
            )
        notes.append(
            f"left out: {several:,} rows that hold several labels, such as {example}; all labels"
            " of each row: --kind labels"
        )
    found, example = joined(read.cells)
    if found:
        notes.append(
            f"{found:,} rows look as if they held several labels, such as {example!r}; each such "
            "combination is taken for a label of its own (sets of labels: --kind labels)"
        )
    return tuple([value if value.strip() else None for value in cells]), notes


def _check_labels(data: Dataset, sheet: Sheet, columns: Columns) -> None:
    if len(set(data.labels)) < 2 and not (data.task.kind == "text" and len(data)):
        found = f"only the label {data.labels[0]!r}" if len(data) else "no labels"
        raise UnderdogError(
            f"column {columns.label!r} of {sheet.name} holds {found}: nothing to tell apart",
            "name another column: --label COLUMN",
        )
