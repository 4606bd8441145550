"""Training that survives a kill: what has been learned so far, in one file of arrays."""

from __future__ import annotations

import json
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as pack

from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.protocols import Learner
from ...runtime import files
from ...runtime.cache import place

EVERY = 10.0
"""Seconds between two checkpoints at least: an epoch that takes less is cheaper than a file."""

Tensors = dict[str, torch.Tensor]


@dataclass
class Checkpoint:
    """A file that the same fit begun again finds: see `underdog.runtime.cache`.

    A kill loses one epoch, or `EVERY` seconds of epochs that take less. A file that is damaged is
    begun anew; where none can be written, training goes on with a warning.
    """

    path: Path
    _saved: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, recipe: Learner, data: Dataset, seed: int) -> Checkpoint:
        """The checkpoint of ``recipe.fit(data, seed)``."""
        return cls(place(recipe, data, seed).with_suffix(".safetensors"))

    def save(self, tensors: Tensors, said: dict[str, Any]) -> None:
        """Keep ``tensors`` and ``said`` (plain values), unless a file was written just now."""
        if time.monotonic() - self._saved < EVERY:
            return
        whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        try:
            files.write(self.path, pack(whole, {"said": json.dumps(said)}))
        except UnderdogError as error:
            warnings.warn(f"training goes on without checkpoints: {error.problem}", stacklevel=2)
        self._saved = time.monotonic()

    def load(self) -> tuple[Tensors, dict[str, Any]] | None:
        """What was saved last; None if nothing was, or nothing that can be read."""
        try:
            with safe_open(self.path, "pt") as file:
                said = json.loads(file.metadata()["said"])
                return {name: file.get_tensor(name) for name in file.keys()}, said  # noqa: SIM118
        except (OSError, SafetensorError, KeyError, TypeError, ValueError):
            return None

    def remove(self) -> None:
        """Forget it: the training is done."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
