"""What is learned from and what is tested on, and whether that can work at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..core import given
from ..core.data import Dataset, draw
from ..core.errors import UnderdogError
from ..core.given import Data
from ..core.graders import EXACT
from ..core.protocols import Grader
from .runs.run import Pairs
from .test_set import TestSet

HELD_OUT = 0.2
RARE = 25
"""Distinct texts of a label below which it is divided by count and not by chance."""


def parts(train: Dataset, test: Dataset | None, folds: int) -> tuple[Pairs, str]:
    """The pairs of parts, and in words how they were made, and what could not be kept.

    A rare label is on both sides of a cut if it has two texts, and in training if it has one.
    """
    if test is not None:
        if folds:
            raise UnderdogError(
                "both a test part and folds were asked for", "leave one out: --test or --folds"
            )
        both = train.archive.joined(test.archive)  # so that recorded answers are found for it
        train, test = _one_task(replace(train, archive=both), test)
        return [(train, test)], "the test part that was given"
    kept = "groups" if train.groups is not None else "equal texts"
    untested = [label for label, clusters in _rare(train) if len(clusters) == 1]
    said = ""
    if untested:
        many = f"{len(untested):,} labels have" if len(untested) > 1 else "one label has"
        said = f"; {many} a single text, kept in training and not tested, such as {untested[0]!r}"
    if folds:
        return _folds(train, folds), f"{folds} folds, {kept} kept together{said}"
    return [_split(train)], f"one fifth held out, {kept} kept together{said}"


def _one_task(train: Dataset, test: Dataset) -> tuple[Dataset, Dataset]:
    """Both parts with the labels of both: scores then mean the same however a part arrives."""
    ours, theirs = train.task.labels, test.task.labels
    if ours == theirs or test.soft is not None or train.soft is not None:
        return train, test
    labels = tuple(dict.fromkeys((*ours, *theirs)))
    if list(ours) == sorted(ours) and list(theirs) == sorted(theirs):
        labels = tuple(sorted(labels))
    task = replace(train.task, labels=labels)
    return replace(train, task=task), replace(test, task=task)


def _rare(data: Dataset) -> Iterator[tuple[str, list[str]]]:
    """Each label with few distinct texts (or groups), and their clusters in random order."""
    if data.task.kind != "label":
        return
    found: dict[str, dict[str, None]] = {}
    for label, cluster in zip(data.labels, data.clusters, strict=True):
        if label is not None:
            found.setdefault(label, {})[cluster] = None
    for label in sorted(found, key=lambda label: (len(found[label]), label)):
        if len(found[label]) < RARE:
            yield label, sorted(found[label], key=lambda cluster: draw(f"rare:{cluster}"))


def _split(data: Dataset) -> tuple[Dataset, Dataset]:
    """A fifth held out, of rare labels too."""
    tested = set(data.split(HELD_OUT)[1].clusters)
    settled: set[str] = set()
    for _, clusters in _rare(data):
        free = [c for c in clusters if c not in settled]
        wanted = max(1, round(HELD_OUT * len(clusters))) if len(clusters) > 1 else 0
        wanted -= sum(c in tested for c in clusters if c in settled)
        tested.difference_update(free)
        tested.update(free[: max(0, wanted)])
        settled.update(free)
    return _cut(data, [c in tested for c in data.clusters])


def _folds(data: Dataset, k: int) -> Pairs:
    """``k`` parts tested in turn; rare labels are dealt out, and a single text is never tested."""
    fold = dict(zip(data.clusters, data.fold_of(k).tolist(), strict=True))
    settled: set[str] = set()
    for label, clusters in _rare(data):
        first = int(draw(f"first:{label}") * k)
        for place, cluster in enumerate(c for c in clusters if c not in settled):
            fold[cluster] = (first + place) % k if len(clusters) > 1 else -1
        settled.update(clusters)
    pairs = [_cut(data, [fold[c] == i for c in data.clusters]) for i in range(k)]
    return [(train, test) for train, test in pairs if len(test)]


def _cut(data: Dataset, tested: Sequence[bool]) -> tuple[Dataset, Dataset]:
    """The other rows, and those that are ``tested``."""
    rows = [[i for i, inside in enumerate(tested) if inside == side] for side in (False, True)]
    train, test = (replace(data.take(part), cuts=data.cuts + 1) for part in rows)
    return train, test


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


def sides(train: Data, test: Data | None, folds: int) -> tuple[Dataset, Dataset | None]:
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
