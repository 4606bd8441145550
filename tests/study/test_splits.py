"""Cutting data: rare labels on both sides, one text of each in training, and the same scores."""

from collections import Counter

import pytest

from underdog.core.data import Dataset
from underdog.study import compare
from underdog.study.splits import parts


def tickets(counts, groups=None):
    labels = [label for label, n in counts.items() for _ in range(n)]
    texts = [f"{label} ticket {i}" for i, label in enumerate(labels)]
    return Dataset.of(texts, labels, groups=groups)


@pytest.mark.parametrize("folds", [0, 5])
def test_a_rare_label_is_learned_and_tested_and_a_single_text_only_learned(folds):
    data = tickets({"ok": 200, "fraud": 2, "spam": 6, "odd": 1})
    pairs, said = parts(data, None, folds)
    for train, test in pairs:
        assert set(train.labels) == {"ok", "fraud", "spam", "odd"}
        assert not set(train.clusters) & set(test.clusters)
    tested = Counter(label for _, test in pairs for label in test.labels)
    assert tested["fraud"] == (2 if folds else 1)
    assert tested["spam"] == (6 if folds else 1)
    assert "one label has a single text, kept in training and not tested, such as 'odd'" in said


def test_every_label_of_many_is_on_both_sides():
    data = tickets({f"label {i:03}": 6 for i in range(100)})
    ((train, test),), said = parts(data, None, 0)
    assert len(set(train.labels)) == len(set(test.labels)) == 100
    assert "single text" not in said


def test_groups_stay_whole_where_labels_are_rare():
    data = tickets({"a": 12, "b": 12}, groups=[f"g{i % 6}" for i in range(24)])
    ((train, test),), _ = parts(data, None, 0)
    assert len(train)
    assert len(test)
    assert not set(train.groups) & set(test.groups)


def test_scores_are_the_same_whether_a_part_comes_in_a_column_or_a_file():
    data = tickets({"a": 30, "b": 30, "c": 30})
    rows = [i for i, label in enumerate(data.labels) if i % 3 == 0 and label != "c"]
    rest = [i for i in range(len(data)) if i not in rows]
    train, test = data.take(rest), data.take(rows)
    alone = Dataset.of(test.texts, test.labels)  # a file of its own knows two labels only
    one, other = (
        compare(["linear()", "majority()"], train, part).summaries for part in (test, alone)
    )
    assert [s.scores for s in one] == [s.scores for s in other]
