"""Graphs in 8 bits: close to the original, and independent of the batch."""

import numpy as np
import pytest

from underdog.models.onnx import networks as runtime
from underdog.models.onnx import quantization as module
from underdog.models.onnx.networks import Graph, session
from underdog.models.onnx.quantization import quantize_int8

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
helper, numpy_helper, TensorProto = onnx.helper, onnx.numpy_helper, onnx.TensorProto

RNG = np.random.default_rng(0)
WIDE, NARROW = 64, 8
WEIGHTS = RNG.normal(size=(WIDE, NARROW)).astype(np.float32)
BIAS = RNG.normal(size=NARROW).astype(np.float32)
LOUD = 5
LOUDER = np.where(np.arange(WIDE) == LOUD, 100, 1)
"""One channel in which values are a hundred times as large."""


def graph(*nodes, weights=WEIGHTS):
    """``nodes`` on an input x, ``[texts, tokens, channels]``, with the constants w and b."""
    shapes = ["texts", "tokens", None]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes) for name in "ay"]
    constants = [numpy_helper.from_array(v, n) for v, n in ((weights, "w"), (BIAS, "b"))]
    first = helper.make_node("Identity", ["a"], ["x"])
    made = helper.make_graph([first, *nodes], "tiny", ends[:1], ends[1:], constants)
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(made, opset_imports=opset, ir_version=9).SerializeToString()


def layer(weights=WEIGHTS):
    return graph(
        helper.make_node("MatMul", ["x", "w"], ["p"]),
        helper.make_node("Add", ["p", "b"], ["y"]),
        weights=weights,
    )


def texts(n=400, scale=1.0):
    return (RNG.normal(size=(n, 7, WIDE)) * scale).astype(np.float32)


def off(small, full, x):
    """The relative difference between the outputs of the two graphs."""
    a, b = Graph(small).run({"a": x}), Graph(full).run({"a": x})
    return np.sqrt(((a - b) ** 2).mean() / (b**2).mean())


def kinds(packed):
    return [node.op_type for node in onnx.load_model_from_string(packed).graph.node]


def test_a_layer_in_eight_bits_is_smaller_and_nearly_equal():
    full = layer()
    small = quantize_int8(full, [{"a": part} for part in np.split(texts(), 8)])
    assert 0 < off(small, full, texts()) < 0.02
    assert kinds(small).count("MatMulIntegerToFloat") == 1
    weights = {i.name: i for i in onnx.load_model_from_string(small).graph.initializer}
    assert "w" not in weights
    assert weights["y.8"].data_type == TensorProto.INT8


def test_an_outlier_channel_does_not_degrade_the_others():
    full = layer()
    small = quantize_int8(full, [{"a": texts(scale=LOUDER)}])
    x = texts(scale=LOUDER)
    x[..., LOUD] = 0  # what is left are the others
    assert off(small, full, x) < 0.02


def test_without_outlier_channels_smoothing_still_helps(monkeypatch):
    full, probes, x = layer(), [{"a": texts(scale=LOUDER)}], texts(scale=LOUDER)
    x[..., LOUD] = 0
    monkeypatch.setattr(module, "OUTLIER_CHANNELS", 0)
    leveled = off(quantize_int8(full, probes), full, x)
    monkeypatch.setattr(module, "SMOOTHING", 0.0)
    assert leveled < off(quantize_int8(full, probes), full, x) / 3


def test_a_narrow_input_has_no_second_product():
    full = graph(
        helper.make_node("MatMul", ["x", "w"], ["y"]),
        weights=RNG.normal(size=(WIDE, 2 * WIDE)).astype(np.float32),
    )
    assert "MatMul" not in kinds(quantize_int8(full, [{"a": texts()}]))


def test_an_answer_does_not_depend_on_its_batch():
    small = quantize_int8(layer(), [{"a": texts()}])
    one, crowd = texts(1), texts(5, scale=40)
    alone = Graph(small).run({"a": one})
    assert np.array_equal(alone, Graph(small).run({"a": np.concatenate([crowd, one])})[-1:])


def test_values_beyond_the_calibrated_range_are_clipped():
    full = layer()
    small = quantize_int8(full, [{"a": texts()}])
    far = np.zeros((1, 1, WIDE), np.float32)
    quiet = int(np.argmin(np.abs(texts()).max(axis=(0, 1))))
    far[..., quiet] = 1e4
    said, true = (Graph(g).run({"a": far})[0, 0] - BIAS for g in (small, full))
    assert np.all(np.sign(said) == np.sign(true))
    assert np.abs(said).max() < np.abs(true).max()


def test_two_products_share_one_rounded_input_and_other_nodes_stay():
    full = graph(
        helper.make_node("MatMul", ["x", "w"], ["p"]),
        helper.make_node("MatMul", ["x", "w"], ["q"]),
        helper.make_node("Add", ["p", "b"], ["r"]),
        helper.make_node("Transpose", ["q"], ["t"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["r", "t"], ["y"]),
    )
    small = quantize_int8(full, [{"a": texts()}])
    found = kinds(small)
    assert found.count("QuantizeLinear") == 1
    assert found.count("MatMulIntegerToFloat") == 2
    assert found.count("MatMul") == 3, "two for outlier channels, one of two activations"
    assert off(small, full, texts()) < 0.05


def test_a_session_starts_on_an_unknown_processor(monkeypatch):
    small, x = quantize_int8(layer(), [{"a": texts()}]), texts()
    usual = session(small).run(None, {"a": x})[0]
    monkeypatch.setattr(runtime, "_has_vnni", lambda: False)
    assert np.allclose(session(small).run(None, {"a": x})[0], usual, atol=1e-4)
