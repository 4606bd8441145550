"""Labelling within a budget, by one annotator or several; nothing wrong in silence."""

import numpy as np
import pytest
from conftest import moods

import underdog as ud
from underdog.core.errors import UnderdogError
from underdog.runtime.registry import build
from underdog.teach.label.labelling import label

WORDS = "keywords('pos', ['great', 'lovely', 'good', 'brilliant'])"
GLOOM = "keywords('neg', ['awful', 'dull', 'bad', 'poor'])"


def reviews():
    """Little reviews, each with the right label."""
    return moods(201, noise=300).take(range(1, 201))


@pytest.fixture(name="blank", scope="module")
def _blank():
    """Little reviews without labels, but for the first thirty."""
    data = reviews()
    return data.relabelled([y if i < 30 else None for i, y in enumerate(data.labels)])


def scripted(price=1e-3):
    return build(f"scripted([['great', 'pos'], ['dull', 'neg']], dollars_per_word={price})")


def test_a_label_for_every_text_with_its_price_and_agreement(blank):
    found = label(blank, [ud.FewShot(scripted(), k=0)])
    assert found.asked == len(blank)
    assert set(found.labels) == {"pos", "neg", None}  # None where no cue occurs
    right, of = found.agreement()
    assert right == of > 0
    assert found.prices.sum() == pytest.approx(found.answers[0].total.dollars)
    assert len(found.taught) == sum(value is not None for value in found.labels)


@pytest.mark.parametrize("budget", [0.1, 1.0, 2.5])
def test_a_budget_is_kept_and_used(blank, budget):
    found = label(blank, [ud.FewShot(scripted(), k=0)], budget=budget)
    dearest = found.prices.max()
    assert budget - 2 * dearest <= found.prices.sum() <= budget
    assert set(found.labels[found.asked :]) == {None}


def test_what_an_earlier_run_answered_counts_against_the_budget(blank):
    parts = []
    label(blank, [ud.FewShot(scripted(), k=0)], budget=1.0, keep=parts.append)
    earlier = [ud.Answers.join([part[0] for part in parts])]
    again = label(blank, [ud.FewShot(scripted(), k=0)], budget=2.0, earlier=earlier)
    assert again.asked > len(earlier[0])
    assert again.prices.sum() <= 2.0


def test_an_unknown_price_and_a_budget_do_not_go_together(blank):
    answers = ud.Answers.said(["pos"], np.full((1, 6), np.nan), "unpriced")
    model = Unpriced(answers)
    assert label(blank.take([0]), [model]).labels == ("pos",)
    with pytest.raises(UnderdogError, match="price of"):
        label(blank.take([0]), [model], budget=1.0)


class Unpriced:
    def __init__(self, answers):
        self.answers = answers

    def answer(self, texts):
        return self.answers if len(texts) else self.answers.take([])

    def __repr__(self):
        return "unpriced()"


def test_rules_and_models_meet_in_one_label_model(blank):
    by = [build(WORDS), build(GLOOM), ud.FewShot(scripted(), k=0)]
    found = label(blank, by)
    truth = reviews().labels
    assert found.labels == truth
    assert np.nanmin(found.confidence) > 0.5
    assert found.taught.soft.sum(axis=1) == pytest.approx(1)
    assert label(blank, by, combine="majority").labels == truth


def test_an_answer_that_is_no_label_is_refused(blank):
    with pytest.raises(UnderdogError, match="'Pos', which is none of the labels"):
        label(blank, [build("keywords('Pos', ['great'])")])


def test_nothing_to_ask_is_said(blank):
    with pytest.raises(UnderdogError, match="no annotator"):
        label(blank, [])
    with pytest.raises(UnderdogError, match="not one text"):
        label(blank, [ud.FewShot(scripted(), k=0)], budget=0.0)
