"""Rows of prompts: demonstrations chosen in four ways, for small language models."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.arms import arm
from benchmarks.grounding.sets import labelled, said
from underdog.combine.demonstrations import Retrieved, Rows, Words, drawn
from underdog.combine.prompted import FewShot
from underdog.core.cost import FIELDS, Floats
from underdog.core.data import Dataset, Text, plain
from underdog.models.language.llama import Llama
from underdog.models.retrieval.bm25 import BM25
from underdog.teach.prompting.trained import Trained, features, likelihoods, taught

Row = tuple[str, str, str, str]

SETS = ("sst2", "agnews", "tweets")

EXAMPLES, TESTS, SOME, K = 4000, 80, 40, 2
"""Examples to choose from, test texts, those of them by which `covering` and `nearest` are tried,
and demonstrations in a prompt."""

SHOWN, ANCHORS = 6, 24
"""Demonstrations and texts by which `Trained` is taught: as many questions as their product."""

PROMPTS, ASKED = 12, 48
"""The prompts among which the best is looked for, and the texts for which it is."""

TRANSFERRED = 24
"""Texts that Gemma is asked about."""


@dataclass(frozen=True)
class Kept(Llama):
    """A language model whose scores of each prompt are kept, so that a row can be continued."""

    def score(self, texts: Sequence[Text], continuations: Sequence[str]) -> tuple[Floats, Floats]:
        """As `Llama` scores, without receipts."""
        rows = {}
        for text in sorted(map(plain, texts)):  # what two prompts begin with is read once
            asked = json.dumps([self.model, self.chat, text, list(continuations)])
            name = f"score {hashlib.sha256(asked.encode()).hexdigest()[:24]}"
            one = partial(super().score, [text], continuations)
            rows[text] = arm(name, lambda one=one: one()[0][0])
        found = np.array([rows[plain(text)] for text in texts])
        return found, np.zeros((len(texts), len(FIELDS)))


SMOL = Kept("smollm2")


WAYS = {
    "trained": Trained(SMOL, SHOWN, ANCHORS),
    "covering": "covering",
    "nearest": "nearest",
}


def fewshot(name: str, way: str) -> Row:
    """SmolLM2 with demonstrations that are chosen, and with random ones."""
    train, test = labelled(name, EXAMPLES, TESTS)
    if way != "trained":
        test = test.take(np.linspace(0, len(test) - 1, SOME).astype(int))
    right, likely = _scored(FewShot(SMOL, K), train, test)
    better, likelier = _scored(FewShot(SMOL, K, choose=WAYS[way]), train, test)
    reached = (
        f"accuracy {right.mean():.3f} -> {better.mean():.3f}: {said((better - right).tolist())}"
        f" points; log-likelihood {likely.mean():.2f} -> {likelier.mean():.2f}:"
        f" {said((likelier - likely).tolist(), unit=1)}"
    )
    what = f"demonstrations, random -> {way}, SmolLM2"
    return f"{name}, {len(test)} texts", what, reached, "above 0 on 2 of 3"


def recall() -> Row:
    """How often the prompt under which the right answer is likeliest is among three.

    The texts are halved: each half is judged by what the other one taught.
    """
    train, _ = labelled("tweets", EXAMPLES, TESTS)
    shots = list(drawn(train, 0))
    prompts, asked = shots[:PROMPTS], shots[PROMPTS : PROMPTS + ASKED]
    gains = likelihoods(SMOL, train.task, prompts, asked)
    best, recipe, texts = gains.argmax(axis=1), Trained(SMOL), [text for text, _ in asked]
    x = features("", texts, Words([text for text, _ in shots]), shots)[:, :PROMPTS]
    found = np.zeros((ASKED, 3), np.intp)
    for half in (0, 1):
        learn = np.flatnonzero(np.arange(ASKED) % 2 == half)
        test = np.flatnonzero(np.arange(ASKED) % 2 != half)
        picker = taught(recipe, prompts, [asked[i] for i in learn], x[learn], gains[learn])
        found[test] = _first(picker.over(shots)([texts[i] for i in test], len(shots)))
    by_words = Retrieved.of(BM25(), prompts).over(prompts)(texts, 3)
    words, trained = (float((top == best[:, None]).any(axis=1).mean()) for top in (by_words, found))
    reached = f"BM25 {words:.3f}, trained {trained:.3f} ({trained / words - 1:+.0%})"
    what = "recall@3 of the best prompt"
    return f"tweets, {PROMPTS} prompts, {ASKED} texts", what, reached, "+20 % on BM25"


def _first(rows: Rows) -> Rows:
    """The three of the prompts that come first of each text; the best of ``rows`` is the last."""
    return np.array([[i for i in row[::-1].tolist() if i < PROMPTS][:3] for row in rows], np.intp)


def transfer() -> Row:
    """Demonstrations that SmolLM2 taught to choose, shown to Gemma."""
    train, test = labelled("sst2", EXAMPLES, TESTS)
    gains = []
    some = test.take(np.linspace(0, len(test) - 1, TRANSFERRED).astype(int))
    for llm in (SMOL, Kept("gemma3", chat=False)):
        before, likely = _scored(FewShot(llm, K), train, some)
        after, likelier = _scored(FewShot(llm, K, choose=WAYS["trained"]), train, some)
        gain = said((likelier - likely).tolist(), unit=1)
        gains.append(f"{before.mean():.3f} -> {after.mean():.3f}, log-likelihood {gain}")
    reached = f"SmolLM2 {gains[0]}; Gemma {gains[1]}"
    return (
        f"SST-2, {len(some)} texts",
        "trained by SmolLM2, random -> trained",
        reached,
        "printed",
    )


def _scored(recipe: FewShot, train: Dataset, data: Dataset) -> tuple[Floats, Floats]:
    """Whether each answer is right, and the log-probability of the right label: ``[texts]``."""
    answers = recipe.fit(train).answer(data.texts)
    right = (answers.indices(data.task.labels) == data.targets).astype(np.float64)
    probs = answers.matrix(data.task.labels)[np.arange(len(data)), data.targets]
    return right, np.log(np.maximum(probs, 1e-9))


ROWS: Mapping[str, Callable[[], Row]] = {
    **{f"{way}_{name}": partial(fewshot, name, way) for way in WAYS for name in SETS},
    "recall": recall,
    "transfer": transfer,
}
