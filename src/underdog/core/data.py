"""Texts and their right answers: the examples of a task."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce

import numpy as np
from numpy.typing import NDArray

from .answer import Rows, places
from .clusters import united
from .cost import Floats
from .errors import UnderdogError
from .task import KINDS as KINDS
from .task import Archive as Archive
from .task import Column as Column
from .task import Task as Task
from .task import Text as Text
from .texts import clean as clean
from .texts import draw as draw
from .texts import normal as normal
from .texts import plain as plain
from .values import members, number


@dataclass(frozen=True, eq=False)
class Dataset:
    """Examples of one task, held as columns; immutable.

    ``labels`` holds the right answers, as `core.values` writes sets and numbers; None where the
    answer is not known. ``soft`` has the shape ``[examples,
    labels]``, a distribution in the order of ``task.labels``, where labels are uncertain (from a
    teacher, or from several annotators). ``groups`` names what must stay on one side of a split: a
    patient, an author, a thread. ``references`` holds, for each example, each right answer:
    several texts, or all labels of a multi-label example; None stands for the labels alone.
    ``weights``, of shape ``[examples]``, says how much each example counts; None counts all alike.
    ``columns`` are the file's other columns, row by row. ``cuts`` counts the splits that made this
    part, so that the same seed splits a part differently from the whole.
    """

    task: Task
    texts: tuple[Text, ...]
    labels: tuple[str | None, ...]
    soft: Floats | None = None
    groups: tuple[str, ...] | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)
    archive: Archive = field(default_factory=Archive)
    cuts: int = 0
    references: tuple[tuple[str, ...], ...] | None = None
    weights: Floats | None = None

    def __post_init__(self) -> None:
        for name in ("labels", "references", "weights"):
            column = getattr(self, name)
            if column is not None and len(self.texts) != len(column):
                raise ValueError(f"{len(self.texts)} texts but {len(column)} {name}")

    def __len__(self) -> int:
        return len(self.texts)

    def __repr__(self) -> str:
        return f"<{self.task.name}: {len(self)} examples of {len(self.task.labels)} labels>"

    @classmethod
    def of(
        cls,
        texts: Sequence[Text],
        labels: Sequence[str | None],
        name: str = "task",
        groups: Sequence[str] | None = None,
        kind: str = "label",
    ) -> Dataset:
        """A data set from two lists; the task's labels are those that occur, sorted.

        ``kind`` is one of `KINDS`. Sets and numbers are given as `core.values` writes them.
        """
        known = [label for label in labels if label is not None]
        named = [one for label in known for one in members(label)] if kind == "labels" else known
        return cls(
            Task(name, tuple(sorted(set(named))) if kind in ("label", "labels") else (), kind=kind),
            tuple(texts),
            tuple(labels),
            groups=None if groups is None else tuple(groups),
        )

    @classmethod
    def join(cls, parts: Sequence[Dataset]) -> Dataset:
        """The examples of several parts, one after the other.

        Parts may know different labels: the whole knows all of them, and ``soft`` is 0 for a label
        that a part does not know. Columns that a part lacks are dropped, groups and soft labels
        kept only if every part has them. Examples of a part without weights weigh 1. Archives of
        different files are joined too. Raises `UnderdogError` if the parts are tasks of different
        kinds.
        """
        first, *rest = parts
        if not rest:
            return first
        kinds = sorted({part.task.kind for part in parts})
        if len(kinds) > 1:
            said = f"tasks of the kinds {' and '.join(kinds)} cannot be joined"
            raise UnderdogError(said, "join parts of one kind only")
        labels = tuple(dict.fromkeys(label for part in parts for label in part.task.labels))
        referenced = any(part.references is not None for part in parts)
        weighted = any(part.weights is not None for part in parts)
        grouped = all(part.groups is not None for part in parts)
        softened = all(part.soft is not None for part in parts)
        shared = [k for k in first.columns if all(k in part.columns for part in rest)]
        archives = {id(part.archive): part.archive for part in parts}.values()
        return replace(
            first,
            archive=reduce(Archive.joined, archives),
            task=replace(first.task, labels=labels),
            texts=tuple([text for part in parts for text in part.texts]),
            labels=tuple([label for part in parts for label in part.labels]),
            soft=np.concatenate([part._soft(labels) for part in parts]) if softened else None,
            groups=tuple([g for part in parts for g in part.groups or ()]) if grouped else None,
            columns={k: tuple([c for part in parts for c in part.columns[k]]) for k in shared},
            references=tuple([r for part in parts for r in part.right]) if referenced else None,
            weights=np.concatenate([part._weights for part in parts]) if weighted else None,
        )

    @cached_property
    def right(self) -> tuple[tuple[str, ...], ...]:
        """The right answers of each example: its references, else its label; none if unknown.

        Of a multi-label task, the right labels.
        """
        if self.references is not None:
            return self.references
        if self.task.kind == "labels":
            return tuple([() if label is None else members(label) for label in self.labels])
        return tuple([() if label is None else (label,) for label in self.labels])

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Whether the right answer of each example is known, shape ``[examples]``."""
        if self.task.kind == "label":
            return self.targets >= 0
        pairs = zip(self.labels, self.right, strict=True)
        return np.array([label is not None or bool(right) for label, right in pairs], np.bool_)

    @cached_property
    def memberships(self) -> Floats:
        """1 where a label is right, else 0, ``[examples, labels]``; rows of 0 where not known."""
        return indicators(self.right, self.task.labels)

    @cached_property
    def numbers(self) -> Floats:
        """The right number of each example, shape ``[examples]``; NaN where not known."""
        return np.array([np.nan if y is None else number(y) for y in self.labels], np.float64)

    @property
    def _strata(self) -> NDArray[np.intp]:
        """The label that each example is drawn by, shape ``[examples]``; -1 for none."""
        if self.task.kind != "labels":
            return self.targets
        rarity = self.memberships / np.maximum(self.memberships.sum(axis=0), 1)
        return np.where(rarity.any(axis=1), rarity.argmax(axis=1), -1)

    @property
    def _weights(self) -> Floats:
        return np.ones(len(self)) if self.weights is None else self.weights

    @cached_property
    def targets(self) -> NDArray[np.intp]:
        """The place of each label in ``task.labels``, shape ``[examples]``; -1 where unknown."""
        return places(self.labels, self.task.labels)

    @cached_property
    def clusters(self) -> tuple[str, ...]:
        """What may not be torn apart: a name per example, shared by equal texts and by groups.

        Texts are equal when they differ in nothing but case and white space. An equal text in
        two groups joins the two.
        """
        keys = [normal(text) for text in self.texts]
        if self.groups is None:
            return tuple(keys)
        return united(keys, self.groups)

    def take(self, rows: Rows) -> Dataset:
        """The examples at ``rows``, in that order."""
        chosen = np.arange(len(self))[np.asarray(rows)] if len(rows) else np.arange(0)
        at = chosen.tolist()
        return replace(
            self,
            texts=tuple([self.texts[i] for i in at]),
            labels=tuple([self.labels[i] for i in at]),
            soft=None if self.soft is None else self.soft[chosen],
            groups=self.groups and tuple([self.groups[i] for i in at]),
            columns={k: tuple([column[i] for i in at]) for k, column in self.columns.items()},
            references=self.references and tuple([self.references[i] for i in at]),
            weights=None if self.weights is None else self.weights[chosen],
        )

    def split(self, share: float, seed: int = 0) -> tuple[Dataset, Dataset]:
        """All but ``share`` of the examples, and the rest.

        An example's side depends on its text (or group) and ``seed`` alone, so growing the data
        never moves an example across, and duplicates never straddle the split. The share is
        therefore met on average, not to the row.
        """
        return self.divided(self._draws(seed) < share)

    def folds(self, k: int, seed: int = 0) -> list[tuple[Dataset, Dataset]]:
        """``k`` pairs (train, test) whose test parts together are the whole, split by the same
        rule.

        Raises `UnderdogError` if ``k`` is less than 2.
        """
        fold = self.fold_of(k, seed)
        return [self.divided(fold == i) for i in range(k)]

    def fold_of(self, k: int, seed: int = 0) -> NDArray[np.intp]:
        """Each example's test part, ``[examples]``. `UnderdogError` if ``k`` is less than 2."""
        if k < 2:
            raise UnderdogError(f"{k} folds cannot be", "ask for 2 or more: --folds 5")
        return (self._draws(seed) * k).astype(np.intp)

    def sample(self, share: float, seed: int = 0) -> Dataset:
        """``share`` of every label's examples, at least one of each.

        An example with several labels counts for the rarest. Nested: a smaller share is part of a
        larger one with the same seed.
        """
        draws, chosen = self._draws(seed, "sample "), np.zeros(len(self), dtype=bool)
        strata = self._strata
        for k in np.unique(strata):
            mine = np.flatnonzero(strata == k)
            n = max(1, round(share * len(mine)))
            chosen[mine[np.argsort(draws[mine], kind="stable")[:n]]] = True
        return self.take(chosen)

    def relabelled(self, labels: Sequence[str | None], soft: Floats | None = None) -> Dataset:
        """The same texts, with other labels; references are left out: they fit the old ones."""
        return replace(self, labels=tuple(labels), soft=soft, references=None)

    @cached_property
    def fingerprint(self) -> str:
        """The digest, sixteen hexadecimal digits, of texts, answers, weights and their order."""
        known = (self.task.labels, *self.task.spellings, *filter(None, [self.task.descriptions]))
        digest = hashlib.sha256(repr(known if len(known) > 1 else known[0]).encode())
        for text, label in zip(self.texts, self.labels, strict=True):
            digest.update(repr((text, label)).encode("utf-8", "surrogatepass"))
        if self.task.kind != "label" or self.references is not None:
            digest.update(repr((self.task.kind, self.references)).encode("utf-8", "surrogatepass"))
        for name, array in (("weights", self.weights), ("soft", self.soft)):
            if array is not None:
                digest.update(name.encode() + np.asarray(array, np.float64).tobytes())
        return digest.hexdigest()[:16]

    def _soft(self, labels: tuple[str, ...]) -> Floats:
        """``soft`` with one column for each of ``labels``: ``[examples, labels]``."""
        assert self.soft is not None
        if labels == self.task.labels:
            return self.soft
        aligned = np.zeros((len(self), len(labels)))
        aligned[:, [labels.index(label) for label in self.task.labels]] = self.soft
        return aligned

    def divided(self, held: NDArray[np.bool_]) -> tuple[Dataset, Dataset]:
        """The examples to learn from, and those that are ``held`` out, ``[examples]``."""
        left, right = (replace(self.take(rows), cuts=self.cuts + 1) for rows in (~held, held))
        return left, right

    def _draws(self, seed: int, purpose: str = "") -> Floats:
        """A number in [0, 1) for each example; equal for examples of one cluster.

        Draws are independent between a data set and its parts, and between purposes: else a
        part of the data would be split again where it was cut, and one side would be empty.
        """
        key = purpose + (f"{seed}/{self.cuts}" if self.cuts else f"{seed}")
        return np.array([draw(f"{key}:{cluster}") for cluster in self.clusters])


def indicators(sets: Sequence[Sequence[str]], labels: Sequence[str]) -> Floats:
    """1 where one of ``labels`` is in a set, else 0, shape ``[sets, labels]``.

    >>> indicators([("a", "c"), ()], ("a", "b")).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    where = {label: k for k, label in enumerate(labels)}
    table = np.zeros((len(sets), len(where)))
    for i, some in enumerate(sets):
        for label in some:
            if label in where:
                table[i, where[label]] = 1.0
    return table
