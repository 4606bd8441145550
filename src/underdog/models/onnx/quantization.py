"""A graph in 8 bits: its products with weights in whole numbers, but for the loudest channels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...runtime.extras import require
from ..features.windows import Vectors
from . import networks

EVEN = 0.75
"""How far channels are brought to one level before they are rounded: 0 not at all, 1 wholly."""

SPARED = 16
"""Channels that are not rounded, of an input that is wider than its output."""

STEPS, LARGEST = 255, 127
"""Whole numbers that a channel is rounded to, and the largest that stands for a weight."""

Reach = tuple[Vectors, Vectors]
"""The least and the greatest value of each channel."""


def eightbit(graph: bytes, probes: Iterable[networks.Feeds]) -> bytes:
    """``graph`` with the products of what it computes and trained weights in 8 bits.

    How far each channel reaches is seen on ``probes`` once and for all, so that no answer depends
    on the other texts of its batch. A loud channel would leave few steps to the others: all are
    brought nearer to one level, which the weights undo (Xiao et al., SmoothQuant, ICML 2023), and
    the loudest of a wide input are multiplied in 32 bits (Dettmers et al., LLM.int8(), NeurIPS
    2022). Weights have a scale for each output. What reaches further than on the probes is cut.
    Does not check what it costs: see `networks.AGREE`.
    """
    model = require("onnx", "torch").load_model_from_string(graph)
    _Rewriting(model, _reaches(model, probes)).run()
    packed: bytes = model.SerializeToString()
    return packed


def _constants(model: Any) -> dict[str, NDArray[Any]]:
    array = require("onnx.numpy_helper", "torch").to_array
    return {one.name: array(one) for one in model.graph.initializer}


def _is_product(node: Any, constants: dict[str, NDArray[Any]]) -> bool:
    """Whether ``node`` multiplies something computed by a matrix of weights."""
    if node.op_type != "MatMul" or node.input[0] in constants:
        return False
    return node.input[1] in constants and constants[node.input[1]].ndim == 2


def _reaches(model: Any, probes: Iterable[networks.Feeds]) -> dict[str, Reach]:
    """The `Reach` of all that is multiplied by weights, over all ``probes``."""
    library = require("onnx", "torch")
    constants = _constants(model)
    names = list(dict.fromkeys(n.input[0] for n in model.graph.node if _is_product(n, constants)))
    telling = library.ModelProto()
    telling.CopyFrom(model)
    real = library.TensorProto.FLOAT
    telling.graph.output.extend(
        library.helper.make_tensor_value_info(name, real, None) for name in names
    )
    session = networks.session(telling.SerializeToString())
    found: dict[str, Reach] = {}
    for feeds in probes:
        for name, said in zip(names, session.run(names, dict(feeds)), strict=True):
            rows = said.reshape(-1, said.shape[-1])
            low, high = found.get(name, (rows[0], rows[0]))
            found[name] = np.minimum(low, rows.min(axis=0)), np.maximum(high, rows.max(axis=0))
    return found


@dataclass(frozen=True)
class _Input:
    """What the products of one input share: the names of its rounded form, scale and zero.

    Before rounding, channels were multiplied by ``factor``; those at ``loud`` are in ``aside``.
    """

    rounded: str
    scale: str
    zero: str
    factor: Vectors
    loud: NDArray[np.intp]
    aside: str


class _Rewriting:
    """The nodes of a graph, copied one after the other; products are written anew."""

    def __init__(self, model: Any, reaches: dict[str, Reach]) -> None:
        self.model, self.reaches = model, reaches
        self.constants = _constants(model)
        self.users: dict[str, list[Any]] = {}
        for node in model.graph.node:
            for name in node.input:
                self.users.setdefault(name, []).append(node)
        self.inputs: dict[str, _Input] = {}
        self.nodes: list[Any] = []

    def run(self) -> None:
        """Change the model where it stands."""
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
        """A product with its bias, in 8 bits, and the loud channels' beside it; gives its name."""
        bias, out = self.bias(weight, out)
        matrix = self.constants[weight]
        if name not in self.inputs:
            self.inputs[name] = self.input(name, len(matrix) > matrix.shape[1])
        x = self.inputs[name]
        scaled = matrix / x.factor[:, None]
        scaled[x.loud] = 0
        scales = np.maximum(np.abs(scaled).max(axis=0) / LARGEST, 1e-12)
        rounded = np.round(scaled / scales).astype(np.int8)
        weights = self.constant(f"{weight}.8", rounded), self.constant(f"{weight}.scales", scales)
        quiet = f"{out}.quiet" if len(x.loud) else out
        self.node(
            "MatMulIntegerToFloat",
            [x.rounded, weights[0], x.scale, weights[1], x.zero, "", bias],
            quiet,
            domain="com.microsoft",
        )
        if len(x.loud):
            spared = self.constant(f"{weight}.loud", matrix[x.loud])
            self.node("MatMul", [x.aside, spared], f"{out}.loud")
            self.node("Add", [quiet, f"{out}.loud"], out)
        return out

    def bias(self, weight: str, out: str) -> tuple[str, str]:
        """The constant that is added to a product before all else, and the name of the sum."""
        users = self.users.get(out, [])
        if len(users) == 1 and users[0].op_type == "Add":
            for name in users[0].input:
                known = self.constants.get(name)
                if known is not None and known.shape == self.constants[weight].shape[1:]:
                    return name, users[0].output[0]
        return "", out

    def input(self, name: str, wide: bool) -> _Input:
        """What is multiplied, brought to one level and rounded."""
        low, high = self.reaches[name]
        reach = np.maximum(np.maximum(high, -low), 1e-6)
        factor = (np.median(reach) / reach) ** EVEN
        loud = np.sort(np.argsort(-reach)[: SPARED * wide])
        rest = np.delete(low * factor, loud), np.delete(high * factor, loud)
        bottom, top = min(0.0, float(rest[0].min())), max(0.0, float(rest[1].max()))
        scale = max(top - bottom, 1e-12) / STEPS
        x = _Input(f"{name}.8", f"{name}.scale", f"{name}.zero", factor, loud, f"{name}.loud")
        self.constant(x.scale, np.float32(scale))
        self.constant(x.zero, np.uint8(round(-bottom / scale)))
        self.node("Mul", [name, self.constant(f"{name}.factor", factor)], f"{name}.level")
        self.node("QuantizeLinear", [f"{name}.level", x.scale, x.zero], x.rounded)
        if len(loud):
            self.node("Gather", [name, self.constant(f"{name}.at", loud)], x.aside, axis=-1)
        return x

    def node(self, op: str, inputs: list[str], out: str, **how: Any) -> None:
        self.nodes.append(require("onnx.helper", "torch").make_node(op, inputs, [out], **how))

    def constant(self, name: str, value: Any) -> str:
        made = require("onnx.numpy_helper", "torch").from_array(np.asarray(value), name)
        self.model.graph.initializer.append(made)
        return name
