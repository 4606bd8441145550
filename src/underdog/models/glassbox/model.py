"""A readable model: the sum of the points of words, and of a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Text
from ...core.description import Fact
from ...core.explaining import Explanation, Feature
from ...core.explaining.tokens import tokens_of
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Array
from ..features.text_pairs import require_same_kind
from ..features.tokens import VIEWS, split_words
from ..training.examples import softmax
from .lists import NUMBERS, Lists, numbers_of

METHOD = "exact: the points of a readable model"

NAMED = 8
"""Words of a list that a rule names."""


def _disagreement(m: Any) -> str:
    """What is wrong with a `GlassboxModel` that has the fields of ``m``."""
    numbers = len(NUMBERS[bool(m.pairs)])
    whole = len(m.weights) == len(m.lists) + numbers and len(m.low) == numbers
    return "" if whole else "lists and points do not agree"


@register(
    "glassbox.model",
    holds={
        "weights": Array("features", "labels"),
        "bias": Array("labels", unseen=True),
        "low": Array("numbers"),
        "high": Array("numbers"),
    },
    check=_disagreement,
)
@dataclass(frozen=True, eq=False)
class GlassboxModel:
    """The softmax of ``bias`` plus the points of each word in a list, and of each number.

    ``lists`` are lists of words and word pairs; every word of a list has the same points.
    ``weights``, ``[lists + numbers, labels]``, are the points; ``bias`` has the shape ``[labels]``.
    A number counts from 0 at ``low`` to 1 at ``high``, both ``[numbers]``.
    """

    labels: tuple[str, ...]
    pairs: bool
    lists: tuple[tuple[str, ...], ...]
    weights: Floats
    bias: Floats
    low: Floats
    high: Floats

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The most likely labels, with probabilities ``[texts, labels]``.

        Raises `UnderdogError` for pairs if single texts were learned, and the other way round.
        """
        meter = Meter()
        require_same_kind(texts, self.pairs)
        probs = softmax(self.values(texts) @ self.weights + self.bias)
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "glassbox")

    def values(self, texts: Sequence[Text]) -> Floats:
        """The value of each feature, ``[texts, lists + numbers]``."""
        numbers = np.array([numbers_of(text) for text in texts]).reshape(len(texts), len(self.low))
        scaled = (numbers - self.low) / np.maximum(self.high - self.low, 1e-9)
        return np.hstack([self._lists.counts(texts), scaled.clip(0.0, 1.0)])

    def explain(self, texts: Sequence[Text]) -> list[Explanation]:
        """The points of each word, exactly, and of each list and number that counts."""
        answers = self.answer(texts)
        return [
            self._explained(text, answers.values[i], answers.paths[i])
            for i, text in enumerate(texts)
        ]

    def overview(self, most: int = 10) -> dict[str, list[tuple[str, float]]]:
        """For each label the ``most`` words with most points, against the mean of the labels."""
        toward = self._toward()
        overview = {}
        for k, label in enumerate(self.labels):
            order = np.argsort(-toward[: len(self.lists), k], kind="stable").tolist()
            words = [(w, float(toward[i, k])) for i in order for w in self.lists[i]]
            overview[label] = [pair for pair in words if pair[1] > 0][:most]
        return overview

    def rules(self) -> tuple[str, ...]:
        """All that the model knows: the points of each list and number, the strongest first."""
        toward = self._toward()
        names = [_list_name(words) for words in self.lists]
        names += [f"{name}, at its largest" for name in NUMBERS[self.pairs]]
        best = np.abs(toward).argmax(axis=1) if len(self.labels) > 2 else toward.argmax(axis=1)
        order = np.argsort(-toward[np.arange(len(names)), best], kind="stable").tolist()
        return tuple(
            f"{toward[i, best[i]]:+.2f} for {self.labels[best[i]]!r}: {names[i]}" for i in order
        )

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """How many features it has."""
        n = len(self.weights)
        words = sum(map(len, self.lists))
        says = f"{n} readable features: {len(self.lists)} lists of {words:,} words, and numbers"
        return (Fact("features", says, n),)

    @cached_property
    def _lists(self) -> Lists:
        return Lists(self.lists)

    def _toward(self) -> Floats:
        """The points against the mean of the labels that have examples."""
        finite = np.isfinite(self.bias)
        mean = self.weights[:, finite].mean(axis=1, keepdims=True)
        return np.where(finite[None], self.weights - mean, 0.0)

    def _explained(self, text: Text, value: str, path: tuple[str, ...]) -> Explanation:
        tokens = tokens_of(text)
        values = self.values([text])[0]
        contributions = np.zeros((len(tokens), len(self.labels)))
        matched: dict[int, list[str]] = {}
        owners: dict[tuple[int, str], list[int]] = {}
        for i, token in enumerate(tokens):
            for word in split_words(token.text.lower()):
                owners.setdefault((token.side, word), []).append(i)
        for term, k in self._lists.matches(text):
            matched.setdefault(k, []).append(term)
            mine = _owners(term, owners, self.pairs)
            for i in mine:
                contributions[i] += self.weights[k] / len(mine)
        start = self.bias + values[len(self.lists) :] @ self.weights[len(self.lists) :]
        features = [
            Feature(_list_name(self.lists[k]), ", ".join(some), tuple(self.weights[k] * len(some)))
            for k, some in matched.items()
        ]
        for j, name in enumerate(NUMBERS[self.pairs], len(self.lists)):
            features.append(Feature(name, f"{values[j]:.2f}", tuple(self.weights[j] * values[j])))
        return Explanation(
            text, value, self.labels, tokens, contributions, start,
            values @ self.weights + self.bias, METHOD, "logit",
            features=tuple(features), feature_base=self.bias, path=path,
        )  # fmt: skip


def _owners(term: str, owners: dict[tuple[int, str], list[int]], pairs: bool) -> list[int]:
    """The tokens that the words of a term stand in; of a pair on the side that it names."""
    view, _, words = term.partition(": ") if pairs else ("", "", term)
    sides = {VIEWS[1]: (1,), VIEWS[2]: (0, 1), VIEWS[3]: (0,), VIEWS[4]: (1,)}.get(view, (0,))
    return [i for side in sides for word in words.split() for i in owners.get((side, word), ())]


def _list_name(words: Sequence[str]) -> str:
    """A list in a few words."""
    more = f", … ({len(words)} words)" if len(words) > NAMED else ""
    return f"{', '.join(words[:NAMED])}{more}"
