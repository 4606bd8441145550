"""Pools of real documents: notes among news, reviews, tweets and encyclopedia articles."""

from __future__ import annotations

import csv
import json
import lzma
import os
import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import BESIDE
from underdog.curation.selectors.table import Table
from underdog.runtime.cache import Cache, digest

KEPT = Path(__file__).parents[1] / ".cache" / "curation"
DATA = Path(os.environ.get("UNDERDOG_DATA") or BESIDE)
Document = dict[str, Any]


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of a CSV or JSONL file of the data folder, packed or not."""
    csv.field_size_limit(1 << 30)
    path = DATA / name
    opener: Any = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        if ".jsonl" in name:
            yield from map(json.loads, file)
        else:
            yield from csv.DictReader(file)


@cache
def texts(source: str) -> tuple[str, ...]:
    """The distinct texts of a source, in the order of its file."""
    if source == "wikitext":
        lines = (DATA / "lm_text" / "wikitext2_test.txt").read_text("utf-8").split("\n")
        lines += (DATA / "lm_text" / "wikitext2_valid.txt").read_text("utf-8").split("\n")
        found = [line.strip() for line in lines if len(line) > 100]
    else:
        name, column = {
            "notes": ("mtsamples/mtsamples.csv.xz", "transcription"),
            "news": ("ag_news_test/ag_news_test.csv", "text"),
            "reviews": ("yelp10k/yelp_10k_5star.csv.xz", "text"),
            "tweets": ("tweet_sentiment_extraction/tweets.csv", "text"),
        }[source]
        found = [row[column] for row in rows(name)]
    return tuple(dict.fromkeys(" ".join(text.split()) for text in found if text.strip()))


OTHERS = ("news", "reviews", "tweets", "wikitext")


def mixed(seed: int = 0, notes: int = 1000) -> tuple[list[Document], list[str], list[str]]:
    """A pool of which a tenth are notes, 200 other notes as a target, and 200 to judge by."""
    dice = random.Random(seed)
    mine = [*texts("notes")]
    dice.shuffle(mine)
    target, judge, mine = mine[:200], mine[200:400], mine[400 : 400 + notes]
    pool = [{"text": text, "from": "notes"} for text in mine]
    for n, source in enumerate(OTHERS):
        wanted = 9 * notes * (n + 1) // len(OTHERS) - 9 * notes * n // len(OTHERS)
        there = texts(source)
        pool += [{"text": t, "from": source} for t in dice.sample(there, min(wanted, len(there)))]
    dice.shuffle(pool)
    return pool, target, judge


def once(name: str, about: Any, make: Callable[[], Any]) -> Any:
    """What ``make`` gives, a registered object or an array; kept, so that a stopped row goes on.

    It is made again if ``about``, all that it depends on, has changed.
    """
    kept = Cache(KEPT / name)
    key = digest(about)[:24]
    found = kept.get(key)
    if found is None:
        found = make()
        kept.put(
            key, Table(np.arange(len(found)), found) if isinstance(found, np.ndarray) else found
        )
    return found.values if isinstance(found, Table) else found


def write(path: Path, documents: list[Any]) -> Path:
    """Documents, or texts, as JSONL."""
    lines = [json.dumps(d if isinstance(d, dict) else {"text": d}) for d in documents]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def share(n: int) -> int:
    """``n`` documents, or the part of them that CURATION_SHARE asks for."""
    return max(1, round(n * float(os.environ.get("CURATION_SHARE", "1"))))


def held(documents: list[Document], target: list[str], seed: int = 0) -> Any:
    """A pool in memory, with its target and the source of each document."""
    from underdog.core.data import Dataset
    from underdog.curation.pool import Held

    data = Dataset.of(
        [d["text"] for d in documents],
        [None] * len(documents),
        groups=[d["from"] for d in documents],
    )
    return Held.of(data, plain(target), seed)


def plain(texts: Any) -> Any:
    """Texts as a data set without labels."""
    from underdog.core.data import Dataset

    return Dataset.of(list(texts), [None] * len(texts))
