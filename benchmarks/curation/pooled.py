"""The mixed pool: what `dsir` finds, how fast, and what a model that learns from it gains."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.curation.pools import held, mixed, once, plain, share, texts, write
from underdog.curation.curate import curated
from underdog.curation.keeping import Keep
from underdog.curation.prove import prove
from underdog.curation.prove.ablation import drawn
from underdog.curation.prove.judges import Language
from underdog.curation.scoring import scores
from underdog.curation.selectors.dsir import Dsir, counted
from underdog.runtime.registry import build

SEEDS = range(3)
Row = tuple[str, str, str, str]
POOL = "10 % notes in news, reviews, tweets, wikitext"

REFERENCE = """
import re, sys, time, numpy as np
from data_selection import HashedNgramDSIR
pool, target, folder = sys.argv[1:]
start = time.process_time()
words = re.compile(r"\\w+|[^\\w\\s]+").findall
one = HashedNgramDSIR([pool], [target], cache_dir=folder, num_proc=1)
one.tokenizer = words
one.fit_importance_estimator(num_tokens_to_fit="all")
features = (one.featurizer(one.raw_parse_example_fn(x)) for x in one.raw_load_dataset_fn(pool))
scores = np.array([one.importance_estimator(f) for f in features])
np.save(folder + "/scores.npy", scores)
print(time.process_time() - start)
"""
"""The package in one process: its own features and estimator, without its loop over shards.

Words are cut by Python's `re`: nltk, which it uses, cuts ½ and the like by another library.
"""


def found() -> Row:
    """Precision at a tenth, and megabytes a second on one core, both passes together."""
    right, speed = [], []
    for seed in SEEDS:
        documents, target, _ = mixed(seed, share(1000))
        pool = held(documents, target, seed)
        start = time.process_time()
        values = scores(Dsir(), pool)
        size = sum(len(d["text"].encode()) for d in documents)
        speed.append(size / 1e6 / (time.process_time() - start))
        best = np.argsort(-values)[: len(documents) // 10]
        right.append(float(np.mean([documents[i]["from"] == "notes" for i in best])))
    said = f"{np.mean(right):.3f} ({min(right):.3f} to {max(right):.3f}); {np.mean(speed):.1f} MB/s"
    return POOL, "dsir: precision at 10 %; speed of a core", said, ".95; 2 MB/s"


def compared() -> Row:
    """The scores of the package data-selection, from its own environment."""
    what = "dsir(mean=False) against data-selection: largest difference; times as fast"
    python = os.environ.get("DATA_SELECTION", "")
    if not python:
        return POOL, what, "not compared: DATA_SELECTION is not set", "1e-6; 2"
    documents, target, _ = mixed(0, share(1000))
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        files = [write(here / "pool.jsonl", documents), write(here / "target.jsonl", target)]
        done = subprocess.run(
            [python, "-c", REFERENCE, *map(str, files), folder], capture_output=True, text=True
        )
        if done.returncode:
            return POOL, what, f"failed: {done.stderr.strip().splitlines()[-1]}", "1e-6; 2"
        theirs, seconds = np.load(here / "scores.npy"), float(done.stdout.split()[-1])
    pool = held(documents, target)
    start = time.process_time()
    ours = scores(Dsir(mean=False), pool)
    mine = time.process_time() - start
    said = f"{np.abs(ours - theirs).max():.1e}; {seconds / mine:.1f}"
    return POOL, what, said, "1e-6; 2"


def gained() -> Row:
    """The perplexity of a word on notes, of models that learn from what was kept or from random.

    The network reads as much of either part, with the first seed only.
    """
    falls = []
    for seed in SEEDS:
        documents, target, judge = mixed(seed, share(1000))
        pool = held(documents, target, seed)
        chosen = curated(pool, Dsir(), Keep(share=0.1), plain(judge))
        letters = float(np.mean([len(t.encode()) / len(t.split()) for t in judge]))
        proof = prove(chosen, build("ngram()"), plain(judge[:60]), 1)
        falls.append(float(np.expm1(-proof["gain"] * letters)))
        if seed:
            continue
        judging = Language(build(NETWORK), plain(judge[:30]))
        budget = min(READ, int(chosen.survey.tokens[chosen.kept].sum()))
        lost = []
        for name in ("kept", "random"):
            part = pool.take(drawn(chosen, name, budget, seed))
            about = NETWORK, part, judge
            lost.append(once("gained", about, partial(judging.judged, part, budget, seed)))
        network = float(np.expm1((lost[0] - lost[1]).mean() * letters))
    said = f"5-grams {np.mean(falls):+.0%}; network {network:+.0%}"
    return POOL, "perplexity of a word on other notes, dsir against random", said, "-15 %"


NETWORK, READ = "lm(width=64, layers=2, length=128, batch=8, rate=0.004)", 40_000
"""A tiny network, and the tokens that it reads of each part."""

EIGHT = (
    "random()",
    "length()",
    "diverse(block=512)",
    "dsir()",
    "dsir(mean=False)",
    "perplexity(ngram(order=3))",
    "perplexity(ngram(order=3), against=ngram(order=3))",
    "both(length(), dsir())",
)


def agreeing() -> Row:
    """The rank correlation of KL reduction with the loss of a model on the target."""
    found = []
    for seed in SEEDS:
        documents, target, judge = mixed(seed, share(300))
        aim = shares(judge)
        moved, lost = [], []
        for said in EIGHT:
            pool = held(documents, target, seed)
            chosen = curated(pool, build(said), Keep(share=0.1), plain(judge))
            kept = pool.take(np.flatnonzero(chosen.kept)).texts
            moved.append(float((aim * np.log(aim / shares(kept))).sum()))
            lost.append(prove(chosen, build("ngram()"), plain(judge[:60]), 1)["arms"][0]["mean"])
        found.append(correlation(moved, lost))
    said = f"{np.mean(found):.2f} ({', '.join(f'{one:.2f}' for one in found)})"
    return "eight selectors, the same pool", "Spearman of KL and loss", said, "printed (paper .82)"


def shares(some: object) -> np.ndarray:
    """The shares of hashed words and word pairs in texts, none of them 0."""
    counts = counted(list(some), 2, 10_000) + 0.1  # type: ignore[call-overload]
    return counts / counts.sum()


def correlation(a: list[float], b: list[float]) -> float:
    """The rank correlation of two lists."""
    from scipy.stats import spearmanr

    return float(spearmanr(a, b).statistic)


def homogeneous() -> Row:
    """A pool of news for a target of news: a selection cannot help, and that must be said."""
    said = []
    for seed in SEEDS:
        dice = np.random.default_rng(seed)
        news = [texts("news")[i] for i in dice.permutation(len(texts("news")))]
        documents = [{"text": t, "from": "news"} for t in news[: share(4000)]]
        target, judge = news[4000:4200], news[4200:4400]
        for by in ("random()", "dsir()", "diverse()"):
            chosen = curated(
                held(documents, target, seed), build(by), Keep(share=0.1), plain(judge)
            )
            proof = prove(chosen, build("ngram()"), plain(judge))
            said.append(f"{by} {proof['gain']:+.3f} {proof['badge']}")
    helped = sum("helped" in one for one in said)
    reached = f"{len(said) - helped} of {len(said)} ({'; '.join(said[:3])})"
    return "news for news", "--prove says that selection did not help", reached, "yes"


ROWS = {
    "dsir": found,
    "data-selection": compared,
    "gain": gained,
    "kl": agreeing,
    "homogeneous": homogeneous,
}
