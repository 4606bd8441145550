"""How sure a model may be of its answers, learned from the question and the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..core.answer import Answers
from ..core.cost import Floats
from ..core.data import Dataset, Text, draw
from ..core.description import Fact
from ..core.errors import UnderdogError
from ..core.given import Data, dataset
from ..core.graders import grader_for
from ..core.protocols import Learner, Model, fitted
from ..models.features.tfidf import Tfidf
from ..models.linear.recipe import Linear
from ..models.training.examples import FEW
from ..runtime.formatting import percent
from ..runtime.out_of_fold import out_of_fold
from ..runtime.registry import register
from ..runtime.schema import Number
from .detect.model import logits
from .detect.stack import weighed
from .detect.told import auroc

RIGHT, WRONG = "right", "wrong"
CLUSTER = 8
"""Questions in a cluster, on average."""

TOPICS = 64
"""Dimensions that questions are clustered in."""

FOLDS = 5
READER = Linear()


@register(
    "confident",
    sample="confident(bayes(), bayes(), clusters=4)",
    holds={"clusters": Number(0, 100_000)},
)
@dataclass(frozen=True)
class Confident:
    """The answers of ``model``, with a confidence that is learned where the model gives none.

    APRICOT (Ulmer et al., ACL 2024): a small ``reader``, a recipe such as `linear()` or
    `encoder()`, reads the question and the answer, and learns how often the model is right on
    questions like this one. Like are the questions of one of ``clusters`` (by default one for
    every `CLUSTER` questions), in which an answer's own correctness counts twice. A factor and a
    shift, fitted on held-out texts, make the confidence as often right as it says. Answers stay
    as they are.
    """

    model: Model | Learner
    reader: Learner = READER
    clusters: int = 0

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `ConfidentModel`; a model that is no recipe is asked about every labelled text.

        Raises `UnderdogError` with fewer than `FEW` labelled texts.
        """
        data = dataset(data)
        data = data.take(np.flatnonzero(data.known))
        if len(data) < FEW:
            raise UnderdogError(
                f"{len(data)} labelled texts are too few to learn a confidence from",
                f"label {FEW} or more of them",
            )
        answers, data = _answered(self.model, data, seed)
        model = fitted(self.model, data, seed)
        right = np.nan_to_num(grader_for(data).grade(data.texts, answers.values, data)) > 0.5
        if right.all() or not right.any():
            share = float((right.sum() + 1) / (len(right) + 2))
            facts = _facts(np.full(len(right), share), right, data.texts)
            return ConfidentModel(model, None, 0.0, _odds(share), facts)
        target = shared(right, clustered(data.texts, self.clusters or len(data) // CLUSTER, seed))
        pairs = Dataset.of(
            _pairs(data.texts, answers.values),
            [RIGHT if y else WRONG for y in right],
            groups=data.clusters,
        )
        pairs = replace(pairs, soft=np.stack([target, 1 - target], axis=1))
        held = _held_out(self.reader, pairs, seed)
        seen = ~np.isnan(held)
        factor, shift = np.ones(1), 0.0
        if seen.sum() >= FEW:
            factor, shift = weighed(held[seen, None], right[seen])
        told = _chance(factor[0] * held[seen] + shift)
        facts = _facts(told, right[seen], [data.texts[i] for i in np.flatnonzero(seen).tolist()])
        reader = self.reader.fit(pairs, seed)
        return ConfidentModel(model, reader, float(factor[0]), shift, facts)


@register("confident.model", holds={"factor": Number(0, 1e6), "shift": Number(-1e6, 1e6)})
@dataclass(frozen=True, eq=False)
class ConfidentModel:
    """The answers of ``model``; how sure it is says ``reader``, whose log odds are multiplied by
    ``factor`` and shifted. Without a reader every answer is equally sure.
    """

    model: Model
    reader: Model | None
    factor: float
    shift: float
    facts: tuple[Fact, ...] = ()

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The same answers, with ``sure`` ``[texts]``; 0 for an abstention."""
        said = self.model.answer(texts)
        if not len(said):
            return said
        odds: Floats = np.zeros(len(said))
        if self.reader is not None:
            judged = self.reader.answer(_pairs(texts, said.values))
            odds = logits(judged, (RIGHT, WRONG), 0)
            said = replace(said, costs=said.costs + judged.costs)
        sure = _chance(self.factor * odds + self.shift)
        answered = np.array([bool(value) for value in said.values], np.bool_)
        return replace(said, sure=np.where(answered, sure, 0.0))

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """How often the answers are as right as is said, on texts that were not learned from."""
        return self.facts


def clustered(texts: Sequence[Text], clusters: int, seed: int) -> NDArray[np.intp]:
    """The number of the cluster of each text, ``[texts]``: k-means on the topics of its words."""
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.decomposition import TruncatedSVD

    rows = Tfidf.learn(texts).rows(texts)
    width = min(TOPICS, rows.shape[1] - 1, len(texts) - 1)
    topics = TruncatedSVD(width, random_state=seed).fit_transform(rows)
    count = min(max(clusters, 2), len(np.unique(topics.round(9), axis=0)))
    means = MiniBatchKMeans(count, random_state=seed, n_init=3).fit(topics)
    return np.asarray(means.labels_, np.intp)


def shared(right: NDArray[np.bool_], of: NDArray[np.intp]) -> Floats:
    """How often answers of each one's cluster ``of`` are right, its own twice, ``[answers]``."""
    sums, sizes = np.bincount(of, weights=right), np.bincount(of)
    return (sums[of] + right) / (sizes[of] + 1.0)


def _answered(model: Model | Learner, data: Dataset, seed: int) -> tuple[Answers, Dataset]:
    """Answers to texts that the model has not learned from, and these texts."""
    if not isinstance(model, Learner):
        return model.answer(data.texts), data
    parts = out_of_fold(model, data, FOLDS, seed)
    if not parts:
        return model.fit(data, seed).answer(data.texts), data
    rows = Dataset.join([part.test for part in parts])
    return Answers.join([part.answers for part in parts]), rows


def _held_out(reader: Learner, pairs: Dataset, seed: int) -> Floats:
    """The log odds of being right by readers that did not learn from the text, ``[pairs]``."""
    held = np.full(len(pairs), np.nan)
    fold = np.array([int(draw(f"confident {seed}:{c}") * FOLDS) for c in pairs.clusters])
    for k in range(FOLDS):
        out, rest = np.flatnonzero(fold == k), pairs.take(np.flatnonzero(fold != k))
        if len(out) and len(set(rest.labels)) == 2:
            model = reader.fit(rest, seed)
            asked = [pairs.texts[i] for i in out.tolist()]
            held[out] = logits(model.answer(asked), (RIGHT, WRONG), 0)
    return held


def _pairs(texts: Sequence[Text], values: Sequence[str]) -> list[Text]:
    """The question, and the answer to it."""
    questions = [text if isinstance(text, str) else "\n\n".join(text) for text in texts]
    return list(zip(questions, values, strict=True))


def _facts(told: Floats, right: NDArray[np.bool_], texts: Sequence[Text]) -> tuple[Fact, ...]:
    if not len(told):
        return (Fact("confidence", "too few texts to say how good the confidence is", None),)
    value = auroc(told, right)
    length = auroc(np.array([float(len(str(text))) for text in texts]), right)
    says = (
        f"confidence learned from the question and the answer: on {len(told):,} texts not learned"
        f" from it is {percent(float(told.mean()))} sure and {percent(float(right.mean()))} right"
    )
    data = {"texts": len(told), "confidence": float(told.mean()), "accuracy": float(right.mean())}
    if not np.isnan(value):
        says += f"; AUROC {value:.2f} (length alone {length:.2f})"
        data |= {"auroc": value, "length": length}
    return (Fact("confidence", says, data),)


def _chance(odds: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
    return chance


def _odds(share: float) -> float:
    return float(np.log(share / (1 - share)))
