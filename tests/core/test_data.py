from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from underdog.core.data import Archive, Dataset, Task, normal
from underdog.core.errors import UnderdogError

words = st.lists(st.sampled_from(["a", "A ", "b", " b", "c d", "C  D", "e", "f"]), min_size=2)


@given(words, st.integers(0, 5))
def test_equal_texts_never_straddle_a_split(texts, seed):
    data = Dataset.of(texts, ["x"] * len(texts))
    for train, test in [data.split(0.5, seed), *data.folds(3, seed)]:
        assert not {normal(t) for t in train.texts} & {normal(t) for t in test.texts}
        assert len(train) + len(test) == len(data)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("uvwxyz")), min_size=1))
def test_neither_groups_nor_texts_straddle_even_when_they_chain(rows):
    groups, texts = zip(*rows, strict=True)
    data = Dataset.of(texts, ["x"] * len(texts), groups=groups)
    for train, test in data.folds(3):
        assert not set(train.groups) & set(test.groups)
        assert not set(train.texts) & set(test.texts)


def test_growing_the_data_moves_nobody_across():
    texts = [f"text {i}" for i in range(200)]
    small = Dataset.of(texts[:100], ["x"] * 100).split(0.3)[1].texts
    large = Dataset.of(texts, ["x"] * 200).split(0.3)[1].texts
    assert set(small) <= set(large)


def test_folds_test_every_row_once(moods):
    seen = [text for _, test in moods.folds(5) for text in test.texts]
    assert sorted(seen) == sorted(moods.texts)
    with pytest.raises(UnderdogError, match="1 folds"):
        moods.folds(1)


def test_samples_are_nested_and_keep_every_label(moods):
    sizes = [set(moods.sample(share).texts) for share in (0.01, 0.25, 0.5, 1.0)]
    for smaller, larger in pairwise(sizes):
        assert smaller <= larger
    assert set(moods.sample(0.01).labels) == {"neg", "pos"}
    assert len(sizes[-1]) == len(moods)


def test_a_part_is_split_afresh_with_the_same_seed():
    data = Dataset.of([f"text {i}" for i in range(1000)], ["a", "b"] * 500)
    part, fold = data.split(0.2)[0], data.folds(5)[0][0]
    for cut in (part, fold, part.split(0.2)[0], data.sample(0.25)):
        assert 0.12 < len(cut.split(0.2)[1]) / len(cut) < 0.28
        assert all(0.12 < len(test) / len(cut) < 0.28 for _, test in cut.folds(5))


def test_targets_are_places_of_labels():
    data = Dataset.of(["1", "2", "3"], ["b", None, "a"])
    assert data.task.labels == ("a", "b")
    assert data.targets.tolist() == [1, -1, 0]


def test_taking_rows_takes_them_from_every_column():
    data = Dataset.of(["1", "2", "3"], ["b", "b", "a"], groups=["x", "y", "z"])
    part = data.relabelled(data.labels, np.eye(3)[:, :2]).take([2, 0])
    assert (part.texts, part.labels, part.groups) == (("3", "1"), ("a", "b"), ("z", "x"))
    assert part.soft.tolist() == [[0.0, 0.0], [1.0, 0.0]]


def test_a_fingerprint_changes_with_any_text_label_or_order():
    one = Dataset.of(["1", "2"], ["a", "b"])
    assert one.fingerprint == Dataset.of(["1", "2"], ["a", "b"]).fingerprint
    for other in (["1", "3"], ["a", "b"]), (["1", "2"], ["b", "a"]), (["2", "1"], ["b", "a"]):
        assert Dataset.of(*other).fingerprint != one.fingerprint


def test_joined_parts_are_the_whole(moods):
    train, test = moods.split(0.3)
    whole = Dataset.join([train, test])
    assert sorted(whole.texts) == sorted(moods.texts)
    assert whole.task == moods.task


def test_lone_surrogates_and_nul_bytes_are_texts_like_others():
    data = Dataset.of(["\ud800", "a\0b", "\ud800 "], ["x", "y", "x"])
    assert data.clusters[0] == data.clusters[2]
    assert len(data.fingerprint) == 16
    assert sum(map(len, data.split(0.5))) == 3


def test_joined_archives_have_the_rows_of_both_and_blanks_where_a_column_is_missing():
    one = Archive(("a", "b"), {"x": (1, 2), "y": ("p", "q")})
    both = one.joined(Archive(("c",), {"y": ("r",), "z": (3,)}))
    assert both.texts == ("a", "b", "c")
    assert both.columns == {"x": (1, 2, None), "y": ("p", "q", "r"), "z": (None, None, 3)}
    assert one.joined(one) is one
    assert one.joined(Archive()) is one


def test_joined_parts_with_different_labels_know_all_of_them():
    first = Dataset.of(["x", "y"], ["a", "b"])
    second = Dataset.of(["z", "w"], ["c", "b"])
    whole = Dataset.join([first, second])
    assert whole.task.labels == ("a", "b", "c")
    assert whole.targets.tolist() == [0, 1, 2, 1]


def test_joined_soft_labels_stay_at_their_label():
    first = Dataset.of(["x", "y"], ["a", "b"]).relabelled(["a", "b"], np.eye(2))
    second = Dataset.of(["z", "w"], ["c", "b"])
    second = second.relabelled(["c", "b"], np.array([[0.1, 0.9], [0.6, 0.4]]))
    soft = Dataset.join([first, second]).soft
    assert soft.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0.1, 0.9], [0, 0.6, 0.4]]


def _weighted():
    references = (("a", "b"), (), ("c",), ("a",))
    data = Dataset.of(["w", "x", "y", "z"], [None] * 4)
    return replace(data, references=references, weights=np.array([1.0, 2.0, 3.0, 4.0]))


def test_references_and_weights_travel_with_their_text():
    data = _weighted()
    rows = dict(zip(data.texts, zip(data.references, data.weights, strict=True), strict=True))
    parts = [data.take([2, 0]), *data.split(0.5), data.sample(0.5), Dataset.join([data, data])]
    for part in [*parts, *data.folds(2)[0]]:
        assert len(part.references) == len(part.weights) == len(part)
        for text, references, weight in zip(part.texts, part.references, part.weights, strict=True):
            assert rows[text] == (references, weight)


def test_a_part_without_references_or_weights_joins_with_its_label_and_weight_one():
    whole = Dataset.join([_weighted(), Dataset.of(["v"], ["q"])])
    assert whole.references[-1] == ("q",)
    assert whole.weights.tolist() == [1, 2, 3, 4, 1]


def test_the_fingerprint_covers_kind_references_and_weights():
    data = _weighted()
    others = [
        replace(data, references=(("a",), (), ("c",), ("a",))),
        replace(data, weights=data.weights + 1),
        replace(data, task=replace(data.task, kind="labels")),
    ]
    assert len({data.fingerprint, *[other.fingerprint for other in others]}) == 4


def test_tasks_of_two_kinds_do_not_join_and_an_unknown_kind_is_refused():
    data = _weighted()
    with pytest.raises(UnderdogError, match="kinds label and text"):
        Dataset.join([data, replace(data, task=replace(data.task, kind="text"))])
    with pytest.raises(UnderdogError, match="no kind of task"):
        replace(data.task, kind="picture")


def test_columns_of_another_length_are_refused():
    with pytest.raises(ValueError, match="2 texts but 1 weights"):
        replace(Dataset.of(["a", "b"], ["x", "y"]), weights=np.ones(1))


def test_parts_of_two_files_keep_the_recorded_answers_of_both():
    def part(name):
        columns = {"llm": (f"answer {name}",)}
        archive = Archive((f"text {name}",), columns)
        return Dataset(Task("t", ("a",)), (f"text {name}",), ("a",), archive=archive)

    one, other = part("one"), part("other")
    whole = Dataset.join([one, other, one])
    assert whole.archive.texts == ("text one", "text other")
    assert whole.archive.columns["llm"] == ("answer one", "answer other")
    assert Dataset.join([one, one]).archive is one.archive
