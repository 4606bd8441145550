"""Pretrained causal language models for torch: from a GGUF that is converted once, or a folder."""

from __future__ import annotations

import io
from contextlib import redirect_stderr
from functools import cache
from pathlib import Path
from typing import Any

from ...core.errors import UnderdogError
from ...runtime import files, progress
from ...runtime.extras import require
from ..transformers.pretrained import fetch, silence
from . import weights
from .tokenizers import Vocabulary

HINT = "name a folder or a FILE.gguf, or one that needs no download: causal('smollm2')"


def source(name: str) -> tuple[str, str]:
    """Where the weights called ``name`` lie for transformers, and their SHA-256 ("": not known).

    A short name or a GGUF is converted to 32 bits on first use and kept by its checksum; any other
    name is a folder, or a model on the Hugging Face hub. Raises `UnderdogError` if a GGUF is
    missing, damaged or of an unknown architecture.
    """
    if name not in weights.PACKAGES and not name.endswith(".gguf"):
        return name, ""
    path = weights.located(name)
    checksum = weights.checksum(path)
    place = weights.folder() / checksum[:24]
    if not (place / "config.json").is_file():
        with files.explained(place):
            place.parent.mkdir(parents=True, exist_ok=True)
        with files.alone(place, wait=True):  # a second conversion would replace what is being read
            if not (place / "config.json").is_file():
                _convert(name, path, place)
    return str(place), checksum


def tokenizer(name: str) -> Vocabulary:
    """The tokenizer of the model called ``name``; `UnderdogError` if it is Python code."""
    return _tokenizer(source(name)[0], name)


def network(name: str, bits: int) -> tuple[Any, Vocabulary]:
    """The network called ``name`` with numbers of ``bits`` bits, loaded once per process; and its
    tokenizer.

    Raises `UnderdogError` if there is no such model, or too little memory for it.
    """
    return _network(source(name)[0], name, bits)


@cache
def _network(place: str, name: str, bits: int) -> tuple[Any, Vocabulary]:
    torch = require("torch", "torch")

    def kind(transformers: Any, config: Any) -> Any:
        return transformers.AutoModelForCausalLM

    try:
        _, body, raw = fetch(place, kind, f"no language model {name!r}", HINT)
    except MemoryError as error:
        raise out_of_memory(name) from error
    body = body.to(torch.bfloat16 if bits == 16 else torch.float32).eval()
    for parameter in body.parameters():
        parameter.requires_grad_(False)
    return body, _vocabulary(raw, body.config, name)


@cache
def _tokenizer(place: str, name: str) -> Vocabulary:
    transformers = require("transformers", "torch")
    try:
        with silence(transformers):
            raw = transformers.AutoTokenizer.from_pretrained(place, trust_remote_code=False)
            config = transformers.AutoConfig.from_pretrained(place, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise UnderdogError(f"there is no language model {name!r}", HINT) from error
    return _vocabulary(raw, config, name)


def _vocabulary(raw: Any, config: Any, name: str) -> Vocabulary:
    if not hasattr(raw, "backend_tokenizer") or raw.eos_token_id is None:
        raise UnderdogError(f"the tokenizer of {name!r} is Python code, or ends no text", HINT)
    return Vocabulary(
        raw.backend_tokenizer.to_str(),
        int(raw.eos_token_id),
        int(config.vocab_size),
        str(raw.chat_template or ""),
    )


def _convert(name: str, path: Path, place: Path) -> None:
    """Write the network of the GGUF at ``path`` to the folder ``place``, as safetensors."""
    require("gguf", "llama")
    require("accelerate", "llama")
    transformers = require("transformers", "torch")
    torch = require("torch", "torch")
    options = {"gguf_file": path.name}
    # the library shows a progress bar of its own, which no option of it turns off
    quiet = redirect_stderr(io.StringIO())
    with progress.step(f"converting {name} once"), silence(transformers), quiet:
        try:
            raw = transformers.AutoTokenizer.from_pretrained(path.parent, **options)
            body = transformers.AutoModelForCausalLM.from_pretrained(
                path.parent, dtype=torch.float32, **options
            )
        except MemoryError as error:
            raise out_of_memory(name) from error
        except Exception as error:  # a damaged file can raise anything in the library
            raise weights.damaged(name) from error
        body.hf_quantizer, body.is_quantized = None, False  # else it refuses to be saved
        if hasattr(body.config, "quantization_config"):
            del body.config.quantization_config
        with files.folder(place) as fresh:
            body.save_pretrained(fresh)
            raw.save_pretrained(fresh)


def out_of_memory(name: str) -> UnderdogError:
    """What to say where the memory does not suffice."""
    return UnderdogError(
        f"there is not enough memory for {name!r}",
        f"shorter or fewer texts, a smaller model, or half the memory: causal({name!r}, bits=16)",
    )
