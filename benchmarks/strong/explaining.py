"""Explanations: exact, fast, and faithful; and the fewest edits that change an answer."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.strong.settings import KEPT, Settings, kept
from benchmarks.strong.tasks import field, names
from underdog.core.cost import Floats
from underdog.core.explaining import Explanation, explained
from underdog.core.protocols import Model
from underdog.evaluate.explanation.counterfactual import counterfactual
from underdog.evaluate.explanation.explain import words_for
from underdog.evaluate.explanation.faithful import faithfulness
from underdog.models.linear.recipe import Linear, LinearModel
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build

EXPLAINED, MOST = 200, 50
"""Texts of which explanations are measured: of the encoder; of other models, for each task."""

AT_ONCE = 20
"""Texts of the encoder after which what was measured is kept."""

ENCODER = "encoder('minilm', epochs=2)"

ORACLE = "UNDERDOG_SHAP"
"""Names a Python that has the library shap, in an environment of its own."""

ASKED = """
import sys, numpy as np, shap
given, told = np.load(sys.argv[1]), {}
for i in range(len(given.files) // 3):
    coef, mean, row = (given[f"{name}{i}"] for name in ("coef", "mean", "row"))
    told[f"told{i}"] = shap.LinearExplainer((coef, 0.0), mean[None]).shap_values(row[None])[0]
np.savez(sys.argv[2], **told)
"""


def linear(said: Settings) -> Iterator[list[str]]:
    """Identity, correlation with shap, time and faithfulness of `linear()`, task by task."""
    oracle = "shap" if os.environ.get(ORACLE) else "shap's formula"
    for name in said.only or names():
        keys = ("identity", "correlation", "cpu_ms", "wall_ms", "faithful")
        found = kept(f"linear-{name}-{oracle}", said, keys, partial(_linear, name, said))
        on = f"linear(), {name}, {said.texts:,} texts"
        yield [on, "base + Σ against the logit", "1e-12", f"{found['identity']:.0e}"]
        correlation = f"{found['correlation']:.3f}"
        yield [on, f"median correlation with {oracle}", "≥ .95", correlation]
        time = f"{found['cpu_ms']:.1f} ms of the processor, {found['wall_ms']:.1f} of the clock"
        yield [on, "a document, with deletions", "≤ 5 ms", time]
        yield [on, "comprehensiveness", "", _faithful(found["faithful"])]


def _linear(name: str, said: Settings, keys: Sequence[str]) -> Iterator[tuple[str, Any]]:
    parts = field(name, said.texts, MOST)
    model = Linear().fit(parts.many)
    assert isinstance(model, LinearModel)
    model.explain(parts.test.texts[:5])
    start, clock = process_time(), perf_counter()
    found = model.explain(parts.test.texts)
    spent = (process_time() - start, perf_counter() - clock)
    finite = np.isfinite(found[0].base)
    gaps = [e.base + e.contributions.sum(axis=0) - e.output for e in found]
    yield "identity", float(max(np.abs(g[finite]).max() for g in gaps))
    yield "correlation", _correlation(model, found, parts.many.texts)
    for key, seconds in zip(("cpu_ms", "wall_ms"), spent, strict=True):
        yield key, 1000 * seconds / len(found)
    yield "faithful", _measured(model, found)


def _correlation(model: LinearModel, found: Sequence[Explanation], train: Sequence[Any]) -> float:
    """The median, over texts, of the correlation of our terms and those of shap.

    Over the terms that a text has; for the logit of the answer against the mean of the others.
    """
    background = model.features.rows(train)
    mean = np.asarray(background.mean(axis=0)).ravel()
    asked, ours = [], []
    for one in found:
        row = model.features.rows([one.text])
        if row.nnz < 3:
            continue
        k, columns = model.labels.index(one.value), row.indices
        weights = model.weights[columns].astype(np.float64)
        others = np.delete(weights, k, axis=1)[:, np.isfinite(np.delete(model.bias, k))]
        against, amounts = weights[:, k] - others.mean(axis=1), row.data.astype(np.float64)
        asked.append((against, mean[columns].astype(np.float64), amounts))
        ours.append(against * amounts)
    pairs = zip(ours, _shap(asked), strict=True)
    return float(np.median([np.corrcoef(mine, theirs)[0, 1] for mine, theirs in pairs]))


def _shap(asked: Sequence[tuple[Floats, Floats, Floats]]) -> list[Floats]:
    """The Shapley values of linear models: of weights, the mean of a background, and a row."""
    if not (python := os.environ.get(ORACLE)):
        return [coef * (row - mean) for coef, mean, row in asked]
    with TemporaryDirectory() as folder:
        given, told = Path(folder) / "given.npz", Path(folder) / "told.npz"
        names = ("coef", "mean", "row")
        parts = [zip(names, one, strict=True) for one in asked]
        arrays = {f"{name}{i}": a for i, part in enumerate(parts) for name, a in part}
        np.savez(given, **arrays)
        subprocess.run([python, "-c", ASKED, given, told], check=True, capture_output=True)
        found = np.load(told)
        return [found[f"told{i}"] for i in range(len(asked))]


def encoder(said: Settings) -> Iterator[list[str]]:
    """Integrated gradients of a fine-tuned encoder on SST-2: `AT_ONCE` texts by `AT_ONCE`."""
    said = replace(said, texts=min(said.texts, 1_000), tests=min(said.tests, EXPLAINED))
    keys = [str(start) for start in range(0, said.tests, AT_ONCE)]
    parts = kept("encoder-sst2", said, keys, partial(_encoder, said)).values()
    name = f"{ENCODER} of {said.texts:,} texts, SST-2, {said.tests} texts"
    faithful = [row for part in parts for row in part["faithful"]]
    comprehensive, random, *_ = np.mean(faithful, axis=0)
    ratio = f"{comprehensive / random:.1f}×"
    yield [name, "comprehensiveness against random", "≥ 2×", ratio]
    yield [name, "comprehensiveness", "printed", _faithful(faithful)]
    spent = f"{sum(part['cpu_ms'] for part in parts) / said.tests:.0f} ms of the processor"
    yield [name, "time for an explanation", "≤ 500 ms", spent]


def _encoder(said: Settings, keys: Sequence[str]) -> Iterator[tuple[str, Any]]:
    parts = field("sst2", said.texts, said.tests)
    folder = KEPT / f"encoder-sst2-{said.texts}"
    if not folder.is_dir():
        save(build(ENCODER).fit(parts.many), folder)
    model = load(folder)
    explained(model, parts.test.texts[:3])
    for key in keys:
        texts = parts.test.texts[int(key) :][:AT_ONCE]
        start = process_time()
        found = explained(model, texts)
        spent = 1000 * (process_time() - start)
        yield key, {"cpu_ms": spent, "faithful": _measured(model, found)}


def edits(said: Settings) -> Iterator[list[str]]:
    """How many answers of `linear()` change with three edits or fewer, and when asked again."""
    shares, flips = [], []
    for name in said.only or names():
        keys = ("found", "deleted", "flipped", "edits")
        found = kept(f"edits-{name}", said, keys, partial(_edits, name, said))
        shares.append(found["found"])
        flips.append(found["flipped"])
        told = (
            f"{found['found']:.2f}, {found['edits']:.1f} edits; {found['deleted']:.2f} by deletion"
        )
        yield [f"edits, linear, {name}", "found within 3 edits", "≥ .70", told]
    yield ["edits, all tasks", "found within 3 edits; flip again", "≥ .70; 1.0",
           f"{np.mean(shares):.2f}; {np.mean(flips):.2f}"]  # fmt: skip


def _edits(name: str, said: Settings, keys: Sequence[str]) -> Iterator[tuple[str, float]]:
    parts = field(name, said.texts, MOST)
    model = Linear().fit(parts.many)
    words = words_for(model, None)
    explanations = explained(model, parts.test.texts)
    made = [(one, counterfactual(model, one, words)) for one in explanations]
    found = [(one, edited) for one, edited in made if edited is not None]
    flipped = [model.answer([e.text]).values[0] != one.value for one, e in found]
    deleted = [counterfactual(model, one, {}) is not None for one in explanations]
    yield "found", len(found) / len(made)
    yield "deleted", float(np.mean(deleted))
    yield "flipped", float(np.mean(flipped))
    yield "edits", float(np.mean([len(e.edits) for _, e in found]))


def _measured(model: Model, found: Sequence[Explanation]) -> list[list[float]]:
    """Comprehensiveness, that of random orders, sufficiency, and the normalised one, by text."""
    rows = []
    for one in found:
        f = faithfulness(model, one)
        if f is not None and f.normalised is not None:
            rows.append([f.comprehensiveness, f.random, f.sufficiency, f.normalised])
    return rows


def _faithful(rows: list[list[float]]) -> str:
    comprehensive, random, sufficient, normalised = np.mean(rows, axis=0)
    return (
        f"{comprehensive:.3f} (random {random:.3f}); sufficiency {sufficient:.3f}; "
        f"normalised {normalised:.2f}"
    )
