"""The four sets of recorded answers, halved, with sentence vectors that are computed once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import root
from benchmarks.deferral import minilm
from underdog.core.data import Archive, Dataset, Text
from underdog.core.protocols import Learner, Model, tuned
from underdog.data.read import read
from underdog.models.transformers import frozen
from underdog.models.transformers.embeddings import embed
from underdog.runtime.registry import spec

SETS = {
    "OVERRULING": ("optllm_overruling/overruling_12llms.csv", "label", "gpt-4_answer"),
    "HEADLINES": ("frugalgpt/headlines.csv", "label", ""),
    "hate_speech18": (
        "hate_speech18_llm/hate_speech18_with_llm.csv",
        "label_id",
        "gpt35_turbo_1106",
    ),
    "Banking77": ("banking77/banking77.csv", "label", ""),
}
"""File, column of gold labels, and column of the large model's answers: the gold labels if none."""

SPLITS = int(os.environ.get("DECISIONS_SPLITS", "5"))
"""Halves of each set; fewer on a busy machine."""

CHUNK = 1_000
"""Texts that are embedded and kept at a time, so that a run that was stopped goes on."""

Vectors = dict[Text, NDArray[np.float32]]


@dataclass(frozen=True)
class Split:
    """The part to fit and certify, the part to test, and the seed."""

    ours: Dataset
    test: Dataset
    seed: int


def whole(name: str) -> Dataset:
    """All rows of a set; the column ``teacher`` holds the large model's answers."""
    path, label, column = SETS[name]
    data = read(root() / path, text=("text",), label=label, split="").data
    return taught(data, data.columns[column] if column else data.labels)


def halves(name: str) -> Iterator[Split]:
    """Five halves of a set, or the one split that Banking77 brings."""
    path, label, _ = SETS[name]
    if name != "Banking77":
        data = whole(name)
        for seed in range(SPLITS):
            yield Split(*data.split(0.5, seed), seed)
        return
    found = read(root() / path, text=("text",), label=label, split="split")
    assert found.test is not None
    train, test = (taught(part, part.labels) for part in (found.train, found.test))
    archive = train.archive.joined(test.archive)
    yield Split(replace(train, archive=archive), replace(test, archive=archive), 0)


@cache
def vectors(name: str) -> Vectors:
    """Unit vectors of all texts of a set by MiniLM, from the cache folder where they are there."""
    texts = [str(text) for text in dict.fromkeys(whole(name).texts)]
    folder = minilm.cache() / "minilm" / f"{name}-{len(texts)}"
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for first in range(0, len(texts), CHUNK):
        path = folder / f"{first}.npy"
        if not path.is_file():
            partial = path.with_suffix(".part.npy")
            np.save(partial, embed(texts[first : first + CHUNK]))
            partial.replace(path)
        parts.append(np.load(path))
    return dict(zip(texts, np.concatenate(parts), strict=True))


@contextmanager
def embedded(name: str) -> Iterator[None]:
    """Inside the block `frozen()` looks up the vectors of this set."""
    known = vectors(name)

    def look(texts: Sequence[Text], *_: object) -> NDArray[np.float32]:
        return np.stack([known[text] for text in texts])

    with mock.patch.object(frozen, "features", look):
        yield


def taught(data: Dataset, said: Sequence[str | None]) -> Dataset:
    """``data`` with a large model's answers in the column ``teacher``."""
    columns = {"teacher": tuple(str(one) for one in said)}
    return replace(data, columns=columns, archive=Archive(data.texts, columns))


def kept(what: str, make: Callable[[], Any]) -> Any:
    """What ``make`` gives, as JSON has it, from the cache folder if this code made it before.

    So that a row of many splits, if it is stopped, goes on with the next split.
    """
    key = hashlib.sha256(f"{_source()} {what}".encode()).hexdigest()[:16]
    path = minilm.cache() / "decision-splits" / f"{key}.json"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        partial.write_text(json.dumps(make()), "utf-8")
        partial.replace(path)
    return json.loads(path.read_text("utf-8"))


@cache
def _source() -> str:
    """A hash of all code that a result may depend on."""
    here = Path(__file__).resolve().parents[2]
    files = [*here.glob("src/underdog/**/*.py"), *here.glob("benchmarks/decisions/*.py")]
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()


_fitted: dict[tuple[str, str, int], Model] = {}
_tuned: dict[tuple[str, str, int], Learner] = {}


def forget() -> None:
    """Drop the fits that `Once` keeps."""
    _fitted.clear()
    _tuned.clear()


@dataclass(frozen=True)
class Once:
    """A recipe whose fits are kept: several guarantees share their students."""

    recipe: Learner

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        key = (spec(self.recipe), data.fingerprint, seed)
        if key not in _fitted:
            _fitted[key] = self.recipe.fit(data, seed)
        return _fitted[key]

    def tuned(self, data: Dataset, seed: int = 0) -> Learner:
        key = (spec(self.recipe), data.fingerprint, seed)
        if key not in _tuned:
            _tuned[key] = Once(tuned(self.recipe, data, seed))
        return _tuned[key]
