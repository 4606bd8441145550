"""What was planted in real text: near duplicates, corrupted documents; and growth of a pool."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.curation.pools import KEPT, OTHERS, plain, share, texts
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
    """Near duplicates planted among documents made of real sentences."""
    n, dice = share(100_000), random.Random(0)
    every = sentences()
    words = " ".join(every[:2000]).split()
    documents = [" ".join(dice.sample(every, 6)) for _ in range(n - n // 20)]
    copies = [
        (i, edited(documents[i], dice, words)) for i in dice.sample(range(len(documents)), n // 20)
    ]
    data = plain([*documents, *(text for _, text in copies)])
    start = time.process_time()
    refused = np.isinf(scores(build("duplicates()"), Held.of(data)))
    seconds = time.process_time() - start
    planted = np.arange(len(documents), n)
    right = sum(
        alike(runs(data.texts[i].lower()), runs(data.texts[copies[i - len(documents)][0]].lower()))
        >= 0.8
        for i in planted[refused[planted]]
    )
    recall = refused[planted].mean()
    precision = right / max(1, int(refused.sum()))
    said = f"{recall:.3f}; {precision:.3f}; {seconds:.0f} s of a core"
    return (
        f"{n:,} documents, 5 % near duplicates",
        "recall; precision; time",
        said,
        ".95; .98; 300 s",
    )


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
    """A head on 3,000 rated documents, asked about others."""
    f1, speed = [], []
    for seed in range(3):
        found, good = both(share(5000), seed)
        n = share(3000)
        labels = [str(5 * ok) for ok in good[:n]] + [None] * (len(good) - n)
        pool = Held.of(Dataset.of(found, labels), seed=seed)
        ready = build("quality()").learn(pool)
        rest = plain(found[n:])
        start = time.process_time()
        kept = np.isfinite(ready.score(rest))
        speed.append(len(rest) / (time.process_time() - start))
        truth = np.array(good[n:])
        f1.append(2 * (kept & truth).sum() / (kept.sum() + truth.sum()))
    said = f"{np.mean(f1):.3f}; {np.mean(speed):,.0f}"
    return "five sources, half damaged", "quality: F1; documents a second", said, ".90; 2,000"


WAYS = ("perplexity(ngram(order=8))", "perplexity(ngram(order=8), against=ngram(order=3))")
PRETRAINED = "perplexity(causal('smollm2'), most=300)"


def surprising() -> Row:
    """Shuffled and garbled documents against clean ones, by n-grams of other clean ones.

    What a long context explains better than a short one is the order of words.
    """
    found = [_told([_separated(way, seed, share(1200)) for seed in range(3)]) for way in WAYS]
    what = f"{WAYS[0]}; with {WAYS[1][27:-1]}: AUC"
    return "shuffled, garbled and clean", what, "; ".join(found), ".98"


def pretrained() -> Row:
    """The same by a pretrained model, which reads 300 bytes of each; fewer documents."""
    found = _told([_separated(PRETRAINED, seed, share(120)) for seed in range(3)])
    return "shuffled, garbled and clean", f"{PRETRAINED}: AUC", found, ".98"


def _separated(way: str, seed: int, each: int) -> float:
    """How well scores tell clean documents from damaged ones, by an AUC."""
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
    return auc(scores(build(way), pool), len(good))


def _told(aucs: list[float]) -> str:
    return f"{np.mean(aucs):.3f} ({min(aucs):.3f} to {max(aucs):.3f})"


def auc(values: np.ndarray, good: int) -> float:
    """The chance that one of the first ``good`` values is above one of the others."""
    from scipy.stats import rankdata

    ranks, bad = rankdata(values)[:good], len(values) - good
    return float((ranks.sum() - good * (good + 1) / 2) / (good * bad))


GROWTH = """
import json, resource, sys, time
import underdog as ud
start, done = time.process_time(), False
pool, by, target, out, spent = sys.argv[1:]
try:
    ud.curate(pool, by, "10%", target=target, out=out, engine="cores", yes=True)
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
    spent, pool, target = here / "spent.jsonl", here / "pool.jsonl", here / "target.txt"
    if not pool.exists():
        here.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(texts("notes")[:200]) + "\n", "utf-8")
        perturbed(size, here / "unfinished").rename(pool)
    runs = _runs(spent)
    if not any(done for *_, done in runs):
        by = "then(duplicates('exact'), dsir())"
        command = [sys.executable, "-c", GROWTH, pool, by, target, here / "out", spent]
        subprocess.run(command, capture_output=True, text=True, check=True)
        runs = _runs(spent)
    return sum(seconds for seconds, *_ in runs), max(peak for _, peak, _ in runs)


def _runs(spent: Path) -> list[tuple[float, float, bool]]:
    return [json.loads(line) for line in spent.read_text().splitlines()] if spent.exists() else []


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
