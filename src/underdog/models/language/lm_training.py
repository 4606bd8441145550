"""How `LM` is trained: the network, the loop, and what is kept of it."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ...core.cost import Floats
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.language import Ids, Tokenizer
from ...runtime.extras import require
from ...runtime.progress import step
from ..features.windows import Vectors
from ..training.checkpoint import Checkpoint
from ..training.devices import seeded
from ..transformers.configuration import checked, fitting, parsed
from ..transformers.network import lora_factors, with_lora
from .causal import Causal, threads_of
from .divergence import bucketed, divergence, ranked_difference, rest
from .on_policy import own_words_loss
from .pretrained import network as pretrained
from .top_store import Top

WARMUP = 0.05
"""The share of steps in which the learning rate rises."""

STILL = 1e-5
"""Gradients below this hardly move a weight: those of tokens that do not come."""

FASTEST = 6e-3
"""The learning rate of narrow networks; wide ones need a lower one, the wider the lower."""

ALIKE = 0.1
"""The standard deviation of embeddings that are taken over from a teacher."""

STATE = ("exp_avg", "exp_avg_sq", "step")
"""What the optimizer remembers of each parameter."""

SAVE_EVERY = 50
"""Steps between two checkpoints, at least."""


def network(recipe: Any, tokenizer: Tokenizer, seed: int) -> torch.nn.Module:
    """The network that ``recipe`` trains: a new one, or its base with LoRA adapters."""
    if not recipe.base:
        fresh: torch.nn.Module = _built(small_config(recipe, tokenizer), seed)
        return fresh
    body, _ = pretrained(recipe.base, 32)
    with seeded(seed):
        adapted: torch.nn.Module = with_lora(copy.deepcopy(body), recipe.lora)
    return adapted


def begin(body: torch.nn.Module, rows: Ids, taught: Top | None, teacher: Any) -> None:
    """Tell a new network what need not be learned: how common each token is in ``rows`` or to the
    teacher; and which tokens are alike, by what the teacher has in their place.
    """
    known: Any = body
    size = known.config.vocab_size
    chances = _common(rows[:, 1:], taught, size)
    embedding = getattr(teacher, "embedding", None) if taught is not None else None
    with torch.no_grad():
        known.lm_head.bias.copy_(torch.from_numpy(np.log(chances / chances.sum())))
        if embedding is not None and embedding.shape[0] == size:
            own = known.get_input_embeddings().weight
            axes = principal(embedding, own.shape[1])
            own[:, : axes.shape[1]] = torch.from_numpy(axes)


def _common(ids: Ids, taught: Top | None, size: int) -> Floats:
    """How often each token comes, ``[vocabulary]``: as the teacher expects it, or as in ``ids``."""
    if taught is not None and taught.ids.size:
        told = np.exp(taught.logprobs.astype(np.float64))
        found = np.bincount(taught.ids.ravel(), told.ravel(), minlength=size)
        expected: Floats = found + max(1.0, ids.size - told.sum()) / size
        return expected
    counts = np.bincount(ids.ravel(), minlength=size)
    unseen, once = counts == 0, (counts == 1).sum() + 1.0
    # what was never seen has, together, the share of what was seen once (Good and Turing)
    seen: Floats = np.where(unseen, once / max(1, unseen.sum()), counts)
    return seen


def principal(vectors: Vectors, width: int) -> Vectors:
    """``vectors``, ``[n, dimensions]``, on their ``width`` main axes at most, as wide on average as
    new embeddings are.
    """
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    found = centred @ axes[:, ::-1][:, :width]
    scaled: Vectors = (found * (ALIKE / found.std())).astype(np.float32)
    return scaled


def train(
    body: torch.nn.Module, rows: Ids, taught: Top | None, recipe: Any, data: Dataset, seed: int
) -> None:
    """Train ``body`` in place on ``rows``, ``[rows, length + 1]``, and what was ``taught`` of them.

    Resumes from a checkpoint if there is one. Raises `UnderdogError` if training diverges.
    """
    trained = {name: p for name, p in body.named_parameters() if p.requires_grad}
    rate = recipe.rate or (5e-4 if recipe.base else min(FASTEST, 0.4 / recipe.width))
    optimizer = torch.optim.AdamW(
        trained.values(), lr=rate, weight_decay=0.01, betas=(0.9, 0.95), eps=STILL
    )
    steps = max(1, recipe.tokens // (recipe.length * recipe.batch))
    kept = recipe.used(len(rows))
    checkpoint, done = Checkpoint.of(recipe, data, seed), 0
    if saved := checkpoint.load():
        done = _resume(saved, trained, optimizer)
    order = np.random.default_rng(seed)
    batches = [order.integers(kept, size=min(recipe.batch, kept)) for _ in range(steps)]
    writes = order.random(steps) < _writing(recipe.on_policy, steps)
    body.train()
    with threads_of(1), step("training", steps) as advance, seeded(seed, done):
        advance(done)
        for at in range(done, steps):
            for group in optimizer.param_groups:
                group["lr"] = rate * _schedule(at, steps)
            if writes[at]:
                some, kind = rows[batches[at]], recipe.divergence
                loss = own_words_loss(body, some, recipe.teacher, kind, seed * steps + at)
            else:
                loss = _loss(body, rows, taught, batches[at], recipe)
            if not math.isfinite(loss.item()):
                raise UnderdogError(
                    "training diverged: the loss is not finite",
                    f"a smaller rate: rate={rate / 4:g}",
                )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(trained.values(), 1.0)
            optimizer.step()
            if (at + 1) % SAVE_EVERY == 0:
                checkpoint.save(_state(trained, optimizer), {"done": at + 1})
            advance(1)
    checkpoint.remove()
    body.eval()


def weights(
    body: Any, is_adapted: bool
) -> tuple[str, dict[str, Vectors], dict[str, tuple[Vectors, Vectors]]]:
    """What to keep: a configuration and all weights, or LoRA factors alone; arrays as ``[out,
    in]``.
    """
    if is_adapted:
        return "", {}, lora_factors(body)
    arrays = {name: p.detach().numpy() for name, p in body.named_parameters()}
    return json.dumps(body.config.to_diff_dict(), default=str), arrays, {}


def rebuilt(
    config: str,
    arrays: Mapping[str, Vectors],
    factors: Mapping[str, tuple[Vectors, Vectors]],
    base: Causal | None,
) -> Any:
    """The network of `weights`.

    Raises `UnderdogError` if the base is missing or another, or if the weights do not fit.
    """
    with fitting():
        if base is not None:
            base.check()
            body = copy.deepcopy(pretrained(base.model, base.bits)[0])
            with torch.no_grad():
                for name, (up, down) in factors.items():
                    body.get_submodule(name).weight += torch.tensor(up) @ torch.tensor(down)
            return body.eval()
        body = _built(json.dumps(checked(parsed(config), arrays, _of).to_diff_dict(), default=str))
        body.load_state_dict({n: torch.tensor(a) for n, a in arrays.items()}, strict=False)
    return body.eval()


def small_config(recipe: Any, tokenizer: Tokenizer) -> str:
    """The configuration of a network from scratch, as JSON."""
    heads = max(1, recipe.width // 64)
    width = -(-recipe.width // (4 * heads)) * 4 * heads
    settings = {
        "model_type": "phi",  # the output has a bias: how common a token is need not be learned
        "vocab_size": tokenizer.size,
        "hidden_size": width,
        "intermediate_size": 4 * width,
        "num_hidden_layers": recipe.layers,
        "num_attention_heads": heads,
        "num_key_value_heads": heads,
        "max_position_embeddings": max(2048, 2 * recipe.length),
        "tie_word_embeddings": True,
        "bos_token_id": tokenizer.end,
        "eos_token_id": tokenizer.end,
    }
    return json.dumps(settings)


def _built(config: str, seed: int = 0) -> Any:
    transformers = require("transformers", "torch")
    with seeded(seed):
        return _of(transformers.AutoConfig.for_model(**json.loads(config)))


def _of(config: Any) -> Any:
    transformers = require("transformers", "torch")
    return transformers.AutoModelForCausalLM.from_config(config, trust_remote_code=False)


def _loss(body: Any, rows: Ids, taught: Top | None, chosen: Any, recipe: Any) -> torch.Tensor:
    ids = torch.from_numpy(rows[chosen])
    logits = body(ids[:, :-1], use_cache=False).logits.flatten(0, 1)
    gold: torch.Tensor = torch.nn.functional.cross_entropy(logits, ids[:, 1:].flatten())
    if taught is None:
        return gold
    told = torch.from_numpy(taught.logprobs[chosen].astype(np.float32)).flatten(0, 1)
    if recipe.divergence == "uld":
        apart = ranked_difference(logits, told)
    else:
        top = torch.from_numpy(taught.ids[chosen].astype(np.int64)).flatten(0, 1)
        teacher = torch.cat([told, rest(told)], dim=-1)
        apart = divergence(bucketed(logits, top), teacher, recipe.divergence)
    share: float = recipe.share
    return (1 - share) * gold + share * apart


def _writing(share: float, steps: int) -> Floats:
    """How likely the student writes at each step, ``[steps]``, on average the ``share``: it reads
    first, and writes the more often the more it has read.
    """
    at = (np.arange(steps) + 0.5) / steps
    rising: Floats = at ** (1 / share - 1) if share else np.zeros(steps)
    return rising


def _schedule(at: int, steps: int) -> float:
    rise = max(1, round(WARMUP * steps))
    if at < rise:
        return (at + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (at - rise) / max(1, steps - rise)))


def _state(trained: dict[str, Any], optimizer: Any) -> dict[str, torch.Tensor]:
    state = {f"parameter.{name}": p for name, p in trained.items()}
    for name, p in trained.items():
        for key in STATE:
            state[f"{key}.{name}"] = optimizer.state[p][key]
    return state


def _resume(saved: Any, trained: dict[str, Any], optimizer: Any) -> int:
    tensors, progress = saved
    with torch.no_grad():
        for name, p in trained.items():
            p.copy_(tensors[f"parameter.{name}"])
            optimizer.state[p] = {key: tensors[f"{key}.{name}"].clone() for key in STATE}
    return int(progress["done"])
