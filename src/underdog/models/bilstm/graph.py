"""The BiLSTM as an ONNX graph, written node by node.

The exporter of torch does not support packed sequences. The graph is compared with the network
after each training.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...runtime.extras import require

Weights = dict[str, NDArray[np.float32]]
OPSET = 18
FAR = 1e9


def graph(weights: Weights, *, pool: str, pair: bool, cross: bool) -> bytes:
    """The bytes of a graph with inputs ``x`` ``[texts, words, width]``, ``mask`` ``[texts, words]``
    and ``lengths`` ``[texts]``.

    Its output is ``logits``, ``[texts, labels]``. ``weights`` are those of a `Network`, by their
    names there.
    """
    g = _Graph(weights)
    padding = g("Mul", g("Sub", "mask", 1.0), FAR)  # 0 at words, very negative at padding
    padding_column = g("Unsqueeze", padding, [2])
    states, layer = "x", 0
    while f"lstm.weight_ih_l{layer}" in weights:
        states, layer = g.lstm(states, layer), layer + 1
    if cross and pair:
        states = _crossed(g, states, padding)
    if pool == "max":
        pooled = g("ReduceMax", g("Add", states, padding_column), [1], keepdims=0)
    else:
        attention = g("Softmax", g("Add", g.dense(states, "score"), padding_column), axis=1)
        pooled = g("ReduceSum", g("Mul", attention, states), [1], keepdims=0)
    total = g("ReduceSum", g("Mul", "x", g("Unsqueeze", "mask", [2])), [1], keepdims=0)
    mean = g("Div", total, g("ReduceSum", "mask", [1], keepdims=1))
    pooled = g("Concat", pooled, mean, axis=1)
    if pair:
        pooled = _features(g, *g.halves(pooled))
    g.dense(g("Relu", g.dense(pooled, "inner")), "outer", out="logits")
    return g.packed(weights["lstm.weight_ih_l0"].shape[1], len(weights["outer.bias"]))


def _crossed(g: _Graph, states: str, padding: str) -> str:
    one, other = g.halves(states)
    pad_one, pad_other = g.halves(padding)
    scores_one = g("MatMul", one, g("Transpose", other, perm=[0, 2, 1]))
    scores_other = g("Transpose", scores_one, perm=[0, 2, 1])
    attended = []
    for scores, pad, other_states in ((scores_one, pad_other, other), (scores_other, pad_one, one)):
        attention = g("Softmax", g("Add", scores, g("Unsqueeze", pad, [1])), axis=2)
        attended.append(g("MatMul", attention, other_states))
    compared = _features(g, states, g("Concat", *attended, axis=0))
    return g("Relu", g.dense(compared, "compare"))


def _features(g: _Graph, u: str, v: str) -> str:
    return g("Concat", u, v, g("Abs", g("Sub", u, v)), g("Mul", u, v), axis=-1)


@dataclass
class _Graph:
    """A list of nodes; calling it adds a node and returns the name of its output."""

    weights: Weights
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def __call__(
        self, op: str, *inputs: str | float | list[int], out: str = "", **attributes: Any
    ) -> str:
        names = [x if isinstance(x, str) else self.constant(_array(x)) for x in inputs]
        return self.node(op, names, [out or f"v{len(self.nodes)}"], **attributes)[0]

    def node(self, op: str, inputs: list[str], outputs: list[str], **attributes: Any) -> list[str]:
        self.nodes.append(
            require("onnx.helper", "torch").make_node(op, inputs, outputs, **attributes)
        )
        return outputs

    def constant(self, value: NDArray[Any]) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(require("onnx.numpy_helper", "torch").from_array(value, name))
        return name

    def halves(self, name: str) -> list[str]:
        at = len(self.nodes)
        return self.node("Split", [name], [f"v{at}.0", f"v{at}.1"], axis=0, num_outputs=2)

    def dense(self, name: str, layer: str, out: str = "") -> str:
        weight = self.constant(np.ascontiguousarray(self.weights[f"{layer}.weight"].T))
        bias = self.constant(self.weights[f"{layer}.bias"])
        return self("Add", self("MatMul", name, weight), bias, out=out)

    def lstm(self, name: str, layer: int) -> str:
        """A bidirectional layer; converts torch's gate order (i, f, g, o) to ONNX's (i, o, f,
        g).
        """

        def both(kind: str) -> NDArray[np.float32]:
            gates = []
            for way in ("", "_reverse"):
                i, f, g, o = np.split(self.weights[f"lstm.{kind}_l{layer}{way}"], 4)
                gates.append(np.concatenate([i, o, f, g]))
            return np.stack(gates)

        hidden = self.weights[f"lstm.weight_hh_l{layer}"].shape[1]
        bias = np.concatenate([both("bias_ih"), both("bias_hh")], axis=1)
        by_time = self("Transpose", name, perm=[1, 0, 2])
        inputs = [by_time, *map(self.constant, (both("weight_ih"), both("weight_hh"), bias))]
        out = f"v{len(self.nodes)}"
        self.node(
            "LSTM", [*inputs, "lengths"], [out], hidden_size=hidden, direction="bidirectional"
        )
        states = self("Transpose", out, perm=[2, 0, 1, 3])  # [texts, words, 2, hidden]
        return self("Reshape", states, [0, 0, 2 * hidden])

    def packed(self, width: int, labels: int) -> bytes:
        helper = require("onnx.helper", "torch")
        float_type, int_type = 1, 6  # TensorProto.FLOAT, TensorProto.INT32
        inputs = [
            helper.make_tensor_value_info("x", float_type, ["texts", "words", width]),
            helper.make_tensor_value_info("mask", float_type, ["texts", "words"]),
            helper.make_tensor_value_info("lengths", int_type, ["texts"]),
        ]
        output = helper.make_tensor_value_info("logits", float_type, ["answers", labels])
        onnx_graph = helper.make_graph(self.nodes, "bilstm", inputs, [output], self.constants)
        model = helper.make_model(
            onnx_graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9
        )
        packed: bytes = model.SerializeToString()
        return packed


def _array(value: float | list[int]) -> NDArray[Any]:
    return np.array(value, np.int64 if isinstance(value, list) else np.float32)
