"""Sentence vectors that are computed once: in a process, and from one process to the next."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...runtime.cache import digest_recipe

Vectors = NDArray[np.float32]

MOST = 50_000
"""Texts whose vectors a process keeps: 75 MB for MiniLM."""

LATEST = 512
"""Texts of the last answers whose vectors can be asked for again."""

WIDTH = 16
"""Bytes of a checksum."""


class Kept:
    """The vectors of the last ``most`` texts, by encoder and text; threads may share it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows: OrderedDict[tuple[str, str], Vectors] = OrderedDict()
        self._lock = Lock()

    def get(self, encoder: str, texts: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of those ``texts`` that are kept, each ``[width]``."""
        rows = {text: self._rows.get((encoder, text)) for text in texts}
        return {text: row for text, row in rows.items() if row is not None}

    def add(self, encoder: str, rows: Mapping[str, Vectors]) -> None:
        """Keep the vectors ``rows`` of texts, each ``[width]``."""
        with self._lock:
            self._rows.update({(encoder, text): row for text, row in rows.items()})
            while len(self._rows) > self._most:
                self._rows.popitem(last=False)

    def packed(self) -> bytes:
        """All of it, as `Received` reads it: texts are checksums there."""
        by_encoder: dict[str, dict[str, Vectors]] = {}
        for (encoder, text), row in list(self._rows.items()):
            by_encoder.setdefault(encoder, {})[text] = row
        arrays: dict[str, Any] = {}
        for i, (encoder, rows) in enumerate(by_encoder.items()):
            mark = _mark(encoder)
            keys = b"".join(_checksum(mark, text) for text in rows)
            arrays[f"keys{i}"] = np.frombuffer(keys, np.uint8).reshape(-1, WIDTH)
            arrays[f"rows{i}"] = np.stack([*rows.values()])
        file = io.BytesIO()
        if arrays:
            np.savez(file, **arrays)
        return file.getvalue()


class Received:
    """Vectors that another process computed, by the checksums of encoder and text."""

    def __init__(self) -> None:
        self._rows: dict[bytes, Vectors] = {}

    def read(self, data: bytes) -> None:
        """Take what `Kept.packed` wrote."""
        if not data:
            return
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            for name in [name for name in arrays.files if name.startswith("keys")]:
                keys, rows = arrays[name], arrays[name.replace("keys", "rows")]
                self._rows.update({k.tobytes(): row for k, row in zip(keys, rows, strict=True)})

    def get(self, encoder: str, texts: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of those ``texts`` that are here, each ``[width]``."""
        if not self._rows:
            return {}
        mark = _mark(encoder)
        places = {text: self._rows.get(_checksum(mark, text)) for text in texts}
        return {text: row for text, row in places.items() if row is not None}


def _mark(encoder: str) -> str:
    """What tells an encoder from another: its name, and the files of its folder."""
    return digest_recipe(encoder)


def _checksum(mark: str, text: str) -> bytes:
    whole = f"{mark}\0{text}".encode("utf-8", "surrogatepass")
    return blake2b(whole, digest_size=WIDTH).digest()


kept, latest, received = Kept(MOST), Kept(LATEST), Received()
