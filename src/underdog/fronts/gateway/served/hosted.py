"""A model in a folder, served by its name; a new version of it is taken without a pause."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ....core.answer import Answers
from ....core.data import Text
from ....core.errors import UnderdogError
from ....data.tables.names import ROW
from ....runtime.persist import opened
from ...labelling.replace import labels_of
from .batches import Batches

POLL = 1.0
"""Seconds between two looks at a model's folder."""


class Version:
    """One version of a model: loaded, with its record, its labels and its queue."""

    def __init__(self, folder: Path, queue: int, timeout: float) -> None:
        self.stamp = stamp(folder)
        model, told = opened(folder)
        self.model, self.record = model, told
        self.labels = tuple(told.get("labels") or labels_of(model))
        self.instruction = str(told.get("instruction") or "")
        text: Sequence[str] = told.get("text") or ()
        self.pairs = len(text) == 2 and text[0] != ROW
        self.batches = Batches(model, queue, timeout)


class Hosted:
    """The newest version of the model in ``folder``. Raises `UnderdogError` if there is none.

    A version that cannot be loaded changes nothing: the one before goes on, and `problem` says why.
    """

    def __init__(self, folder: Path, queue: int = 4096, timeout: float = 600.0) -> None:
        self.folder = folder
        self.name = folder.resolve().name
        self.problem = ""
        self.reloads = 0
        self._limits = queue, timeout
        self._now = Version(folder, *self._limits)

    @property
    def version(self) -> Version:
        """The version that answers new requests."""
        return self._now

    async def answer(self, texts: Sequence[Text]) -> tuple[Answers, Version]:
        """The answers to ``texts``, all by one version, and that version."""
        now = self._now
        return await now.batches.answer(texts), now

    async def follow(self) -> None:
        """Load each new version as it is written, for ever."""
        tried: Any = self._now.stamp
        while True:
            await asyncio.sleep(POLL)
            try:
                seen = stamp(self.folder)
            except OSError:
                continue  # between the old folder and the new one
            if seen == tried:
                continue
            tried = seen
            try:
                self._now = await asyncio.to_thread(Version, self.folder, *self._limits)
                self.problem, self.reloads = "", self.reloads + 1
            except (UnderdogError, OSError) as error:
                self.problem = str(error).partition("\n")[0]


def stamp(folder: Path) -> tuple[int, int, int]:
    """What changes when a folder gets a new model: the identity of its file."""
    found = (folder / "model.json").stat()
    return found.st_ino, found.st_mtime_ns, found.st_size
