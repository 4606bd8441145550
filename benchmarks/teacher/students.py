"""Students that see a teacher's answers only, or few labels and many texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from time import perf_counter

import numpy as np

from benchmarks.arms import arm
from benchmarks.data import root
from benchmarks.teacher.banking import HEAD, accuracy, embedded, few, parts
from underdog.core.protocols import Model
from underdog.data.read import read
from underdog.models.linear.recipe import Bayes, Linear
from underdog.models.recorded import Recorded
from underdog.runtime.formatting import dollars, percent, ratio
from underdog.teach.distil.recipe import Distil

EACH = 8


def overruling() -> Iterator[list[str]]:
    """OVERRULING in five folds: students that are taught by GPT-4 and tested by gold labels."""
    path = root() / "optllm_overruling" / "overruling_12llms.csv"
    data = read(path, text=("text",), label="label", split="").data
    teacher = Recorded("gpt-4_answer", price="gpt-4_cost")
    recipes = {
        "distil(linear(), GPT-4)": Distil(Linear(), teacher),
    }
    large = teacher.fit(data).answer(data.texts)
    mine = (large.indices(data.task.labels) == data.targets).mean()
    for name, recipe in recipes.items():
        right, spent = [], []
        for train, test in data.folds(5):
            answers = recipe.fit(train).answer(test.texts)
            right += (answers.indices(data.task.labels) == test.targets).tolist()
            spent.append((answers.total.dollars or 0) / len(test))
        price = (large.total.dollars or 0) / len(data)
        told = (
            f"{np.mean(right):.4f} (GPT-4 {mine:.4f}); {dollars(float(np.mean(spent)))} an answer, "
        )
        cheaper = ratio(price, float(np.mean(spent)))
        yield ["OVERRULING, 5 folds", name, ".9405, 1/10,000", f"{told}{cheaper} less"]


def unlabelled(seeds: int) -> Iterator[list[str]]:
    """Banking77: eight labels a class, the other texts without, taught by a frozen encoder."""
    with embedded():
        found = [arm(f"unlabelled seed={s}", partial(_taught, s)) for s in range(seeds)]
        train, _ = parts()
        models = replace(HEAD).fit(train.take(few(train, EACH, 0))), Bayes().fit(train, 0)
    slow, fast = map(_seconds, models)
    large, alone, taught = np.array(found).mean(axis=0)
    on = f"banking77, {EACH} labels a class + unlabelled, {seeds} seeds"
    told = f"{percent(alone)} → {percent(taught)}, teacher frozen() {percent(large)}"
    share = percent((taught - alone) / (large - alone), 0)
    yield [on, "bayes(): gap to the teacher closed", "60 %", f"{share} ({told})"]
    yield [on, "answers faster by", "50 times", ratio(slow, fast)]


def _taught(seed: int) -> tuple[float, float, float]:
    """Accuracies of the teacher, of a student alone, and of one that is taught."""
    train, test = parts()
    rows = few(train, EACH, seed)
    known = np.isin(np.arange(len(train)), rows)
    some = train.relabelled(
        [label if k else None for label, k in zip(train.labels, known, strict=True)]
    )
    teacher = HEAD.fit(train.take(rows), seed)
    alone = accuracy(Bayes().fit(train.take(rows), seed), test)
    student = Distil(Bayes(), teacher).fit(some, seed)
    return accuracy(teacher, test), alone, accuracy(student, test)


def _seconds(model: Model) -> float:
    """Seconds for an answer to one text, the median of twenty, nothing looked up."""
    texts, waits = parts()[1].texts[:20], []
    model.answer(texts[:1])
    for text in texts:
        start = perf_counter()
        model.answer([text])
        waits.append(perf_counter() - start)
    return float(np.median(waits))
