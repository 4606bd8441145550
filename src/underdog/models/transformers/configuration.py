"""The settings of an untrusted network that are accepted: names and numbers, never code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from ...core.errors import UnderdogError
from ...runtime.extras import require
from ..features.windows import Vectors

ARCHITECTURES = frozenset(
    """
    albert bart bert big_bird camembert data2vec-text deberta deberta-v2 distilbert electra
    ernie eurobert flaubert fnet funnel gemma gemma2 gemma3_text gpt2 gpt_neo gpt_neox ibert
    llama longformer longt5 mbart megatron-bert mistral mobilebert modernbert mpnet mt5 mvp
    nomic_bert nystromformer opt pegasus phi qwen2 qwen3 rembert roberta roberta-prelayernorm
    roc_bert roformer smollm3 splinter squeezebert t5 umt5 xlm xlm-roberta xlm-roberta-xl
    xlnet xmod yoso
    """.split()  # noqa: SIM905
)
"""Model types that read text and whose code is part of the library transformers."""

DROPPED = frozenset(
    {
        *("auto_map", "attribute_map", "trust_remote_code", "custom_pipelines"),
        *("_name_or_path", "name_or_path", "architectures", "torchscript"),
        *("num_labels", "id2label", "label2id", "problem_type", "finetuning_task"),
        *("transformers_version", "transformers_weights", "torch_dtype", "dtype"),
        *("task_specific_params", "return_dict", "output_attentions", "output_hidden_states"),
    }
)
"""Keys that do not affect the encoder, or that could name code."""

OUTSIDE = re.compile(r"attn|attention_?impl|experts_impl|kernel|backbone|quantization|auto_map")
"""Keys whose values the library would download, or compute with downloaded code."""

WORD = re.compile(r"[A-Za-z0-9_.|+-]{0,80}")
LAYERS = re.compile(r"(layers?|groups?|group_num|blocks?|experts?|repeats?|depth)$|^num_hidden|^n_")
LARGEST = 2**31 - 1

SPARE = 1 << 28
"""Bytes that a network may need beside its weights, such as tables of positions."""


def allowed(raw: Any, absent: str = "the configuration of a network") -> dict[str, Any]:
    """The settings in ``raw`` that a network is built from.

    The architecture must be one of `ARCHITECTURES`. Keys that its class in transformers does not
    know are dropped. Values are numbers, words and lists of them: no addresses, no code. Raises
    `UnderdogError`, which calls the configuration ``absent``, for anything else.
    """
    kind = raw.get("model_type") if isinstance(raw, dict) else None
    if not isinstance(kind, str) or kind not in ARCHITECTURES:
        raise _refused(f"{absent} is of the kind {str(kind)[:40]!r}, which is not read here")
    defaults = require("transformers", "torch").AutoConfig.for_model(kind)
    valid_keys = (
        set(defaults.to_dict()) | set(vars(defaults)) | set(getattr(defaults, "attribute_map", {}))
    )
    accepted = {"model_type": kind}
    for key, value in raw.items():
        if key in DROPPED or (value is None and key not in valid_keys):
            continue
        if OUTSIDE.search(key) and isinstance(value, str | dict) and key not in defaults.to_dict():
            raise _refused(f"{absent} asks for code from elsewhere ({key})")
        if key in valid_keys and not key.startswith("_"):
            accepted[key] = _value(key, value, getattr(defaults, key, None), absent)
    return accepted


def checked(raw: Any, arrays: Mapping[str, Vectors], build: Any) -> Any:
    """The configuration ``raw`` as an object of transformers, once the network it describes fits
    ``arrays``.

    ``build`` makes the network of a configuration; it is tried without allocating memory for
    weights. Raises `UnderdogError` if a setting is not accepted or does not fit.
    """
    settings = allowed(raw)
    for key, value in settings.items():
        if LAYERS.search(key) and isinstance(value, int) and value > len(arrays):
            raise _refused(f"a network with {key} = {value:,} but {len(arrays):,} arrays")
    try:
        config = require("transformers", "torch").AutoConfig.for_model(**settings)
        with torch.device("meta"):
            network = build(config)
    except Exception as error:  # invalid settings can raise anything in the library
        raise _refused(f"a network that cannot be built ({_line(error)})") from error
    for name, parameter in network.state_dict().items():
        if name in arrays and tuple(parameter.shape) != arrays[name].shape:
            raise _refused(
                f"a configuration that asks for {list(parameter.shape)} at {name}, "
                f"where the weights are {list(arrays[name].shape)}"
            )
    buffer_bytes = sum(b.numel() * b.element_size() for b in network.buffers())
    if buffer_bytes > SPARE + 16 * sum(a.nbytes for a in arrays.values()):
        raise _refused(f"a network that needs {buffer_bytes / 1e9:,.1f} GB beside its weights")
    return config


def parsed(text: str) -> Any:
    """The JSON ``text``. Raises `UnderdogError` if it is not valid JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused(f"a configuration that is not JSON ({_line(error)})") from error


def _value(key: str, value: Any, usual: Any, absent: str, depth: int = 0) -> Any:
    """``value`` if its type is that of the ``usual`` value and it is small enough."""
    match value:
        case None:  # tokens may be absent; sizes may not
            accepted = not isinstance(usual, int | float) or key.endswith("_id")
        case bool():
            accepted = usual is None or isinstance(usual, bool)
        case int():
            token = key.endswith(("_id", "_ids", "_index"))
            accepted = not isinstance(usual, bool | str) and (-LARGEST if token else -1) <= value
            accepted = accepted and value <= LARGEST
        case float():
            accepted = value - value == 0 and not isinstance(usual, bool | str)
            accepted = accepted and not (isinstance(usual, int) and value != int(value))
        case str():
            accepted = bool(WORD.fullmatch(value)) and not isinstance(usual, int | float)
        case list() if (
            depth < 3 and len(value) <= 10_000 and not isinstance(usual, bool | int | float | str)
        ):
            return [_value(key, item, None, absent, depth + 1) for item in value]
        case dict() if depth < 3 and not isinstance(usual, bool | int | float | str):
            return {
                str(k): _value(str(k), v, None, absent, depth + 1)
                for k, v in value.items()
                if k not in DROPPED
            }
        case _:
            accepted = False
    if not accepted:
        raise _refused(f"{absent} says {key} = {str(value)[:40]}")
    return value


def _refused(what: str) -> UnderdogError:
    return UnderdogError(
        f"refused: {what}", "use another one, or fit the model again: underdog fit …"
    )


def _line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:120]


@contextmanager
def fitting() -> Iterator[None]:
    """Turn a library's error on putting saved weights into a network into an `UnderdogError`."""
    try:
        yield
    except (RuntimeError, AttributeError, TypeError, ValueError) as error:
        raise UnderdogError(
            f"the saved weights do not fit the network: {str(error).splitlines()[0]}",
            "fit the model again: underdog fit …",
        ) from error
