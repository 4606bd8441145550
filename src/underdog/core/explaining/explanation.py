"""An explanation of one answer as plain data: words, features, and how far to trust them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ..cost import Floats
from ..task import Text

STRONGEST = 6
"""Words that a sentence about an explanation names."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a run of words: ``text[start:end]`` of a text, or of a ``side`` of a pair."""

    text: str
    start: int
    end: int
    side: int = 0


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that a model reads, its value for this text in words, and what it contributes.

    ``contributions`` has a number for each label.
    """

    name: str
    value: str
    contributions: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """Whether the words that an explanation ranks first are those that the answer depends on.

    ``comprehensiveness`` is how far the probability of the answer falls when the first words are
    deleted, ``sufficiency`` how far it falls when only they are kept; both are means over several
    shares of the words (DeYoung et al., ERASER, ACL 2020). ``random`` is the comprehensiveness of
    random orders, ``best`` that of the best order that a search found. ``normalised`` is 0 for
    random and 1 for the best order (after Edin et al., 2024); None where both are equal.
    """

    comprehensiveness: float
    sufficiency: float
    random: float
    best: float

    @property
    def normalised(self) -> float | None:
        """Comprehensiveness between that of random orders, 0, and of the best one found, 1."""
        room = self.best - self.random
        return (self.comprehensiveness - self.random) / room if room > 1e-9 else None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A training example that is like the text: ``similarity`` is a cosine, from 0 to 1."""

    text: Text
    label: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """The fewest edits that were found to change the answer, and what the model then answered."""

    text: Text
    value: str
    edits: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Explanation:
    """What made a model give ``value`` to ``text``.

    ``contributions``, shape ``[tokens, labels]``, say what each word adds to the score of each
    label; ``base``, ``[labels]``, is the score without any, and ``output`` that with all. Scores
    are on a ``scale``: "logit" (labels exclude each other), "log-odds" (they do not),
    "probability" or "number". ``effects``, shaped alike, tell how the score falls when a word is
    deleted, NaN where that was not tried; ``error`` is the standard error of each contribution,
    where it was sampled. ``features`` divide the output another way, from ``feature_base`` on.
    ``reasons`` are sentences: which model answered and why; ``notes`` tell the limits of the
    explanation. ``method`` names how it was got, ``path`` the models that answered.
    """

    text: Text
    value: str
    labels: tuple[str, ...]
    tokens: tuple[Token, ...]
    contributions: Floats
    base: Floats
    output: Floats
    method: str
    scale: str = "probability"
    effects: Floats | None = None
    error: Floats | None = None
    features: tuple[Feature, ...] = ()
    feature_base: Floats | None = None
    reasons: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    faithfulness: Faithfulness | None = None
    neighbours: tuple[Neighbour, ...] = ()
    counterfactual: Counterfactual | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def target(self) -> str:
        """The label that is explained: the answer, or the likeliest label of another answer."""
        if self.value in self.labels:
            return self.value
        finite = np.where(np.isfinite(self.output), self.output, -np.inf)
        return self.labels[int(finite.argmax())] if self.labels else ""

    def toward(self, label: str = "") -> Floats:
        """What each token adds to ``label`` (default: the answer), ``[tokens]``.

        Logits have a meaning only against each other: there, the mean over the other labels is
        taken off.
        """
        return self.against(self.contributions, label)

    def effect(self, label: str = "") -> Floats | None:
        """How the score of ``label`` falls when each token is deleted, ``[tokens]``, as above."""
        return None if self.effects is None else self.against(self.effects, label)

    def feature_toward(self, label: str = "") -> Floats:
        """What each of ``features`` adds to ``label``, ``[features]``, as in `toward`.

        Features add to logits, also where words are measured in probability.
        """
        rows = np.array([f.contributions for f in self.features], np.float64)
        contrasted = self.scale in ("logit", "probability")
        return self._against(rows.reshape(-1, len(self.labels)), label, contrasted)

    def order(self) -> list[int]:
        """The places of the tokens, the one that speaks most for the answer first."""
        order: list[int] = np.argsort(-self.toward(), kind="stable").tolist()
        return order

    def against(self, rows: Floats, label: str = "") -> Floats:
        """What ``rows``, ``[rows, labels]``, add to ``label`` (default: the answer), ``[rows]``."""
        return self._against(rows, label, self.scale == "logit")

    def _against(self, rows: Floats, label: str, contrasted: bool) -> Floats:
        label = label or self.target
        if label not in self.labels:
            return np.zeros(len(rows))
        k = self.labels.index(label)
        others = [i for i in np.flatnonzero(np.isfinite(self.output)).tolist() if i != k]
        if not contrasted or not others:
            return np.asarray(rows[:, k], np.float64)
        return np.asarray(rows[:, k] - rows[:, others].mean(axis=1), np.float64)

    def __str__(self) -> str:
        """The answer, the reasons, and the words that speak most for it and against it."""
        toward = self.toward()
        order = np.argsort(-np.abs(toward), kind="stable")[:STRONGEST]
        words = [f"{self.tokens[i].text!r} {toward[i]:+.3g}" for i in order if toward[i]]
        told = [f"{self.value or 'no answer'} ({self.method})", *self.reasons]
        return "; ".join([*told, ", ".join(words)] if words else told)

    def as_dict(self) -> dict[str, Any]:
        """The explanation as plain data for JSON; what is not finite is None."""
        toward, effect = self.toward(), self.effect()
        tokens = []
        for i, token in enumerate(self.tokens):
            row: dict[str, Any] = asdict(token)
            row["toward"] = _plain(toward[i])
            row["contributions"] = _plain(self.contributions[i])
            if effect is not None and self.effects is not None:
                row["deletion"] = _plain(effect[i])
                row["effects"] = _plain(self.effects[i])
            if self.error is not None:
                row["standard_error"] = _plain(self.error[i])
            tokens.append(row)
        faith = self.faithfulness
        return {
            "text": self.text,
            "answer": self.value,
            "explains": self.target,
            "labels": list(self.labels),
            "method": self.method,
            "scale": self.scale,
            "base": _plain(self.base),
            "output": _plain(self.output),
            "tokens": tokens,
            "features": [asdict(f) for f in self.features],
            "feature_base": None if self.feature_base is None else _plain(self.feature_base),
            "reasons": list(self.reasons),
            "notes": list(self.notes),
            "path": list(self.path),
            "faithfulness": faith and {**asdict(faith), "normalised": faith.normalised},
            "nearest": [asdict(n) for n in self.neighbours],
            "counterfactual": self.counterfactual and asdict(self.counterfactual),
        }


def _plain(value: Any) -> Any:
    """An array or number as JSON can hold it."""
    if np.ndim(value):
        return [_plain(one) for one in value]
    return float(value) if np.isfinite(value) else None
