"""Several annotators' votes made into one label each: by majority, or by how reliable each is.

The model is that of Dawid & Skene (Applied Statistics, 1979): each annotator gives each label with
a probability that depends on the true one, and on nothing else. Expectation maximisation finds the
truth and these probabilities together, without a single gold label.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core.cost import Floats
from .votes import Places, Votes

ROUNDS, CLOSE = 200, 1e-6
"""Rounds of expectation maximisation at most, and the change of a posterior that ends them."""

BACKING = 8.0
"""Votes that an annotator's overall accuracy counts for in each row of its confusion table."""


@dataclass(frozen=True, eq=False)
class LabelModel:
    """How often labels occur, and what each annotator says of each.

    ``prior`` has the shape ``[labels]``; ``confusion`` ``[annotators, labels, labels + 1]``: the
    probability that an annotator, given the true label, says each label or, last, abstains.
    """

    prior: Floats
    confusion: Floats

    @classmethod
    def learn(
        cls, votes: Votes, gold: Places | None = None, backing: float = BACKING
    ) -> LabelModel:
        """Fit the model to ``votes`` by expectation maximisation, from the majority's vote on.

        ``gold``, of shape ``[texts]``, is the place of the true label of texts of which it is
        known, else -1. A hundred are worth having: two annotators that disagree leave open which
        of the two is right, unless a third one is any good. ``backing`` draws each row of a
        confusion table towards an annotator that is equally accurate on all labels: few votes on
        many labels then say something. 0 is maximum likelihood, as published.
        """
        shares = votes.shares()
        posterior = np.where(shares.sum(axis=1, keepdims=True) > 0, shares, 1 / len(votes.labels))
        posterior = _told(posterior, gold)
        model = cls._maximised(votes, posterior, backing)
        for _ in range(ROUNDS):
            found = _told(model.posterior(votes), gold)
            model = cls._maximised(votes, found, backing)
            if np.abs(found - posterior).max(initial=0.0) < CLOSE:
                break
            posterior = found
        return model

    @classmethod
    def _maximised(cls, votes: Votes, posterior: Floats, backing: float) -> LabelModel:
        """The model under which ``posterior``, ``[texts, labels]``, is likeliest."""
        k = len(votes.labels)
        said = np.where(votes.label >= 0, votes.label, k)
        counts = np.zeros((len(votes.annotators), k + 1, k))
        np.add.at(counts, (votes.annotator, said), posterior[votes.text])
        table = counts.transpose(0, 2, 1)
        total = table.sum(axis=2, keepdims=True)
        alike = _equally_accurate(table) if backing else np.zeros_like(table)
        spread = np.full_like(table, 1 / (k + 1))
        confusion = np.divide(
            table + backing * alike, total + backing, out=spread, where=total + backing > 0
        )
        mass = posterior.sum(axis=0) + (1.0 if backing else 0.0)
        return cls(mass / mass.sum(), confusion)

    def posterior(self, votes: Votes) -> Floats:
        """The probability of each label given all votes on a text, shape ``[texts, labels]``."""
        k = len(votes.labels)
        said = np.where(votes.label >= 0, votes.label, k)
        with np.errstate(divide="ignore"):
            log = np.tile(np.log(self.prior), (votes.texts, 1))
            np.add.at(log, votes.text, np.log(self.confusion[votes.annotator, :, said]))
        top = log.max(axis=1, keepdims=True, initial=-np.inf)
        powers = np.exp(log - np.where(np.isfinite(top), top, 0.0))
        total = powers.sum(axis=1, keepdims=True)
        found: Floats = np.divide(powers, total, out=np.full_like(log, 1 / k), where=total > 0)
        return found

    @property
    def reliability(self) -> Floats:
        """The estimated share of right labels among those that each annotator gave, shape
        ``[annotators]``; NaN for one that never gives any.
        """
        joint = self.confusion[:, :, :-1] * self.prior[None, :, None]
        gave = joint.sum(axis=(1, 2))
        right = np.trace(joint, axis1=1, axis2=2)
        found: Floats = np.divide(right, gave, out=np.full(len(gave), np.nan), where=gave > 0)
        return found


def _told(posterior: Floats, gold: Places | None) -> Floats:
    """``posterior`` with certainty in the rows of which the truth is known."""
    if gold is None or not (gold >= 0).any():
        return posterior
    known = np.flatnonzero(gold >= 0)
    sure = posterior.copy()
    sure[known] = 0.0
    sure[known, gold[known]] = 1.0
    return sure


def _equally_accurate(table: Floats) -> Floats:
    """For each annotator the confusion of one that is as accurate on every label, from weighted
    counts ``[annotators, labels, labels + 1]``; rows sum to 1.
    """
    k = table.shape[1]
    gave, abstained = table[:, :, :-1].sum(axis=(1, 2)), table[:, :, -1].sum(axis=1)
    right = np.trace(table[:, :, :-1], axis1=1, axis2=2)
    accuracy = (right + 1) / (gave + 1 + 1 / max(k - 1, 1))
    silent = (abstained + 0.5) / (gave + abstained + 1)
    off = ((1 - silent) * (1 - accuracy) / max(k - 1, 1))[:, None, None]
    alike = np.tile(off, (1, k, k + 1))
    at = np.arange(k)
    alike[:, at, at] = ((1 - silent) * accuracy)[:, None]
    alike[:, :, -1] = silent[:, None]
    rows: Floats = alike / alike.sum(axis=2, keepdims=True)
    return rows
