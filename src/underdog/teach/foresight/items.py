"""Whether a model will be right on a text: from the text, and from how cheap models answered it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.errors import UnderdogError
from ...core.places import places
from ...core.protocols import Learner
from ...models.features.surface import shape_features
from ...models.linear.recipe import Linear
from ...runtime.formatting import percent
from ..detect.stack import Rows, stacked
from ..detect.told import auroc

RIGHT, WRONG = "right", "wrong"
FEWEST = 40
"""Answers of the model below which nothing is predicted."""

RARE = 10
"""Right answers, and wrong ones, that are needed to learn which texts are which."""

SIGNAL = 0.05
"""How far the lower end of the AUROC's interval must be above one half."""

TWO_SIDED = 1.959964


@dataclass(frozen=True, eq=False)
class Foreseen:
    """What a model will do on a file, of which ``known`` texts have its answers already.

    ``chance`` is how likely it is right on each text, ``[texts]``, by models that did not learn
    from that text. ``auroc``, from ``low`` to ``high``, says how well that separates its right
    answers from wrong ones; NaN where it cannot be told. ``score`` is the share of right answers
    on all texts, with its 95 % interval.
    """

    chance: Floats
    known: int
    auroc: float
    low: float
    high: float
    score: tuple[float, float, float]

    @property
    def signal(self) -> bool:
        """Whether single answers can be predicted at all."""
        return self.low > 0.5 + SIGNAL

    def lines(self, name: str) -> Iterator[str]:
        """The prediction about the model called ``name``, in words."""
        value, low, high = self.score
        yield (
            f"{name} will probably be right on {percent(low)} to {percent(high)} of these texts"
            f" (likely {percent(value)}), by {self.known:,} of its answers that are here"
        )
        if self.signal:
            yield (
                f"  on which ones can be predicted: AUROC {self.auroc:.2f} ({self.low:.2f} to"
                f" {self.high:.2f}); the doubtful ones first: .chance in Python"
            )
        elif np.isnan(self.auroc):
            yield "  on which ones is not known: it was nearly always right, or nearly always wrong"
        else:
            yield f"  no signal tells on which ones: AUROC {self.auroc:.2f}, which may be chance"


def foresee(
    texts: Sequence[Text],
    right: Floats,
    others: Mapping[str, Sequence[str]] | None = None,
    *,
    learner: Learner | None = None,
    seed: int = 0,
) -> Foreseen:
    """Predict on which ``texts`` a model is right, from the ``right`` of some, ``[texts]``.

    ``right`` is 1 or 0, NaN where the model did not answer, or the truth is not known. ``others``
    holds what cheap models answered to every text, by their names; blank where they did not. How
    they disagree is a feature, and so is the text, which ``learner`` reads (by default `linear`).
    Raises `UnderdogError` with fewer than `FEWEST` known.
    """
    rows = np.flatnonzero(~np.isnan(right))
    if len(rows) < FEWEST:
        raise UnderdogError(
            f"{len(rows)} answers of the model with known correctness are too few to predict from",
            f"let it answer {FEWEST} texts or more whose labels are known",
        )
    truth = right[rows]
    rare = min(int(truth.sum()), int((1 - truth).sum()))
    if rare < RARE:
        flat = np.full(len(texts), float((truth.sum() + 1) / (len(truth) + 2)))
        score = _score(truth, flat[rows], flat)
        return Foreseen(flat, len(rows), np.nan, np.nan, np.nan, score)
    seen = _features(texts, others or {})
    labels = [RIGHT if y else WRONG for y in truth]
    data = Dataset.of([texts[i] for i in rows.tolist()], labels)
    learn = Rows(data, seen[rows], data.task.labels.index(RIGHT))
    made = stacked((learner or Linear(),), learn, seed)
    held = _chance(made.held_out)
    kept = ~np.isnan(held)
    value = auroc(held[kept], truth[kept] > 0.5)
    chance = np.full(len(texts), np.nan)
    left = np.setdiff1d(np.arange(len(texts)), rows)
    if len(left):
        asked = Dataset.of([texts[i] for i in left.tolist()], [RIGHT] * (len(left) - 1) + [WRONG])
        chance[left] = _chance(made.scores(Rows(asked, seen[left], learn.at)))
    chance[rows] = np.where(kept, held, truth.mean())
    error = _auroc_error(value, int(truth.sum()), int((1 - truth).sum()))
    low, high = max(0.0, value - TWO_SIDED * error), min(1.0, value + TWO_SIDED * error)
    return Foreseen(chance, len(rows), value, low, high, _score(truth, chance[rows], chance))


def _features(texts: Sequence[Text], others: Mapping[str, Sequence[str]]) -> Floats:
    """The shape of each text, how far the ``others`` agree, and what each said, ``[texts, n]``."""
    shapes = np.array([shape_features(text) for text in texts])
    if not others:
        return shapes
    said = list(zip(*others.values(), strict=True))
    agreed = []
    for row in said:
        counts = np.unique([value for value in row if value], return_counts=True)[1]
        share = counts / counts.sum() if counts.size else np.zeros(0)
        entropy = float(-(share * np.log(share)).sum()) if share.size else np.nan
        agreed.append([share.max() if share.size else np.nan, entropy, counts.sum()])
    values = sorted({value for row in said for value in row if value})
    which = [places(column, values).astype(np.float64) for column in others.values()]
    return np.hstack([shapes, np.array(agreed), np.stack(which, axis=1)])


def _chance(logit: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-np.clip(logit, -500, 500)))
    return chance


def _score(truth: Floats, held: Floats, chance: Floats) -> tuple[float, float, float]:
    """The share of right answers on all texts, and its 95 % interval.

    The prediction-powered mean (Angelopoulos et al., Science 2023), its weight chosen for the
    least variance (PPI++): the mean prediction of all texts, put right by what the predictions of
    the known ones lack. A right and a wrong answer are added, as by Agresti and Coull.
    """
    y, p = np.append(truth, [0.0, 1.0]), np.append(held, [held.mean()] * 2)
    n, whole = len(y), len(chance)
    spread = float(p.var())
    slope = float(np.cov(y, p)[0, 1]) / spread / (1 + n / whole) if spread > 1e-12 else 0.0
    slope = float(np.clip(slope, 0.0, 1.0))
    value = float((y - slope * p).mean() + slope * chance.mean())
    error = np.sqrt((y - slope * p).var() / n + slope**2 * chance.var() / whole)
    low, high = value - TWO_SIDED * error, value + TWO_SIDED * error
    return float(np.clip(value, 0, 1)), float(max(0.0, low)), float(min(1.0, high))


def _auroc_error(value: float, mine: int, others: int) -> float:
    """The standard error of an AUROC (Hanley and McNeil, Radiology 1982)."""
    one, two = value / (2 - value), 2 * value**2 / (1 + value)
    spread = value * (1 - value) + (mine - 1) * (one - value**2) + (others - 1) * (two - value**2)
    return float(np.sqrt(max(spread, 0.0) / max(mine * others, 1)))
