import numpy as np
import pytest

from underdog.core import graders, values
from underdog.core.data import KINDS, Dataset, Task
from underdog.core.graders import Entities, Exact, SetOverlap, TokenF1, Tolerance, grader_for
from underdog.core.protocols import Grader
from underdog.core.values import as_pieces


def _data(*right):
    texts = tuple(f"text {i}" for i in range(len(right)))
    return Dataset(Task("t", (), kind="text"), texts, (None,) * len(right), references=right)


def test_exact_takes_any_of_several_answers_and_does_not_know_without_one():
    data = _data(("a", "b"), ("a",), ("a",), ())
    grades = Exact().grade(data.texts, ["b", "c", "", "a"], data)
    assert grades.tolist()[:3] == [1, 0, 0]
    assert np.isnan(grades[3])


def test_exact_grades_labels_as_equality_does():
    data = Dataset.of(["x", "y", "z"], ["a", "b", None])
    assert np.array_equal(Exact().grade(data.texts, ["a", "a", "b"], data), [1, 0, np.nan], True)


def test_token_f1_takes_the_best_reference():
    data = _data(("a dog", "The cat"), ("x",))
    assert TokenF1().grade(data.texts, ["the cat sat", "y"], data) == pytest.approx([0.8, 0])


def test_a_number_is_right_within_the_tolerance_and_what_is_no_number_is_wrong():
    data = _data(("4",), ("4.0",), ("4",), ("4",))
    grades = Tolerance(0.5).grade(data.texts, ["4.5", "3.4", "four", "nan"], data)
    assert grades.tolist() == [1, 0, 0, 0]


def test_sets_of_labels_are_graded_by_their_overlap_and_the_empty_set_is_an_answer():
    data = Dataset.of("vwxyz", ["a|b", "a", "|", "|", "|"], kind="labels")
    assert data.task.labels == ("a", "b")
    assert data.right == (("a", "b"), ("a",), (), (), ())
    grades = SetOverlap().grade(data.texts, ["b|c", "a", "|", "a", ""], data)
    assert grades == pytest.approx([1 / 3, 1, 1, 0, 0])
    unknown = data.relabelled([None] * 5)
    assert np.isnan(SetOverlap().grade(data.texts, ["a"] * 5, unknown)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_task_has_a_grader(kind):
    assert isinstance(grader_for(Dataset.of("xy", ["1", "2"], kind=kind)), Grader)


def test_texts_are_the_same_whatever_their_case_and_punctuation():
    data = _data(("Ada Lovelace",), ("Ada Lovelace",), ("Ada",))
    said = ["ada lovelace.", "Lovelace Ada", "Ada Lovelace"]
    assert Exact().grade(data.texts, said, data).tolist() == [1, 0, 0]


def test_right_answers_that_name_pieces_are_parsed_once(monkeypatch):
    right = as_pieces([("person", "Ada of the one test that counts")])
    data = Dataset(Task("t", (), kind="text"), ("Ada of the one test that counts",), (right,))
    parsed = []

    def counted(value, lines=True):
        parsed.append(value)
        return original(value, lines)

    original = values.pieces
    monkeypatch.setattr(values, "pieces", counted)
    monkeypatch.setattr(graders, "pieces", counted)
    for _ in range(3):
        assert grader_for(data) == Entities()
        assert Entities().grade(data.texts, ['{"person": ["ada of"]}'], data).tolist() == [0]
    assert parsed.count(right) == 2, "once to tell the kind of task, and once to grade"
