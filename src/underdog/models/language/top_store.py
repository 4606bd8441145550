"""What a teacher said of every training token, its likeliest tokens only: made once, on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.language import Ids, LanguageModel, Tokenizer, log_softmax
from ...runtime import files, progress
from ...runtime.cache import digest, digest_recipe
from .across.ranked import ranked
from .weights import folder


@dataclass(frozen=True, eq=False)
class Top:
    """The ``k`` likeliest tokens after each token of each row: ``ids`` and ``logprobs``, ``[rows,
    tokens, k]``. What is missing to 1 belongs to all other tokens together.
    """

    ids: NDArray[np.int32]
    logprobs: NDArray[np.float16]

    @property
    def nbytes(self) -> int:
        """The bytes that it takes."""
        return self.ids.nbytes + self.logprobs.nbytes

    @property
    def missing(self) -> float:
        """The mean share of probability that is not in the top."""
        return float(1.0 - np.exp(self.logprobs.astype(np.float64)).sum(axis=-1).mean())


def top_of(teacher: LanguageModel, rows: Ids, k: int, batch: int = 8) -> Top:
    """The top ``k`` of ``teacher`` after each token of ``rows``, ``[rows, tokens]``.

    Kept on disk under a digest of the teacher, its weights and the rows, and read from there when
    the same is asked for again.
    """
    place = _place(teacher, rows, k)
    if (kept := _read(place, (*rows.shape, k), (*rows.shape, k))) is not None:
        return kept
    ids = np.empty((*rows.shape, k), np.int32)
    logprobs = np.empty((*rows.shape, k), np.float16)
    with progress.step("asking the teacher", len(rows)) as advance:
        for i in range(0, len(rows), batch):
            logits, _ = teacher.extend(rows[i : i + batch])
            scores = log_softmax(logits)
            best = np.argpartition(scores, -k, axis=-1)[..., -k:]
            ids[i : i + batch] = best
            logprobs[i : i + batch] = np.take_along_axis(scores, best, axis=-1)
            advance(len(logits))
    _write(place, {"ids": ids, "logprobs": logprobs})
    return Top(ids, logprobs)


def ranked_of(teacher: LanguageModel, own: Tokenizer, rows: Ids, k: int) -> Top:
    """The ``k`` largest log-probabilities of a ``teacher`` with another tokenizer than ``own``,
    which cut ``rows``, ``[rows, tokens]``; without the tokens that have them. Kept on disk too.
    """
    place = _place(teacher, rows, k, own.identity)
    if (kept := _read(place, (*rows.shape, 0), (*rows.shape, k))) is not None:
        return kept
    logprobs = ranked(teacher, own, rows, k)
    found = Top(np.zeros((*rows.shape, 0), np.int32), logprobs)
    _write(place, {"ids": found.ids, "logprobs": found.logprobs})
    return found


def blocks(documents: Sequence[Sequence[int]], length: int, end: int) -> Ids:
    """``documents`` one after the other, each closed by ``end``, cut into ``[rows, length + 1]``.

    The last token of a row is the first of the next, so that each is predicted once.
    """
    flat = np.array([token for document in documents for token in (*document, end)], np.int64)
    flat = np.concatenate([[end], flat])
    rows = max(1, (len(flat) - 1) // length)
    need = rows * length + 1
    if len(flat) < need:
        flat = np.resize(flat, need)
    return np.stack([flat[i * length : i * length + length + 1] for i in range(rows)])


def _place(teacher: LanguageModel, rows: Ids, k: int, *others: str) -> Path:
    key = digest((digest_recipe(teacher), rows, k, *others))[:24]
    return folder() / "teachers" / f"{key}.safetensors"


def _read(place: Path, ids: tuple[int, ...], logprobs: tuple[int, ...]) -> Top | None:
    """What is kept at ``place``, if it has these shapes; else None, and it is made again."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        found = load(place.read_bytes())
        kept = Top(found["ids"], found["logprobs"])
    except (OSError, KeyError, SafetensorError):
        return None
    return kept if (kept.ids.shape, kept.logprobs.shape) == (ids, logprobs) else None


def _write(place: Path, arrays: dict[str, Any]) -> None:
    from safetensors.numpy import save

    files.write(place, save(arrays))
