"""Static 8-bit quantization of a graph's matrix products, with outlier channels kept in 32 bits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...runtime.extras import require
from ..features.windows import Vectors
from . import networks

SMOOTHING = 0.75
"""How far channels are scaled to one level before rounding: 0 not at all, 1 completely."""

OUTLIER_CHANNELS = 16
"""Channels that stay in 32 bits, for an input that is wider than its output."""

ACTIVATION_LEVELS, MAX_WEIGHT = 255, 127
"""Number of activation steps, and the largest integer that represents a weight."""

ChannelRange = tuple[Vectors, Vectors]
"""The smallest and the largest value of each channel, each ``[channels]``."""


def quantize_int8(graph: bytes, probes: Iterable[networks.Feeds]) -> bytes:
    """``graph`` with the products of activations and trained weights computed in 8 bits.

    The range of each channel is measured once, on ``probes``, so that no answer depends on the
    other texts of its batch. A channel with large values would leave few levels for the others.
    Therefore all channels are scaled towards one level, which the weights undo (Xiao et al.,
    SmoothQuant, ICML 2023), and the largest channels of a wide input are multiplied in 32 bits
    (Dettmers et al., LLM.int8(), NeurIPS 2022). Weights have one scale per output. Values beyond
    the measured range are clipped. The caller checks the effect on labels; see
    `networks.MIN_AGREEMENT`.
    """
    model = require("onnx", "torch").load_model_from_string(graph)
    _Rewriter(model, _channel_ranges(model, probes)).run()
    packed: bytes = model.SerializeToString()
    return packed


def _constants(model: Any) -> dict[str, NDArray[Any]]:
    array = require("onnx.numpy_helper", "torch").to_array
    return {one.name: array(one) for one in model.graph.initializer}


def _is_product(node: Any, constants: dict[str, NDArray[Any]]) -> bool:
    """Whether ``node`` multiplies an activation by a matrix of weights."""
    if node.op_type != "MatMul" or node.input[0] in constants:
        return False
    return node.input[1] in constants and constants[node.input[1]].ndim == 2


def _channel_ranges(model: Any, probes: Iterable[networks.Feeds]) -> dict[str, ChannelRange]:
    """The `ChannelRange` of every input of a weight product, over all ``probes``."""
    library = require("onnx", "torch")
    constants = _constants(model)
    names = list(dict.fromkeys(n.input[0] for n in model.graph.node if _is_product(n, constants)))
    observed = library.ModelProto()
    observed.CopyFrom(model)
    real = library.TensorProto.FLOAT
    observed.graph.output.extend(
        library.helper.make_tensor_value_info(name, real, None) for name in names
    )
    session = networks.session(observed.SerializeToString())
    ranges: dict[str, ChannelRange] = {}
    for feeds in probes:
        for name, values in zip(names, session.run(names, dict(feeds)), strict=True):
            rows = values.reshape(-1, values.shape[-1])
            low, high = ranges.get(name, (rows[0], rows[0]))
            ranges[name] = np.minimum(low, rows.min(axis=0)), np.maximum(high, rows.max(axis=0))
    return ranges


@dataclass(frozen=True)
class _Input:
    """What all products of one input share: the names of its rounded form, scale and zero point.

    Before rounding, channels are multiplied by ``factor``; those in ``outliers`` are in
    ``outlier_input``.
    """

    rounded: str
    scale: str
    zero: str
    factor: Vectors
    outliers: NDArray[np.intp]
    outlier_input: str


class _Rewriter:
    """Copies the nodes of a graph one by one and replaces its weight products."""

    def __init__(self, model: Any, ranges: dict[str, ChannelRange]) -> None:
        self.model, self.ranges = model, ranges
        self.constants = _constants(model)
        self.users: dict[str, list[Any]] = {}
        for node in model.graph.node:
            for name in node.input:
                self.users.setdefault(name, []).append(node)
        self.inputs: dict[str, _Input] = {}
        self.nodes: list[Any] = []

    def run(self) -> None:
        """Change the model in place."""
        graph = self.model.graph
        summed: set[str] = set()
        for node in graph.node:
            if _is_product(node, self.constants):
                summed.add(self.product(node.input[0], node.input[1], node.output[0]))
            elif node.output[0] not in summed:
                self.nodes.append(node)
        used = {name for node in self.nodes for name in node.input}
        kept = [one for one in graph.initializer if one.name in used]
        del graph.node[:], graph.initializer[:]
        graph.node.extend(self.nodes)
        graph.initializer.extend(kept)
        opset = require("onnx.helper", "torch").make_opsetid("com.microsoft", 1)
        self.model.opset_import.append(opset)

    def product(self, name: str, weight: str, out: str) -> str:
        """Add a product with its bias in 8 bits and the outlier channels beside it; returns its
        name.
        """
        bias, out = self.bias(weight, out)
        matrix = self.constants[weight]
        if name not in self.inputs:
            self.inputs[name] = self.input(name, len(matrix) > matrix.shape[1])
        x = self.inputs[name]
        scaled = matrix / x.factor[:, None]
        scaled[x.outliers] = 0
        scales = np.maximum(np.abs(scaled).max(axis=0) / MAX_WEIGHT, 1e-12)
        rounded = np.round(scaled / scales).astype(np.int8)
        # named after the product, not the weight: where the processor lacks VNNI, onnxruntime 1.32
        # converts each initializer once per product, and fails on one that two products share
        weights = self.constant(f"{out}.8", rounded), self.constant(f"{out}.scales", scales)
        main = f"{out}.quiet" if len(x.outliers) else out
        self.node(
            "MatMulIntegerToFloat",
            [x.rounded, weights[0], x.scale, weights[1], x.zero, "", bias],
            main,
            domain="com.microsoft",
        )
        if len(x.outliers):
            outlier_weights = self.constant(f"{out}.outliers", matrix[x.outliers])
            self.node("MatMul", [x.outlier_input, outlier_weights], f"{out}.loud")
            self.node("Add", [main, f"{out}.loud"], out)
        return out

    def bias(self, weight: str, out: str) -> tuple[str, str]:
        """The bias that is added to a product, and the name of the sum."""
        users = self.users.get(out, [])
        if len(users) == 1 and users[0].op_type == "Add":
            for name in users[0].input:
                constant = self.constants.get(name)
                if constant is not None and constant.shape == self.constants[weight].shape[1:]:
                    return name, users[0].output[0]
        return "", out

    def input(self, name: str, wide: bool) -> _Input:
        """The input of products, scaled towards one level and rounded."""
        low, high = self.ranges[name]
        largest = np.maximum(np.maximum(high, -low), 1e-6)
        factor = (np.median(largest) / largest) ** SMOOTHING
        outliers = np.sort(np.argsort(-largest)[: OUTLIER_CHANNELS * wide])
        rest = np.delete(low * factor, outliers), np.delete(high * factor, outliers)
        bottom, top = min(0.0, float(rest[0].min())), max(0.0, float(rest[1].max()))
        scale = max(top - bottom, 1e-12) / ACTIVATION_LEVELS
        x = _Input(f"{name}.8", f"{name}.scale", f"{name}.zero", factor, outliers, f"{name}.loud")
        self.constant(x.scale, np.float32(scale))
        self.constant(x.zero, np.uint8(round(-bottom / scale)))
        self.node("Mul", [name, self.constant(f"{name}.factor", factor)], f"{name}.level")
        self.node("QuantizeLinear", [f"{name}.level", x.scale, x.zero], x.rounded)
        if len(outliers):
            self.node(
                "Gather", [name, self.constant(f"{name}.at", outliers)], x.outlier_input, axis=-1
            )
        return x

    def node(self, op: str, inputs: list[str], out: str, **attributes: Any) -> None:
        self.nodes.append(
            require("onnx.helper", "torch").make_node(op, inputs, [out], **attributes)
        )

    def constant(self, name: str, value: Any) -> str:
        tensor = require("onnx.numpy_helper", "torch").from_array(np.asarray(value), name)
        self.model.graph.initializer.append(tensor)
        return name
