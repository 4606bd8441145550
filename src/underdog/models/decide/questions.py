"""Typed questions: a choice among labels, yes or no, a score; and the orders of options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ...core.data import Task
from ...core.errors import UnderdogError

CHOICE, YES_NO, SCORE = "choice", "yes or no", "score"

ASKED = "Which of the labels fits the text?"

RATINGS = range(3, 11)
"""How many whole numbers in a row are taken to be ratings: what every server takes as levels."""

MOST_QUESTIONS = 400
"""Questions about one text in one request."""


@dataclass(frozen=True)
class Question:
    """A question about a text: ``kind`` is `CHOICE`, `YES_NO` or `SCORE`.

    ``options`` are the labels: of yes or no, the label that yes stands for comes first; of a score,
    they go from low to high. ``descriptions`` say what each means, or nothing.
    """

    kind: str
    instructions: str
    options: tuple[str, ...]
    descriptions: tuple[str, ...]

    def take(self, order: Sequence[int]) -> Question:
        """The same question with its options in another ``order``, or some of them only."""
        return replace(
            self,
            options=tuple([self.options[i] for i in order]),
            descriptions=tuple([self.descriptions[i] for i in order]),
        )


def of_task(task: Task, ask: str | None, yes: str | None) -> Question:
    """What is asked about each text of ``task``.

    ``yes`` is the one of two labels that a yes stands for. ``ask`` is `CHOICE` or `SCORE`; None is
    a score where the labels are ratings. Raises `UnderdogError` where labels are empty, repeated or
    fewer than two, where ``yes`` is none of them, and where a label is described that is not there.
    """
    labels = _sound(task.labels)
    means = dict(task.descriptions)
    if unknown := [label for label in means if label not in labels]:
        raise UnderdogError(
            f"{unknown[0]!r} is described, and is no label",
            f"labels: {', '.join(map(repr, labels[:8]))}",
        )
    asked = task.instruction or ASKED
    if yes is not None:
        if len(labels) != 2 or yes not in labels:
            raise UnderdogError(
                f"yes={yes!r} wants two labels of which it is one, not {_listed(labels)}",
                "leave yes= out: a choice is asked among any number of labels",
            )
        labels = (yes, *(label for label in labels if label != yes))
        said = f"{asked}\nYes: {labels[0]}. No: {labels[1]}."
        return Question(YES_NO, said, labels, tuple([means.get(label, "") for label in labels]))
    kind = ask or (SCORE if _ratings(labels) else CHOICE)
    if kind == SCORE:
        labels = tuple(sorted(labels, key=_number)) if _ratings(labels) else labels
    return Question(kind, asked, labels, tuple([means.get(label, "") for label in labels]))


def groups(options: int, limit: int) -> Iterator[range]:
    """The places of the options in groups of nearly equal size, of at most ``limit`` each."""
    n = -(-options // limit)
    for i in range(n):
        yield range(i * options // n, (i + 1) * options // n)


def _sound(labels: tuple[str, ...]) -> tuple[str, ...]:
    if len(labels) < 2:
        raise UnderdogError(
            f"a decision is made among two labels or more, not {_listed(labels)}",
            "name them: --labels a,b,c",
        )
    if any(not label.strip() for label in labels):
        raise UnderdogError("an option is empty", "give every label a name: --map '=other'")
    if twice := [label for label in labels if labels.count(label) > 1]:
        raise UnderdogError(f"the option {twice[0]!r} is there twice", "name each label once")
    return labels


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(map(repr, labels[:8])) + (", …" if len(labels) > 8 else "") or "none"


def _ratings(labels: Sequence[str]) -> bool:
    """Whether labels are whole numbers in a row, such as one to five stars."""
    if len(labels) not in RATINGS or not all(label.strip().isdecimal() for label in labels):
        return False
    numbers = sorted(int(label) for label in labels)
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _number(label: str) -> int:
    return int(label)
