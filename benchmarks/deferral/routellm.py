"""RouteLLM's recorded outcomes, judged by RouteLLM's measures: who should answer, decided before.

Mixtral-8x7B and GPT-4-1106 on MMLU (5 prompts that the authors call contaminated left out) and
GSM8K; the routers see the prompt alone, not MMLU's subject. A router is trained on one part of a
benchmark and tested on another, which for GSM8K the published routers were not: in-domain.
"""

from __future__ import annotations

import csv
import lzma
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression

from benchmarks.data import root, table
from underdog.core.cost import Floats
from underdog.core.data import Dataset
from underdog.evaluate.routing import CallCurve
from underdog.models.features.surface import SurfaceFeatures
from underdog.models.linear.ridge import Ridge
from underdog.teach.route import gains

MODELS = ("mixtral", "gpt4")
LABELS = 1_500
SEEDS = range(5)
FOLDS = 5


@dataclass(frozen=True, eq=False)
class Split:
    """Prompts to train a router on, and prompts to test it on."""

    train: Dataset
    test: Dataset
    seed: int

    @cached_property
    def rows(self) -> tuple[csr_array, csr_array]:
        """TF-IDF rows of both parts, for the rivals; learned from the training part."""
        features = SurfaceFeatures.learn(self.train.texts)
        learn, check = (features.rows(part.texts) for part in (self.train, self.test))
        return learn[:, : features.width].tocsr(), check[:, : features.width].tocsr()


Router = Callable[[Split], Floats]
"""Trained on one part, it scores the texts of the other: the higher, the stronger a model."""

PUBLISHED = {
    "MMLU": (("MF (published)", 0.597, 35.46, 71.40), ("SW (published)", 0.603, 35.40, 71.55)),
    "GSM8K": (
        ("MF (published)", 0.565, 38.82, 72.62),
        ("causal LLM (published)", 0.622, 33.64, 63.26),
    ),
}
"""The RouteLLM paper's best routers, on the same outcomes: APGR, CPT50, CPT80."""


def outcomes(name: str) -> Dataset:
    """The prompts, and in the columns of `MODELS` 1 where that model was right, else 0."""
    path = root() / "routellm" / {"MMLU": "mmlu.csv.xz", "GSM8K": "gsm8k.csv"}[name]
    with (lzma.open if path.suffix == ".xz" else open)(
        path, "rt", encoding="utf-8", newline=""
    ) as f:
        rows = [row for row in csv.DictReader(f) if row.get("contaminated") != "1"]
    columns = {m: tuple([float(r[f"{m}_correct"]) for r in rows]) for m in MODELS}
    data = Dataset.of([r["prompt"] for r in rows], [None] * len(rows), name)
    return Dataset(data.task, data.texts, data.labels, columns=columns)


def quality(data: Dataset) -> Floats:
    """1 where a model was right, ``[texts, models]``."""
    return np.array([data.columns[m] for m in MODELS], np.float64).T


def at_random(split: Split) -> Floats:
    return np.random.default_rng(split.seed).random(len(split.test))


def underdog(split: Split) -> Floats:
    """What ``route([mixtral, gpt4])`` trains: the default chooser on gains."""
    return _chooser(split, quality(split.train))


def weak_wrong(split: Split) -> Floats:
    """The same learner, asked the usual question: is the weak model wrong?"""
    weak = quality(split.train)[:, :1]
    return _chooser(split, np.hstack([weak, 1 - weak]))


def _chooser(split: Split, lessons: Floats) -> Floats:
    chooser = Ridge().fit(gains(split.train, MODELS, lessons), split.seed)
    return chooser.answer(split.test.texts).matrix(MODELS)[:, 1]


def difficulty(split: Split) -> Floats:
    """HybridLLM (Ding et al., ICLR 2024): is the weak answer worse? A classifier of prompts.

    Their deterministic router, with logistic regression on TF-IDF in place of DeBERTa.
    """
    weak, strong = quality(split.train).T
    learn, check = split.rows
    classifier = LogisticRegression(C=1.0, max_iter=300).fit(learn, strong > weak)
    return classifier.predict_proba(check)[:, 1]


def neighbours(split: Split) -> Floats:
    """The mean gain of the 40 nearest prompts (kNN as in RouterBench, Hu et al. 2024)."""
    weak, strong = quality(split.train).T
    return _voted(split, strong - weak, np.arange(len(weak)), 40)


def exemplars(split: Split) -> Floats:
    """OrchestraLLM (Lee et al., NAACL 2024): the pools that the 10 nearest exemplars are from.

    An exemplar of the weak model is a prompt that it got right, of the strong one a prompt that
    only the strong one got right. Cosine of TF-IDF in place of their fine-tuned embedding.
    """
    weak, strong = quality(split.train).T
    return _voted(split, 1 - weak, np.flatnonzero((weak > 0) | (strong > 0)), 10)


def _voted(split: Split, votes: Floats, pool: np.ndarray, k: int) -> Floats:
    """The mean vote of the ``k`` prompts of ``pool`` nearest to each test prompt by cosine."""
    learn, check = split.rows
    turned = learn[pool].T.tocsr()
    means = []
    for start in range(0, check.shape[0], 512):
        alike = (check[start : start + 512] @ turned).toarray()
        near = np.argpartition(-alike, k, axis=1)[:, :k]
        means.append(votes[pool][near].mean(axis=1))
    return np.concatenate(means)


ROUTERS: dict[str, Router] = {
    "random": at_random,
    "kNN, 40 nearest": neighbours,
    "OrchestraLLM-style retrieval": exemplars,
    "HybridLLM-style difficulty": difficulty,
    "ridge on 'the weak one is wrong'": weak_wrong,
    "underdog: route(), ridge on gain": underdog,
}


def sampled(data: Dataset, seed: int) -> Split:
    """`LABELS` prompts to train on, and all the others but their duplicates to test on."""
    rows = np.random.default_rng(seed).permutation(len(data))
    train = data.take(rows[:LABELS])
    known = set(train.clusters)
    test = data.take(np.array([cluster not in known for cluster in data.clusters]))
    return Split(train, test, seed)


def folded(data: Dataset, seed: int) -> list[Split]:
    """`FOLDS` splits; equal prompts are on one side."""
    return [Split(train, test, seed) for train, test in data.folds(FOLDS, seed)]


@dataclass(frozen=True)
class Setting:
    """One block of the table: a benchmark, how it is split, and what issue 4 asks for."""

    title: str
    benchmark: str
    wanted: str
    splits: Callable[[Dataset], list[Split]]


SETTINGS = (
    Setting(
        f"RouteLLM MMLU, {LABELS:,} labels, the rest as test, {len(SEEDS)} seeds",
        "MMLU",
        "asked: APGR at least .625, CPT50 at most 32, CPT80 at most 67",
        lambda data: [sampled(data, seed) for seed in SEEDS],
    ),
    Setting(
        f"RouteLLM MMLU, {FOLDS} folds, twice",
        "MMLU",
        "asked: .67, 28.5, 58",
        lambda data: folded(data, 0) + folded(data, 1),
    ),
    Setting(
        f"RouteLLM GSM8K, {FOLDS} folds, {len(SEEDS)} times, in-domain",
        "GSM8K",
        "asked: APGR at least .625, CPT80 at most 60",
        lambda data: [split for seed in SEEDS for split in folded(data, seed)],
    ),
)


def measured(split: Split) -> Floats:
    """APGR, CPT50 and CPT80 of each of `ROUTERS`, ``[routers, 3]``."""
    weak, strong = quality(split.test).T
    curves = [CallCurve.of(router(split), weak, strong) for router in ROUTERS.values()]
    return np.array([(curve.apgr, curve.cpt(0.5), curve.cpt(0.8)) for curve in curves])


def tables() -> Iterator[str]:
    """A table for each of `SETTINGS`; the same bytes every time."""
    for setting in SETTINGS:
        splits = setting.splits(outcomes(setting.benchmark))
        each = np.stack([measured(split) for split in splits])
        means, spread = each.mean(axis=0), each[:, :, 0].std(axis=0)
        rows = [_row(n, *m, spread=s) for n, m, s in zip(ROUTERS, means, spread, strict=True)]
        rows += [_row(*line) for line in PUBLISHED[setting.benchmark]]
        yield table(
            setting.title,
            ["router", "APGR", "± between splits", "CPT50 %", "CPT80 %"],
            rows,
            f"Means over {len(splits)} test parts; {setting.wanted}.",
        )


def _row(
    name: str, apgr: float, half: float, most: float, spread: float | None = None
) -> list[str]:
    shown = "" if spread is None else f"{spread:.3f}"
    return [name, f"{apgr:.3f}", shown, f"{half:.1f}", f"{most:.1f}"]


if __name__ == "__main__":
    for shown in tables():
        print(shown, end="\n\n", flush=True)
