"""An encoder trained contrastively on few examples per label: `Contrastive`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.protocols import Model
from ...runtime.extras import require
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Number
from ..features.pair_features import head_width
from ..training.examples import Examples
from ..training.logistic import fit_head
from .encoder import EncoderModel, TorchBody

C_VALUE = 30.0
"""Inverse regularisation strength (``C``) of the head; the examples are too few to choose it."""

BATCH = 64


@register(
    "contrastive",
    sample="contrastive(steps=1)",
    holds={"steps": Number(0, 1_000_000), "rate": Number(0), "length": Number(1, 1 << 20)},
)
@dataclass(frozen=True)
class Contrastive:
    """An encoder fine-tuned to bring texts of one label together, and a linear head: for few
    examples.

    Made for 8 to 16 examples per label, like SetFit (Tunstall et al., 2022). It compares all texts
    of a batch with each other (Khosla et al., NeurIPS 2020) and does not list pairs, so memory does
    not grow with the square of the examples. ``encoder`` is anything that `Encoder` takes;
    ``steps`` batches are trained at learning ``rate``. Training uses the first ``length`` tokens of
    a text; answers read all. Soft labels train the head only. Probabilities rank texts but are not
    calibrated: the examples are too few to hold any out.
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

    def fit(self, data: Data, seed: int = 0) -> Model:
        """Train an `EncoderModel`.

        Raises `UnderdogError` without examples of at least two labels, if the encoder is missing,
        or if training diverges.
        """
        data = dataset(data)
        require("torch", "torch")
        from .pretrained import pretrained
        from .supcon import ContrastiveConfig, train_contrastive

        meter = Meter()
        examples = Examples.of(data, "contrastive")
        body, reader = pretrained(self.encoder, self.length)
        windows = reader.windows(examples.texts)
        first = np.flatnonzero(np.diff(windows.owner, prepend=-1))
        config = ContrastiveConfig(self.steps, self.rate, BATCH)
        labels = examples.gold.argmax(axis=1)
        train_contrastive(body, lambda rows: windows.padded(first[rows]), labels, config, seed)
        sizes = {trained: _parameters(body, trained) for trained in (False, True)}
        width = head_width(body.config.hidden_size, pair=examples.pairs)
        blank = EncoderModel(
            data.task.labels,
            examples.pairs,
            reader,
            TorchBody.of(body, {}),
            np.eye(width, dtype=np.float32),
            np.zeros(width, np.float32),
            sizes[True] / sum(sizes.values()),
            int(windows.lengths.sum() - windows.lengths[first].sum()),
        )
        model = _with_head(blank, examples)
        meter.bill(1)
        return model


def _with_head(blank: EncoderModel, examples: Examples) -> EncoderModel:
    """``blank``, whose logits are its text vectors, with logistic regression on these vectors."""
    vectors = blank.logits(examples.texts).astype(np.float32)
    size = float(np.linalg.norm(vectors, axis=1).mean())
    weights, bias = fit_head(vectors / size, examples.gold, C_VALUE)
    return replace(blank, weights=(weights / size).astype(np.float32), bias=bias.astype(np.float32))


def _parameters(body: Any, trained: bool) -> int:
    """The number of parameters of ``body`` that were trained, or that were not."""
    return sum(p.numel() for p in body.parameters() if p.requires_grad == trained)
