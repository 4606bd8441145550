"""The recipe of boosted trees, and the model that combines them with a linear one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Archive, Text
from ...core.description import Fact
from ...core.explaining import Explanation
from ...core.given import Data, dataset
from ...core.protocols import Learner, Model, fit_beside
from ...data.guess import listed
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Number
from ..features.selection import learned
from ..features.surface import shape_features
from ..linear.graded import LEARNED, fit_graded
from ..linear.model import LinearModel, graded_model, make_model
from ..linear.recipe import choose_settings, joint
from ..training.examples import FEW, Examples, fit_temperature, softmax
from ..training.heads import Head, NumberHead, disagreement
from .columns import EncodedColumns, usable_columns
from .explained import Beside, Mixture, explain_row
from .graded import SHARES, choose_graded, mix_graded
from .held_out import tried
from .row_lookup import RowLookup
from .rows import fit_rows
from .trees import Sample, Trees, grow

FLOOR = 1e-4
"""Added to probabilities before taking logarithms, so that the result is finite."""


@register("boosted", sample="boosted()")
@dataclass(frozen=True)
class Boosted:
    """Gradient-boosted trees over a text and the other columns of its row.

    (Friedman, Annals of Statistics 2001; trained by scikit-learn on histograms.) Of the text, the
    trees get its shape features (lengths, numerals, punctuation) and the probabilities of a
    `linear` model that was trained without that text (stacking: Wolpert, Neural Networks 1992). Of
    the row, they get ``columns``: numbers, or the most frequent values; a blank cell is missing,
    which trees handle directly. Held-out examples choose the number of trees, the weight of
    `linear`, and the temperature. Sets of labels get trees for each label, numbers trees of
    squared error.

    Unless ``columns`` are named, all are used except those that by name or content are recorded
    answers, copies of the label, ids or times; a warning lists what is left out. It cannot detect a
    column that is filled in only after the answer is known; do not name such a column.
    ``columns=[]`` uses none. Columns reach the model through the archive of the data set, which
    holds no labels. A text outside the archive is answered by `linear` alone (see
    `BoostedModel.knowing`); if several rows have the same text, only the cells on which they agree
    are used. Of a file without texts (`data.tables`), each row is a text, and only its cells count.
    ``extra`` is more to learn from: `questions`.
    """

    columns: tuple[str, ...] | None = None
    extra: Learner | None = None

    def __post_init__(self) -> None:
        if self.columns is not None:  # a single name is accepted as a list of one
            names = (self.columns,) if isinstance(self.columns, str) else tuple(self.columns)
            object.__setattr__(self, "columns", names)

    def fit(self, data: Data, seed: int = 0) -> Model:
        """Train a `BoostedModel`.

        Raises `UnderdogError` without examples of at least two labels, or if texts and pairs are
        mixed. Also raises it for a named column that does not exist.
        """
        data = dataset(data)
        if self.extra is not None:
            return fit_beside(self.extra, Boosted(self.columns), data, seed)
        if data.task.columns:
            return fit_rows(data, self.columns, seed)
        meter = Meter()
        examples = Examples.of(data, "boosted", *LEARNED)
        columns = EncodedColumns.learn(usable_columns(data, self.columns))
        lookup = _lookup(columns, data.archive)
        lookup.warn(examples.texts)
        if examples.kind != "label":
            graded = _graded(examples.outputs(data.task.labels), examples, columns, lookup, seed)
            meter.bill(1)
            return graded
        text, margins = _stack(data.task.labels, examples, seed)
        cells, _ = lookup.find(examples.texts)
        sample = Sample(_features(examples.texts, margins, cells), examples.gold)
        model = BoostedModel(
            data.task.labels, text, columns, lookup, *_choose(sample, margins, examples, seed)
        )
        meter.bill(1)
        return model


def _disagreement(m: Any) -> str:
    """What is wrong with a `BoostedModel` that has the fields of ``m``."""
    if m.text.labels != m.labels or (m.head is None) != (m.text.head is None):
        return "the labels of its parts differ"
    wide = sum(len(values) or 1 for values in m.columns.values)
    if len(m.columns.names) != len(m.columns.values) or m.known.cells.shape[1] != wide:
        return "columns and cells do not agree"
    seen = len(m.labels) + len(shape_features("")) + wide
    trees = m.trees
    if trees is not None and (len(trees.start) != len(m.labels) or (trees.feature >= seen).any()):
        return "trees and features do not agree"
    return disagreement(m)


@register(
    "boosted.model", holds={"share": Number(0, 1), "factor": Number(-1e9, 1e9)}, check=_disagreement
)
@dataclass(frozen=True, eq=False)
class BoostedModel:
    """``trees`` over the text and its row in ``known``, mixed with the linear model ``text``.

    ``share`` is the weight of the trees' margins, ``factor`` the inverse temperature of the
    mixture. With a ``head``, it turns the mixture into sets or numbers. ``trees`` is None if
    held-out examples were too few or did not improve.
    """

    labels: tuple[str, ...]
    text: LinearModel
    columns: EncodedColumns
    known: RowLookup
    trees: Trees | None
    share: float
    factor: float
    head: Head | None = None

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The most likely labels, with probabilities ``[texts, labels]``.

        Raises `UnderdogError` for pairs if single texts were learned, and the other way round.
        """
        return self._beside(texts, *self.known.find(texts))

    def explain(self, texts: Sequence[Text]) -> list[Explanation]:
        """What each word and each column adds: words by deletion, columns by Shapley values."""
        return [self._explained(text) for text in texts]

    def around(self, text: Text) -> Beside:
        """The model that answers other texts as if they stood in the row of ``text``."""
        cells, has_row = self.known.find([text])

        def ask(texts: Sequence[Text]) -> Answers:
            return self._beside(texts, cells.repeat(len(texts), 0), has_row.repeat(len(texts)))

        return Beside(ask)

    def _explained(self, text: Text) -> Explanation:
        cells, has_row = self.known.find([text])
        parts = None
        if self.trees is not None and self.head is None and (has_row[0] or not self.columns.names):
            margins = self.text.margins([text])
            row = _features([text], margins, cells)[0]
            parts = Mixture(self.trees, row, margins[0], self.share, self.factor)
        return explain_row(self.around(text), text, self.labels, self.columns, parts)

    def _beside(self, texts: Sequence[Text], cells: Floats, has_row: NDArray[np.bool_]) -> Answers:
        """The answers to ``texts`` with these ``cells``, ``[texts, features]``."""
        meter = Meter()
        margins = self.text.margins(texts)
        if self.text.head is not None:
            margins = self.text.head.logits(margins)
        with_row = np.flatnonzero(has_row) if self.columns.names else np.arange(len(texts))
        if self.trees is not None and len(with_row):
            some, linear = [texts[i] for i in with_row.tolist()], margins[with_row]
            if self.head is not None:
                rows = _graded_features(some, linear, cells[with_row])
                kind = "number" if isinstance(self.head, NumberHead) else "labels"
                mixed = mix_graded(self.trees.margins(rows), linear, self.share, kind)
            else:
                rows = _features(some, linear, cells[with_row])
                mixed = _mix(self.trees.margins(rows), linear, self.share) * self.factor
            margins[with_row] = mixed
        if self.head is not None:
            return self.head.answers(margins, self.labels, meter.bill(len(texts)), "boosted")
        return Answers.likeliest(self.labels, softmax(margins), meter.bill(len(texts)), "boosted")

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """The columns it uses, and whether it has trees."""
        names = self.columns.names
        sentence = f"uses the text and {listed(names)}" if names else "uses the text alone"
        facts = [Fact("columns", sentence, list(names))]
        if self.trees is None:
            alone = "no trees: held-out examples were too few, or accuracy on them did not improve"
            facts.append(Fact("trees", alone, 0))
        else:
            grown = self.trees.roots.size
            mixed = f", mixed half and half with {self.text.name}()" if self.share < 1 else ""
            facts.append(Fact("trees", f"{grown:,} trees{mixed}", grown))
        rowless_count = len(texts) - int(self.known.find(texts)[1].sum())
        if names and rowless_count:
            share = f"{rowless_count:,} of {len(texts):,} texts"
            rowless = f"{share} are in no known row: answered by the text alone"
            facts.append(Fact("rowless", rowless, rowless_count))
        return tuple(facts)

    def knowing(self, archive: Archive) -> BoostedModel:
        """The same model for the rows of another file: ``model.knowing(read(FILE).data.archive)``.

        The rows of the old file are dropped. Raises `UnderdogError` if a column is missing.
        """
        return replace(self, known=_lookup(self.columns, archive))


def _lookup(columns: EncodedColumns, archive: Archive) -> RowLookup:
    if not columns.names:
        return RowLookup.of((), np.zeros((0, 0)))
    return RowLookup.of(archive.texts, columns.cells(archive.columns, len(archive.texts)))


def _stack(labels: tuple[str, ...], examples: Examples, seed: int) -> tuple[LinearModel, Floats]:
    """A linear model of all examples, and out-of-fold margins ``[examples, labels]``; NaN where
    there is no fold.
    """
    features = learned(examples.texts, examples.gold)
    rows = features.rows(examples.texts)
    chosen = choose_settings(rows, examples, seed)
    train, factor = joint(chosen, seed), chosen[-1]
    margins = np.full(examples.gold.shape, np.nan)
    for learn, check in examples.folds(seed):
        weights, bias = train(rows[learn], examples.gold[learn])
        margins[check] = (rows[check] @ weights + bias) * factor
    return make_model("linear", labels, features, train(rows, examples.gold), factor), margins


def _graded(
    outputs: tuple[str, ...],
    examples: Examples,
    columns: EncodedColumns,
    lookup: RowLookup,
    seed: int,
) -> BoostedModel:
    """The model of sets or numbers."""
    features = learned(examples.texts, examples.gold)
    fitted = fit_graded(features.rows(examples.texts), examples, seed)
    scores = fitted.head.logits(fitted.held_out)
    cells, _ = lookup.find(examples.texts)
    rows = _graded_features(examples.texts, scores, cells)
    trees, share, head = choose_graded(rows, scores, examples, seed)
    text = graded_model(outputs, features, fitted)
    return BoostedModel(outputs, text, columns, lookup, trees, share, 1.0, head)


def _graded_features(texts: Sequence[Text], scores: Floats, cells: Floats) -> Floats:
    """The inputs of the trees, ``[texts, outputs + shapes + cells]``."""
    shapes = np.array([shape_features(text) for text in texts]).reshape(len(texts), -1)
    return np.hstack([scores, shapes, cells])


def _features(texts: Sequence[Text], margins: Floats, cells: Floats) -> Floats:
    """The inputs of the trees, ``[texts, labels + shapes + cells]``."""
    shapes = np.array([shape_features(text) for text in texts])
    return np.hstack([np.log(softmax(margins) + FLOOR), shapes, cells])


def _choose(
    sample: Sample, margins: Floats, examples: Examples, seed: int
) -> tuple[Trees | None, float, float]:
    """The trees, the weight of their margins, and the factor of the mixture, chosen on held-out
    rows.
    """
    rounds: list[int] = []
    grown, linear, gold = ([np.zeros((0, sample.gold.shape[1]))] for _ in range(3))
    for trees, best, check in tried(sample, examples, seed):
        rounds.append(best)
        grown.append(trees.margins(sample.rows[check]))
        linear.append(margins[check])
        gold.append(sample.gold[check])
    truth = np.concatenate(gold)
    if len(truth) < FEW:
        return None, 0.0, 1.0
    margins_pair = np.concatenate(grown), np.concatenate(linear)
    trials = [(*fit_temperature(_mix(*margins_pair, share), truth), share) for share in SHARES]
    _, factor, share = min(trials, key=itemgetter(0))
    if not share:
        return None, 0.0, 1.0
    return grow(sample, seed, rounds=round(np.mean(rounds))), share, factor


def _mix(trees: Floats, text: Floats, share: float) -> Floats:
    """Margins ``[texts, labels]`` in which the trees have the weight ``share``; infinite margins
    stay infinite.
    """
    if share in (0.0, 1.0):
        return trees if share else text
    return share * trees + (1 - share) * text
