"""The question that is asked of texts, and the file that its examples come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .errors import UnderdogError

Text = str | tuple[str, str]
"""One text, or a pair: (premise, hypothesis), (question, passage)."""

Column = tuple[str | float | None, ...]

KINDS = ("label", "labels", "number", "text")
"""What an answer can be: one of the labels, a set of them, a number, or a text of its own."""

ASKED = {
    "label": "one label per text",
    "labels": "a set of labels per text",
    "number": "a number per text",
    "text": "a text per text",
}
"""What a task of each kind asks for, in words."""


@dataclass(frozen=True)
class Task:
    """A question, and what an answer to it can be.

    ``kind`` is one of `KINDS`; ``labels`` is empty where answers are numbers or texts.
    ``spellings`` are further ways in which a language model may write a label, as pairs: what is
    written, and the label it stands for; ``descriptions`` are pairs of a label and its meaning.
    ``columns`` are named where each text is a row of a table, as `core.values.as_row` writes it.
    """

    name: str
    labels: tuple[str, ...]
    instruction: str = ""
    spellings: tuple[tuple[str, str], ...] = ()
    kind: str = "label"
    descriptions: tuple[tuple[str, str], ...] = ()
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnderdogError(f"{self.kind!r} is no kind of task", f"one of {', '.join(KINDS)}")


def require_kind(task: Task, name: str, *kinds: str) -> None:
    """Raise `UnderdogError` unless ``name``, which learns tasks of ``kinds``, can learn ``task``.

    >>> require_kind(Task("t", ("a", "b")), "bayes", "label")
    """
    if task.kind not in kinds:
        learns = " or ".join(ASKED[kind] for kind in kinds)
        able = "recorded('COLUMN'), majority(), and tagger() for pieces of a text"
        if task.kind != "text":
            able = "linear(), boosted(), static(), frozen(), encoder()"
        raise UnderdogError(
            f"{name} learns tasks with {learns}, and this one asks for {ASKED[task.kind]}",
            f"use one that can: {able}",
        )


@dataclass(frozen=True, eq=False)
class Archive:
    """Every row of a file but for its labels: where answers that were recorded are looked up.

    All parts of a data set share the archive of the whole, so that a recorded model fitted on
    the training part can answer the test part. It holds no gold labels, so nothing leaks.
    """

    texts: tuple[Text, ...] = ()
    columns: Mapping[str, Column] = field(default_factory=dict)

    def joined(self, other: Archive) -> Archive:
        """The rows of both, ``other``'s last; a column that one of them lacks is blank there."""
        if other is self or not other.texts:
            return self
        blanks: tuple[Column, Column] = ((None,) * len(self.texts), (None,) * len(other.texts))
        columns = {
            name: (
                *self.columns.get(name, blanks[0]),
                *other.columns.get(name, blanks[1]),
            )
            for name in dict.fromkeys((*self.columns, *other.columns))
        }
        return Archive((*self.texts, *other.texts), columns)
