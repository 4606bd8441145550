"""A classifier of what a text says and of how it is written: `Form`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Text
from ...core.given import Data, dataset
from ...core.protocols import Model
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Array
from ..features.form import FormFeatures, joined
from ..features.surface import SurfaceFeatures
from ..training.examples import Examples, fit_temperature, softmax
from ..training.logistic import fit_head

COST = 30.0
"""Inverse regularisation strength (``C``)."""


@register("form", sample="form()")
@dataclass(frozen=True)
class Form:
    """Logistic regression on the words of a text, and on how it is written.

    It sees what words alone do not show: words in a wrong order, by pairs and triples of kinds of
    words; passages that are repeated, by how far a text can be compressed; garbled letters. Made
    for the quality of texts, at thousands a second; to tell what texts are about, take `linear`.
    The first 2,000 characters are read.
    """

    def fit(self, data: Data, seed: int = 0) -> Model:
        """Train a `FormModel`.

        Raises `UnderdogError` without examples of at least two labels, or if texts and pairs are
        mixed.
        """
        data = dataset(data)
        meter = Meter()
        examples = Examples.of(data, "form")
        texts = [joined(text) for text in examples.texts]
        words, form = SurfaceFeatures.learn(texts), FormFeatures.learn(texts)
        rows = _rows(words, form, texts)
        used = np.unique(rows.indices)  # the weights of all other columns would be 0
        rows = rows[:, used]
        factor = _sharpness(rows, examples, seed)
        trained, bias = fit_head(rows, examples.gold, COST)
        weights = np.zeros((words.width + len(words.mean) + form.width, len(bias)), np.float32)
        weights[used] = trained * factor
        model = FormModel(data.task.labels, words, form, weights, bias * factor)
        meter.bill(1)
        return model


def _sharpness(rows: csr_array, examples: Examples, seed: int) -> float:
    """The inverse temperature, from one held-out part: 1 where there is none."""
    for learn, check in examples.held_out(seed):
        weights, bias = fit_head(rows[learn], examples.gold[learn], COST)
        return fit_temperature(rows[check] @ weights + bias, examples.gold[check])[1]
    return 1.0


def _disagreement(m: Any) -> str:
    """What is wrong with a `FormModel` that has the fields of ``m``."""
    whole = len(m.weights) == m.words.width + len(m.words.mean) + m.form.width
    return "" if whole else "features and weights do not agree"


@register(
    "form.model",
    holds={"weights": Array("features", "labels"), "bias": Array("labels", unseen=True)},
    check=_disagreement,
)
@dataclass(frozen=True, eq=False)
class FormModel:
    """The softmax of the rows of ``words`` and ``form`` times ``weights``, plus ``bias``.

    ``weights`` has the shape ``[features, labels]``, ``bias`` ``[labels]``; a bias of minus
    infinity is a label without training examples.
    """

    labels: tuple[str, ...]
    words: SurfaceFeatures
    form: FormFeatures
    weights: NDArray[np.float32]
    bias: Floats

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The most likely labels, with probabilities ``[texts, labels]``."""
        meter = Meter()
        rows = _rows(self.words, self.form, [joined(text) for text in texts])
        probs = softmax(rows @ self.weights + self.bias)
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "form")


def _rows(words: SurfaceFeatures, form: FormFeatures, texts: Sequence[str]) -> csr_array:
    return csr_array(hstack([words.rows(texts), form.rows(texts)], format="csr"))
