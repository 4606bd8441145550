"""Several annotators' votes made into one label each: by majority, or by how reliable each is.

The model is that of Dawid & Skene (Applied Statistics, 1979): each annotator gives each label with
a probability that depends on the true one, and on nothing else. Expectation maximisation finds the
truth and these probabilities together, without a single gold label.

Where the votes are too few for so many probabilities, a smaller model explains them as well: one
accuracy for each annotator, its errors spread evenly. Of the two, that with the smaller Bayesian
information criterion (Schwarz, 1978) is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...core.cost import Floats
from .votes import Places, Votes

ROUNDS, CLOSE = 200, 1e-6
"""Rounds of expectation maximisation at most, and the change of a posterior that ends them."""

TRUST = 0.9
"""The probability that the label of one annotator is right, where a search starts from it."""

SPEAKS = 0.5
"""Share of the texts that each annotator labels at least, where one accuracy may describe it: of a
rule that is silent as a rule, its silence says more than its accuracy.
"""

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
        may_be_alike = bool(backing) and _all_speak(votes)
        cases = _Cases.of(votes, gold)
        shares = cases.votes.shares()
        majority = np.where(shares.sum(axis=1, keepdims=True) > 0, shares, 1 / len(votes.labels))
        whole = cls._searched(cases, majority, backing)
        if not may_be_alike:
            return whole
        starts = [majority, *_trusting(cases.votes)]
        simple = max([cls._searched(cases, s, np.inf) for s in starts], key=cases.evidence)
        j, k = len(votes.annotators), len(votes.labels)
        penalty = np.log(max(2, votes.texts)) / 2 * (j * k * k - 2 * j)
        return whole if cases.evidence(whole) - penalty > cases.evidence(simple) else simple

    @classmethod
    def _searched(cls, cases: _Cases, start: Floats, backing: float) -> LabelModel:
        """The model that expectation maximisation reaches from the posterior ``start``."""
        posterior = _told(start, cases.gold)
        model = cls._maximised(cases, posterior, backing)
        for _ in range(ROUNDS):
            found = _told(model.posterior(cases.votes), cases.gold)
            model = cls._maximised(cases, found, backing)
            if np.abs(found - posterior).max(initial=0.0) < CLOSE:
                break
            posterior = found
        return model

    @classmethod
    def _maximised(cls, cases: _Cases, posterior: Floats, backing: float) -> LabelModel:
        """The model under which ``posterior``, ``[cases, labels]``, is likeliest."""
        votes, posterior = cases.votes, posterior * cases.texts[:, None]
        k = len(votes.labels)
        said = np.where(votes.label >= 0, votes.label, k)
        counts = np.zeros((len(votes.annotators), k + 1, k))
        np.add.at(counts, (votes.annotator, said), posterior[votes.text])
        table = counts.transpose(0, 2, 1)
        total = table.sum(axis=2, keepdims=True)
        alike = _equally_accurate(table) if backing else np.zeros_like(table)
        spread = np.full_like(table, 1 / (k + 1))
        if np.isinf(backing):
            confusion = alike
        else:
            confusion = np.divide(
                table + backing * alike, total + backing, out=spread, where=total + backing > 0
            )
        mass = posterior.sum(axis=0) + (1.0 if backing else 0.0)
        return cls(mass / mass.sum(), confusion)

    def posterior(self, votes: Votes) -> Floats:
        """The probability of each label given all votes on a text, shape ``[texts, labels]``."""
        log = self.joint(votes)
        top = log.max(axis=1, keepdims=True, initial=-np.inf)
        powers = np.exp(log - np.where(np.isfinite(top), top, 0.0))
        total = powers.sum(axis=1, keepdims=True)
        even = np.full_like(log, 1 / len(votes.labels))
        found: Floats = np.divide(powers, total, out=even, where=total > 0)
        return found

    def joint(self, votes: Votes) -> Floats:
        """The logarithm of the probability of each label together with all votes on a text,
        ``[texts, labels]``.
        """
        said = np.where(votes.label >= 0, votes.label, len(votes.labels))
        with np.errstate(divide="ignore"):
            log = np.tile(np.log(self.prior), (votes.texts, 1))
            np.add.at(log, votes.text, np.log(self.confusion[votes.annotator, :, said]))
        return log

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


@dataclass(frozen=True, eq=False)
class _Cases:
    """Votes with each case once: texts on which all said the same; and how many ``texts`` it is.

    ``texts`` and ``gold`` have the shape ``[cases]``.
    """

    votes: Votes
    gold: Places | None
    texts: Floats

    @classmethod
    def of(cls, votes: Votes, gold: Places | None) -> _Cases:
        n, order = votes.texts, np.lexsort((votes.label, votes.annotator, votes.text))
        each = len(order) // n if n else 0
        if not each or (np.bincount(votes.text, minlength=n) != each).any():
            return cls(votes, gold, np.ones(n))
        said = np.stack([votes.annotator[order], votes.label[order]], axis=1).reshape(n, -1)
        known = np.full(n, -1) if gold is None else np.asarray(gold)
        rows = np.concatenate([said, known[:, None]], axis=1)
        kept, texts = np.unique(rows, axis=0, return_counts=True)
        pairs = kept[:, :-1].reshape(-1, 2)
        once = replace(
            votes,
            texts=len(kept),
            text=np.repeat(np.arange(len(kept)), each),
            annotator=pairs[:, 0],
            label=pairs[:, 1],
        )
        return cls(once, None if gold is None else kept[:, -1], texts.astype(float))

    def evidence(self, model: LabelModel) -> float:
        """The log-likelihood of the votes, and of gold labels where there are some."""
        log = model.joint(self.votes)
        whole = np.logaddexp.reduce(log, axis=1)
        if self.gold is not None:
            known = np.flatnonzero(self.gold >= 0)
            whole[known] = log[known, self.gold[known]]
        return float(whole @ self.texts)


def _all_speak(votes: Votes) -> bool:
    """Whether every annotator labels most of the texts."""
    gave = votes.label >= 0
    said = np.bincount(votes.annotator[gave], minlength=len(votes.annotators))
    return votes.texts > 0 and bool((said >= SPEAKS * votes.texts).all())


def _trusting(votes: Votes) -> Iterator[Floats]:
    """For each annotator the posterior of one that believes it, ``[texts, labels]``."""
    k, gave = len(votes.labels), votes.label >= 0
    for j in range(len(votes.annotators)):
        found = np.full((votes.texts, k), 1 / k)
        mine = gave & (votes.annotator == j)
        found[votes.text[mine]] = (1 - TRUST) / max(1, k - 1)
        found[votes.text[mine], votes.label[mine]] = TRUST
        yield found


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
