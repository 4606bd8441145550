"""What several annotators said about the same texts, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.answer import Answers
from ...core.cost import Floats

Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Votes:
    """Votes of ``annotators`` on ``texts`` texts, one row each, in no order.

    ``text``, ``annotator`` and ``label`` are places, of shape ``[votes]``; a label of -1 is an
    abstention. An annotator may vote several times on a text, or not at all.
    """

    labels: tuple[str, ...]
    annotators: tuple[str, ...]
    texts: int
    text: Places
    annotator: Places
    label: Places

    @classmethod
    def of(
        cls, labels: Sequence[str], annotators: Sequence[str], columns: Sequence[Answers]
    ) -> Votes:
        """One column of answers per annotator; every column answers the same texts."""
        n = len(columns[0]) if columns else 0
        said = [column.indices(labels) for column in columns]
        return cls(
            tuple(labels),
            tuple(annotators),
            n,
            np.tile(np.arange(n), len(columns)),
            np.repeat(np.arange(len(columns)), n),
            np.concatenate([np.zeros(0, np.intp), *said]),
        )

    def counts(self) -> Floats:
        """How many annotators gave each text each label, shape ``[texts, labels]``."""
        found = np.zeros((self.texts, len(self.labels)))
        gave = self.label >= 0
        np.add.at(found, (self.text[gave], self.label[gave]), 1.0)
        return found

    def shares(self) -> Floats:
        """The share of the votes for each label, ``[texts, labels]``; 0 where all abstained."""
        found = self.counts()
        total = found.sum(axis=1, keepdims=True)
        shares: Floats = np.divide(found, total, out=np.zeros_like(found), where=total > 0)
        return shares

    def majority(self) -> Places:
        """The place of the label with most votes, ``[texts]``; -1 where all abstained.

        Of labels with equally many votes, that of the annotator that is listed first.
        """
        found, gave = self.counts(), self.label >= 0
        earlier = 1e-6 * (len(self.annotators) - self.annotator[gave])
        np.add.at(found, (self.text[gave], self.label[gave]), earlier)
        return np.where(found.sum(axis=1) > 0, found.argmax(axis=1), -1)
