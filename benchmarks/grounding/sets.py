"""The data of the benchmarks of grounding, small parts of it where a language model is asked."""

from __future__ import annotations

import csv
import importlib
import inspect
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.data import root
from underdog.core.data import Archive, Dataset
from underdog.core.passages import Passages
from underdog.core.texts import sentences

Z = 1.96


def nli() -> Dataset:
    """Pairs with the label that Mistral-7B gave, and with its written thoughts."""
    rows = _rows("comp34812_nli/llm_outputs_dev2024_subset.csv")
    data = Dataset.of(
        [(row["premise"], row["hypothesis"]) for row in rows],
        [row["label"] for row in rows],
        "nli",
    )
    names = ("llm_prediction", "llm_thoughts")
    columns = {name: tuple(row[name] for row in rows) for name in names}
    return replace(data, archive=Archive(data.texts, columns))


def overruling() -> Dataset:
    """Sentences of courts with the answers and prices of twelve language models."""
    rows = _rows("optllm_overruling/overruling_12llms.csv")
    data = Dataset.of([row["text"] for row in rows], [row["label"] for row in rows], "overruling")
    names = [name for name in rows[0] if name.endswith(("_answer", "_cost"))]
    columns = {name: tuple(row[name] for row in rows) for name in names}
    return replace(data, archive=Archive(data.texts, columns))


WIDTH = 140
"""Characters of a text that a language model is asked about: each costs time."""


def labelled(name: str, examples: int, tests: int) -> tuple[Dataset, Dataset]:
    """A part of the training and of the test texts of 'sst2', 'agnews' or 'tweets', cut."""
    if name == "sst2":
        rows, names = _rows("sst2/sst2.csv"), {"0": "negative", "1": "positive"}
    elif name == "agnews":
        rows, names = _rows("ag_news_test/ag_news_test.csv"), {}
    else:
        rows, names = _rows("tweet_sentiment_extraction/tweets.csv"), {}
    texts = [row["text"][:WIDTH] for row in rows]
    column = "sentiment" if name == "tweets" else "label"
    labels = [names.get(row[column], row[column]) for row in rows]
    data = Dataset.of(texts, labels, name)
    pool, held = data.split(0.3, seed=0)
    return _few(pool, examples), _few(held, tests)


def questions(number: int) -> tuple[Dataset, Dataset, Passages]:
    """Forty questions of HaluEval to learn from, so many to test on, and the passages of all."""
    path = root() / "halueval" / "qa_one-turn_data.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    passages = Passages.of([row["knowledge"] for row in rows])
    texts, labels = (
        [row["question"] for row in rows],
        [row["right_answer"] for row in rows],
    )
    data = Dataset.of(texts, labels, kind="text")
    return data.take(range(number, number + 40)), data.take(range(number)), passages


MODULES = (
    "statistics",
    "shutil",
    "random",
    "textwrap",
    "calendar",
    "tempfile",
    "heapq",
    "bisect",
)
"""Modules whose documented functions are asked about: a corpus that every machine has."""


def documented(number: int) -> tuple[Dataset, Dataset, Passages]:
    """Questions about what functions do: some to learn from, so many to test on, and passages."""
    texts, labels, passages = [], [], []
    for module in map(importlib.import_module, MODULES):
        for name, thing in sorted(vars(module).items()):
            said = inspect.getdoc(thing) if inspect.isroutine(thing) else None
            if said and not name.startswith("_") and len(said.split()) > 8:
                texts.append(f"What does the function {module.__name__}.{name} do?")
                labels.append(" ".join(said.split("\n\n")[0].split()))
                passages.append(f"{module.__name__}.{name}: {' '.join(said.split()[:60])}")
    data = Dataset.of(texts, labels, kind="text")
    order = np.random.default_rng(0).permutation(len(data))
    return data.take(order[number:]), data.take(order[:number]), Passages.of(passages)


SHELF = (
    *MODULES,
    *("asyncio", "base64", "codecs", "configparser", "csv", "difflib", "email.utils", "functools"),
    *("getpass", "gettext", "glob", "gzip", "hashlib", "hmac", "html", "inspect", "io", "json"),
    *("linecache", "locale", "logging", "math", "mimetypes", "operator", "os", "os.path", "pprint"),
    *("queue", "re", "secrets", "shlex", "socket", "ssl", "string", "subprocess", "sys", "time"),
    *("tokenize", "traceback", "types", "unicodedata", "urllib.parse", "uuid", "warnings"),
)
"""Modules of which sentences are asked about."""


def halves(number: int) -> tuple[Dataset, Dataset, Passages]:
    """Beginnings of sentences of documentation: to learn from, to test on, and the passages.

    Of each docstring the first sentence of eight words and more is asked about: the first half of
    its words is the question, the other half the answer.
    """
    told = list(_documentation())
    texts, labels = [], []
    for _, text in told:
        sentence = next((one for one in sentences(text, lines=False) if len(one.split()) >= 8), "")
        if sentence:
            spoken = sentence.split()
            texts.append(f"How does this sentence go on? {' '.join(spoken[: len(spoken) // 2])}")
            labels.append(" ".join(spoken[len(spoken) // 2 :]))
    data = Dataset.of(texts, labels, kind="text")
    order = np.random.default_rng(0).permutation(len(data))
    passages = Passages.of([f"{name}: {text}" for name, text in told])
    return data.take(order[number:]), data.take(order[:number]), passages


def described(number: int) -> tuple[Dataset, Dataset, Passages]:
    """Questions about what functions of the `SHELF` do, and what is said of each in three sentences
    and more, of which the first is the answer: to learn from, to test on, and the passages.
    """
    texts, labels, passages = [], [], []
    for name, text in _documentation():
        first, *rest = sentences(text, lines=False)
        if len(rest) > 1 and 5 <= len(first.split()) <= 20:
            texts.append(f"What does the function {name} do?")
            labels.append(first)
            passages.append(f"{name}: {text}")
    data = Dataset.of(texts, labels, kind="text")
    order = np.random.default_rng(0).permutation(len(data))
    return data.take(order[number:]), data.take(order[:number]), Passages.of(passages)


def hops() -> list[tuple[str, str, str]]:
    """Questions of HaluEval, their answers, and passages of three sentences and more with them."""
    path = root() / "halueval" / "qa_one-turn_data.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    told = [(row["question"], row["right_answer"], row["knowledge"]) for row in rows]
    return [one for one in told if holds(one[2], one[1]) and len(sentences(one[2])) > 2]


def holds(passage: str, answer: str) -> bool:
    """Whether ``answer`` stands in ``passage``, whatever the case and white space."""
    return " ".join(answer.lower().split()) in " ".join(passage.lower().split())


def _documentation() -> Iterator[tuple[str, str]]:
    """Functions of the `SHELF`, and the first sixty words of what is said of each."""
    seen = set()
    for module in map(importlib.import_module, SHELF):
        for name, thing in sorted(vars(module).items()):
            said = inspect.getdoc(thing) if inspect.isroutine(thing) else None
            if said and not name.startswith("_") and len(said.split()) > 8 and said not in seen:
                seen.add(said)
                yield f"{module.__name__}.{name}", " ".join(said.split()[:60])


def said(differences: Sequence[float], unit: int = 100) -> str:
    """Mean, and 95 % interval by the normal approximation: in points, or as they are."""
    some = unit * np.asarray(differences, np.float64)
    mean, slack = some.mean(), Z * some.std(ddof=1) / np.sqrt(len(some))
    shown = ".1f" if unit == 100 else ".2f"
    return f"{mean:+{shown}} [{mean - slack:+{shown}}, {mean + slack:+{shown}}]"


def _few(data: Dataset, number: int) -> Dataset:
    """``number`` examples, evenly over the labels."""
    each = -(-number // len(data.task.labels))
    rows = [np.flatnonzero(data.targets == k)[:each] for k in range(len(data.task.labels))]
    return data.take(np.sort(np.concatenate(rows)))


def _rows(path: str) -> list[dict[str, str]]:
    with (root() / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
