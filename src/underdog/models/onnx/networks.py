"""Networks as ONNX: made once after training, run without torch from then on."""

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

NEAR = 1e-3
"""How far a graph's logits may be from those of the network it was made of: of the largest one,
or, if that is below 1, of 1."""

AGREE = 0.99
"""The share of labels that a graph in 8 bits must leave as they are."""


@register("onnx.graph")
@dataclass(frozen=True, eq=False)
class Graph:
    """A network as the bytes of an ONNX file.

    What the runtime makes of it at the first run lasts as long as it does.
    """

    content: bytes

    def run(self, feeds: Feeds) -> Floats:
        """The first output for ``feeds``. Needs onnxruntime, and nothing else."""
        if self not in _sessions:
            _sessions[self] = session(self.content)
        said: NDArray[Any] = _sessions[self].run(None, dict(feeds))[0]
        return said.astype(np.float64)


_sessions: WeakKeyDictionary[Graph, Any] = WeakKeyDictionary()


def check(said: Floats, expected: Floats) -> None:
    """Refuse a graph that ``said`` what is not `NEAR` to what is ``expected`` of it.

    A label without an example is impossible in both: its logit is minus infinity.
    """
    real = np.isfinite(expected)
    gap = np.abs(said[real] - expected[real]).max(initial=0.0)
    if not gap <= NEAR * np.abs(expected[real]).max(initial=1.0):
        raise UnderdogError(
            f"the exported network differs from the trained one by {gap:.3g}",
            "pip install --upgrade onnx onnxruntime",
        )


def quantized(graph: bytes) -> bytes:
    """The graph with weights of 8 bits, per output channel: a quarter of the size. For LSTMs.

    Activations are quantised as they come, by a scale that all texts of a batch share: give it
    one text at a time where an answer must not depend on the others. Does not check what it
    costs: see `AGREE`. (Dynamic quantisation of onnxruntime.)
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
    """The runtime's form of a graph; as many threads as OMP_NUM_THREADS says, none spinning."""
    runtime = require("onnxruntime", "onnx")
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS") or 0)
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if not _sums_exactly():
        options.add_session_config_entry("session.x64quantprecision", "1")
    return runtime.InferenceSession(
        graph,
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=["SkipLayerNormFusion"],  # slower than the nodes that it replaces
    )


@cache
def _sums_exactly() -> bool:
    """Whether the processor is known to add products of 8 bits without cutting them to 16.

    Those that do not must be told to take a slower way. It concerns Intel's kind only.
    """
    try:
        return "vnni" in Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return False
