"""Votes into labels: the published example, and the setting in which there is nothing to weigh."""

from dataclasses import replace

import numpy as np
import pytest

from underdog.teach.label.label_model import LabelModel
from underdog.teach.label.votes import Votes

ANAESTHETISTS = """111 1 1 1 1;333 4 3 3 4;112 2 1 2 2;222 3 1 2 1;222 3 2 2 2;222 3 3 2 2;
122 2 1 1 1;333 3 4 3 3;222 2 2 2 3;232 2 2 2 3;444 4 4 4 4;222 3 3 4 3;
111 1 1 1 1;222 3 2 1 2;121 1 1 1 1;111 2 1 1 1;111 1 1 1 1;111 1 1 1 1;
222 2 2 2 1;222 1 3 2 2;222 2 2 2 2;222 2 2 2 1;222 3 2 2 2;221 2 2 2 2;
111 1 1 1 1;111 1 1 1 1;232 2 2 2 2;111 1 1 1 1;111 1 1 1 1;112 1 1 2 1;
111 1 1 1 1;333 3 2 3 3;111 1 1 1 1;222 2 2 2 2;222 3 2 3 2;433 4 3 4 3;
221 2 2 3 2;232 3 2 3 3;333 3 4 3 2;111 1 1 1 1;111 1 1 1 1;121 2 1 1 1;
232 2 2 2 2;121 1 1 1 1;222 2 2 2 2"""
"""Dawid & Skene (1979), table 1: 45 patients, five observers; the first saw each three times."""


def votes(columns, labels="1234"):
    """Votes of one annotator for each column of labels; a blank is an abstention."""
    n = len(columns[0])
    said = [labels.find(value) if value else -1 for column in columns for value in column]
    who = np.repeat(np.arange(len(columns)), n)
    return Votes(
        tuple(labels),
        tuple(map(str, range(len(columns)))),
        n,
        np.tile(np.arange(n), len(columns)),
        who,
        np.array(said),
    )


def observers():
    rows = [
        (patient, observer, int(value) - 1)
        for patient, line in enumerate(ANAESTHETISTS.replace("\n", "").split(";"))
        for observer, values in enumerate(line.split())
        for value in values
    ]
    text, who, said = (np.array(column) for column in zip(*rows, strict=True))
    return Votes(tuple("1234"), tuple("abcde"), 45, text, who, said)


def test_the_published_error_rates_come_out():
    model = LabelModel.learn(observers(), backing=0)
    assert model.prior == pytest.approx([0.40, 0.42, 0.11, 0.07], abs=0.005)
    first = [[0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0], [0, 0.34, 0.66, 0], [0, 0, 0.56, 0.44]]
    assert model.confusion[0, :, :4] == pytest.approx(np.array(first), abs=0.005)
    assert model.posterior(observers())[35] == pytest.approx([0, 0, 0, 1], abs=0.001)


def simulated(accuracies, n=2000, k=4, seed=0, shares=None):
    draw = np.random.default_rng(seed)
    truth = draw.choice(k, size=n, p=shares)
    said = [np.where(draw.random(n) < a, truth, draw.integers(k, size=n)) for a in accuracies]
    labels = "abcdefghijklmnopqrst"[:k]
    return truth, votes([[labels[x] for x in column] for column in said], labels)


def test_reliable_annotators_count_for_more_than_a_spammer():
    truth, found = simulated((0.9, 0.6, 0.0))
    gold = np.where(np.arange(len(truth)) < 100, truth, -1)
    model = LabelModel.learn(found, gold)
    em = (model.posterior(found).argmax(axis=1) == truth).mean()
    assert em > (found.majority() == truth).mean() + 0.02
    right = [(found.label[found.annotator == j] == truth).mean() for j in range(3)]
    assert model.reliability == pytest.approx(right, abs=0.05)


@pytest.mark.parametrize("order", [(0.9, 0.7, 0.0), (0.0, 0.7, 0.9), (0.7, 0.9, 0.0)])
def test_where_classes_differ_in_size_no_gold_label_is_needed(order):
    truth, found = simulated(order, n=5000, shares=(0.4, 0.3, 0.2, 0.1))
    model = LabelModel.learn(found)
    em = (model.posterior(found).argmax(axis=1) == truth).mean()
    assert em > (found.majority() == truth).mean() + 0.02
    right = [(found.label[found.annotator == j] == truth).mean() for j in range(3)]
    assert model.reliability == pytest.approx(right, abs=0.05)


def test_few_votes_on_many_labels_are_explained_by_one_accuracy_each():
    truth, found = simulated((0.9, 0.6, 0.5), n=150, k=20, seed=1)
    model = LabelModel.learn(found)
    off = model.confusion[0][~np.eye(20, 21, dtype=bool)].reshape(20, 20)[:, :-1]
    assert np.ptp(off) == pytest.approx(0, abs=1e-12)
    em = (model.posterior(found).argmax(axis=1) == truth).mean()
    assert em >= (found.majority() == truth).mean()


def test_cases_that_are_grouped_count_as_often_as_they_occur():
    _, found = simulated((0.8, 0.7), n=300, k=3)
    order = np.random.default_rng(0).permutation(len(found.text))
    shuffled = replace(
        found, text=found.text[order], annotator=found.annotator[order], label=found.label[order]
    )
    ragged = replace(  # a second silence of one annotator on one text: no cases can be formed
        found,
        text=np.append(found.text, 0),
        annotator=np.append(found.annotator, 0),
        label=np.append(found.label, found.label[0]),
    )
    one, other, third = (LabelModel.learn(v) for v in (found, shuffled, ragged))
    assert one.confusion == pytest.approx(other.confusion)
    assert one.confusion == pytest.approx(third.confusion, abs=0.02)


def test_annotators_that_agree_are_left_as_they_are():
    found = votes(["1213", "1213"])
    assert LabelModel.learn(found).posterior(found).argmax(axis=1).tolist() == [0, 1, 0, 2]
    assert found.majority().tolist() == [0, 1, 0, 2]


def test_of_a_tie_the_first_annotator_decides_and_silence_is_no_vote():
    found = votes([["1", "", ""], ["2", "3", ""]])
    assert found.majority().tolist() == [0, 2, -1]
    assert found.shares()[2].tolist() == [0, 0, 0, 0]


def test_when_rules_fire_says_something_although_each_gives_one_label():
    """A rule for one label would be no evidence at all if its silence were left out."""
    draw = np.random.default_rng(0)
    truth = draw.random(3000) < 0.2
    fires = [np.where(truth, draw.random(3000) < p, draw.random(3000) < q) for p, q in RATES]
    columns = [["s" if f else "" for f in column] for column in fires[:3]]
    columns += [["h" if f else "" for f in column] for column in fires[3:]]
    found = votes(columns, "hs")
    em = LabelModel.learn(found).posterior(found).argmax(axis=1)
    assert (em == truth).mean() > (np.maximum(found.majority(), 0) == truth).mean() + 0.02


RATES = ((0.6, 0.1), (0.5, 0.05), (0.4, 0.15), (0.15, 0.5), (0.1, 0.6))
"""How often each rule fires on texts of its label, and on others."""
