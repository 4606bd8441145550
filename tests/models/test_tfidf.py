from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfVectorizer

from underdog.core.errors import UnderdogError
from underdog.models.features import selection, tfidf, vocabulary
from underdog.models.features.tfidf import GROUP_NORMS, Tfidf
from underdog.models.features.tokens import (
    MAX_CHARS,
    char_ngrams_of,
    skipgrams_of,
    views_of,
    word_features_of,
)

TEXTS = (
    "The price of gold rose, rose and rose again.",
    "Gold fell; silver didn't.",
    "Will ΟΔΥΣΣΕΥΣ, İstanbul and Straße be lowered?",
    "😀 a b\x00c \ud800 x",
    "",
    "gold gold gold rose",
)


def reference(texts):
    """The same features from scikit-learn; skip-grams only where there are any."""
    parts = [
        TfidfVectorizer(analyzer=word_features_of, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True),
        TfidfVectorizer(analyzer=skipgrams_of, sublinear_tf=True, min_df=2),
    ]
    near = Counter(pair for text in texts for pair in set(skipgrams_of(text)))
    return [part.fit(texts) for part in parts[: 3 if max(near.values(), default=0) > 1 else 2]]


def aligned(ours, theirs, texts):
    """Our rows and theirs, dense, with the columns in one order."""
    place = {name: i for i, name in enumerate(ours.names)}
    columns = [
        place[repr(str(name)) if part.analyzer == "char_wb" else name]
        for part in theirs
        for name in part.get_feature_names_out()
    ]
    assert sorted(columns) == list(range(len(place)))
    scaled = zip(theirs, GROUP_NORMS, strict=False)
    expected = np.hstack([part.transform(texts).toarray() * scale for part, scale in scaled])
    return ours.rows(texts).toarray()[:, columns], expected


OURS, THEIRS = Tfidf.learn(TEXTS), reference(TEXTS)


def test_rows_are_those_of_two_scikit_learn_vectorizers():
    ours, expected = aligned(OURS, THEIRS, TEXTS)
    np.testing.assert_allclose(ours, expected, atol=1e-6)


pieces = st.one_of(
    st.text(max_size=30), st.sampled_from(TEXTS), st.sampled_from([" ", "\x1c", "ß"])
)


@settings(max_examples=150, deadline=None)
@given(st.lists(pieces, max_size=6).map("".join))
def test_any_text_gets_the_row_that_scikit_learn_gives_it(text):
    ours, expected = aligned(OURS, THEIRS, [text])
    np.testing.assert_allclose(ours, expected, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.text(max_size=20), min_size=1, max_size=5).filter(
        lambda ts: any(map(word_features_of, ts))
    )
)
def test_learning_from_any_texts_finds_the_features_that_scikit_learn_finds(texts):
    ours, expected = aligned(Tfidf.learn(texts), reference(texts), texts)
    np.testing.assert_allclose(ours, expected, atol=1e-6)


def test_a_row_by_hand():
    learned = Tfidf.learn(["up", "up down"])
    row = dict(zip(learned.names, learned.rows(["up up"]).toarray()[0], strict=True))
    rare, common = np.log(3 / 2) + 1, 1.0
    assert rare > common
    up, opening = (1 + np.log(2)) * common, (1 + np.log(2)) * common
    length = np.hypot(up, opening)
    assert row["up"] == pytest.approx(up / length)
    assert row["^up"] == pytest.approx(opening / length)
    assert row["down"] == row["up down"] == 0
    assert row["' up '"] == pytest.approx(1 / np.sqrt(3))


@pytest.mark.parametrize("pairs", [False, True])
def test_with_many_labels_the_features_that_tell_them_apart_are_kept(monkeypatch, pairs):
    texts = [f"the {word} of a day" for word in ("cat", "dog", "fish", "bird") for _ in range(3)]
    told = [(text, f"{text} indeed") for text in texts] if pairs else texts
    gold = np.repeat(np.eye(4), 3, axis=0)
    every = Tfidf.learn(told)
    monkeypatch.setattr(selection, "MOST_WEIGHTS", 4 * 60)
    few = selection.learned(told, gold)
    assert len(few.idf) == 60 < len(every.idf)
    names = {name.split(": ")[-1] for name in few.names}
    assert {"cat", "dog", "fish", "bird"} <= names
    assert not {"the", "day", "a day"} & names
    place = [every.names.index(name) for name in few.names]
    np.testing.assert_array_equal(few.idf, every.idf[place])
    rows, all_rows = few.rows(told).toarray() > 0, every.rows(told).toarray() > 0
    np.testing.assert_array_equal(rows, all_rows[:, place])


def test_features_agree_with_labels_more_than_by_chance_or_not():
    rng = np.random.default_rng(0)
    gold = np.eye(50)[rng.integers(50, size=2000)]
    common = rng.random(2000) < 0.5
    telling = gold[:, 3] > 0
    rows = csr_array(np.stack([common, telling], axis=1).astype(np.float32))
    found = selection.agreement(rows, gold)
    assert abs(found[0]) < 5 < 50 < found[1]


def test_a_batch_gives_the_rows_of_its_texts(monkeypatch):
    one_by_one = np.vstack([OURS.rows([text]).toarray() for text in TEXTS])
    monkeypatch.setattr(tfidf, "BLOCK", 4)
    np.testing.assert_array_equal(OURS.rows(TEXTS).toarray(), one_by_one)
    matrix = np.random.default_rng(0).normal(size=(len(OURS.idf), 3)).astype(np.float32)
    np.testing.assert_array_equal(OURS.multiply(TEXTS, matrix), OURS.rows(TEXTS) @ matrix)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["gold", "rose", "fell", "a b", "😀", "\ud800", "x", ""]), max_size=30)
)
def test_one_text_is_multiplied_exactly_as_in_a_batch(words):
    """Not nearly: a text that is asked alone must never get another answer."""
    features = Tfidf.learn(TEXTS)
    matrix = np.random.default_rng(0).normal(size=(len(features.idf), 3)).astype(np.float32)
    text = " ".join(words)
    alone, beside = features.multiply([text], matrix), features.multiply([text, "gold"], matrix)
    np.testing.assert_array_equal(alone[0], beside[0])


def test_one_pair_is_multiplied_exactly_as_in_a_batch():
    pairs = [("gold rose", "gold fell"), ("", "silver"), ("rose rose", "")]
    features = Tfidf.learn(pairs)
    matrix = np.random.default_rng(0).normal(size=(len(features.idf), 3)).astype(np.float32)
    together = features.multiply(pairs, matrix)
    for pair, row in zip(pairs, together, strict=True):
        np.testing.assert_array_equal(features.multiply([pair], matrix)[0], row)


def test_no_texts_make_no_rows():
    assert OURS.rows([]).shape == (0, len(OURS.idf))
    assert OURS.multiply([], np.zeros((len(OURS.idf), 3), np.float32)).shape == (0, 3)


def test_the_cache_is_bounded_and_changes_nothing(monkeypatch):
    monkeypatch.setattr(vocabulary, "CACHED_CHUNKS", 3)
    monkeypatch.setattr(vocabulary, "CACHED_LENGTH", 5)
    small_cache = replace(OURS.spaces[0])
    for text in (*TEXTS, *TEXTS):
        assert sorted(small_cache.ids(text)) == sorted(OURS.spaces[0].ids(text))
        assert len(small_cache._chunk_cache) <= 3
        assert all(len(chunk) <= 5 for chunk in small_cache._chunk_cache)


def test_a_very_long_text_is_read_up_to_a_limit():
    start = "gold rose " * (MAX_CHARS // 10)
    assert (OURS.rows([start + "silver"]) != OURS.rows([start])).nnz == 0
    assert OURS.rows(["x" * 10_000_000]).shape[0] == 1


def test_a_short_word_has_the_characters_that_scikit_learn_counts():
    assert char_ngrams_of("a") == [" a "]
    assert char_ngrams_of("ab") == [" ab", "ab ", " ab "]


def test_a_pair_is_seen_as_five_texts():
    assert views_of(("It is red", "is it a RED dog")) == (
        "It is red",
        "is it a RED dog",
        "is it red",
        "",
        "a dog",
    )
    learned = Tfidf.learn([("it is red", "a red dog"), ("no", "yes")])
    row = dict(zip(learned.names, learned.rows([("red", "red")]).toarray()[0], strict=True))
    assert row["first: red"] > 0
    assert row["shared: red"] > 0
    assert row["only second: dog"] == 0


def test_pairs_and_single_texts_are_not_mixed_up():
    with pytest.raises(UnderdogError, match="single texts and is asked about a pair"):
        OURS.rows([("a", "b")])
    with pytest.raises(UnderdogError, match="pairs and is asked about a single text"):
        Tfidf.learn([("a", "b")]).rows(["a"])


def test_words_are_paired_in_either_order_within_the_skipgram_window():
    assert skipgrams_of("lost my card, my") == [
        "lost&my",
        "card&lost",
        "lost&my",
        "card&my",
        "card&my",
    ]
    far = "a b c d e f g h i j"
    assert "a&i" in skipgrams_of(far)
    assert "a&j" not in skipgrams_of(far)
    learned = Tfidf.learn(["lost card", "card lost", "lost key"])
    row = dict(zip(learned.names, learned.rows(["card lost"]).toarray()[0], strict=True))
    assert row["card&lost"] == pytest.approx(0.7)
    assert "key&lost" not in row
