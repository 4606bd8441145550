"""What is learned from and what is tested on, and whether that can work at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..core import given
from ..core.data import Dataset
from ..core.errors import UnderdogError
from ..core.graders import EXACT
from ..core.protocols import Grader
from .run import Pairs
from .test_set import TestSet

HELD_OUT = 0.2


def parts(train: Dataset, test: Dataset | None, folds: int) -> tuple[Pairs, str]:
    """The pairs of parts, and in words how they were made."""
    if test is not None:
        if folds:
            raise UnderdogError(
                "both a test part and folds were asked for", "leave one out: --test or --folds"
            )
        both = train.archive.joined(test.archive)  # so that recorded answers are found for it
        return [(replace(train, archive=both), test)], "the test part that was given"
    kept = "groups" if train.groups is not None else "equal texts"
    if folds:
        return train.folds(folds), f"{folds} folds, {kept} kept together"
    return [train.split(HELD_OUT)], f"one fifth held out, {kept} kept together"


def checked(pairs: Pairs, given: bool, grader: Grader = EXACT) -> TestSet:
    """The test parts, once it is sure that something can be learned and something be asked.

    ``given`` says that the user made the test part: labels there that training never shows are
    then a mistake to be told; where we cut the file, a rare label may fall on one side.
    """
    for train, test in pairs:
        if not len(train) or not len(test):
            raise UnderdogError(
                f"{len(train)} examples to learn from and {len(test)} to test on are too few",
                "bring at least a few dozen labelled rows: underdog compare FILE",
            )
        known = _answers(train)
        if len(known) < 2 and train.task.kind != "text":
            what = "number" if train.task.kind == "number" else "label"
            raise UnderdogError(
                f"the training part knows one {what} only: {', '.join(map(repr, known)) or 'none'}",
                f"bring examples of at least two {what}s, or name the column: --label COLUMN",
            )
        unseen = sorted(_answers(test) - known) if train.task.labels else []
        if given and unseen:
            raise UnderdogError(
                f"the test part has labels that never occur in training: {', '.join(unseen[:5])}",
                "drop those rows, or let underdog split the file: leave out --test and --split",
            )
    return TestSet.of([test for _, test in pairs], grader)


def sides(train: Any, test: Any, folds: int) -> tuple[Dataset, Dataset | None]:
    """What to learn from and what to test on; a table that is split already keeps its parts."""
    if test is not None:
        return given.dataset(train), given.dataset(test)
    if isinstance(train, Dataset):
        return train, None
    table = given.table(train)
    return (table.data, None) if table.train is None or folds else (table.train, table.test)


def _answers(data: Dataset) -> set[str]:
    """The labels, numbers or texts that occur as right answers."""
    if data.task.kind == "labels":
        return {label for labels in data.right for label in labels}
    return {label for label in data.labels if label is not None}
