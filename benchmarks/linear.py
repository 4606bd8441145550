"""`linear()` on real data: accuracy, latency beside scikit-learn, throughput, training time.

Run on one core: ``OMP_NUM_THREADS=1 taskset -c 0 python -m benchmarks.linear``. Everything is
chosen inside the training part; each test part is answered by one model, once.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
import sklearn.svm  # so that the time of training is not the time of importing
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline

from benchmarks.data import root, table
from benchmarks.results import keep
from underdog.core.data import Dataset, Text
from underdog.models.features.tfidf import GROUP_NORMS
from underdog.models.features.tokens import skipgrams_of, word_features_of
from underdog.models.linear.recipe import Linear, LinearModel

WARM_UP = 200
"""Training texts answered before the clock starts: a server's first second, not its life."""

assert sklearn.svm  # imported for its side effect


def halves(path: Path) -> tuple[Dataset, Dataset]:
    """The file's own training and test parts."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    parts = ([r for r in rows if r["split"] == side] for side in ("train", "test"))
    train, test = (Dataset.of([r["text"] for r in p], [r["label"] for r in p]) for p in parts)
    return train, test


def as_pipeline(model: LinearModel, texts: Sequence[Text]) -> Pipeline:
    """The same model as a scikit-learn pipeline, with the same coefficients."""
    parts = {
        "words": TfidfVectorizer(analyzer=word_features_of, sublinear_tf=True),
        "chars": TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True),
        "company": TfidfVectorizer(analyzer=skipgrams_of, sublinear_tf=True, min_df=2),
    }
    scales = dict(zip(parts, GROUP_NORMS, strict=True))
    union = FeatureUnion(list(parts.items()), transformer_weights=scales).fit(texts)
    names = [
        repr(str(name)) if kind == "chars" else name
        for kind, part in parts.items()
        for name in part.get_feature_names_out()
    ]
    place = {name: i for i, name in enumerate(model.features.names)}
    classifier = LogisticRegression()
    classifier.coef_ = model.weights[[place[name] for name in names]].T
    classifier.intercept_, classifier.classes_ = model.bias, np.array(model.labels)
    return make_pipeline(union, classifier)


def alone(ask: Callable[[list[Text]], object], texts: Sequence[Text]) -> tuple[float, float]:
    """Microseconds, p50 and p99, of ``texts`` asked one at a time."""
    took: list[float] = []
    for text in texts:
        start = perf_counter()
        ask([text])
        took.append(perf_counter() - start)
    p50, p99 = np.percentile(took, [50, 99]) * 1e6
    return float(p50), float(p99)


def forgetful(model: LinearModel) -> LinearModel:
    """The same model with nothing remembered, as just loaded from disk."""
    spaces = tuple(replace(space) for space in model.features.spaces)
    return replace(model, features=replace(model.features, spaces=spaces))


def share(said: Sequence[str], gold: Sequence[str | None]) -> float:
    """The share of answers that are right."""
    return float(np.mean([a == b for a, b in zip(said, gold, strict=True)]))


def fitted(data: Dataset) -> tuple[LinearModel, float]:
    """The model and the seconds that it took, cross-validation included."""
    start = perf_counter()
    model = Linear().fit(data)
    assert isinstance(model, LinearModel)
    return model, perf_counter() - start


def headlines(train: Dataset, test: Dataset) -> list[list[str]]:
    """The rows of the table for HEADLINES."""
    model, seconds = fitted(train)
    batch = forgetful(model)
    batch.answer(train.texts[:WARM_UP])
    start = perf_counter()
    answers = batch.answer(test.texts)
    rate = len(test) / (perf_counter() - start)
    fresh = forgetful(model)
    alone(fresh.answer, train.texts[:WARM_UP])
    p50, p99 = alone(fresh.answer, test.texts)
    slow = as_pipeline(model, train.texts)
    alone(slow.predict_proba, train.texts[:WARM_UP])
    slow50, slow99 = alone(slow.predict_proba, test.texts[:1000])
    probs: NDArray[np.float64] = slow.predict_proba(test.texts)
    same = share(answers.values, [model.labels[i] for i in probs.argmax(axis=1)])
    gap = np.abs(probs - answers.probs).max()
    accuracy = f"{share(answers.values, test.labels):.4f}"
    values = {"accuracy": accuracy.lstrip("0"), "p50": f"{p50:.0f} µs", "p99": f"{p99:.0f} µs"}
    values |= {"rate": f"{rate:,.0f}", "fit": f"{seconds:.1f} s"}
    keep("headlines", "python -m benchmarks.linear", values)
    return [
        ["accuracy", "≥ .893", accuracy],
        ["p50, one text at a time", "≤ 130 µs", f"{p50:.0f} µs"],
        ["p99, one text at a time", "≤ 300 µs", f"{p99:.0f} µs"],
        ["as a scikit-learn pipeline, p50 / p99", "2.6–3.2 ms", f"{slow50:.0f} / {slow99:.0f} µs"],
        ["same answers as the pipeline", "all", f"{same:.2%}"],
        ["largest gap in a probability", "", f"{gap:.1e}"],
        ["batch of 5,000, texts/s", "≥ 20,000", f"{rate:,.0f}"],
        ["fit of 5,000 rows", "≤ 5 s", f"{seconds:.1f} s"],
    ]


def banking(train: Dataset, test: Dataset) -> list[list[str]]:
    """The rows of the table for Banking77."""
    model, seconds = fitted(train)
    accuracy = share(model.answer(test.texts).values, test.labels)
    return [
        ["accuracy", "≥ .915", f"{accuracy:.4f}"],
        ["fit of 10,003 rows", "≤ 60 s", f"{seconds:.1f} s"],
    ]


def main() -> None:
    """Print the two tables."""
    data = root()
    header = ["linear()", "target", "reached"]
    notes = (
        f"Warm-up: {WARM_UP} training texts, with nothing remembered before. Percentiles over "
        "all 5,000 test texts (the pipeline's over the first 1,000)."
    )
    print(table("HEADLINES", header, headlines(*halves(data / "frugalgpt/headlines.csv")), notes))
    print()
    print(table("Banking77", header, banking(*halves(data / "banking77/banking77.csv"))))


if __name__ == "__main__":
    sys.exit(main())
