"""Running networks as ONNX graphs, without torch."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ...core.cost import Floats
from ...core.errors import UnderdogError
from ...runtime.extras import require
from ...runtime.registry import register

Feeds = Mapping[str, NDArray[Any]]
"""The inputs of a graph by name."""

TOLERANCE = 1e-3
"""Largest difference between the logits of a graph and of its network.

It is relative to the largest logit, or absolute if that is below 1.
"""

MIN_AGREEMENT = 0.99
"""The share of labels that 8 bits must leave unchanged."""


@register("onnx.graph")
@dataclass(frozen=True, eq=False)
class Graph:
    """A network as the bytes of an ONNX file.

    The session that runs it is created at the first run and kept as long as the graph.
    """

    content: bytes

    def run(self, feeds: Feeds, shape: tuple[int, ...] | None = None) -> Floats:
        """The first output for ``feeds``, with the shape that the graph gives it, such as ``[texts,
        labels]``.

        Raises `UnderdogError` if onnxruntime is missing (nothing else is needed), if the graph
        cannot be run, or if its output does not have the ``shape``.
        """
        try:
            if self not in _sessions:
                _sessions[self] = session(self.content)
            output: NDArray[Any] = _sessions[self].run(None, dict(feeds))[0]
            if shape is not None and output.shape != shape:
                raise ValueError(f"an output of the shape {output.shape}, not {shape}")
            return output.astype(np.float64)
        except UnderdogError:
            raise
        except Exception as error:  # the runtime has a class of its own for each kind of failure
            raise UnderdogError(
                f"the saved network cannot be run: {str(error).splitlines()[0][:160]}",
                "fit the model again: underdog fit …",
            ) from error


_sessions: WeakKeyDictionary[Graph, Any] = WeakKeyDictionary()


def require_close(actual: Floats, expected: Floats) -> None:
    """Refuse a graph whose ``actual`` logits, ``[texts, labels]``, differ from the ``expected``
    ones.

    Raises `UnderdogError` beyond `TOLERANCE`. Labels without examples are minus infinity in both
    and are ignored.
    """
    finite = np.isfinite(expected)
    gap = np.abs(actual[finite] - expected[finite]).max(initial=0.0)
    if not gap <= TOLERANCE * np.abs(expected[finite]).max(initial=1.0):
        raise UnderdogError(
            f"the exported network differs from the trained one by {gap:.3g}",
            "pip install --upgrade onnx onnxruntime",
        )


def quantize_dynamic(graph: bytes) -> bytes:
    """The graph with weights in 8 bits per output channel: a quarter of the size. For LSTMs.

    Activations are quantized at run time with one scale per batch: pass one text at a time if an
    answer must not depend on the others (dynamic quantization of onnxruntime). The caller checks
    the effect on labels; see `MIN_AGREEMENT`.
    """
    model = require("onnx", "torch").load_model_from_string(graph)
    quantization = require("onnxruntime.quantization", "onnx")
    require("onnxruntime.quantization.quant_utils", "onnx").add_pre_process_metadata(model)
    with TemporaryDirectory() as folder:
        place = Path(folder) / "small.onnx"
        kind = quantization.QuantType.QInt8
        quantization.quantize_dynamic(model, place, weight_type=kind, per_channel=True)
        return place.read_bytes()


def session(graph: bytes) -> Any:
    """An inference session for a graph, with OMP_NUM_THREADS threads that do not spin.

    Raises `UnderdogError` if onnxruntime is not installed.
    """
    runtime = require("onnxruntime", "onnx")
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS") or 0)
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if not _has_vnni():
        options.add_session_config_entry("session.x64quantprecision", "1")
    return runtime.InferenceSession(
        graph,
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=["SkipLayerNormFusion"],  # slower than the nodes it replaces
    )


@cache
def _has_vnni() -> bool:
    """Whether the processor adds products of 8 bits without saturating at 16 bits.

    Intel processors without VNNI instructions need a slower, exact mode.
    """
    try:
        return "vnni" in Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return False
