"""Which score a large model will probably reach on a file, before it is paid to answer it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.values import number
from ...data.guess import check, model_answers, plain_name
from ...data.read import sheet_of
from ...data.sheet import Sheet, shown
from ...models.recorded import Recorded
from ...teach.foresight import Expected, Foreseen, expected_score, foresee
from ...teach.foresight.items import FEWEST

HERE = "this file"
COLUMNS = ("task", "model", "score")
"""What a table of scores on other tasks has."""


@dataclass(frozen=True, eq=False)
class Expectation:
    """What is foreseen of the model ``name``: from its own ``answers`` to some of the texts, by the
    column ``own``, and from ``scores`` on other tasks; ``notes`` say what was not possible.
    """

    name: str
    own: str = ""
    answers: Foreseen | None = None
    scores: Expected | None = None
    notes: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """The expectation in words."""
        if self.answers is not None:
            yield from self.answers.lines(f"{self.name} (column {self.own!r})")
        if self.scores is not None:
            yield self.scores.sentence
        yield from (f"  {note}" for note in self.notes)

    @property
    def plain(self) -> dict[str, Any]:
        """The same as plain data; None where it is not known."""
        told: dict[str, Any] = {"model": self.name, "notes": list(self.notes)}
        if self.answers is not None:
            value, low, high = self.answers.score
            auroc = self.answers.auroc
            told["answers"] = {
                "score": value,
                "low": low,
                "high": high,
                "known": self.answers.known,
            }
            told["answers"]["auroc"] = None if np.isnan(auroc) else auroc
        if self.scores is not None:
            one = self.scores
            told["scores"] = {"score": one.value, "low": one.low, "high": one.high}
        return told


def expectation(
    data: Dataset, name: str, answers: str | None = None, scores: Any = None
) -> Expectation:
    """What the model called ``name`` will reach on ``data``, by what is recorded there already.

    ``answers`` is the column with its answers to some of the texts, by default the one of recorded
    answers that bears its name; all other such columns are cheap models, whose answers tell which
    texts are hard. ``scores``, a table or path with the columns task, model and score, says how
    models did on other tasks. Nothing is asked. Raises `UnderdogError` for a named column or table
    that is missing or is no such thing.
    """
    sheet = Sheet(data.task.name, data.archive.columns or data.columns)
    recorded = model_answers(sheet)
    own = check(sheet, answers, "answers") if answers else _bearing(name, recorded)
    table = None if scores is None else _table(sheet_of(scores))
    if not data.known.any():
        if own or table:
            return Expectation(name, notes=("what it will reach needs rows whose label is known",))
        return Expectation(name)
    said = {column: Recorded(column).fit(data).answer(data.texts) for column in recorded}
    if own and own not in said:
        said[own] = Recorded(own).fit(data).answer(data.texts)
    right = {column: _right(data, one) for column, one in said.items()}
    notes: list[str] = []
    foreseen = expected = None
    if own and (known := int((~np.isnan(right[own])).sum())) >= FEWEST:
        others = {column: one.values for column, one in said.items() if column != own}
        foreseen = foresee(data.texts, right[own], others)
    elif own:
        notes.append(f"{known} answers in {own!r} are too few to foresee more: {FEWEST} are needed")
    if table is not None:
        expected = _expected(table, name, right, notes)
    return Expectation(name, own, foreseen, expected, tuple(notes))


def _expected(
    table: list[tuple[str, str, float]], name: str, right: dict[str, Floats], notes: list[str]
) -> Expected | None:
    """By scores on other tasks, and those of the recorded models here."""
    models = sorted({model for _, model, _ in table}, key=len, reverse=True)
    mine = next((model for model in models if plain_name(model) in plain_name(name)), name)
    cells = list(table)
    for column, one in right.items():
        match = next((m for m in models if plain_name(m) in plain_name(column)), None)
        if match is not None and match != mine and not np.isnan(one).all():
            cells.append((HERE, match, float(np.nanmean(one))))
    try:
        return expected_score(cells, HERE, mine)
    except UnderdogError as error:
        notes.append(f"nothing follows from other tasks: {error.problem} ({error.hint})")
        return None


def _right(data: Dataset, said: Answers) -> Floats:
    """1 where an answer is right, 0 where it is wrong, ``[texts]``; NaN if there is none."""
    known = data.known & np.array([bool(value) for value in said.values], np.bool_)
    pairs = zip(said.values, data.labels, strict=True)
    return np.where(known, [float(value == label) for value, label in pairs], np.nan)


def _bearing(name: str, columns: list[str]) -> str:
    """The one column that bears the name of a model; blank if there is none, or several."""
    found = [column for column in columns if plain_name(name) in plain_name(column)]
    return found[0] if len(found) == 1 else ""


def _table(sheet: Sheet) -> list[tuple[str, str, float]]:
    lower = {plain_name(name): name for name in sheet.columns}
    if lacking := [name for name in COLUMNS if name not in lower]:
        raise UnderdogError(
            f"{sheet.name} has no column {lacking[0]!r}",
            f"a table of scores has the columns {', '.join(COLUMNS)}",
        )
    task, model, score = (sheet.columns[lower[name]] for name in COLUMNS)
    found = []
    for t, m, s in zip(task, model, score, strict=True):
        if not shown(s).strip():
            continue  # not known
        value = number(shown(s))
        if not 0 <= value <= 1:
            raise UnderdogError(
                f"the score of {m} on {t} in {sheet.name} is no number from 0 to 1: {shown(s)!r}",
                "give shares: 0.93 for 93 %",
            )
        found.append((str(t), str(m), value))
    return found
