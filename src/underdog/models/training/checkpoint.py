"""Checkpoints: training that resumes after a kill, from one file of arrays."""

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
from ...runtime import files
from ...runtime.cache import key, training

SECONDS_BETWEEN = 10.0
"""Least time between two checkpoints, in seconds: a shorter epoch is cheaper to repeat than to
save.
"""

Tensors = dict[str, torch.Tensor]


@dataclass
class Checkpoint:
    """The file in which one fit keeps its progress; see `underdog.runtime.cache`.

    A kill loses one epoch, or `SECONDS_BETWEEN` seconds of shorter epochs. A damaged file is
    ignored and training starts from the beginning. If no file can be written, training continues
    with a warning; without a ``path``, silently.
    """

    path: Path | None
    _saved: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, recipe: object, data: Dataset, seed: int) -> Checkpoint:
        """The checkpoint of ``recipe.fit(data, seed)``."""
        place = training()
        return cls(place / f"{key(recipe, data, seed)}.safetensors" if place else None)

    def save(self, tensors: Tensors, progress: dict[str, Any]) -> None:
        """Store ``tensors`` and ``progress`` (plain JSON values), unless a file was written a
        moment ago.
        """
        if self.path is None or time.monotonic() - self._saved < SECONDS_BETWEEN:
            return
        arrays = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        try:
            files.write(self.path, pack(arrays, {"progress": json.dumps(progress)}))
        except UnderdogError as error:
            warnings.warn(f"training continues without checkpoints: {error.problem}", stacklevel=2)
        self._saved = time.monotonic()

    def load(self) -> tuple[Tensors, dict[str, Any]] | None:
        """The tensors, each ``[...]`` as it was saved, and the progress; None without a readable
        file.
        """
        if self.path is None:
            return None
        try:
            with safe_open(self.path, "pt") as file:
                progress = json.loads(file.metadata()["progress"])
                return {name: file.get_tensor(name) for name in file.keys()}, progress  # noqa: SIM118
        except (OSError, SafetensorError, KeyError, TypeError, ValueError):
            return None

    def remove(self) -> None:
        """Delete the file: the training is finished."""
        with suppress(OSError):
            if self.path is not None:
                self.path.unlink(missing_ok=True)
