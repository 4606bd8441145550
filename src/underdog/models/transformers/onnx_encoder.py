"""Encoders that answer without torch: their reading part as an ONNX graph, checked when made."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...core.data import Dataset, Text
from ...core.description import Fact
from ...core.errors import UnderdogError
from ...core.protocols import Learner, Model, samples_seen
from ...runtime import formatting
from ...runtime.meter import Meter
from ...runtime.registry import register, spec
from ..features.windows import PaddedWindows, Vectors, Windows
from ..onnx import networks
from ..onnx.quantization import eightbit
from .encoder import EncoderModel, TorchBody

PROBES = 500
"""Training texts on which that is tried."""

AT_ONCE = 512
"""Tokens that are read at once: what is computed of them fits into a processor's cache."""


@register("onnx")
@dataclass(frozen=True)
class Onnx:
    """What ``recipe`` (an encoder) learns, made fast on CPUs: answered by onnxruntime, not torch.

    ``int8`` computes in 8 bits (`eightbit`) if 99 % of the labels of `PROBES` training texts stay
    the same; else it warns and keeps 32.
    """

    recipe: Learner
    int8: bool = True

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """The `EncoderModel` with an `OnnxBody`; `UnderdogError` if ``recipe`` is no encoder."""
        model = self.recipe.fit(data, seed)
        meter = Meter()
        if not isinstance(model, EncoderModel):
            raise UnderdogError(
                f"what {spec(self.recipe)} learns cannot be exported",
                "only encoders can: onnx(encoder('minilm'))",
            )
        made = exported(model, data.texts[:PROBES], self.int8)
        meter.bill(1)
        return made

    def samples_seen(self, data: Dataset) -> float:
        """Examples that a fit of the recipe reads."""
        return samples_seen(self.recipe, data)


@register("onnx.body")
@dataclass(frozen=True, eq=False)
class OnnxBody:
    """A transformer as a graph for onnxruntime; ``inputs`` are the fields of `PaddedWindows` it
    takes.

    ``bits`` is the precision it computes in; ``same`` is the share of labels that 8 bits left
    unchanged, or None if that was not tried.
    """

    graph: networks.Graph
    inputs: tuple[str, ...]
    bits: int = 32
    same: float | None = None

    def sums(self, texts: PaddedWindows) -> Vectors:
        """Token vectors summed over either text of each window, ``[windows, 2, width]``."""
        parts = [self.graph.run(self.feeds(part)) for part in _parts(texts)]
        return np.concatenate(parts).astype(np.float32)

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        if self.same is None:
            return ()
        stay = (
            f"with 8 {formatting.percent(self.same)} of the labels of training texts stay the same"
        )
        return (Fact("bits", f"computes in {self.bits} bits: {stay}", self.same),)

    def feeds(self, texts: PaddedWindows) -> networks.Feeds:
        """The inputs of the graph by name."""
        said = texts._asdict()
        return {name: said[name] for name in self.inputs}


def _parts(texts: PaddedWindows) -> Iterator[PaddedWindows]:
    """``texts`` in parts of up to `AT_ONCE` tokens, or of one window; each padded no further."""
    lengths = texts.mask.sum(axis=1)
    some = max(1, AT_ONCE // texts.ids.shape[1])
    for start in range(0, len(texts.ids), some):
        rows = slice(start, start + some)
        yield PaddedWindows(*(a[rows, : lengths[rows].max()] for a in texts))


def exported(model: EncoderModel, texts: Sequence[Text], int8: bool = True) -> EncoderModel:
    """``model`` with its reading part as a graph, compared with the original on ``texts``."""
    if not isinstance(model.body, TorchBody):
        raise UnderdogError("the model is exported already", "use it as it is")
    if not texts:
        raise UnderdogError("an export is checked on texts", "give the texts it was trained on")
    from .network import inputs, traced

    example = model.reader.windows(texts[:2])
    graph = traced(model.body.network, example.padded(range(len(example.windows))))
    body = OnnxBody(networks.Graph(graph), inputs(model.body.network))
    full = replace(model, body=body)
    networks.check(full.logits(texts), model.logits(texts))
    if not int8:
        return full
    light = lighter(body, model.reader.windows(texts))
    small = replace(model, body=light)
    same = agreement(full, small, texts)
    if same < networks.AGREE:
        warnings.warn(
            f"with weights of 8 bits only {same:.1%} of the labels stay the same: kept 32 bits",
            stacklevel=2,
        )
        return replace(full, body=replace(body, same=same))
    return replace(small, body=replace(light, bits=8, same=same))


def lighter(body: OnnxBody, windows: Windows) -> OnnxBody:
    """``body`` in 8 bits; what its numbers come to is seen on the first `PROBES` windows."""
    rows = range(min(PROBES, len(windows.windows)))
    feeds = (body.feeds(windows.padded([row])) for row in rows)
    return replace(body, graph=networks.Graph(eightbit(body.graph.content, feeds)))


def agreement(one: EncoderModel, other: EncoderModel, texts: Sequence[Text]) -> float:
    """The share of ``texts`` that both give the same label."""
    a, b = (model.logits(texts).argmax(axis=1) for model in (one, other))
    return float((a == b).mean())
