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
from underdog.combine.demonstrations import Lexical
from underdog.combine.prompted import FewShot
from underdog.core.cost import FIELDS, Floats
from underdog.core.data import Dataset, Text
from underdog.models.language.llama import Llama
from underdog.teach.prompting.trained import Trained, likelihoods

Row = tuple[str, str, str, str]

EXAMPLES, TESTS, K = 300, 48, 2
"""Examples to choose from, test texts, and demonstrations in a prompt."""

SHOWN, ANCHORS = 12, 12
"""Demonstrations and texts by which `Trained` is taught: as many questions as their product."""

PROMPTS, ASKED = 12, 24
"""The prompts among which the best is looked for, and the texts for which it is."""


@dataclass(frozen=True)
class Kept(Llama):
    """A language model whose scores of each prompt are kept, so that a row can be continued."""

    def score(self, texts: Sequence[Text], continuations: Sequence[str]) -> tuple[Floats, Floats]:
        """As `Llama` scores, without receipts."""
        rows = []
        for text in texts:
            asked = json.dumps([self.model, self.chat, text, list(continuations)])
            name = f"score {hashlib.sha256(asked.encode()).hexdigest()[:24]}"
            one = partial(super().score, [text], continuations)
            rows.append(arm(name, lambda one=one: one()[0][0]))
        return np.array(rows), np.zeros((len(rows), len(FIELDS)))


SMOL = Kept("smollm2")


def fewshot(name: str) -> Row:
    """SmolLM2 with random, nearest, covering and trained demonstrations."""
    train, test = labelled(name, EXAMPLES, TESTS)
    ways = {
        "random": FewShot(SMOL, K),
        "nearest": FewShot(SMOL, K, choose="nearest"),
        "covering": FewShot(SMOL, K, choose="covering"),
        "trained": FewShot(SMOL, K, choose=Trained(SMOL, SHOWN, ANCHORS)),
    }
    right, likely = {}, {}
    for way, recipe in ways.items():
        right[way], likely[way] = _scored(recipe, train, test)
    shown = ", ".join(f"{way} {right[way].mean():.3f}" for way in ways)
    logs = ", ".join(f"{likely[way].mean():.2f}" for way in ways)
    best = max(("covering", "trained"), key=lambda way: float(right[way].mean()))
    gain = said((right[best] - right["random"]).tolist())
    reached = f"{shown}; {best} {gain}; log-likelihood {logs}"
    return f"{name}, {len(test)} texts", "accuracy by demonstrations, SmolLM2", reached, ">= random"


def recall() -> Row:
    """How often the prompt under which the right answer is likeliest is among three."""
    train, test = labelled("sst2", PROMPTS + ANCHORS, ASKED)
    pairs = list(zip(train.texts, [str(label) for label in train.labels], strict=True))
    order = np.random.default_rng(0).permutation(len(pairs)).tolist()
    prompts = [pairs[i] for i in order[:PROMPTS]]
    asked = list(zip(test.texts, [str(label) for label in test.labels], strict=True))
    best = likelihoods(SMOL, train.task, prompts, asked).argmax(axis=1)
    teaching = Trained(SMOL, PROMPTS, ANCHORS)
    trained = teaching.picker(pairs, train.task, 0).over(prompts)
    found = {}
    for way, pick in {"words": Lexical("nearest").over(prompts), "trained": trained}.items():
        top = pick(test.texts, 3)
        found[way] = float((top == best[:, None]).any(axis=1).mean())
    reached = f"words {found['words']:.3f}, trained {found['trained']:.3f}"
    return (
        f"SST-2, {PROMPTS} prompts, {ASKED} texts",
        "recall@3 of the best prompt",
        reached,
        "+20 %",
    )


def transfer() -> Row:
    """Demonstrations that SmolLM2 taught to choose, shown to Gemma."""
    train, test = labelled("sst2", EXAMPLES, TESTS)
    taught = Trained(SMOL, SHOWN, ANCHORS)
    gains = []
    for llm in (SMOL, Kept("gemma3", chat=False)):
        some = test.take(range(0, len(test), 2))
        before, _ = _scored(FewShot(llm, K), train, some)
        after, _ = _scored(FewShot(llm, K, choose=taught), train, some)
        gains.append(f"{before.mean():.3f} -> {after.mean():.3f}")
    reached = f"SmolLM2 {gains[0]}; Gemma {gains[1]}"
    return "SST-2", "trained by SmolLM2, random -> trained", reached, "printed"


def _scored(recipe: FewShot, train: Dataset, data: Dataset) -> tuple[Floats, Floats]:
    """Whether each answer is right, and the log-probability of the right label: ``[texts]``."""
    answers = recipe.fit(train).answer(data.texts)
    right = (answers.indices(data.task.labels) == data.targets).astype(np.float64)
    probs = answers.matrix(data.task.labels)[np.arange(len(data)), data.targets]
    return right, np.log(np.maximum(probs, 1e-9))


ROWS: Mapping[str, Callable[[], Row]] = {
    **{f"fewshot_{name}": partial(fewshot, name) for name in ("sst2", "agnews", "tweets")},
    "recall": recall,
    "transfer": transfer,
}
