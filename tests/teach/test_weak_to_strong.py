"""Weak-to-strong: which labels a strong model learns, several teachers, and the gap recovered."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import moods

import underdog as ud
from underdog.core.data import Archive
from underdog.core.errors import UnderdogError
from underdog.evaluate.recovered import gap
from underdog.runtime.registry import build, spec
from underdog.teach.weak_to_strong.own_answers import balanced, surest, with_own_answers
from underdog.teach.weak_to_strong.unseen import unseen


@pytest.fixture(name="data", scope="module")
def _data():
    """Little reviews, of which the first forty have a label; an archive with teachers that err."""
    data = moods(160, noise=200)
    swap = {"pos": "neg", "neg": "pos"}
    errs = tuple(swap[y] if i % 7 < 2 else y for i, y in enumerate(data.labels))
    return replace(data, archive=Archive(data.texts, {"errs": errs, "oracle": data.labels}))


@pytest.fixture(name="few", scope="module")
def _few(data):
    return data.relabelled([y if i < 40 else None for i, y in enumerate(data.labels)])


def right(model, data):
    return np.mean(np.array(model.answer(data.texts).values) == np.array(data.labels))


def same(a, b, data):
    one, other = (model.answer(data.texts) for model in (a, b))
    assert one.values == other.values
    assert one.probs == pytest.approx(other.probs)


def test_naive_weak_to_strong_is_distillation_with_the_roles_swapped(few):
    teacher = ud.Linear().fit(few)
    weak = ud.WeakToStrong(ud.Bayes(), teacher).fit(few)
    same(weak, ud.Distil(ud.Bayes(), teacher).fit(few), few)
    assert weak.gold == 40


def test_learning_from_an_oracle_is_learning_from_gold(data):
    for loss in ("naive", "confidence"):
        recipe = ud.WeakToStrong(ud.Linear(), ud.Recorded("oracle"), loss, trust=0.0)
        same(recipe.fit(data), ud.Linear().fit(data), data)


def test_a_strong_model_outgrows_a_teacher_that_errs_at_random(data):
    teacher = ud.Recorded("errs").fit(data)
    for loss in ("naive", "confidence", "robust", "surest"):
        assert right(ud.WeakToStrong(ud.Bayes(), teacher, loss).fit(data), data) > 0.85
    assert right(teacher, data) < 0.72


def test_a_weak_model_of_labelled_data_never_labels_what_it_learned_from(data):
    seen = ud.WeakToStrong(ud.Linear(), ud.Bayes()).fit(data, seed=3)
    answers = unseen(ud.Bayes(), data, 3)
    taught = data.relabelled(answers.values, answers.probs)
    same(seen, ud.Linear().fit(taught, 3), data)
    assert seen.gold == 0


def test_trust_is_the_weight_of_the_models_own_answers_and_gold_stays(data):
    weak = np.arange(len(data)) >= 10
    errs = data.relabelled(data.archive.columns["errs"])
    mixed = with_own_answers(ud.Bayes(), errs, weak, 0.25, 0)
    told = np.eye(2)[errs.targets]
    assert mixed.soft[:10] == pytest.approx(told[:10])
    moved = np.abs(mixed.soft - told).max(axis=1)
    assert set(np.round(moved[10:], 9)) == {0.0, 0.25}  # its own answer agrees, or does not


def test_the_surest_half_of_each_label_is_learned_and_gold_stays(few):
    weak = ud.Bayes().fit(few)
    answers = weak.answer(few.texts)
    taught = few.relabelled(answers.values, answers.probs)
    mask = np.arange(len(few)) >= 40
    kept = surest(taught, mask)
    assert kept.texts[:40] == few.texts[:40]
    for label in few.task.labels:
        mine = [i for i in range(40, len(few)) if answers.values[i] == label]
        assert sum(y == label for y in kept.labels[40:]) == round(len(mine) / 2)
        sure = answers.confidence[mine]
        stay = [i for i in mine if few.texts[i] in kept.texts[40:]]
        assert answers.confidence[stay].min() >= np.median(sure) - 1e-9
    assert len(surest(few.relabelled(answers.values), mask)) == len(few)


def test_own_answers_are_balanced_like_the_weak_labels():
    probs = np.random.default_rng(0).dirichlet([5, 1, 1], 400)
    shares = np.array([0.2, 0.3, 0.5])
    assert balanced(probs, shares).mean(axis=0) == pytest.approx(shares, abs=1e-3)


def test_bootstrapping_through_a_middle_size_is_nesting(few):
    text = "weak_to_strong(linear(), weak_to_strong(bayes(), bayes()), loss='confidence')"
    recipe = build(text)
    assert spec(recipe) == text
    assert right(recipe.fit(few), few.take(range(40))) > 0.8


def test_teachers_are_weighed_by_their_reliability(data):
    swap = {"pos": "neg", "neg": "pos"}
    rng = np.random.default_rng(0)
    spam = [tuple(swap[y] if rng.random() < 0.45 else y for y in data.labels) for _ in range(2)]
    columns = {"good": data.archive.columns["oracle"], "bad": spam[0], "worse": spam[1]}
    known = replace(data, archive=Archive(data.texts, columns))
    gold = known.relabelled([y if i < 60 else None for i, y in enumerate(data.labels)])
    council = build("cosupervised([recorded('bad'), recorded('worse'), recorded('good')])")
    model = council.fit(gold)
    assert right(model, data) > 0.95
    assert model.describe([])[0].data[2] == max(model.describe([])[0].data)


def specialists():
    """Two topics; each teacher is right about its own, and says one thing of the other."""
    data = moods(160, noise=500)
    where = ["ship sea boat" if i % 4 < 2 else "train rail road" for i in range(len(data))]
    texts = [f"{place} {text}" for place, text in zip(where, data.texts, strict=True)]
    sea = tuple(y if i % 4 < 2 else "pos" for i, y in enumerate(data.labels))
    land = tuple("neg" if i % 4 < 2 else y for i, y in enumerate(data.labels))
    columns = {"sea": sea, "land": land}
    return replace(ud.Dataset.of(texts, data.labels), archive=Archive(tuple(texts), columns))


def test_a_gate_learns_which_expert_knows_a_text():
    data = specialists()
    gold = data.relabelled([y if i < 40 else None for i, y in enumerate(data.labels)])
    teachers = (ud.Recorded("sea"), ud.Recorded("land"))
    gated = ud.Cosupervised(teachers, ud.Bayes()).fit(gold)
    best = max(right(t.fit(data), data) for t in teachers)
    assert right(gated, data) > best + 0.1
    taught = ud.WeakToStrong(ud.Linear(), ud.Cosupervised(teachers, ud.Bayes())).fit(gold)
    assert right(taught, data) > best + 0.1


def test_the_gap_is_a_share_with_an_interval_or_withheld():
    rng = np.random.default_rng(1)
    draw = rng.random(2000)
    weak, student, ceiling = (np.asarray(draw < p, float) for p in (0.6, 0.7, 0.8))
    found = gap(weak, student, ceiling)
    assert found.share == pytest.approx((student - weak).mean() / (ceiling - weak).mean())
    assert found.low < 0.5 < found.high
    assert found.high - found.low < 0.2
    assert "of the gap recovered" in found.sentence()
    close = gap(weak, student, np.asarray(rng.random(2000) < 0.61, float))
    assert close.withheld
    assert "withheld" in close.sentence()
    assert gap(weak, weak, ceiling).share == 0.0
    assert gap(ceiling, student, weak).withheld  # the weak one is the better one
    with pytest.raises(ValueError, match="no labelled text"):
        gap(weak[:0], weak[:0], weak[:0])


def test_the_gap_of_three_models_leaves_out_texts_without_a_label(data):
    weak, gold = ud.Recorded("errs").fit(data), ud.Linear().fit(data)
    test = data.relabelled([y if i < 100 else None for i, y in enumerate(data.labels)])
    found = ud.recovered(weak, gold, gold, test)
    assert (found.texts, found.share) == (100, 1.0)


def test_what_cannot_be_taught_is_said(data):
    with pytest.raises(UnderdogError, match="no loss is called 'luck'"):
        ud.WeakToStrong(ud.Linear(), ud.Bayes(), "luck")
    with pytest.raises(UnderdogError, match="needs a teacher"):
        ud.Cosupervised(())
    with pytest.raises(UnderdogError, match="nothing for experts"):
        ud.Cosupervised((ud.Bayes(),), ud.Bayes())
    with pytest.raises(UnderdogError, match=r"labels all texts '\w+'"):
        ud.WeakToStrong(ud.Bayes(), ud.Majority().fit(data)).fit(data)
    silent = build("keywords('pos', ['nowhere'])")
    with pytest.raises(UnderdogError, match="which teaches nothing"):
        ud.WeakToStrong(ud.Bayes(), silent).fit(data)
    sets = ud.Dataset.of(["a b", "b"], ["a;b", "b"], kind="labels")
    with pytest.raises(UnderdogError, match="asks for a set of labels"):
        ud.WeakToStrong(ud.Bayes(), ud.Linear()).fit(sets)
    unlabelled = ud.Dataset.of(["a", "b"], [None, None])
    for recipe in (ud.WeakToStrong(ud.Linear(), ud.Bayes()), ud.Cosupervised((ud.Bayes(),))):
        with pytest.raises(UnderdogError, match="no labels"):
            recipe.fit(unlabelled)
    numbers = ud.Dataset.of(["a", "b", "c"], ["1", "2", "3"], kind="number")
    with pytest.raises(UnderdogError, match="asks for a number"):
        ud.Cosupervised((ud.Bayes(),)).fit(numbers)


def test_pairs_and_single_tokens_are_taught_like_other_texts(few):
    for change in (lambda text: (text, "so"), lambda text: text.split()[1]):
        texts = tuple(change(text) for text in few.texts)
        data = replace(few, texts=texts, archive=Archive(texts))
        model = ud.WeakToStrong(ud.Bayes(), ud.Cosupervised((ud.Bayes(), ud.Majority()))).fit(data)
        assert len(model.answer(texts[:3])) == 3


def test_rows_without_a_label_are_learned_from_on_the_command_line(sh, tmp_path):
    data = moods(60)
    labels = [*data.labels[:30], *[""] * (len(data) - 30)]
    rows = map(",".join, zip(data.texts, labels, strict=True))
    (tmp_path / "logs.csv").write_text("\n".join(["text,label", *rows]))
    file, out = str(tmp_path / "logs.csv"), str(tmp_path / "model")
    code, said, notes = sh("fit", file, "weak_to_strong(bayes(), bayes())", "--out", out)
    assert code == 0
    assert "and 30 gold labels" in said
    assert "left out" not in notes
    code, _, notes = sh("fit", file, "bayes()", "--out", out, "--yes")
    assert code == 0
    assert "left out" in notes
