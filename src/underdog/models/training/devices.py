"""Where and how torch computes: devices, mixed precision and random seeds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
import torch


@contextmanager
def seeded(*seed: int) -> Iterator[None]:
    """Inside the block torch draws from the random ``seed``; the state outside is unchanged."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    with torch.random.fork_rng(devices=range(count)):
        torch.manual_seed(int(np.random.default_rng(seed).integers(2**62)))
        yield


def device() -> torch.device:
    """The device to compute on: a GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@cache
def supports_bfloat16(kind: str) -> bool:
    """Whether devices of this ``kind`` multiply bfloat16 in hardware; emulation would be slow."""
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    has = torch.cpu.get_capabilities()
    return any(has.get(name, False) for name in ("amx_bf16", "avx512_bf16"))


def mixed_precision(where: torch.device) -> torch.autocast:
    """Inside it matrices are multiplied in bfloat16, if the device `supports_bfloat16`.

    Sums and weights stay in 32 bits (Micikevicius et al., Mixed Precision Training, ICLR 2018).
    """
    return torch.autocast(where.type, torch.bfloat16, enabled=supports_bfloat16(where.type))
