"""Texts, their labels, and the question being asked of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .answer import Rows
from .cost import Floats
from .errors import UnderdogError

Text = str | tuple[str, str]
"""One text, or a pair: (premise, hypothesis), (question, passage)."""

Column = tuple[str | float | None, ...]


@dataclass(frozen=True)
class Task:
    """A question with a fixed set of answers.

    ``spellings`` are further ways in which a language model may write a label, as pairs: what is
    written, and the label it stands for.
    """

    name: str
    labels: tuple[str, ...]
    instruction: str = ""
    spellings: tuple[tuple[str, str], ...] = ()


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


@dataclass(frozen=True, eq=False)
class Dataset:
    """Examples of one task, held as columns; immutable.

    ``labels`` holds None where the answer is not known. ``soft`` has the shape ``[examples,
    labels]``, a distribution in the order of ``task.labels``, where labels are uncertain (from a
    teacher, or from several annotators). ``groups`` names what must stay on one side of a split: a
    patient, an author, a thread. ``columns`` are the file's other columns, row by row. ``cuts``
    counts the splits that made this part, so that the same seed splits a part differently from the
    whole.
    """

    task: Task
    texts: tuple[Text, ...]
    labels: tuple[str | None, ...]
    soft: Floats | None = None
    groups: tuple[str, ...] | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)
    archive: Archive = field(default_factory=Archive)
    cuts: int = 0

    def __post_init__(self) -> None:
        if len(self.texts) != len(self.labels):
            raise ValueError(f"{len(self.texts)} texts but {len(self.labels)} labels")

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
    ) -> Dataset:
        """A data set from two lists; the task's labels are those that occur, sorted."""
        seen = tuple(sorted({label for label in labels if label is not None}))
        return cls(
            Task(name, seen),
            tuple(texts),
            tuple(labels),
            groups=None if groups is None else tuple(groups),
        )

    @classmethod
    def join(cls, parts: Sequence[Dataset]) -> Dataset:
        """The examples of several parts, one after the other.

        Parts may know different labels: the whole knows all of them, and ``soft`` is 0 for a label
        that a part does not know. Columns that a part lacks are dropped, groups and soft labels
        kept only if every part has them.
        """
        first, *rest = parts
        if not rest:
            return first
        labels = tuple(dict.fromkeys(label for part in parts for label in part.task.labels))
        grouped = all(part.groups is not None for part in parts)
        softened = all(part.soft is not None for part in parts)
        shared = [k for k in first.columns if all(k in part.columns for part in rest)]
        return replace(
            first,
            task=replace(first.task, labels=labels),
            texts=tuple([text for part in parts for text in part.texts]),
            labels=tuple([label for part in parts for label in part.labels]),
            soft=np.concatenate([part._soft(labels) for part in parts]) if softened else None,
            groups=tuple([g for part in parts for g in part.groups or ()]) if grouped else None,
            columns={k: tuple([c for part in parts for c in part.columns[k]]) for k in shared},
        )

    @cached_property
    def targets(self) -> NDArray[np.intp]:
        """The place of each label in ``task.labels``, shape ``[examples]``; -1 where unknown."""
        where = {label: k for k, label in enumerate(self.task.labels)}
        return np.array([where.get(y, -1) if y is not None else -1 for y in self.labels], np.intp)

    @cached_property
    def clusters(self) -> tuple[str, ...]:
        """What may not be torn apart: a name per example, shared by equal texts and by groups.

        Texts are equal when they differ in nothing but case and white space. An equal text in
        two groups joins the two.
        """
        keys = [normal(text) for text in self.texts]
        if self.groups is None:
            return tuple(keys)
        parent: dict[str, str] = {}

        def root(key: str) -> str:
            while (up := parent.setdefault(key, key)) != key:
                parent[key] = parent[up] = parent.setdefault(up, up)
                key = parent[key]
            return key

        groups = [f"group:{group}" for group in self.groups]
        for group, key in zip(groups, keys, strict=True):
            low, high = sorted((root(group), root(f"text:{key}")))
            parent[high] = low
        return tuple(root(group) for group in groups)

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
        )

    def split(self, share: float, seed: int = 0) -> tuple[Dataset, Dataset]:
        """All but ``share`` of the examples, and the rest.

        An example's side depends on its text (or group) and ``seed`` alone, so growing the data
        never moves an example across, and duplicates never straddle the split. The share is
        therefore met on average, not to the row.
        """
        right = self._draws(seed) < share
        return self._part(~right), self._part(right)

    def folds(self, k: int, seed: int = 0) -> list[tuple[Dataset, Dataset]]:
        """``k`` pairs (train, test) whose test parts together are the whole, split by the same
        rule.

        Raises `UnderdogError` if ``k`` is less than 2.
        """
        if k < 2:
            raise UnderdogError(f"{k} folds cannot be", "ask for 2 or more: --folds 5")
        fold = (self._draws(seed) * k).astype(int)
        return [(self._part(fold != i), self._part(fold == i)) for i in range(k)]

    def sample(self, share: float, seed: int = 0) -> Dataset:
        """``share`` of every label's examples, at least one of each.

        Nested: a smaller share is part of a larger one with the same seed.
        """
        draws, chosen = self._draws(seed, "sample "), np.zeros(len(self), dtype=bool)
        for k in np.unique(self.targets):
            mine = np.flatnonzero(self.targets == k)
            n = max(1, round(share * len(mine)))
            chosen[mine[np.argsort(draws[mine], kind="stable")[:n]]] = True
        return self.take(chosen)

    def relabelled(self, labels: Sequence[str | None], soft: Floats | None = None) -> Dataset:
        """The same texts, with other labels."""
        return replace(self, labels=tuple(labels), soft=soft)

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change when a text, a label or the order does."""
        known = (self.task.labels, *self.task.spellings)
        digest = hashlib.sha256(repr(known if self.task.spellings else known[0]).encode())
        for text, label in zip(self.texts, self.labels, strict=True):
            digest.update(repr((text, label)).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()[:16]

    def _soft(self, labels: tuple[str, ...]) -> Floats:
        """``soft`` with one column for each of ``labels``: ``[examples, labels]``."""
        assert self.soft is not None
        if labels == self.task.labels:
            return self.soft
        aligned = np.zeros((len(self), len(labels)))
        aligned[:, [labels.index(label) for label in self.task.labels]] = self.soft
        return aligned

    def _part(self, rows: Rows) -> Dataset:
        return replace(self.take(rows), cuts=self.cuts + 1)

    def _draws(self, seed: int, purpose: str = "") -> Floats:
        """A number in [0, 1) for each example; equal for examples of one cluster.

        Draws are independent between a data set and its parts, and between purposes: else a
        part of the data would be split again where it was cut, and one side would be empty.
        """
        key = purpose + (f"{seed}/{self.cuts}" if self.cuts else f"{seed}")
        return np.array([_draw(f"{key}:{cluster}") for cluster in self.clusters])


def clean(text: str) -> str:
    """``text`` with a question mark for what no file, server or tokenizer takes: half a surrogate.

    >>> clean("a \\ud83d")
    'a ?'
    """
    return text.encode("utf-8", "replace").decode()


def normal(text: Text) -> str:
    """``text`` without what does not make two texts different: case and white space.

    >>> normal(("A  b", "C"))
    'a b\\x1fc'
    """
    parts = (text,) if isinstance(text, str) else text
    return "\x1f".join(" ".join(part.casefold().split()) for part in parts)


def _draw(key: str) -> float:
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:7]) / 2**56
