"""Encoders as ONNX graphs, optionally quantized: they answer without torch."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core.data import Dataset, Text
from ...core.description import Fact
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.protocols import Learner, Model, samples_seen
from ...runtime import formatting
from ...runtime.meter import Meter
from ...runtime.registry import register, spec
from ..features.windows import PaddedWindows, Vectors, Windows
from ..onnx import networks
from ..onnx.quantization import quantize_int8
from .encoder import EncoderModel, TorchBody

CALIBRATION_TEXTS = 500
"""Training texts on which quantization is calibrated and checked."""

TOKENS_AT_ONCE = 512
"""Tokens per forward pass: their activations fit into a processor's cache."""


@register("onnx")
@dataclass(frozen=True)
class Onnx:
    """The encoder that ``recipe`` trains, exported to ONNX and run by onnxruntime instead of torch.

    ``int8`` quantizes to 8 bits (`quantize_int8`) if 99 % of the labels of `CALIBRATION_TEXTS`
    training texts stay the same; otherwise it warns and keeps 32 bits.
    """

    recipe: Learner
    int8: bool = True

    def fit(self, data: Data, seed: int = 0) -> Model:
        """Train ``recipe`` and export it: an `EncoderModel` with an `OnnxBody`.

        Raises `UnderdogError` if ``recipe`` does not train an encoder.
        """
        data = dataset(data)
        model = self.recipe.fit(data, seed)
        meter = Meter()
        if not isinstance(model, EncoderModel):
            raise UnderdogError(
                f"the model of {spec(self.recipe)} cannot be exported",
                "only encoders can be exported: onnx(encoder('minilm'))",
            )
        exported = export_encoder(model, data.texts[:CALIBRATION_TEXTS], self.int8)
        meter.bill(1)
        return exported

    def samples_seen(self, data: Dataset) -> float:
        """Examples that a fit of the recipe reads, counted once per epoch."""
        return samples_seen(self.recipe, data)


def _strange_inputs(body: Any) -> str:
    """What is wrong with the inputs of an `OnnxBody` that has the fields of ``body``."""
    exist = set(body.inputs) <= set(PaddedWindows._fields)
    return "" if exist else f"inputs must be some of {', '.join(PaddedWindows._fields)}"


@register("onnx.body", check=_strange_inputs)
@dataclass(frozen=True, eq=False)
class OnnxBody:
    """A transformer as a graph for onnxruntime.

    ``inputs`` are the fields of `PaddedWindows` that it takes, ``bits`` is its precision, and
    ``same`` is the share of labels that 8 bits left unchanged, or None if that was not tried.
    """

    graph: networks.Graph
    inputs: tuple[str, ...]
    bits: int = 32
    same: float | None = None

    def sums(self, texts: PaddedWindows) -> Vectors:
        """Token vectors summed over each text of a window, ``[windows, 2, width]``."""
        parts = [self.graph.run(self.feeds(part)) for part in _parts(texts)]
        return np.concatenate(parts).astype(np.float32)

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """The precision it computes in, and how many labels quantization left unchanged."""
        if self.same is None:
            return ()
        unchanged = (
            f"with 8 {formatting.percent(self.same)} of the labels of training texts stay the same"
        )
        return (Fact("bits", f"computes in {self.bits} bits: {unchanged}", self.same),)

    def feeds(self, texts: PaddedWindows) -> networks.Feeds:
        """The inputs of the graph by name, each of shape ``[windows, tokens]``."""
        fields = texts._asdict()
        return {name: fields[name] for name in self.inputs}


def _parts(texts: PaddedWindows) -> Iterator[PaddedWindows]:
    """``texts`` in parts of up to `TOKENS_AT_ONCE` tokens, or one window, without excess
    padding.
    """
    lengths = texts.mask.sum(axis=1)
    some = max(1, TOKENS_AT_ONCE // texts.ids.shape[1])
    for start in range(0, len(texts.ids), some):
        rows = slice(start, start + some)
        yield PaddedWindows(*(a[rows, : lengths[rows].max()] for a in texts))


def export_encoder(model: EncoderModel, texts: Sequence[Text], int8: bool = True) -> EncoderModel:
    """``model`` with its body as an ONNX graph, compared with the original on ``texts``.

    Raises `UnderdogError` if it is exported already, if there are no texts, or if the graph
    computes something else.
    """
    if not isinstance(model.body, TorchBody):
        raise UnderdogError("the model is an ONNX graph already", "use it as it is")
    if not texts:
        raise UnderdogError(
            "an export needs texts to be checked on", "give the texts it was trained on"
        )
    from .network import export_onnx, input_names

    example = model.reader.windows(texts[:2])
    graph = export_onnx(model.body.network, example.padded(range(len(example.windows))))
    body = OnnxBody(networks.Graph(graph), input_names(model.body.network))
    full = replace(model, body=body)
    networks.require_close(full.logits(texts), model.logits(texts))
    if not int8:
        return full
    quantized = quantize_body(body, model.reader.windows(texts))
    small = replace(model, body=quantized)
    same = agreement(full, small, texts)
    if same < networks.MIN_AGREEMENT:
        warnings.warn(
            f"with 8-bit weights only {same:.1%} of the labels stay the same: kept 32 bits",
            stacklevel=2,
        )
        return replace(full, body=replace(body, same=same))
    return replace(small, body=replace(quantized, bits=8, same=same))


def quantize_body(body: OnnxBody, windows: Windows) -> OnnxBody:
    """``body`` in 8 bits, calibrated on the first `CALIBRATION_TEXTS` windows."""
    rows = range(min(CALIBRATION_TEXTS, len(windows.windows)))
    feeds = (body.feeds(windows.padded([row])) for row in rows)
    return replace(body, graph=networks.Graph(quantize_int8(body.graph.content, feeds)))


def agreement(one: EncoderModel, other: EncoderModel, texts: Sequence[Text]) -> float:
    """The share of ``texts`` that both models give the same label, between 0 and 1."""
    a, b = (model.logits(texts).argmax(axis=1) for model in (one, other))
    return float((a == b).mean())
