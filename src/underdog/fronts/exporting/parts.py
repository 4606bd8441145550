"""A fitted model as plain files: arrays, graphs, and the module that answers with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.resources import files as packaged
from io import BytesIO
from typing import Any

import numpy as np

from ...combine.ensemble import Ensemble
from ...core.errors import UnderdogError
from ...models.bilstm.model import BiLSTMModel
from ...models.bilstm.words import LearnedVectors, StaticVectors
from ...models.linear.recipe import LinearModel
from ...models.static.characters import BUCKETS
from ...models.static.model import StaticModel
from ...models.transformers.encoder import EncoderModel, TorchBody
from ...models.transformers.frozen import FrozenModel
from ...models.transformers.onnx_encoder import OnnxBody, export_encoder
from ...teach.calibrated import NONE, CalibratedModel

Parts = dict[str, bytes]
"""Files by name; the name may begin with a folder."""

Made = tuple[Parts, Mapping[str, Any]]
"""The files of a model, and what its module reads from told.json."""

CHECKED_ON = ("a text", "another text, which has some more words in it")
"""Texts on which a graph is compared with the network that it was made from."""


def parts_of(model: Any) -> Parts:
    """The files of ``model``: model.py, told.json, and what these read.

    Raises `UnderdogError` for a model that has no such form.
    """
    if getattr(model, "head", None) is not None:
        raise UnderdogError("a model that answers sets or numbers cannot be exported", OTHERWISE)
    if type(model) not in KINDS:
        raise UnderdogError(f"a {type(model).__name__} cannot be exported", OTHERWISE)
    script, make = KINDS[type(model)]
    made, told = make(model)
    source = packaged(__package__).joinpath("scripts", script).read_bytes()
    return {**made, "model.py": source, "told.json": _json(labels=model.labels, **told)}


OTHERWISE = "serve it, with underdog: underdog serve MODEL"


def _linear(model: LinearModel) -> Made:
    spaces = model.features.spaces
    groups = [part for space in spaces for part in (space.words, space.chars, space.company)]
    arrays = {"weights": model.weights, "bias": model.bias, "idf": model.features.idf}
    return {**_arrays(**arrays), "terms.txt": b"\0".join(groups)}, {"pairs": len(spaces) > 1}


def _static(model: StaticModel) -> Made:
    layers = "filters_bias", "inner", "inner_bias", "outer", "outer_bias"
    packed = BytesIO()
    np.savez(packed, **{name: getattr(model, name) for name in layers})
    parts = _arrays(table=model.table, filters=model.filters)
    parts |= {"layers.npz": packed.getvalue(), "tokenizer.json": model.tokens.tokenizer.encode()}
    return parts, {"pairs": model.pairs, "grams": model.tokens.grams_from, "buckets": BUCKETS}


def _bilstm(model: BiLSTMModel) -> Made:
    reader = model.reader
    parts = {"model.onnx": model.graph.content}
    if isinstance(reader, LearnedVectors):
        parts["words.txt"] = reader.terms
    elif isinstance(reader, StaticVectors):
        parts["tokenizer.json"] = reader.tokenizer.encode()
    else:
        raise UnderdogError(
            "a BiLSTM on vectors in context cannot be exported",
            "fit it on static ones: underdog fit FILE \"bilstm(embeddings='static')\" --out FOLDER",
        )
    return {**parts, **_arrays(table=reader.table)}, {"pairs": model.pair}


def _encoder(model: EncoderModel, frozen: bool = False) -> Made:
    if isinstance(model.body, TorchBody):
        checked = [CHECKED_ON, CHECKED_ON[::-1]] if model.pairs else CHECKED_ON
        model = export_encoder(model, checked, int8=False)
    assert isinstance(model.body, OnnxBody)
    reader = model.reader
    parts = {"model.onnx": model.body.graph.content, "tokenizer.json": reader.tokenizer.encode()}
    told = {"length": reader.length, "pad": reader.pad, "inputs": model.body.inputs}
    heads = _arrays(weights=model.weights, bias=model.bias)
    return {**parts, **heads}, {**told, "pairs": model.pairs, "frozen": frozen}


def _frozen(model: FrozenModel) -> Made:
    from ...models.transformers.embeddings import TOKENS
    from ...models.transformers.pretrained import pretrained

    body, reader = pretrained(model.encoder, TOKENS)
    width = body.config.hidden_size
    head = np.eye(width, dtype=np.float32), np.zeros(width, np.float32)
    sums = EncoderModel(model.labels, False, reader, TorchBody.of(body, {}), *head, trained=0.0)
    parts, told = _encoder(sums, frozen=True)
    pairs = len(model.weights) > width
    return {**parts, **_arrays(weights=model.weights, bias=model.bias)}, {**told, "pairs": pairs}


def _ensemble(model: Ensemble) -> Made:
    names = [f"member-{i:02d}" for i in range(1, len(model.models) + 1)]
    parts = {
        f"{folder}/{name}": content
        for folder, member in zip(names, model.models, strict=True)
        for name, content in parts_of(inside(member)).items()
    }
    weights = np.array(model.weights or [1.0] * len(names))
    shares = (weights / weights.sum()).tolist()
    return parts, {"members": names, "weights": shares, "pool": model.pool}


def _calibrated(model: CalibratedModel) -> Made:
    before = parts_of(inside(model.model))
    arrays = _arrays(shifts=model.shifts, steps=model.steps)
    inner = {f"before/{name}": content for name, content in before.items()}
    return {**inner, **arrays}, {"factor": model.factor}


KINDS: dict[type, tuple[str, Callable[[Any], Made]]] = {
    LinearModel: ("linear.py", _linear),
    StaticModel: ("static.py", _static),
    BiLSTMModel: ("bilstm.py", _bilstm),
    EncoderModel: ("encoder.py", _encoder),
    FrozenModel: ("encoder.py", _frozen),
    Ensemble: ("ensemble.py", _ensemble),
    CalibratedModel: ("calibrated.py", _calibrated),
}
"""For each class of models the module that answers, and the function that makes its files."""


def inside(model: Any) -> Any:
    """The model that answers for ``model``, where that only remembers how it was made."""
    from ...teach.auto import AutoModel
    from ...teach.distil.recipe import DistilledModel
    from ...teach.distil.repair import RepairedModel
    from ...teach.synthesis.recipe import AugmentedModel

    while True:
        match model:
            case AutoModel():
                model = model.model
            case CalibratedModel(method=method) if method == NONE:
                model = model.model
            case DistilledModel() | RepairedModel() | AugmentedModel():
                model = model.student
            case _:
                return model


def _arrays(**arrays: Any) -> Parts:
    parts = {}
    for name, array in arrays.items():
        buffer = BytesIO()
        np.save(buffer, np.asarray(array), allow_pickle=False)
        parts[f"{name}.npy"] = buffer.getvalue()
    return parts


def _json(**told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")
