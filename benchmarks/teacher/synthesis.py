"""Further texts: edits on five small sets, and SmolLM2 as a writer, with and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial

import numpy as np

from benchmarks.arms import arm
from benchmarks.data import root
from benchmarks.teacher.banking import accuracy, few, parts
from underdog.core.data import Dataset, Task
from underdog.data.read import read
from underdog.models.linear.recipe import Bayes
from underdog.runtime.formatting import percent, points
from underdog.teach.synthesis.edits import Edits
from underdog.teach.synthesis.recipe import Augmented, AugmentedModel, joined, prove
from underdog.teach.synthesis.source import cleaned, similarity
from underdog.teach.synthesis.writing import Writer

EACH, TEXTS, TOKENS = 8, 48, 32
SETS = {
    "SMS spam": "sms_spam/sms_spam.csv",
    "tweets": "tweet_sentiment_extraction/tweets.csv",
    "AG News": "ag_news_test/ag_news_test.csv",
    "OVERRULING": "optllm_overruling/overruling_12llms.csv",
}


def edits(seeds: int) -> Iterator[list[str]]:
    """Eight examples a label (32 on sets with few labels), edited copies beside them."""
    for name in ("Banking77", *SETS):
        split = cache(parts if name == "Banking77" else partial(_split, name))
        each = EACH if name == "Banking77" else 4 * EACH

        def measured(
            seed: int, split: Callable[[], tuple[Dataset, Dataset]] = split, each: int = each
        ) -> list[float]:
            train, test = split()
            some = train.take(few(train, each, seed))
            plain = accuracy(Bayes().fit(some, seed), test)
            model = Augmented(Bayes(), Edits(times=2)).fit(some, seed)
            assert isinstance(model, AugmentedModel)
            return [accuracy(model, test) - plain, float(model.used)]

        found = np.array(
            [arm(f"edits beside {name} seed={s}", partial(measured, s)) for s in range(seeds)]
        )
        verdicts = f"used {int(found[:, 1].sum())} of {seeds} times"
        on = f"augmented(bayes(), edits(times=2)), {name}, {seeds} seeds"
        told = f"{points(found[:, 0].min())} at worst; {verdicts}"
        yield [on, "points against without", "≥ −.5", told]


def written() -> Iterator[list[str]]:
    """AG News topics: texts of SmolLM2 by attributes and by plain prompts, as many of each."""
    from underdog.models.language.llama import Llama

    train, test = _split("AG News")
    task = Task("news", test.task.labels, "Which section of a newspaper is it from?")
    few_ = replace(train.take(few(train, EACH, 0)), task=task)
    made = {}
    for how in ("plain", "attributed"):
        writer = Writer(Llama("smollm2", max_tokens=TOKENS, temperature=0.9), TEXTS, how)
        made[how] = cleaned(writer.more(few_), few_)
    alike = {how: similarity(found.data.texts) for how, found in made.items()}
    on = f"SmolLM2-135M writes {TEXTS} news texts"
    less = 1 - alike["attributed"] / alike["plain"]
    told = f"{alike['attributed']:.4f} / {alike['plain']:.4f}: {percent(less, 0)} less"
    yield [on, "similarity, attributed / plain", "15 % less", told]
    without = accuracy(Bayes().fit(few_), test)
    for how, found in made.items():
        proof = prove(Bayes(), few_, found, 0.5, 0)
        with_ = accuracy(Bayes().fit(joined(few_, found, 0.5)), test)
        real = f"{percent(without)} → {percent(with_)} on {len(test):,} real texts"
        yield [f"{on}, {how}", "verdict; on a real test", "right", f"{proof.sentence()}; {real}"]


def _split(name: str) -> tuple[Dataset, Dataset]:
    label = "sentiment" if name == "tweets" else "label"
    data = read(root() / SETS[name], text=("text",), label=label, split="").data
    train, test = data.split(0.5)
    return train, test.take(range(min(len(test), 2000)))
