"""Windows hold every token of a text, and none is longer than the network reads."""

from itertools import product

import numpy as np
import pytest

pytest.importorskip("tokenizers")

from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_encoders import WORDS, tokenizer

from underdog.core.errors import UnderdogError
from underdog.models.features.windows import WindowReader

READER = WindowReader(tokenizer().to_str(), length=8, pad=0)
ANY_WORDS = st.lists(st.sampled_from(WORDS[4:24]), max_size=40)
DISTINCT = st.lists(st.sampled_from(WORDS[4:24]), max_size=20, unique=True)


def read(texts):
    windows = READER.windows(texts)
    return [[WORDS[i] for i in ids] for ids, _, _ in windows.windows], windows


def test_a_text_that_fits_is_one_window():
    words, windows = read(["a great film", ""])
    assert words == [["[CLS]", "a", "great", "film", "[SEP]"], ["[CLS]", "[SEP]"]]
    assert windows.owner.tolist() == [0, 1]


@settings(deadline=None)
@given(ANY_WORDS)
def test_the_windows_of_a_long_text_are_the_text(given_words):
    words, windows = read([" ".join(given_words)])
    assert [w for window in words for w in window[1:-1]] == given_words
    assert all(len(w) <= 8 and w[0] == "[CLS]" and w[-1] == "[SEP]" for w in words)
    assert set(windows.owner) == {0}


@settings(deadline=None)
@given(DISTINCT, DISTINCT)
def test_every_part_of_one_side_is_read_beside_every_part_of_the_other(one, other):
    words, _ = read([(" ".join(one), " ".join(other))])
    assert all(len(w) <= 8 for w in words)
    at = [w.index("[SEP]") for w in words]
    split = [(tuple(w[1:k]), tuple(w[k + 1 : -1])) for w, k in zip(words, at, strict=True)]
    lefts, rights = (list(dict.fromkeys(side)) for side in zip(*split, strict=True))
    assert split == list(product(lefts, rights))
    assert [w for part in lefts for w in part] == one
    assert [w for part in rights for w in part] == other


def test_a_short_question_is_beside_every_part_of_a_long_passage():
    words, windows = read([("good film", "a b a b a b a".replace("b", "plot"))])
    assert words == [
        ["[CLS]", "good", "film", "[SEP]", "a", "plot", "a", "[SEP]"],
        ["[CLS]", "good", "film", "[SEP]", "plot", "a", "plot", "[SEP]"],
        ["[CLS]", "good", "film", "[SEP]", "a", "[SEP]"],
    ]
    _, types, sides = windows.windows[2]
    assert types == sides == [0, 0, 0, 0, 1, 1]


def test_padding_is_masked():
    _, windows = read(["a great film", ""])
    ids, mask, types, sides = windows.padded([1, 0])
    assert ids.tolist() == [[2, 3, 0, 0, 0], [2, 4, 17, 6, 3]]
    assert mask.tolist() == [[1, 1, 0, 0, 0], [1, 1, 1, 1, 1]]
    assert not types.any()
    assert not sides.any()
    assert np.array_equal(windows.lengths, [5, 2])


def test_single_texts_and_pairs_are_not_read_together():
    with pytest.raises(UnderdogError, match="mixed"):
        READER.windows(["a", ("a", "film")])


def test_a_lone_surrogate_is_read_as_unknown():
    words, _ = read(["a \ud83d film"])
    assert words == [["[CLS]", "a", "[UNK]", "film", "[SEP]"]]


def test_a_special_token_belongs_to_the_text_before_it():
    _, windows = read([("", "a film"), ("a film", "")])
    assert [sides for _, _, sides in windows.windows] == [[0, 0, 1, 1, 1], [0, 0, 0, 0, 0]]
