"""Distillation: from an oracle it is learning from gold; and what a teacher is asked, and why."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from conftest import moods

import underdog as ud
from underdog.core.data import Archive
from underdog.core.errors import UnderdogError
from underdog.runtime.registry import build
from underdog.study.runs.learning_curve import curve
from underdog.teach.distil.choosing import CHOICES
from underdog.teach.distil.recipe import Distil


@pytest.fixture(name="data", scope="module")
def _data():
    """Little reviews whose archive holds the answers of an oracle, and of a teacher that errs."""
    data = moods(150, noise=200)
    errs = ["pos" if y == "neg" and i % 5 == 0 else y for i, y in enumerate(data.labels)]
    columns = {"oracle": data.labels, "errs": tuple(errs), "price": (0.01,) * len(data)}
    return replace(data, archive=Archive(data.texts, columns))


def same(a, b, data):
    one, other = (model.answer(data.texts) for model in (a, b))
    assert one.values == other.values
    assert one.probs == pytest.approx(other.probs)


def test_distilling_from_an_oracle_is_learning_from_gold(data):
    student = ud.Distil(ud.Linear(), ud.Recorded("oracle")).fit(data)
    same(student, ud.Linear().fit(data), data)


def test_a_student_learns_what_its_teacher_says_and_not_the_labels(data):
    errs = data.relabelled(data.archive.columns["errs"])
    same(Distil(ud.Bayes(), ud.Recorded("errs")).fit(data), ud.Bayes().fit(errs), data)
    half = data.relabelled([y if i % 2 else None for i, y in enumerate(data.labels)])
    mixed = [
        y if i % 2 else e for i, (y, e) in enumerate(zip(data.labels, errs.labels, strict=True))
    ]
    kept = Distil(ud.Bayes(), ud.Recorded("errs")).fit(half)
    same(kept, ud.Bayes().fit(data.relabelled(mixed)), data)
    assert kept.gold == 75
    same(Distil(ud.Bayes(), ud.Recorded("errs"), gold=False).fit(half), ud.Bayes().fit(errs), data)


def test_a_teacher_that_is_sure_teaches_its_probabilities(data):
    few = data.relabelled([y if i < 40 else None for i, y in enumerate(data.labels)])
    teacher = ud.Bayes().fit(few)
    rest = few.take(range(40, 150))
    answers = teacher.answer(rest.texts)
    taught = rest.relabelled(answers.values, answers.probs)
    same(Distil(ud.Linear(), teacher, gold=False).fit(rest), ud.Linear().fit(taught), data)
    hard = Distil(ud.Linear(), teacher, soft=False, weigh=True).fit(rest)
    weighted = replace(rest.relabelled(answers.values), weights=answers.confidence)
    same(hard, ud.Linear().fit(weighted), data)


def test_doubtful_answers_are_played_down(data):
    spec = "distil(bayes(), recorded('errs'), robust=0.7)"
    plain, robust = (build(s).fit(data) for s in ("distil(bayes(), recorded('errs'))", spec))
    right = [
        np.mean([a == y for a, y in zip(m.answer(data.texts).values, data.labels, strict=True)])
        for m in (plain, robust)
    ]
    assert right[1] >= right[0]
    assert plain.answer(data.texts).probs != pytest.approx(robust.answer(data.texts).probs)


@pytest.mark.parametrize("how", CHOICES)
def test_a_teacher_is_asked_no_more_than_allowed(data, how):
    teacher = ud.Recorded("oracle", price="price")
    model = Distil(ud.Bayes(), teacher, choose=how, asks=30).fit(data)
    assert (model.asked, model.price) == (30, pytest.approx(0.30))
    model = Distil(ud.Bayes(), teacher, choose=how, budget=0.255).fit(data)
    assert (model.asked, model.price) == (25, pytest.approx(0.25))
    assert "25 of 150 texts asked about" in model.describe([])[0].says


def test_the_hardest_texts_are_those_at_the_border():
    texts = [f"{'a' * i}" for i in range(1, 41)]
    left = np.arange(40)
    chosen = CHOICES["uncertain"](texts, left[:0], left, 4, Sloping(), 0)
    assert set(chosen.tolist()) <= set(range(11, 28))
    diverse = CHOICES["diverse"](["a b", "a b c", "x y", "q"], left[:1], left[1:4], 2, None, 0)
    assert sorted(diverse.tolist()) == [2, 3]


@dataclass
class Sloping:
    """Surer of "long" the longer a text is; unsure of texts with twenty letters."""

    def answer(self, texts):
        p = np.array([len(text) / 40 for text in texts])
        return ud.Answers.likeliest(
            ("long", "short"), np.stack([p, 1 - p], 1), np.zeros((len(p), 6))
        )


def test_what_cannot_be_distilled_is_said(data):
    with pytest.raises(UnderdogError, match="chosen by 'luck'"):
        Distil(ud.Bayes(), ud.Recorded("oracle"), choose="luck")
    with pytest.raises(UnderdogError, match="price of"):
        Distil(ud.Bayes(), ud.Recorded("oracle"), budget=1.0).fit(data)
    with pytest.raises(UnderdogError, match="no labels"):
        Distil(ud.Bayes(), ud.Recorded("oracle")).fit(ud.Dataset.of(["a"], [None]))


@pytest.mark.parametrize(("said", "told"), [("neg", "'neg'"), ("what?", "none of the labels")])
def test_a_teacher_that_always_says_the_same_teaches_nothing(data, said, told):
    with pytest.raises(UnderdogError, match=f"answered {told} to all 20 texts") as caught:
        build(f"distil(bayes(), scripted([], {said!r}), asks=20)").fit(data)
    assert "underdog label FILE --by" in caught.value.hint


def test_its_learning_curve_varies_what_is_bought():
    """So that choosing can be compared with chance at equal cost."""
    data = moods(160)
    train, test = data.split(0.25)
    found = curve(Distil(ud.Bayes(), ud.Bayes(), asks=40), train, test)
    assert [(p.examples, p.share) for p in found.points] == [(5, 0.125), (10, 0.25), (20, 0.5)]
    assert [p.examples for p in curve(Distil(ud.Bayes(), ud.Bayes()), train, test).points] == [
        p.examples for p in curve(ud.Bayes(), train, test).points
    ]
