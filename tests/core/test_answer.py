from dataclasses import replace

import numpy as np
import pytest

from underdog.core.answer import ABSTAIN, Answer, Answers, Probs
from underdog.core.cost import Cost

LABELS = ("a", "b")


def said(*rows, price=1.0, who="one"):
    probs = np.array(rows, dtype=float).reshape(len(rows), 2)
    costs = np.tile(Cost(dollars=price, calls=1).row(), (len(rows), 1))
    return Answers.likeliest(LABELS, probs, costs, who)


def test_a_column_reads_like_a_list_of_answers():
    answers = said([0.9, 0.1], [0.2, 0.8])
    assert [a.value for a in answers] == ["a", "b"]
    assert answers[-1].confidence == 0.8
    assert dict(answers[0].probs) == {"a": 0.9, "b": 0.1}
    assert answers[0].cost == Cost(dollars=1.0, calls=1)
    assert answers[0].path == ("one",)
    assert [a.value for a in answers[1:]] == ["b"]
    with pytest.raises(KeyError):
        answers[0].probs["c"]


def test_answers_made_one_by_one_become_the_same_columns():
    answers = said([0.9, 0.1], [0.2, 0.8])
    again = Answers.of(list(answers))
    np.testing.assert_array_equal(again.probs, answers.probs)
    np.testing.assert_array_equal(again.costs, answers.costs)
    assert (again.values, again.paths) == (answers.values, answers.paths)


def test_an_answer_without_probabilities_has_no_confidence():
    mixed = Answers.of([Answer("a", Probs(LABELS, np.array([0.7, 0.3]))), Answer("b")])
    assert mixed.confidence.tolist() == [0.7, 0.0]
    assert mixed[1].probs is None
    assert Answers.said(["x"], np.zeros((1, 6)), "w").confidence.tolist() == [0.0]


def test_later_answers_carry_the_bill_and_the_path_of_earlier_ones():
    better = said([0.1, 0.9], price=5.0, who="two").after(said([0.9, 0.1]))
    assert better[0].cost == Cost(dollars=6.0, calls=2)
    assert better[0].path == ("one", "two")


def test_putting_answers_in_leaves_the_others_alone():
    before = said([0.9, 0.1], [0.6, 0.4], [0.3, 0.7])
    after = before.put([1], Answers.said(["b"], np.full((1, 6), 2.0), "writer"))
    assert after.values == ("a", "b", "b")
    assert after.paths == (("one",), ("writer",), ("one",))
    assert after[1].probs is None
    assert after[2].probs["b"] == 0.7
    assert after.costs[1].tolist() == [2.0] * 6
    assert before.values == ("a", "a", "b")


def test_a_mask_and_indices_take_the_same_rows():
    answers = said([0.9, 0.1], [0.6, 0.4], [0.3, 0.7])
    assert answers.take(np.array([True, False, True])).values == answers.take([0, 2]).values
    assert len(answers.take([])) == 0
    assert answers.take([2, 0]).values == ("b", "a")


def test_as_a_matrix_a_bare_value_is_one_hot_and_an_abstention_uniform():
    answers = Answers.of(
        [Answer("b"), Answer(ABSTAIN), Answer("a", Probs(("b", "a"), np.array([0.4, 0.6])))]
    )
    np.testing.assert_allclose(answers.matrix(LABELS), [[0, 1], [0.5, 0.5], [0.6, 0.4]])


def test_joined_batches_are_one_batch():
    first, second = said([0.9, 0.1]), Answers.said(["b"], np.zeros((1, 6)), "w")
    both = Answers.join([first, second])
    assert both.values == ("a", "b")
    assert both[0].probs["a"] == 0.9
    assert both[1].probs is None
    assert Answers.join([first]) is first


def _two_label_sets():
    first = Answers.likeliest(("a", "b"), np.array([[0.8, 0.2]]), np.zeros((1, 6)))
    return first, Answers.likeliest(("b", "c"), np.array([[0.3, 0.7]]), np.zeros((1, 6)))


def test_joined_batches_with_different_labels_keep_each_probability_at_its_label():
    whole = Answers.join(_two_label_sets())
    assert whole.labels == ("a", "b", "c")
    assert whole.values == ("a", "c")
    assert whole.probs.tolist() == [[0.8, 0.2, 0.0], [0.0, 0.3, 0.7]]


def test_put_answers_with_other_labels_keep_each_probability_at_its_label():
    first, second = _two_label_sets()
    both = Answers.join([first, first]).put([1], second)
    assert both.values == ("a", "c")
    assert both[1].probs == {"a": 0.0, "b": 0.3, "c": 0.7}
    assert both[1].confidence == 0.7


def test_log_probabilities_stay_with_their_answer():
    bare = Answers.said(["a", "b"], np.zeros((2, 6)))
    sure = replace(bare, logprobs=np.array([-1.0, -2.0]))
    assert sure.take([1]).logprobs.tolist() == [-2]
    assert np.array_equal(Answers.join([bare, sure]).logprobs, [np.nan, np.nan, -1, -2], True)
    assert np.array_equal(bare.put([1], sure.take([0])).logprobs, [np.nan, -1], True)
    assert bare.put([1], bare.take([0])).logprobs is None


def test_indices_place_each_value_among_the_labels():
    answers = Answers.said(["b", "", "z"], np.zeros((3, 6)))
    assert answers.indices(("a", "b")).tolist() == [1, -1, -1]
