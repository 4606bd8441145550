"""A split column: which rows train, which test, and what may not be in both."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from ..core.data import Column, Dataset
from ..core.errors import UnderdogError
from .sheet import shown

SPLIT_NAMES = frozenset(
    {"split", "fold", "subset", "partition", "part", "set", "data_split", "dataset_split"}
)

Part = Literal["train", "validation", "test", ""]

WORDS: tuple[tuple[Part, frozenset[str]], ...] = (
    ("test", frozenset({"test", "testing", "tst", "heldout", "holdout"})),
    ("validation", frozenset({"validation", "valid", "val", "dev", "development", "eval"})),
    ("train", frozenset({"train", "training", "trn"})),
)


@dataclass(frozen=True)
class Parts:
    """The two parts that a file brings along, and what was done to get them."""

    train: Dataset
    test: Dataset
    notes: tuple[str, ...]


def part_of(value: str) -> Part:
    """The part that a cell of a split column names: "sampled_train" is train; else ""."""
    words = set(re.findall(r"[a-z]+", value.casefold()))
    return next((part for part, known in WORDS if words & known), "")


def looks_like_parts(column: Column) -> bool:
    """Whether most rows are in a part, some of them to train and some to test on."""
    found = Counter(part_of(shown(value)) for value in column)
    tested = found["test"] + found["validation"]
    return bool(found["train"] and tested) and found["train"] + tested >= len(column) / 2


def parts(data: Dataset, column: Column, name: str) -> Parts:
    """The training and the test part of ``data``, as its split ``column`` has them.

    Validation rows join the training part, where everything is chosen; without a test part they
    are the test part. Training rows whose text or group is also in the test part are left out.
    """
    found = [part_of(shown(value)) for value in column]
    if "train" not in found or not {"test", "validation"} & set(found):
        values = sorted({shown(value) for value in column})[:5]
        raise UnderdogError(
            f"the split column {name!r} names no training and test part; it holds: "
            f"{', '.join(map(repr, values))}",
            "write train and test in it, or split at random: --split ''",
        )
    testing = "test" if "test" in found else "validation"
    test = [i for i, part in enumerate(found) if part == testing]
    train = [i for i, part in enumerate(found) if part not in (testing, "")]
    shared = {data.clusters[i] for i in test}
    kept = [i for i in train if data.clusters[i] not in shared]
    notes = [f"parts: {len(kept):,} training and {len(test):,} test rows, by column {name!r}"]
    if joined := sum(part == "validation" for part in found) * (testing == "test"):
        notes.append(f"{joined:,} validation rows join the training part")
    if out := found.count(""):
        notes.append(f"{out:,} rows are in neither part")
    if refused := len(train) - len(kept):
        what = "text" if data.groups is None else "text or group"
        notes.append(f"refused: {refused:,} training rows whose {what} is also in the test part")
    notes += absent(data.take(kept), data.take(test))
    made = Parts(data.take(kept), data.take(test), tuple(notes))
    _check(made)
    return made


def absent(train: Dataset, test: Dataset) -> list[str]:
    """A note for each part that lacks labels which the other has."""
    notes = []
    for part, rows, other in (("test", test, train), ("training", train, test)):
        here, there = ({y for right in some.right for y in right} for some in (rows, other))
        lacking = sorted(there - here) if train.task.labels else []
        if lacking:
            notes.append(
                f"the {part} part has no row of {len(lacking)} labels, such as {lacking[0]!r}"
                if len(lacking) > 1
                else f"the {part} part has no row of the label {lacking[0]!r}"
            )
    return notes


def _check(made: Parts) -> None:
    if not len(made.train) or not len(made.test):
        which = "test" if len(made.train) else "training"
        raise UnderdogError(f"the {which} part is empty", "split at random instead: --split ''")
    known = {y for right in made.train.right for y in right} if made.train.task.labels else None
    unseen = [y for right in made.test.right for y in right if known and y not in known]
    if known and unseen:
        raise UnderdogError(
            f"{len(unseen):,} test rows have a label that no training row has, such as "
            f"{unseen[0]!r}",
            "move examples of it to the training part, or split at random: --split ''",
        )
