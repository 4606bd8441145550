"""`answer_file`: every row of a file with the label that a saved model gives it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, tee
from pathlib import Path
from typing import Any

from ...core.answer import ABSTAIN, Answer
from ...core.data import Text
from ...core.errors import UnderdogError
from ...core.protocols import Model
from ...data.guess import guess_text, listed, quoted
from ...data.sheet import Sheet, cell, shown
from ...data.tables.names import ROW
from ...data.tables.rows import row_of
from ...runtime import files
from ...runtime.progress import step
from ...runtime.workers.engine import engine as spread_by
from . import output, spread
from .journal import Journal, Row, check_output
from .rows import parts

DEFERRED, ABSTAINED = "deferred", "abstained"
"""What is written where a cascade passed a text on without an answer, and where there is none."""

NEW = ("value", "confidence", "path", "cost")


@dataclass(frozen=True)
class Labelled:
    """What came of a run: rows written, of them resumed, deferred and abstained; dollars."""

    out: str
    rows: int
    resumed: int
    deferred: int
    abstained: int
    dollars: float | None


def answer_file(
    model: Model,
    source: str,
    out: str,
    *,
    text: Sequence[str] = (),
    identity: str = "",
    yes: bool = False,
    engine: str = "",
) -> Labelled:
    """Answer every row of ``source`` and write the rows, with four more columns, to ``out``.

    ``value`` is the label, ``confidence`` its probability, ``path`` the models that were asked and
    ``cost`` dollars (empty if unknown). A text that a cascade passed on and the large model could
    not answer gets the value "deferred"; a text without any answer "abstained". ``text`` names the
    columns of the text; they are guessed if it is empty. ``source`` and ``out`` may be ``-``.
    Memory is bounded, and a run that was stopped continues where it was; ``identity`` says which
    model it was. ``engine`` says where the model answers: on a cluster ("ray"), with the same rows,
    or here ("cores"). Raises UnderdogError for what cannot be read or written.
    """
    tally = _Tally()

    def answered(rows: Iterator[list[Row]]) -> Iterator[list[Row]]:
        asked, kept = tee(rows)
        texts = (_texts(part, text) for part in asked)
        for part, answers in zip(kept, spread.answered(model, texts), strict=True):
            added = [_added(one) for one in answers]
            tally.add(added)
            yield [_joined(row, new) for row, new in zip(part, added, strict=True)]

    if out == "-":
        with step("answering", None) as advance, spread_by(engine):
            done = answered(_counted(parts(source, named=text), advance))
            output.stream(sys.stdout, chain.from_iterable(done))
        return tally.labelled(out, 0)
    path = Path(out)
    output.check_ending(path)
    check_output(path, yes, source)
    with files.alone(path), spread_by(engine):
        journal = Journal(path, _key(source, text, identity))
        resumed = journal.start()
        with step("answering", None) as advance:
            for rows in answered(_counted(_after(parts(source, named=text), resumed), advance)):
                journal.add(rows)
        if not resumed and not tally.rows:
            raise UnderdogError(f"{source} has no rows", "give a file with a header and rows")
        output.write(path, journal.rows())
        journal.remove()
    return tally.labelled(out, resumed)


class _Tally:
    """Counts of this run's rows, and their price, unknown as soon as one is."""

    def __init__(self) -> None:
        self.rows = self.deferred = self.abstained = 0
        self.dollars: float | None = 0.0

    def add(self, added: list[Row]) -> None:
        self.rows += len(added)
        for new in added:
            self.deferred += new["value"] == DEFERRED
            self.abstained += new["value"] == ABSTAINED
            known = self.dollars is not None and new["cost"] is not None
            self.dollars = self.dollars + new["cost"] if known else None

    def labelled(self, out: str, resumed: int) -> Labelled:
        rows = self.rows + resumed
        return Labelled(out, rows, resumed, self.deferred, self.abstained, self.dollars)


def _after(rows: Iterator[list[Row]], done: int) -> Iterator[list[Row]]:
    """The parts without their first ``done`` rows."""
    for part in rows:
        if rest := part[done:]:
            yield rest
        done = max(0, done - len(part))


def _counted(rows: Iterator[list[Row]], advance: Any) -> Iterator[list[Row]]:
    for part in rows:
        yield part
        advance(len(part))


def _texts(part: list[Row], named: Sequence[str]) -> list[Text]:
    columns = _text_columns(part, named)
    return [_text(row, columns) for row in part]


def _text_columns(part: list[Row], named: Sequence[str]) -> tuple[str, ...]:
    if named:
        if missing := [name for name in named if name not in part[0] and name != ROW]:
            raise UnderdogError(
                f"no column {missing[0]!r}; the columns: {listed(part[0])}",
                f"name the one that holds the text: --text {_likely(part)}",
            )
        return tuple(named)
    return tuple(guess_text(_sheet(part), []))


def _sheet(part: list[Row]) -> Sheet:
    columns = {name: tuple([cell(row.get(name)) for row in part]) for name in part[0]}
    return Sheet("rows", columns)


def _likely(part: list[Row]) -> str:
    """The column that looks like the text, as one would type it."""
    try:
        return quoted(guess_text(_sheet(part), [])[0])
    except UnderdogError:
        return "COLUMN"


def _text(row: Row, columns: tuple[str, ...]) -> Text:
    if columns[0] == ROW or len(columns) > 2:
        return row_of(row, [name for name in columns if name != ROW])
    cells = [shown(cell(row.get(name))) for name in columns]
    return cells[0] if len(cells) == 1 else (cells[0], cells[1])


def value_of(one: Answer) -> str:
    """The label of an answer; "deferred" or "abstained" where there is none, never a blank."""
    if one.value != ABSTAIN:
        return one.value
    return DEFERRED if len(one.path) > 1 else ABSTAINED


def _added(one: Answer) -> Row:
    """The four new cells of a row."""
    return {
        "value": value_of(one),
        "confidence": round(one.confidence, 6) if one.probs else None,
        "path": " > ".join(one.path),
        "cost": one.cost.dollars,
    }


def _joined(row: Row, new: Row) -> Row:
    """A row with its new cells; they get longer names where the row has one of theirs."""
    prefix = "underdog_" if any(name in row for name in NEW) else ""
    return {**row, **{prefix + name: value for name, value in new.items()}}


def _key(source: str, text: Sequence[str], identity: str) -> str:
    """What a run is known by: the file as it is now, the text columns, and the model."""
    here = Path(source)
    stat = here.stat() if here.is_file() else None
    told = (
        str(files.resolved(here)),
        stat and (stat.st_size, stat.st_mtime_ns),
        tuple(text),
        identity,
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()
