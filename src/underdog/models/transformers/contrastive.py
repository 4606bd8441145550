"""An encoder taught by a handful of examples a label, by comparing them with each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.protocols import Model
from ...runtime.extras import require
from ...runtime.meter import Meter
from ...runtime.registry import register
from ..features.pair_features import head_width
from ..training.examples import Examples
from .encoder import EncoderModel, TorchBody
from .frozen import head

COST = 30.0
"""What an error costs the head against a large weight. Too few examples to choose it by."""

BATCH = 64


@register("contrastive", sample="contrastive(steps=1)")
@dataclass(frozen=True)
class Contrastive:
    """An encoder whose vectors are drawn together by label, and a linear head: for few examples.

    Made for 8 to 16 examples a label, as SetFit is (Tunstall et al., 2022), but it compares all
    texts of a batch with each other (Khosla et al., NeurIPS 2020) and lists no pairs: memory does
    not grow with the square of the examples. ``encoder`` is anything that `Encoder` takes. A text
    is trained on by its first ``length`` tokens; answers read all. Soft labels teach the head
    only. Probabilities rank, but are not calibrated: too few examples to hold any out.
    """

    encoder: str = "minilm"
    steps: int = 40
    rate: float = 5e-5
    length: int = 256

    def __post_init__(self) -> None:
        if self.steps < 0 or self.length < 8:
            raise UnderdogError(
                "steps must be 0 or more, length 8 or more", "as in: contrastive(steps=40)"
            )

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """An `EncoderModel`; `UnderdogError` without examples of two labels at least."""
        require("torch", "torch")
        from .pretrained import pretrained
        from .supcon import Course, pull

        meter = Meter()
        examples = Examples.of(data)
        body, reader = pretrained(self.encoder, self.length)
        windows = reader.windows(examples.texts)
        first = np.flatnonzero(np.diff(windows.owner, prepend=-1))
        course = Course(self.steps, self.rate, BATCH)
        says = examples.gold.argmax(axis=1)
        pull(body, lambda rows: windows.padded(first[rows]), says, course, seed)
        counts = {moved: _size(body, moved) for moved in (False, True)}
        seen = head_width(body.config.hidden_size, pair=examples.pairs)
        blank = EncoderModel(
            data.task.labels,
            examples.pairs,
            reader,
            TorchBody.of(body, {}),
            np.eye(seen, dtype=np.float32),
            np.zeros(seen, np.float32),
            counts[True] / sum(counts.values()),
            int(windows.lengths.sum() - windows.lengths[first].sum()),
        )
        model = _decided(blank, examples)
        meter.bill(1)
        return model


def _decided(blank: EncoderModel, examples: Examples) -> EncoderModel:
    """``blank``, which gives a text's vector back, with logistic regression on these vectors."""
    vectors = blank.logits(examples.texts).astype(np.float32)
    size = float(np.linalg.norm(vectors, axis=1).mean())
    weights, bias = head(vectors / size, examples.gold, COST)
    return replace(blank, weights=(weights / size).astype(np.float32), bias=bias.astype(np.float32))


def _size(body: Any, moved: bool) -> int:
    """How many parameters of ``body`` were trained, or were not."""
    return sum(p.numel() for p in body.parameters() if p.requires_grad == moved)
