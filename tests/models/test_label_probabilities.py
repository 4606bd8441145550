"""The probabilities of labels, out of those of tokens."""

from math import log

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from underdog.models.chat.label_probabilities import label_probabilities as weigh


def steps(*tokens):
    """Each a dict token -> probability, the token written first."""
    return tuple(tuple((token, log(p)) for token, p in step.items()) for step in tokens)


def test_the_first_token_decides_where_it_tells_the_labels_apart():
    p = weigh(steps({"up": 0.6, "down": 0.3, "none": 0.1}), ["down", "none", "up"])
    np.testing.assert_allclose(p, [0.3, 0.1, 0.6])


def test_case_white_space_and_word_pieces_are_one_label():
    p = weigh(steps({" Up": 0.5, "up": 0.2, "▁UP": 0.1, '"down': 0.2}), ["up", "down"])
    np.testing.assert_allclose(p, [0.8, 0.2])


def test_labels_that_begin_alike_are_told_apart_further_on():
    labels = ["card lost", "card late", "top up"]
    p = weigh(steps({"card": 0.9, "top": 0.1}, {" la": 0.75, " lo": 0.25}, {"te": 1.0}), labels)
    np.testing.assert_allclose(p, [0.9 * 0.25, 0.9 * 0.75, 0.1])


def test_a_token_not_taken_that_begins_several_labels_is_shared_out():
    p = weigh(steps({"top": 0.8, "card": 0.2}), ["card lost", "card late", "top up"])
    np.testing.assert_allclose(p, [0.1, 0.1, 0.8])


def test_a_label_that_begins_another_is_meant_when_nothing_follows():
    labels = ["good", "good enough"]
    np.testing.assert_allclose(weigh(steps({"good": 1.0}), labels), [1, 0])
    longer = weigh(steps({"good": 1.0}, {" enough": 0.75, ".": 0.25}), labels)
    np.testing.assert_allclose(longer, [0.25, 0.75])


def test_a_label_must_end_where_its_word_ends():
    assert weigh(steps({"upper": 1.0}), ["up", "down"]) is None
    np.testing.assert_allclose(weigh(steps({"up.": 1.0}), ["up", "down"]), [1, 0])


def test_opening_marks_are_walked_over():
    p = weigh(steps({"**": 0.9, "up": 0.1}, {"down": 0.5, "up": 0.5}), ["up", "down"])
    np.testing.assert_allclose(p, [0.1 + 0.45, 0.45])


def test_what_falls_on_no_label_is_left_out_unless_it_is_most():
    np.testing.assert_allclose(weigh(steps({"up": 0.6, "maybe": 0.4}), ["up", "down"]), [1, 0])
    assert weigh(steps({"maybe": 0.6, "up": 0.4}), ["up", "down"]) is None
    assert weigh((), ["up", "down"]) is None


@given(st.lists(st.floats(0.01, 1.0), min_size=2, max_size=9))
def test_distinct_first_tokens_give_back_their_own_proportions(parts):
    chance = np.array(parts) / sum(parts)
    labels = [f"{chr(97 + k)} label" for k in range(len(parts))]
    tokens = {label[0]: p for label, p in zip(labels, chance, strict=True)}
    np.testing.assert_allclose(weigh(steps(tokens), labels), chance, rtol=1e-9)
