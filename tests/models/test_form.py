"""A classifier of how texts are written: it sees order and repetition, which words hide."""

import numpy as np

from underdog.core.data import Dataset
from underdog.models.features.form import CUTS, NUMBERS, PLACES, FormFeatures, kind_of
from underdog.models.linear.form import Form

KNOWN = ["dog garden teacher river window letter engine market", "opened followed painted carried"]
OTHER = ["cat bridge sailor forest candle ticket motor harbour", "chased mended copied lifted"]


def texts(words, n, seed):
    dice = np.random.default_rng(seed)
    nouns, verbs = (some.split() for some in words)
    made, labels = [], [("good", "shuffled", "repeated")[i % 3] for i in range(n)]
    for label in labels:
        a, b, c, d = dice.choice(nouns, 4)
        v, w = dice.choice(verbs, 2)
        parts = f"The {a} {v} the old {b}. Then a {c} {w} it near the {d}.".split()
        parts = [*dice.permutation(parts)] if label == "shuffled" else parts
        made.append(" ".join(parts[:4] * 3 if label == "repeated" else parts))
    return Dataset.of(made, labels)


def test_it_sees_order_and_repetition_of_words_that_it_never_met():
    test = texts(OTHER, 60, 1)
    found = Form().fit(texts(KNOWN, 150, 0)).answer(test.texts)
    assert np.mean([a == b for a, b in zip(found.values, test.labels, strict=True)]) > 0.95
    assert found.probs.shape == (60, 3)


def test_the_rows_are_the_same_in_every_process_and_count_pairs_and_triples():
    features = FormFeatures(("the",), np.zeros((NUMBERS, CUTS)))
    rows = features.rows(["the Dog", "the Cat", "", "Cat the"]).toarray()
    assert rows.shape == (4, features.width)
    assert (rows[0] == rows[1]).all()  # both are "the", then a capitalised word
    assert (rows[0] != rows[3]).any()
    assert np.count_nonzero(rows[0, :PLACES]) == 3  # begin the, the X, X end
    assert np.count_nonzero(rows[0, PLACES : 2 * PLACES]) == 2
    assert np.flatnonzero(rows[0, :PLACES]).tolist() == [4948, 8433, 29879]


def test_kinds_of_words():
    kinds = [kind_of(word) for word in ("NASA", "re-do", "$5", "...", "ends.)", "ß")]
    assert kinds == ["A", "h", "9", "_..", "xds.", "xß"]
