"""Which models can leave underdog, and the folder that each becomes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.resources import files as packaged
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from ...combine.cascade import Cascade
from ...combine.confidence import Probability
from ...core.errors import UnderdogError
from ...models.bilstm.model import BiLSTMModel
from ...models.bilstm.words import LearnedVectors, StaticVectors
from ...models.linear.recipe import LinearModel
from ...models.transformers.encoder import EncoderModel, TorchBody
from ...models.transformers.onnx_encoder import OnnxBody, export_encoder
from ...runtime import files

Parts = dict[str, bytes]
"""The files of an exported model by name."""

TARGETS = ("folder", "onnx")
CHECKED_ON = ("a text", "another text, which has some more words in it")
"""Texts on which a graph is compared with the network that it was made from."""


def export(model: Any, out: Path, to: str = "") -> list[str]:
    """Write ``model`` to the folder ``out`` with a script, answer.py, that needs no underdog.

    ``to`` is "folder" (arrays) or "onnx" (a graph); empty for what the model can be. A cascade is
    exported as its first stage, and the script says "deferred" below its threshold. Returns the
    names of the files. Raises `UnderdogError` for a model that cannot be exported as asked.
    """
    first, threshold = _first(model)
    kind, make, script = _exporter(first)
    if to and to != kind:
        raise UnderdogError(
            f"a {type(first).__name__} has no graph" if to == "onnx" else "this model is a graph",
            f"export it as what it is: --to {kind}",
        )
    parts, told = make(first)
    told = {"labels": list(first.labels), "threshold": threshold, **told}
    parts["told.json"] = json.dumps(told, ensure_ascii=False, indent=1).encode()
    source = packaged(__package__).joinpath("scripts", script).read_bytes()
    with files.folder(out) as fresh:
        for name, content in {**parts, "answer.py": source}.items():
            (fresh / name).write_bytes(content)
    return sorted([*parts, "answer.py"])


def _first(model: Any) -> tuple[Any, float]:
    """The model that is asked first, and the probability below which it passes a text on."""
    cascade = getattr(model, "cascade", model)
    if not isinstance(cascade, Cascade):
        return model, 0.0
    if cascade.sure and not isinstance(cascade.sure[0], Probability):
        raise UnderdogError(
            f"the cascade defers by {type(cascade.sure[0]).__name__}, which no script knows",
            "fit the small model alone: underdog fit FILE 'linear()' --out FOLDER",
        )
    return cascade.stages[0], cascade.thresholds[0] if cascade.thresholds else 0.0


Made = tuple[Parts, Mapping[str, Any]]


def _exporter(model: Any) -> tuple[str, Callable[[Any], Made], str]:
    """What ``model`` becomes, the function that makes it, and the script that answers with it."""
    if isinstance(model, LinearModel):
        return "folder", _linear, "linear.py"
    if isinstance(model, BiLSTMModel) and isinstance(model.reader, LearnedVectors | StaticVectors):
        return "onnx", _bilstm, "bilstm.py"
    if isinstance(model, EncoderModel) and not model.pairs:
        return "onnx", _encoder, "encoder.py"
    raise UnderdogError(
        f"a {type(model).__name__} cannot be exported",
        "these can: linear(), bayes(), bilstm(), encoder() on single texts, and frugal() of them",
    )


def _linear(model: LinearModel) -> Made:
    spaces = model.features.spaces
    groups = [part for space in spaces for part in (space.words, space.chars, space.company)]
    arrays = {"weights": model.weights, "bias": model.bias, "idf": model.features.idf}
    parts = {f"{name}.npy": _array(array) for name, array in arrays.items()}
    return {**parts, "terms.txt": b"\0".join(groups)}, {"pairs": len(spaces) > 1}


def _bilstm(model: BiLSTMModel) -> Made:
    reader = model.reader
    assert isinstance(reader, LearnedVectors | StaticVectors)
    parts = {"model.onnx": model.graph.content, "table.npy": _array(reader.table)}
    if isinstance(reader, LearnedVectors):
        parts["words.txt"] = reader.terms
    else:
        parts["tokenizer.json"] = reader.tokenizer.encode()
    return parts, {"pairs": model.pair}


def _encoder(model: EncoderModel) -> Made:
    if isinstance(model.body, TorchBody):
        model = export_encoder(model, CHECKED_ON, int8=False)
    assert isinstance(model.body, OnnxBody)
    parts = {
        "model.onnx": model.body.graph.content,
        "tokenizer.json": model.reader.tokenizer.encode(),
        "weights.npy": _array(model.weights),
        "bias.npy": _array(model.bias),
    }
    reader = model.reader
    return parts, {"length": reader.length, "pad": reader.pad, "inputs": list(model.body.inputs)}


def _array(array: Any) -> bytes:
    buffer = BytesIO()
    np.save(buffer, np.asarray(array), allow_pickle=False)
    return buffer.getvalue()
