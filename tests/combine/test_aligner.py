"""A corrector behind a model: what it learns from drafts, what it is billed, what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import moods

import underdog as ud
from underdog.combine.aligner import AlignedModel
from underdog.core.data import Archive
from underdog.core.errors import UnderdogError
from underdog.models.language.lm import LM
from underdog.models.language.ngram import NGram
from underdog.runtime.registry import build
from underdog.teach.weak_to_strong.unseen import unseen


@pytest.fixture(name="data", scope="module")
def _data():
    """Little reviews; a model that turns every answer round."""
    data = moods(120, noise=500)
    turned = tuple({"pos": "neg", "neg": "pos"}[y] for y in data.labels)
    return replace(data, archive=Archive(data.texts, {"turned": turned, "gold": data.labels}))


def right(model, data):
    return np.mean(np.array(model.answer(data.texts).values) == np.array(data.labels))


def test_a_corrector_learns_that_every_answer_is_turned_round(data):
    drafts = ud.Recorded("turned", price=0.01)
    blank = replace(data, texts=tuple(f"text {i}" for i in range(len(data))))
    blank = replace(blank, archive=Archive(blank.texts, data.archive.columns))
    model = ud.Aligner(drafts, ud.Linear()).fit(blank)  # the texts say nothing, the drafts all
    assert right(model, blank) == 1.0
    answers = model.answer(blank.texts)
    assert answers.paths[0][-1] == "linear"
    assert answers.total.dollars == pytest.approx(0.01 * len(blank))


def test_a_recipes_drafts_are_of_texts_that_it_has_not_learned_from(data):
    errs = data.relabelled(["pos" if i % 3 else "neg" for i in range(len(data))])
    recipe = ud.Aligner(ud.Bayes(), ud.Majority())
    drafts = recipe._drafts(ud.Bayes().fit(errs), errs, 0)
    assert drafts != ud.Bayes().fit(errs).answer(errs.texts).values
    assert len(unseen(ud.Bayes(), errs, 0)) == len(drafts)


def test_pairs_of_texts_are_corrected_too(data):
    pairs = replace(data, texts=tuple((text, "is it good?") for text in data.texts))
    model = build("aligner(majority(), bayes())").fit(pairs)
    assert right(model, pairs) > 0.9


def test_a_language_model_writes_the_correction():
    texts = [f"question {i}" for i in range(30)]
    data = ud.Dataset.of(texts, ["it is so"] * 30, kind="text")
    drafts = build("scripted([], otherwise='no idea')")
    model = ud.Aligner(drafts, LanguageCounts()).fit(data)
    assert model.answer(texts[:2]).values == ("it is so", "it is so")
    recipe = build("aligner(scripted([], otherwise='no idea'), lm(width=8, layers=1, tokens=200))")
    assert isinstance(recipe.corrector, LM)


class LanguageCounts:
    """A recipe of n-grams: a language model, and no model of answers."""

    def fit(self, data, seed=0):
        return NGram(order=8).fit(data, seed)


def test_an_empty_correction_leaves_the_draft(data):
    silent = build("scripted([], otherwise='')")
    model = AlignedModel(build("scripted([], otherwise='draft')"), silent, True)
    answers = model.answer(["a", "b"])
    assert answers.values == ("draft", "draft")
    assert answers.total.calls == 4


def test_what_cannot_be_corrected_is_said(data):
    with pytest.raises(UnderdogError, match="no right answer"):
        ud.Aligner(ud.Majority(), ud.Bayes()).fit(data.relabelled([None] * len(data)))
