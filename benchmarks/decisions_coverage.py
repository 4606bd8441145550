"""How many texts a small model may answer itself: share, agreement and accuracy on four data sets.

A limit of 5 % at delta = .1. "Local" bounds disagreement among the small model's own answers
(``risk``), "all" bounds it over all requests (``total``). Half of the rows fit and certify, the
other half tests; five splits, but for Banking77, which has its own. Embeddings are computed once.

    python -m benchmarks.decisions_coverage [DATA SET ...]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from time import process_time
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import root, table
from benchmarks.deferral.minilm import embeddings, installed
from underdog.core.data import Archive, Dataset, Text
from underdog.core.errors import UnderdogError
from underdog.core.protocols import Learner, Model, tuned
from underdog.data.read import read
from underdog.models.linear.recipe import Linear
from underdog.models.recorded import Recorded
from underdog.models.transformers import frozen
from underdog.runtime.registry import spec
from underdog.teach.deferral.frugal import Frugal, FrugalModel

LIMIT, DELTA = 0.05, 0.1
SETS = {
    "OVERRULING": ("optllm_overruling/overruling_12llms.csv", "label", "gpt-4_answer"),
    "hate_speech18": (
        "hate_speech18_llm/hate_speech18_with_llm.csv",
        "label_id",
        "gpt35_turbo_1106",
    ),
    "Banking77": ("banking77/banking77.csv", "label", ""),
    "HEADLINES": ("frugalgpt/headlines.csv", "label", ""),
}
"""File, column of gold labels, and column of the large model's answers: the gold labels if none."""

_fitted: dict[tuple[str, str, int], Model] = {}
_tuned: dict[tuple[str, str, int], Learner] = {}


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


STUDENTS: dict[str, tuple[Learner, ...]] = {
    "linear()": (Once(Linear()),),
    "frozen()": (Once(frozen.Frozen()),),
    "[linear(), frozen()]": (Once(Linear()), Once(frozen.Frozen())),
}


def halves(name: str) -> Iterator[tuple[Dataset, Dataset, int]]:
    """The part to fit and certify, the part to test, and the seed, for each split."""
    path, label, column = SETS[name]
    found = read(root() / path, text=("text",), label=label, split="split" if not column else "")
    if name == "Banking77" and found.test is not None:
        both = (_taught(part, column) for part in (found.train, found.test))
        yield (*_sharing(*both), 0)
        return
    whole = _taught(read(root() / path, text=("text",), label=label, split="").data, column)
    for seed in range(5):
        yield (*whole.split(0.5, seed), seed)


def rows(name: str) -> Iterator[list[str]]:
    """A row of the table for each student and guarantee."""
    scores: dict[tuple[str, str], list[list[float]]] = {}
    for ours, test, seed in halves(name):
        _fitted.clear()
        _tuned.clear()
        for student, recipes in STUDENTS.items():
            for kind in ("risk", "total"):
                recipe = replace(_plain(recipes), **{kind: LIMIT})
                scores.setdefault((student, kind), []).append(_score(recipe, ours, test, seed))
    for (student, kind), found in scores.items():
        share, agreed, right, over = np.array(found).T
        yield [
            f"{name}, {student}, {'local' if kind == 'risk' else 'all'}",
            f"{share.mean():.3f}",
            f"{100 * np.nanmean(agreed):.1f}",
            f"{100 * right.mean():.1f}",
            f"{int(over.sum())} of {len(found)}",
        ]


def seconds() -> str:
    """The CPU time of `frugal(frozen(), ...)` on Banking77 when the embeddings are there."""
    ours, _, seed = next(halves("Banking77"))
    import_module("sklearn.linear_model")  # the time of fitting is not the time of importing
    import_module("scipy.stats")
    start = process_time()
    replace(_plain((frozen.Frozen(),)), risk=LIMIT).fit(ours, seed)
    return f"frugal(frozen()) on Banking77, without embedding: {process_time() - start:.1f} CPU s"


def _plain(recipes: Sequence[Learner]) -> Frugal:
    return Frugal(tuple(recipes), Recorded("teacher"), delta=DELTA, against="large")


def _score(recipe: Frugal, ours: Dataset, test: Dataset, seed: int) -> list[float]:
    """Share answered locally, agreement there, accuracy of the whole, whether over the limit."""
    try:
        model = recipe.fit(ours, seed)
    except UnderdogError:
        large = np.array(test.columns["teacher"]) == np.array(test.labels)
        return [0.0, float("nan"), float(large.mean()), 0.0]
    assert isinstance(model, FrugalModel)
    seen = model.paired_answers(test)
    local = seen.confidence >= model.certificate.threshold
    agreed = float((seen.small == seen.large)[local].mean()) if local.any() else float("nan")
    whole = np.where(local, seen.small, seen.large)
    over = model.guarantee.observed(seen, local) > LIMIT
    return [float(local.mean()), agreed, float((whole == seen.gold).mean()), float(over)]


def _taught(data: Dataset, column: str) -> Dataset:
    """``data`` with the large model's answers, or the gold labels, in the column ``teacher``."""
    said = data.columns[column] if column else data.labels
    columns = {"teacher": tuple(said)}
    return replace(data, columns=columns, archive=Archive(data.texts, columns))


def _sharing(train: Dataset, test: Dataset) -> tuple[Dataset, Dataset]:
    """Both parts with the archive of the whole, so that the recorded answers cover both."""
    archive = train.archive.joined(test.archive)
    return replace(train, archive=archive), replace(test, archive=archive)


def _known(name: str) -> dict[Text, NDArray[np.float32]]:
    path, label, _ = SETS[name]
    texts = [*dict.fromkeys(read(root() / path, text=("text",), label=label, split="").data.texts)]
    return dict(zip(texts, embeddings([str(text) for text in texts]), strict=True))


def main(names: Sequence[str]) -> None:
    """Print the table of each data set, and the time of one fit."""
    if not installed():
        sys.exit("skipped: no encoder here\n  hint: pip install 'underdog-llm[offline]'")
    header = ["limit 5 %, delta .1", "share local", "agreement", "whole, gold", "over"]
    for name in names or SETS:
        vectors = _known(name)

        def look(texts: Sequence[Text], *_: object, known: dict = vectors) -> NDArray[np.float32]:  # type: ignore[type-arg]
            return np.stack([known[text] for text in texts])

        with mock.patch.object(frozen, "features", look):
            print(table(name, header, [*rows(name)]), flush=True)
            if name == "Banking77":
                print(seconds(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
