"""Transformer encoders as torch trains them: a classification head, optional LoRA adapters."""

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
from .pretrained import LoraFactors

HEAD_SPEEDUP = 10.0
"""How much faster the head learns than the rest: it alone starts untrained."""

DROPOUT = 0.1
OPSET = 17


class Classifier(torch.nn.Module):
    """A linear head on the mean of a text's token vectors over all its windows.

    ``forward`` takes the tensors of `Windows.padded`, ``[windows, tokens]``, and the index of each
    window's text, ``[windows]``; it gives logits ``[texts, labels]``. A ``pair`` is read as one
    sequence, and the head sees the `pair_features` of the means of its two sides.
    """

    def __init__(self, body: torch.nn.Module, width: int, labels: int, *, pair: bool) -> None:
        super().__init__()
        self.body, self.drop, self.pair = body, torch.nn.Dropout(DROPOUT), pair
        self.head = torch.nn.Linear(head_width(width, pair=pair), labels)
        torch.nn.init.normal_(self.head.weight, std=0.02 / HEAD_SPEEDUP)
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
        text_sums = sums.new_zeros(texts, *sums.shape[1:]).index_add(0, owner, sums)
        tokens = side_masks(mask, sides).sum(dim=2).float()
        counts = sums.new_zeros(texts, 2).index_add(0, owner, tokens).clamp(min=1)
        first, second = (text_sums / counts[:, :, None]).unbind(dim=1)
        pooled = torch.cat(pair_features(first, second), dim=1) if self.pair else first
        logits: torch.Tensor = self.head(self.drop(pooled)) * HEAD_SPEEDUP
        return logits

    def head_arrays(self, factor: float) -> tuple[Vectors, Vectors]:
        """Weights ``[width, labels]`` and biases ``[labels]`` of the head, times ``factor``."""
        weights, bias = (
            (p.detach() * (HEAD_SPEEDUP * factor)).numpy().astype(np.float32, copy=True)
            for p in (self.head.weight, self.head.bias)
        )
        return np.ascontiguousarray(weights.T), bias


def side_masks(mask: torch.Tensor, sides: torch.Tensor) -> torch.Tensor:
    """Masks of the tokens of the first and the second text of each window, ``[windows, 2,
    tokens]``.
    """
    return torch.stack([mask * (1 - sides), mask * sides], dim=1)


def token_sums(
    body: torch.nn.Module,
    ids: torch.Tensor,
    mask: torch.Tensor,
    types: torch.Tensor,
    sides: torch.Tensor,
) -> torch.Tensor:
    """Last-layer vectors summed over each text of a window, ``[windows, 2, width]``.

    All inputs have the shape ``[windows, tokens]``. For a single text the second sum is zero.
    """
    vectors = token_vectors(body, ids, mask, types)
    masks = side_masks(mask, sides)[:, :, :, None].to(vectors.dtype)
    sums: torch.Tensor = (vectors[:, None] * masks).sum(dim=2)
    return sums


def token_vectors(
    body: torch.nn.Module, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor
) -> torch.Tensor:
    """The last-layer vector of each token, ``[windows, tokens, width]``."""
    optional = {"token_type_ids": types} if _takes_types(body) else {}
    vectors: torch.Tensor = body(input_ids=ids, attention_mask=mask, **optional).last_hidden_state
    return vectors


def layer_output(
    body: Any, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor, layer: int | None
) -> torch.Tensor:
    """The vector of each token after ``layer`` layers, or all: ``[windows, tokens, width]``."""
    if layer is None:
        return token_vectors(body, ids, mask, types)
    optional = {"token_type_ids": types} if _takes_types(body) else {}
    outputs = body(input_ids=ids, attention_mask=mask, output_hidden_states=True, **optional)
    vectors: torch.Tensor = outputs.hidden_states[layer]
    return vectors


def window_sums(body: Any, vectors: torch.Tensor, window: PaddedWindows) -> torch.Tensor:
    """`token_sums` of one window for other token ``vectors``, ``[variants, tokens, width]``.

    The result, ``[variants, 2, width]``, has gradients.
    """
    _, mask, types, sides = (torch.from_numpy(a).expand(len(vectors), -1) for a in window)
    optional = {"token_type_ids": types} if _takes_types(body) else {}
    states = body(inputs_embeds=vectors, attention_mask=mask, **optional).last_hidden_state
    masks = side_masks(mask, sides)[:, :, :, None].to(states.dtype)
    sums: torch.Tensor = (states[:, None] * masks).sum(dim=2)
    return sums


def input_names(body: Any) -> tuple[str, ...]:
    """The fields of `PaddedWindows` that the network takes."""
    return tuple(f for f in PaddedWindows._fields if f != "types" or _takes_types(body))


def _takes_types(body: Any) -> bool:
    """Whether the network takes token type ids, which tell the two sides of a pair apart."""
    model = body.get_base_model() if hasattr(body, "get_base_model") else body
    types = getattr(model.config, "type_vocab_size", 2)
    return types > 1 and "token_type_ids" in inspect.signature(model.forward).parameters


def with_lora(body: Any, rank: int) -> Any:
    """``body`` frozen, with trainable LoRA adapters of ``rank`` on each linear layer.

    LoRA (Hu et al., ICLR 2022), by the library peft. Raises `UnderdogError` if it is not installed.
    """
    peft = require("peft", "torch")
    config = peft.LoraConfig(
        r=rank, lora_alpha=2 * rank, lora_dropout=DROPOUT, target_modules="all-linear"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peft uses deprecated names of transformers
        return peft.get_peft_model(body, config)


def lora_factors(body: Any) -> LoraFactors:
    """The factors that `with_lora` added, by layer: ``[out, rank]`` and ``[rank, in]``; empty
    without adapters.
    """
    layers = [(n, m) for n, m in body.named_modules() if hasattr(m, "lora_A")]
    return {
        name.removeprefix("base_model.model."): (
            (layer.lora_B["default"].weight * layer.scaling["default"]).detach().numpy(),
            layer.lora_A["default"].weight.detach().numpy(),
        )
        for name, layer in layers
    }


def sums(body: torch.nn.Module, texts: PaddedWindows) -> Vectors:
    """`token_sums` of arrays, ``[windows, 2, width]``."""
    with torch.inference_mode():
        vectors: Vectors = token_sums(body, *map(torch.from_numpy, texts)).float().numpy()
    return vectors


class _Sums(torch.nn.Module):
    def __init__(self, body: torch.nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, *padded: torch.Tensor) -> torch.Tensor:
        return token_sums(self.body, *padded)


def export_onnx(body: Any, example: PaddedWindows) -> bytes:
    """An ONNX graph of `sums` with the `input_names` of ``body``, for any number of windows and
    tokens.

    Uses the tracing exporter: the newer one takes five times as long and the graph is no faster.
    The caller checks that the graph computes the same.
    """
    names = list(example._fields)
    file: Any = io.BytesIO()
    attention = body.config._attn_implementation
    body.set_attn_implementation("eager")  # separate nodes are quantized better than a fused one
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the older exporter and traced shapes
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
