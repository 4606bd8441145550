"""`label_file`: texts labelled by several annotators, kept while they come, written with a card."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...combine.prompted import Prompted
from ...core.answer import ABSTAIN, Answers
from ...core.cost import FIELDS
from ...core.protocols import DependsOnEnvironment, Learner, Model
from ...data.read import Table
from ...runtime import files
from ...runtime.registry import parts, spec
from ...teach.label.labelling import Labelling, label
from . import output
from .card import card
from .journal import Journal, Row, check_output

CHATS = ".openai.jsonl"
"""The ending of a fine-tuning file: a chat a line, whose last answer is the label."""

ANSWERS = {"label": "answer", "price": "cost"}
"""How columns are called where they hold a large model's answers."""

NEW = ("label", "confidence", "annotator", "price", "prompt")


@dataclass(frozen=True)
class Job:
    """What is to be labelled, by what, and where it goes; ``budget`` is in dollars.

    With ``column`` the answers are a large model's beside the labels of the file, not its labels:
    the new columns are called ``column``_answer, ``column``_cost and so on.
    """

    table: Table
    source: str
    by: tuple[Learner | Model, ...]
    out: Path
    budget: float | None = None
    combine: str = "em"
    soft: bool = False
    licence: str = ""
    column: str = ""

    @property
    def is_chats(self) -> bool:
        """Whether a fine-tuning file is to be written, not a table."""
        return self.out.name.lower().endswith(CHATS)


def label_file(job: Job, yes: bool) -> tuple[Labelling, int]:
    """Label the texts of ``job``, and write them and a card beside them.

    The second number is how many rows an earlier run had answered. A run that was stopped, by a
    kill or by its budget, continues where it was. Raises UnderdogError for an ``out`` that is there
    already, unless ``yes`` or an earlier run of this job wrote it.
    """
    output.check_ending(job.out)
    journal = Journal(job.out, _key(job))
    if not journal.begun():
        for path in (job.out, card_of(job.out)):
            check_output(path, yes, job.source)
    files.writable(job.out)
    with files.alone(job.out):
        return _labelled(job, journal)


def _labelled(job: Job, journal: Journal) -> tuple[Labelling, int]:
    """Ask what is not on file yet, and write the labels and the card."""
    resumed, data = journal.start(), job.table.data
    earlier = _earlier(journal, data.task.labels, len(job.by)) if resumed else []

    def keep(answers: list[Answers]) -> None:
        journal.add([_kept(line) for line in zip(*answers, strict=True)])

    found = label(
        data,
        job.by,
        budget=job.budget,
        combine=job.combine,
        earlier=earlier,
        keep=keep,
    )
    output.write(job.out, _chats(found) if job.is_chats else _rows(job, found))
    files.write(card_of(job.out), card(found, job.source, job.licence))
    if found.asked == len(data):
        journal.remove()
    return found, resumed


def card_of(out: Path) -> Path:
    """Where the data card of ``out`` lies: ``labelled.csv`` has ``labelled.card.md``."""
    return out.with_name(f"{out.name.partition('.')[0] or out.name}.card.md")


def label_column(job: Job) -> str:
    """The column of the labels in what is written; its name is longer where the file has one."""
    return _renamed(job, "label")


def _renamed(job: Job, key: str) -> str:
    """The name of a new column in the file that is written."""
    return f"{job.column}_{ANSWERS.get(key, key)}" if job.column else _prefix(job) + key


def _prefix(job: Job) -> str:
    columns = job.table.columns
    taken = {*columns.text, *job.table.data.columns, columns.label}
    return "underdog_" if taken & {*NEW, "votes", "soft"} else ""


def _rows(job: Job, found: Labelling) -> Iterator[Row]:
    """The rows of the file with the new columns."""
    data, columns = found.data, job.table.columns
    labels, confidence, prices = found.labels, found.confidence, found.prices
    several = len(found.annotators) > 1
    name = job.combine if several else found.annotators[0].spec
    origin = "+".join(one.origin for one in found.annotators)
    for i, text in enumerate(data.texts):
        row: Row = {**columns.cells(text)}
        if columns.label:
            row[columns.label] = data.labels[i]
        row |= {column: cells[i] for column, cells in data.columns.items()}
        new: Row = {
            "label": labels[i],
            "confidence": _number(confidence[i], 6),
            "annotator": name if labels[i] is not None else None,
            "price": _number(prices[i], 12),
            "prompt": origin,
        }
        if several:
            said = [a.values[i] if i < found.asked else ABSTAIN for a in found.answers]
            new["votes"] = {a.spec: v for a, v in zip(found.annotators, said, strict=True) if v}
        if job.soft:
            probs = found.soft[i].round(6).tolist()
            new["soft"] = dict(zip(data.task.labels, probs, strict=True))
        yield row | {_renamed(job, key): value for key, value in new.items()}


def _chats(found: Labelling) -> Iterator[Row]:
    """Labelled texts as OpenAI's fine-tuning files have them; texts without a label left out."""
    question = Prompted(found.annotators[0].model, found.data.task)
    for text, value in zip(found.data.texts, found.labels, strict=True):
        if value is not None:
            asked = {"role": "user", "content": question.prompt(text)}
            yield {"messages": [asked, {"role": "assistant", "content": value}]}


def _number(value: float, digits: int) -> float | None:
    return None if np.isnan(value) else round(float(value), digits)


def _kept(line: Sequence[Any]) -> Row:
    """What all annotators said about one text, as a line of the journal."""
    return {
        "values": [one.value for one in line],
        "probs": [dict(one.probs) if one.probs else None for one in line],
        "costs": [[_number(x, 15) for x in one.cost.row()] for one in line],
        "paths": [one.path for one in line],
    }


def _earlier(journal: Journal, labels: tuple[str, ...], n: int) -> list[Answers]:
    """The answers that are on file, a column for each of ``n`` annotators."""
    rows = list(journal.rows())
    columns = []
    for k in range(n):
        costs = np.array([row["costs"][k] for row in rows], dtype=np.float64)
        probs = np.full((len(rows), len(labels)), np.nan)
        for i, row in enumerate(rows):
            if (known := row["probs"][k]) is not None:
                probs[i] = [known.get(name, 0.0) for name in labels]
        columns.append(
            Answers(
                tuple(row["values"][k] for row in rows),
                labels,
                probs,
                costs.reshape(len(rows), len(FIELDS)),
                tuple(tuple(row["paths"][k]) for row in rows),
            )
        )
    return columns


def _key(job: Job) -> str:
    """What a job is known by: the texts, the labels, and the annotators where they are."""
    data = job.table.data
    places = [
        sorted(part.environment().items())
        for thing in job.by
        for part in parts(thing)
        if isinstance(part, DependsOnEnvironment)
    ]
    said = (data.fingerprint, [spec(one) for one in job.by], places)
    return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()
