"""What was planted in real text: near duplicates, corrupted documents; and growth of a pool."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.curation.pools import KEPT, OTHERS, once, plain, share, texts, write
from underdog.core.data import Dataset
from underdog.curation.pool import Held
from underdog.curation.scoring import scores
from underdog.models.features.near_equal import alike, runs
from underdog.runtime.registry import build

Row = tuple[str, str, str, str]


def sentences() -> list[str]:
    """Distinct sentences of news, reviews and encyclopedia articles."""
    found = (s for source in ("news", "reviews", "wikitext") for t in texts(source)
             for s in re.split(r"(?<=[.!?])\s+", t) if 40 < len(s) < 300)  # fmt: skip
    return list(dict.fromkeys(found))


def edited(text: str, dice: random.Random, words: list[str]) -> str:
    """``text`` with words exchanged until four fifths of its runs of five bytes are left."""
    before, parts = runs(text.lower()), text.split()
    last = text
    for at in dice.sample(range(len(parts)), len(parts)):
        parts[at] = dice.choice(words)
        now = " ".join(parts)
        if alike(before, runs(now.lower())) < 0.8:
            break
        last = now
    return last


def repeated() -> Row:
    """Near duplicates planted among documents made of real sentences.

    The command is resumable, and so is this row: `spent` adds up its pieces.
    """
    n = share(100_000)
    here = KEPT / f"repeated-{n}"
    if not (pool := here / "pool.jsonl").exists():
        here.mkdir(parents=True, exist_ok=True)
        write(here / "unfinished", planted(n)).rename(pool)
    seconds, _ = spent(here, "duplicates()", "100%")
    documents = [json.loads(line) for line in pool.read_text("utf-8").splitlines()]
    kept = {json.loads(line)["id"] for line in (here / "out" / "pool.jsonl").open()}
    refused = [document for document in documents if document["id"] not in kept]
    copies = [document for document in documents if document["of"] is not None]
    right = sum(
        alike(*(runs(documents[i]["text"].lower()) for i in (one["id"], one["of"]))) >= 0.8
        for one in refused
        if one["of"] is not None
    )
    recall = sum(copy["id"] not in kept for copy in copies) / len(copies)
    said = f"{recall:.3f}; {right / max(1, len(refused)):.3f}; {seconds:.0f} s of a core"
    what = "recall; precision; time"
    return f"{n:,} documents, 5 % near duplicates", what, said, ".95; .98; 300 s"


def planted(n: int) -> list[dict[str, Any]]:
    """``n`` documents of six sentences, of which the last twentieth nearly repeats others."""
    dice, every = random.Random(0), sentences()
    words = " ".join(every[:2000]).split()
    made = [" ".join(dice.sample(every, 6)) for _ in range(n - n // 20)]
    copied = dice.sample(range(len(made)), n // 20)
    copies = [edited(made[i], dice, words) for i in copied]
    of = [*[None] * len(made), *copied]
    return [{"id": i, "of": of[i], "text": text} for i, text in enumerate([*made, *copies])]


def damaged(text: str, dice: random.Random, kinds: int = 3) -> str:
    """``text`` with its words shuffled, its letters garbled, or one part repeated."""
    words = text.split()
    match dice.randrange(kinds):
        case 0:
            dice.shuffle(words)
            return " ".join(words)
        case 1:
            return "".join(c if dice.random() > 0.3 else chr(dice.randrange(33, 127)) for c in text)
        case _:
            return " ".join(words[: max(3, len(words) // 8)] * 8)


def both(n: int, seed: int) -> tuple[list[str], list[bool]]:
    """``n`` documents of five sources, of which every second is damaged."""
    dice = random.Random(seed)
    every = [
        t for source in ("notes", *OTHERS) for t in dice.sample(texts(source), min(n // 5, 2000))
    ]
    chosen = dice.sample(every, min(n, len(every)))
    good = [i % 2 == 0 for i in range(len(chosen))]
    return [t if ok else damaged(t, dice) for t, ok in zip(chosen, good, strict=True)], good


def rated() -> Row:
    """A head on 3,000 rated documents, asked about others; what a seed gives is kept."""
    seeds = [once("rated", (seed, share(5000)), partial(_rated, seed)) for seed in range(3)]
    f1, speed = np.mean(seeds, axis=0)
    said = f"{f1:.3f}; {speed:,.0f}"
    on = f"five sources, half damaged, {share(3000):,} rated"
    return on, "quality: F1; documents a second", said, ".90; 2,000"


def _rated(seed: int) -> np.ndarray:
    """F1 on documents that were not rated, and how many a second of the processor are scored."""
    found, good = both(share(5000), seed)
    n = share(3000)
    labels = [str(5 * ok) for ok in good[:n]] + [None] * (len(good) - n)
    ready = build("quality()").learn(Held.of(Dataset.of(found, labels), seed=seed))
    rest, truth = plain(found[n:]), np.array(good[n:])
    start = time.process_time()
    kept = np.isfinite(ready.score(rest))
    speed = len(rest) / (time.process_time() - start)
    return np.array([2 * (kept & truth).sum() / (kept.sum() + truth.sum()), speed])


WAYS = ("perplexity(ngram(order=8))", "perplexity(ngram(order=8), against=ngram(order=3))")
PRETRAINED = "perplexity(causal('smollm2'), most=300)"


def surprising() -> Row:
    """Shuffled and garbled documents against clean ones, by n-grams of other clean ones.

    What a long context explains better than a short one is the order of words.
    """
    found = [_told(way, share(1200)) for way in WAYS]
    what = f"{WAYS[0]}; with {WAYS[1][27:-1]}: AUC"
    return "shuffled, garbled and clean", what, "; ".join(found), ".98"


def pretrained() -> Row:
    """The same by a pretrained model, which reads 300 bytes of each; fewer documents."""
    found = _told(PRETRAINED, share(120))
    n = 3 * 2 * (share(120) // 4)
    return f"{n} documents, shuffled, garbled, clean", f"{PRETRAINED}: AUC", found, ".98"


def _told(way: str, each: int) -> str:
    """The mean AUC of three seeds, the lowest and the highest."""
    about = [(way, seed, each) for seed in range(3)]
    aucs = [once("separated", one, partial(_separated, *one))[0] for one in about]
    return f"{np.mean(aucs):.3f} ({min(aucs):.3f} to {max(aucs):.3f})"


def _separated(way: str, seed: int, each: int) -> np.ndarray:
    """How well scores tell clean documents from damaged ones: an AUC."""
    dice = random.Random(seed)
    clean = [
        text
        for source in ("notes", "news", "reviews", "wikitext")
        for text in dice.sample(texts(source), each)
    ]
    dice.shuffle(clean)
    good = clean[: each // 4]
    bad = [damaged(text, random.Random(i), kinds=2) for i, text in enumerate(good)]
    pool = Held.of(plain([*good, *bad]), plain(clean[len(good) :]), seed)
    return np.array([auc(scores(build(way), pool), len(good))])


def auc(values: np.ndarray, good: int) -> float:
    """The chance that one of the first ``good`` values is above one of the others."""
    from scipy.stats import rankdata

    ranks, bad = rankdata(values)[:good], len(values) - good
    return float((ranks.sum() - good * (good + 1) / 2) / (good * bad))


CURATE = """
import json, resource, sys, time
import underdog as ud
start, done = time.process_time(), False
pool, by, keep, target, out, spent = sys.argv[1:]
try:
    ud.curate(pool, by, keep, target=target or None, out=out, engine="cores", yes=True)
    done = True
finally:
    ours, theirs = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    seconds = time.process_time() - start + theirs.ru_utime + theirs.ru_stime
    peak = max(ours.ru_maxrss, theirs.ru_maxrss) / 1024
    with open(spent, "a") as file:
        file.write(json.dumps([seconds, peak, done]) + "\\n")
"""
"""One run, or a piece of it: a run that was stopped goes on, and the times of all are added up."""


def grown() -> Row:
    """Time and memory of one command on a pool, and on one ten times as large."""
    found = [(size, *curated_once(size)) for size in (share(100), share(1000))]
    (small, t1, m1), (large, t2, m2) = found
    ratio = t2 / t1 / (large / small)
    said = f"{t1:.0f} s, {m1:.0f} MB; {t2:.0f} s, {m2:.0f} MB ({ratio:.2f} of linear)"
    return (
        f"{small} and {large} MB of JSONL",
        "duplicates, then dsir: time, peak memory",
        said,
        "linear",
    )


def curated_once(size: int) -> tuple[float, float]:
    """Seconds of the processor and megabytes of memory that a pool of ``size`` megabytes takes."""
    here = KEPT / f"grown-{size}"
    if not (pool := here / "pool.jsonl").exists():
        here.mkdir(parents=True, exist_ok=True)
        (here / "target.txt").write_text("\n".join(texts("notes")[:200]) + "\n", "utf-8")
        perturbed(size, here / "unfinished").rename(pool)
    return spent(here, "then(duplicates('exact'), dsir())", "10%", str(here / "target.txt"))


def spent(here: Path, by: str, keep: str, target: str = "") -> tuple[float, float]:
    """What the command takes on the pool in the folder ``here``, all its pieces together."""
    pieces = here / "spent.jsonl"
    runs = _runs(pieces)
    if not any(done for *_, done in runs):
        arguments = [here / "pool.jsonl", by, keep, target, here / "out", pieces]
        subprocess.run([sys.executable, "-c", CURATE, *arguments], capture_output=True, check=True)
        runs = _runs(pieces)
    return sum(seconds for seconds, *_ in runs), max(peak for _, peak, _ in runs)


def _runs(path: Path) -> list[tuple[float, float, bool]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def perturbed(size: int, path: Path) -> Path:
    """``size`` megabytes of real sentences, put together at random with some words exchanged."""
    dice, every = random.Random(0), sentences()
    words = " ".join(every[:2000]).split()
    left = size * 1_000_000
    with path.open("w", encoding="utf-8") as file:
        while left > 0:
            parts = " ".join(dice.choices(every, k=12)).split()
            for _ in range(5):
                parts[dice.randrange(len(parts))] = dice.choice(words)
            left -= file.write(json.dumps({"text": " ".join(parts)}) + "\n")
    return path


ROWS: dict[str, Any] = {
    "duplicates": repeated,
    "quality": rated,
    "perplexity": surprising,
    "pretrained": pretrained,
    "growth": grown,
}
