"""The recipe of boosted trees, and the model that they make together with a linear one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Archive, Dataset, Text
from ...core.description import Fact
from ...core.protocols import Model
from ...data.guess import listed
from ...runtime.meter import Meter
from ...runtime.registry import register
from ..features.surface import shape_features
from ..features.tfidf import Tfidf
from ..linear.recipe import LinearModel, chosen, made
from ..training.examples import FEW, Examples, fit_temperature, softmax
from .columns import Columns, looked_at
from .row_lookup import Known
from .trees import PATIENCE, Sample, Trees, grow

FLOOR = 1e-4
"""Added to probabilities before their logarithm is taken, so that none is endless."""

SHARES = (1.0, 0.5, 0.0)
"""What `Boosted` tries: how much of the margins is the trees', the rest being `linear`'s."""

ENOUGH = 500
"""Held-out examples that settle these choices."""


@register("boosted", sample="boosted()")
@dataclass(frozen=True)
class Boosted:
    """Gradient-boosted trees over what a text says and over the other columns of its row.

    (Friedman, Annals of Statistics 2001; grown by scikit-learn on histograms.) Of the text they
    see its shape (lengths, numerals, punctuation) and what `linear` makes of it, learned without
    the text itself (stacking: Wolpert, Neural Networks 1992). Of the row they see ``columns``:
    numbers, or the commonest values; a blank is a gap, which trees take as it is. Held-out
    examples choose how many trees, how much of `linear` is mixed in, and the temperature.

    Unless ``columns`` are named, all are looked at but those that by name or content are recorded
    answers, copies of the label, ids or times: it says which it leaves out. It cannot know
    whether a column is filled in only after the answer is known; such a column must not be
    named. ``columns=[]`` looks at none. Columns reach the model through the data set's archive,
    which holds no labels. A text that is in no row of it is answered by `linear` alone (see
    `BoostedModel.knowing`); of rows with the same text only what they agree on is known.
    """

    columns: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.columns is not None:  # one name is as good as a list of one
            names = (self.columns,) if isinstance(self.columns, str) else tuple(self.columns)
            object.__setattr__(self, "columns", names)

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """A `BoostedModel`; `UnderdogError` without examples of two labels at least."""
        meter = Meter()
        examples = Examples.of(data)
        columns = Columns.learn(looked_at(data, self.columns))
        known = _known(columns, data.archive)
        known.warn(examples.texts)
        text, margins = _stacked(data.task.labels, examples, seed)
        cells, _ = known.find(examples.texts)
        sample = Sample(_features(examples.texts, margins, cells), examples.gold)
        model = BoostedModel(
            data.task.labels, text, columns, known, *_chosen(sample, margins, examples, seed)
        )
        meter.bill(1)
        return model


@register("boosted.model")
@dataclass(frozen=True, eq=False)
class BoostedModel:
    """``trees`` over the text and over what is ``known`` of it, mixed with the model ``text``.

    ``share`` is how much of the margins is the trees', ``factor`` the inverse of the temperature
    of the mixture. There are no trees if held-out examples were too few, or gained nothing by them.
    """

    labels: tuple[str, ...]
    text: LinearModel
    columns: Columns
    known: Known
    trees: Trees | None
    share: float
    factor: float

    def answer(self, texts: Sequence[Text]) -> Answers:
        meter = Meter()
        margins = self.text.margins(texts)
        cells, known = self.known.find(texts)
        seen = np.flatnonzero(known) if self.columns.names else np.arange(len(texts))
        if self.trees is not None and len(seen):
            rows = _features([texts[i] for i in seen.tolist()], margins[seen], cells[seen])
            mixed = _mixed(self.trees.margins(rows), margins[seen], self.share)
            margins[seen] = mixed * self.factor
        return Answers.likeliest(self.labels, softmax(margins), meter.bill(len(texts)), "boosted")

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """Which columns it looks at, and whether trees have a say."""
        names = self.columns.names
        looks = f"looks at the text and at {listed(names)}" if names else "looks at the text alone"
        found = [Fact("columns", looks, list(names))]
        if self.trees is None:
            alone = "no trees: held-out examples were too few, or gained nothing by them"
            found.append(Fact("trees", alone, 0))
        else:
            grown = self.trees.roots.size
            mixed = f", mixed half and half with {self.text.name}()" if self.share < 1 else ""
            found.append(Fact("trees", f"{grown:,} trees{mixed}", grown))
        lost = len(texts) - int(self.known.find(texts)[1].sum())
        if names and lost:
            rowless = f"{lost:,} of {len(texts):,} texts are in no known row: answered by words"
            found.append(Fact("rowless", rowless, lost))
        return tuple(found)

    def knowing(self, archive: Archive) -> BoostedModel:
        """The same model for the rows of another file: ``model.knowing(read(FILE).data.archive)``.

        What it knew of the rows of the old one, it knows no more.
        """
        return replace(self, known=_known(self.columns, archive))


def _known(columns: Columns, archive: Archive) -> Known:
    if not columns.names:
        return Known.of((), np.zeros((0, 0)))
    return Known.of(archive.texts, columns.cells(archive.columns, len(archive.texts)))


def _stacked(labels: tuple[str, ...], examples: Examples, seed: int) -> tuple[LinearModel, Floats]:
    """A linear model of the examples; and the margins, ``[examples, labels]``, that such models
    give each example when they have not seen it: NaN where that cannot be."""
    features = Tfidf.learn(examples.texts)
    rows = features.rows(examples.texts)
    train, factor = chosen(rows, examples, seed)
    margins = np.full(examples.gold.shape, np.nan)
    for learn, check in examples.folds(seed):
        weights, bias = train(rows[learn], examples.gold[learn])
        margins[check] = (rows[check] @ weights + bias) * factor
    return made("linear", labels, features, train(rows, examples.gold), factor), margins


def _features(texts: Sequence[Text], margins: Floats, cells: Floats) -> Floats:
    """What the trees see: ``[texts, labels + shapes + cells]``."""
    shapes = np.array([shape_features(text) for text in texts])
    return np.hstack([np.log(softmax(margins) + FLOOR), shapes, cells])


def _chosen(
    sample: Sample, margins: Floats, examples: Examples, seed: int
) -> tuple[Trees | None, float, float]:
    """Trees, their share of the margins, and the factor of the mixture: best on held-out rows."""
    rounds: list[int] = []
    grown, alone, gold = ([np.zeros((0, sample.gold.shape[1]))] for _ in range(3))
    for learn, check in examples.held_out(seed):
        if sum(map(len, gold)) >= ENOUGH:
            break
        known = sample.gold[learn].sum(axis=0) > 0
        if known.sum() < 2 or not (sample.gold[check] @ known).any():
            continue
        trees = grow(sample.take(learn), seed, sample.take(check))
        rounds.append(max(1, len(trees.roots) - PATIENCE))
        grown.append(trees.margins(sample.rows[check]))
        alone.append(margins[check])
        gold.append(sample.gold[check])
    truth = np.concatenate(gold)
    if len(truth) < FEW:
        return None, 0.0, 1.0
    sides = np.concatenate(grown), np.concatenate(alone)
    trials = [(*fit_temperature(_mixed(*sides, share), truth), share) for share in SHARES]
    _, factor, share = min(trials, key=itemgetter(0))
    if not share:
        return None, 0.0, 1.0
    return grow(sample, seed, rounds=round(np.mean(rounds))), share, factor


def _mixed(trees: Floats, text: Floats, share: float) -> Floats:
    """Margins of which ``share`` are the trees'; an endless margin stays one."""
    if share in (0.0, 1.0):
        return trees if share else text
    return share * trees + (1 - share) * text
