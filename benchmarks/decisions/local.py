"""Decisions by SmolLM2 in this process: whole options, calibration, order, and questions.

Prompts are answered one by one, up to a fifth of a second each: the samples are small, and the
intervals wide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, permutations
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import root
from benchmarks.deferral import minilm
from underdog.combine.prompted import FewShot, Prompted
from underdog.core.answer import Answers
from underdog.core.cost import Floats
from underdog.core.data import Dataset, Text
from underdog.core.description import describe
from underdog.core.protocols import Model
from underdog.data.read import read
from underdog.models.language.llama import Llama
from underdog.models.linear.recipe import Linear
from underdog.teach import questions
from underdog.teach.questions import Asked, Questions

READ = 60
"""Texts that are decided, of each set."""

ORDERS, ORDERED = 5, 12
"""Orders that are averaged, and texts that are decided in twice as many."""

LEARN, TEST = 60, 60
"""Tweets that question features learn from, and are tested on."""

MODEL = Llama("smollm2")

TWEETS = (
    "Is the writer happy?",
    "Is the writer sad?",
    "Is the writer angry?",
    "Does the writer thank or praise somebody?",
    "Does the writer complain about something?",
    "Does the writer miss something or somebody?",
    "Is something wished for or looked forward to?",
    "Is it only a fact or a plan, without any feeling?",
    "Is the writer tired or ill?",
    "Is it a question?",
    "Is there a joke in it?",
    "Does something go wrong?",
)
"""Questions about a tweet, written before any answer was seen."""


@dataclass(frozen=True)
class FirstToken:
    """Options judged by the first token of each alone, as many servers judge them."""

    model: Llama

    def answer(self, texts: Sequence[Text]) -> Answers:
        """What the model writes."""
        return self.model.answer(texts)

    def score(self, texts: Sequence[Text], options: Sequence[str]) -> tuple[Floats, Floats]:
        """The log-probability of each option's first token, ``[texts, options]``; no receipts."""
        running = self.model._engine()
        first = [way[0] for way in self.model._spelled(running, options)]
        prompts = self.model._prompts(running, texts)
        return np.array([running.next_logprobs(p, first) for p in prompts]), np.zeros(
            (len(texts), 6)
        )


def sst2() -> Dataset:
    """Sentences of films: positive or negative."""
    path = str(root() / "sst2" / "sst2.csv")
    data = read(path, text=("text",), label="label", split="").data
    return _named(data, {"0": "negative", "1": "positive"})


def tweets() -> Dataset:
    """Tweets: positive, negative or neutral."""
    path = str(root() / "tweet_sentiment_extraction" / "tweets.csv")
    return read(path, text=("text",), label="sentiment", split="").data


def whole_options(name: str, data: Callable[[], Dataset]) -> list[str]:
    """Accuracy by whole options and calibration, beside that by the first token of each."""
    rows = data()
    rows = rows.take(np.random.default_rng(0).permutation(len(rows))[: 2 * READ])
    learn, test = rows.take(range(READ)), rows.take(range(READ, 2 * READ))
    plain = Prompted(FirstToken(MODEL), rows.task).answer(test.texts)
    ours = FewShot(MODEL, k=0).fit(learn).answer(test.texts)
    right = [np.array(said.values) == np.array(test.labels) for said in (plain, ours)]
    gain = right[1].astype(float) - right[0]
    reached = f"{right[0].mean():.2f} → {right[1].mean():.2f}, {_interval(gain)} on {READ} texts"
    return [name, "SmolLM2: first token → whole options, calibrated", "better by interval", reached]


def order() -> list[str]:
    """The share of answers that another order of the options moves, before and after averaging."""
    path = str(root() / "frugalgpt" / "headlines.csv")
    data = read(path, text=("text",), label="label", split="").data
    data = data.take(np.random.default_rng(0).permutation(len(data))[:ORDERED])
    labels = data.task.labels
    drawn = np.random.default_rng(0).permutation([*permutations(range(len(labels)))])
    probs = []
    for turn in islice(drawn.tolist(), 2 * ORDERS):
        task = replace(data.task, labels=tuple([labels[k] for k in turn]))
        asked = FewShot(MODEL, k=0).fit(replace(data.take(range(4)), task=task))
        probs.append(asked.answer(data.texts).matrix(labels))
    one, other = np.array(probs[:ORDERS]), np.array(probs[ORDERS:])
    said = one.argmax(axis=2)[:, None] != other.argmax(axis=2)[None]
    moved = one.mean(axis=0).argmax(axis=1) != other.mean(axis=0).argmax(axis=1)
    reached = f"{100 * said.mean():.0f} % → {100 * moved.mean():.0f} % of {ORDERED} headlines"
    what = f"SmolLM2: answers moved by the order of four options, one order → mean of {ORDERS}"
    return ["HEADLINES", what, "halved", reached]


def features() -> list[str]:
    """What the answers of SmolLM2 to twelve questions add to `linear()`."""
    data = tweets()
    data = data.take(np.random.default_rng(1).permutation(len(data))[: LEARN + TEST])
    learn, test = data.take(range(LEARN)), data.take(range(LEARN, LEARN + TEST))
    columns = {question: _answered(question, data.texts) for question in TWEETS}
    place = {text: i for i, text in enumerate(data.texts)}

    def looked(_: Model, texts: Sequence[Text], asked: Sequence[Asked]) -> tuple[Floats, Floats]:
        rows = [place[text] for text in texts]
        found = np.array([columns[str(one)][rows] for one in asked]).reshape(len(asked), len(rows))
        return found.T, np.zeros((len(rows), 6))

    with mock.patch.object(questions, "ask", looked):
        both = Linear(extra=Questions(MODEL, TWEETS)).fit(learn)
        said = both.answer(test.texts)
    alone = Linear().fit(learn).answer(test.texts)
    gold = np.array(test.labels)
    right = [np.array(one.values) == gold for one in (alone, said)]
    kept = sum(one["kept"] for one in next(f.data for f in describe(both, ()) if f.data))
    reached = (
        f"{right[0].mean():.2f} → {right[1].mean():.2f},"
        f" {_interval(right[1].astype(float) - right[0])} on {TEST}; {12 - kept} of 12 dropped"
    )
    what = f"linear() on {LEARN} labels → with 12 questions answered by SmolLM2"
    return ["tweets", what, "printed; dropped if of no use", reached]


def _answered(question: str, texts: Sequence[Text]) -> NDArray[np.float64]:
    """The answers to one question, kept under everything that they depend on."""
    said = "\x1e".join([repr(MODEL.pinned()), question, *map(str, texts)])
    name = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    path = minilm.cache() / "questions" / f"{name}.npy"
    if not path.is_file():
        found, _ = questions.ask(MODEL, texts, [question])
        path.parent.mkdir(parents=True, exist_ok=True)
        partial_path = path.with_suffix(".part.npy")
        np.save(partial_path, found[:, 0])
        partial_path.replace(path)
    answers: NDArray[np.float64] = np.load(path)
    return answers


def _named(data: Dataset, names: dict[str, str]) -> Dataset:
    """``data`` with its labels under other names, in words that a language model knows."""
    labels = tuple(names.values())
    told = data.relabelled([names[str(label).removesuffix(".0")] for label in data.labels])
    return replace(told, task=replace(data.task, labels=labels))


def _interval(gain: NDArray[np.float64]) -> str:
    """The mean of paired differences and its 95 % interval, in points."""
    mean, half = 100 * gain.mean(), 196 * gain.std(ddof=1) / np.sqrt(len(gain))
    return f"{mean:+.0f} points [{mean - half:+.0f}, {mean + half:+.0f}]"


ROWS: dict[str, Callable[[], Sequence[object]]] = {
    "options_sst2": partial(whole_options, "SST-2", sst2),
    "options_tweets": partial(whole_options, "tweets", tweets),
    "order": order,
    "questions": features,
}
