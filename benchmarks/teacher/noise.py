"""Repair: wrong labels of a teacher, or of a simulation, and what asking again brings back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks.arms import arm
from benchmarks.data import root
from benchmarks.decisions.sets import Once
from benchmarks.teacher.banking import HEAD, accuracy, embedded, parts
from underdog.core.data import Archive, Dataset
from underdog.core.protocols import Learner
from underdog.data.read import read
from underdog.models.linear.recipe import Linear
from underdog.models.recorded import Recorded
from underdog.runtime.formatting import percent
from underdog.runtime.out_of_fold import out_of_fold
from underdog.teach.distil.recipe import Distil
from underdog.teach.distil.repair import FOLDS, repair

GOLD = Recorded("gold")
"""The careful second question, for which the gold labels stand in."""

TEACHER = "gpt35_turbo_1106"
SHARE, RATE = 0.15, 0.20


def with_gold(data: Dataset, labels: list[str | None]) -> Dataset:
    """``data`` with other labels; its own are in the archive, as the column ``gold``."""
    told = replace(data, archive=Archive(data.texts, {"gold": data.labels}))
    return told.relabelled(labels)


def noisy(data: Dataset, seed: int) -> Dataset:
    """``data`` with a fifth of the labels wrong: each class errs at its own rate, to two others."""
    draw, k = np.random.default_rng(seed), len(data.task.labels)
    rates = draw.uniform(0, 2 * RATE, size=k)
    rates *= RATE / rates[data.targets].mean()
    others = np.array([draw.permutation([j for j in range(k) if j != i])[:2] for i in range(k)])
    wrong = draw.random(len(data)) < rates[data.targets]
    side = (draw.random(len(data)) < 0.3).astype(int)
    places = np.where(wrong, others[data.targets, side], data.targets)
    return with_gold(data, [data.task.labels[i] for i in places])


def banking(seeds: int) -> Iterator[list[str]]:
    """Banking77 with a fifth of the labels wrong, class by class."""
    with embedded():
        train, test = parts()
        best = arm("repair clean", lambda: accuracy(HEAD.fit(train), test))

        def measured(seed: int) -> tuple[float, ...]:
            return _scores(Once(HEAD), noisy(train, seed), test, seed)

        found = [arm(f"repair seed={seed}", partial(measured, seed)) for seed in range(seeds)]
    dirty, mended, mine, theirs = np.array(found).mean(axis=0)
    on = f"banking77, {percent(RATE, 0)} class-dependent noise, {seeds} seeds"
    told = f"{percent(dirty)} → {percent(mended)}, {percent(float(best))} without noise"
    share = (mended - dirty) / (float(best) - dirty)
    yield [on, "lost accuracy back, 15 % asked again", "60 %", f"{percent(share, 0)} ({told})"]
    yield [
        on,
        "suspects ranked: AUPRC, ours / cleanlab's default",
        "≥",
        f"{mine:.3f} / {theirs:.3f}",
    ]


def hate(seeds: int) -> Iterator[list[str]]:
    """hate_speech18: students of GPT-3.5's labels, as they are, played down, and repaired."""
    path = root() / "hate_speech18_llm" / "hate_speech18_with_llm.csv"
    data = read(path, text=("text",), label="label_id", split="").data
    right = Recorded(TEACHER).fit(data).answer(data.texts).indices(data.task.labels)
    found = [arm(f"hate seed={seed}", partial(_hate, data, seed)) for seed in range(seeds)]
    clean, dirty, mended, recall, robust, heard = np.array(found).mean(axis=0)
    on = f"hate_speech18, GPT-3.5's labels only, {seeds} splits"
    both = f"{percent(dirty)} / {percent((right == data.targets).mean())}"
    yield [on, "accuracy of student / teacher", "", both]
    recalls = f"{percent(recall)} / {percent(_recall(right, data))}"
    yield [on, "recall of hate, student / teacher", "", recalls]
    told = f"{percent(robust)}, recall {percent(heard)}"
    yield [on, "accuracy of distil(linear(), …, robust=0.7)", "", told]
    share = (mended - dirty) / (clean - dirty)
    told = f"{percent(dirty)} → {percent(mended)}, {percent(clean)} from gold labels"
    yield [on, "gap closed, 15 % asked again", "30 %", f"{percent(share, 0)} ({told})"]


def _hate(data: Dataset, seed: int) -> list[float]:
    """Accuracies of students of gold, of the teacher's and of repaired labels, and the recall of
    the second; accuracy and recall of one for which doubtful labels count less.
    """
    train, test = data.split(0.3, seed)
    said = Recorded(TEACHER).fit(data).answer(train.texts)
    taught = with_gold(train, [value or None for value in said.values])
    student = Once(Linear())
    gold = accuracy(Linear().fit(train, seed), test)
    dirty, mended, *_ = _scores(student, taught, test, seed)
    plain = student.fit(taught, seed).answer(test.texts).indices(test.task.labels)
    careful = Distil(Linear(), Recorded(TEACHER), robust=0.7).fit(train, seed)
    places = careful.answer(test.texts).indices(test.task.labels)
    robust = float((places == test.targets).mean())
    return [gold, dirty, mended, _recall(plain, test), robust, _recall(places, test)]


def _recall(places: np.ndarray, data: Dataset) -> float:
    mine = data.targets == data.task.labels.index("1")
    return float((places == data.targets)[mine].mean())


def _scores(student: Learner, taught: Dataset, test: Dataset, seed: int) -> tuple[float, ...]:
    """Accuracy from noisy and from repaired labels; average precision of the suspects, ours and
    cleanlab's.
    """
    from sklearn.metrics import average_precision_score

    dirty = accuracy(student.fit(taught, seed), test)
    mended = repair(taught, student, GOLD, SHARE, seed)
    better = accuracy(student.fit(mended.data, seed), test)
    known = taught.archive.columns["gold"]
    wrong = np.array([a != b for a, b in zip(taught.labels, known, strict=True)])
    ours = average_precision_score(wrong, mended.suspicion)
    return dirty, better, ours, average_precision_score(wrong, _cleanlab(student, taught, seed))


def _cleanlab(student: Learner, taught: Dataset, seed: int) -> np.ndarray:
    """1 minus cleanlab's default label quality, on probabilities of the same folds."""
    from cleanlab.rank import get_label_quality_scores

    numbered = replace(taught, columns={"row": tuple(range(len(taught)))})
    probs = np.full((len(taught), len(taught.task.labels)), 1 / len(taught.task.labels))
    for fold in out_of_fold(student, numbered, FOLDS, seed):
        rows = np.array(fold.test.columns["row"], np.intp)
        probs[rows] = fold.answers.matrix(taught.task.labels)
    known = taught.targets >= 0
    scores = np.zeros(len(taught))
    scores[known] = 1 - get_label_quality_scores(taught.targets[known], probs[known])
    return scores
