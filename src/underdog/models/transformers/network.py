"""Transformer encoders as torch trains them: with a head and, for LoRA, side paths."""

from __future__ import annotations

import inspect
import io
import warnings
from typing import Any

import numpy as np
import torch

from ...runtime.extras import require
from ..features.pair_features import head_width, pair_features
from ..features.windows import PaddedWindows, Vectors
from .pretrained import Paths

QUICK = 10.0
"""How much faster than the rest the head learns: it alone begins with nothing."""

DROPOUT = 0.1
OPSET = 17


class Classifier(torch.nn.Module):
    """The mean of a text's token vectors, over all its windows, and a linear head on it.

    ``forward`` takes windows as `Windows.padded` gives them, ``[windows, tokens]``, and for each
    the place of its text; it gives logits ``[texts, labels]``. Of a ``pair`` both texts are read
    as one sequence, and the head sees the `pair_features` of their two means.
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
        pooled = torch.cat(pair_features(first, second), dim=1) if self.pair else first
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
    """Which of the fields of `PaddedWindows` the network takes."""
    return tuple(f for f in PaddedWindows._fields if f != "types" or _takes_types(body))


def _takes_types(body: Any) -> bool:
    """Whether the network is told which side of a pair a token belongs to."""
    inner = body.get_base_model() if hasattr(body, "get_base_model") else body
    sides = getattr(inner.config, "type_vocab_size", 2)
    return sides > 1 and "token_type_ids" in inspect.signature(inner.forward).parameters


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


def sums(body: torch.nn.Module, texts: PaddedWindows) -> Vectors:
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


def traced(body: Any, example: PaddedWindows) -> bytes:
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
