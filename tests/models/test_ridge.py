"""Ridge regression of label shares, and its surface features."""

import numpy as np
import pytest

from underdog.core.data import Dataset, Task
from underdog.core.errors import UnderdogError
from underdog.models.features.surface import (
    PUNCTUATION,
    SHAPE_WEIGHT,
    SurfaceFeatures,
    shape_features,
)
from underdog.models.linear.ridge import Ridge, _solve

TEXTS = ["What is 2 + 2 ?", "What is love ?", "2 + 2 is 4, they say", "love is love"]


def test_terms_weigh_what_scikit_learn_says():
    from sklearn.feature_extraction.text import TfidfVectorizer

    features = SurfaceFeatures.learn(TEXTS)
    theirs = TfidfVectorizer(
        token_pattern=r"\w+|[^\w\s]", ngram_range=(1, 2), min_df=2, sublinear_tf=True
    ).fit(TEXTS)
    asked = [*TEXTS, "love ? love ?"]
    columns = [theirs.vocabulary_[term] for term in features.terms.decode().split("\n")]
    assert len(columns) == len(theirs.vocabulary_)
    ours = features.rows(asked)[:, : features.width].toarray()
    np.testing.assert_allclose(ours, theirs.transform(asked).toarray()[:, columns], atol=1e-12)


def test_shape_features_by_hand():
    text = "Add 12 and 1,250, then 12.\nWhy?"
    logs = np.log1p([len(text), 7, 3, 2, 5]).tolist()
    marks = dict(zip(PUNCTUATION, shape_features(text)[5:-1], strict=True))
    assert shape_features(text)[:5] == pytest.approx(logs)
    assert marks["?"] == marks["."] == marks["\n"] == pytest.approx(np.log(2))
    assert marks[","] == pytest.approx(np.log(3))
    assert marks["%"] == 0
    assert shape_features(text)[-1] == pytest.approx(len(text) / 7)


def test_the_shape_is_standardised_and_a_constant_column_is_zero():
    features = SurfaceFeatures.learn(TEXTS)
    marks = features.rows(TEXTS)[:, features.width :].toarray() * np.sqrt(
        (len(PUNCTUATION) + 6) / SHAPE_WEIGHT
    )
    spread = marks.std(axis=0)
    assert set(np.round(spread, 9)) == {0.0, 1.0}
    assert np.abs(
        features.rows(["?" * 10_000])[:, features.width :].toarray()
    ).max() <= 3 * np.sqrt(SHAPE_WEIGHT)


def test_lone_surrogates_blanks_and_pairs_have_features():
    features = SurfaceFeatures.learn(["a b", "a b", "\ud800 x", "\ud800 y"])
    assert "\ud800" in features.terms.decode("utf-8", "surrogatepass").split("\n")
    rows = features.rows(["", "\n\t ", "\ud800", ("a", "b")])
    assert rows.shape == (4, features.width + len(features.mean))
    assert np.isfinite(rows.toarray()).all()


def test_weights_are_those_of_the_closed_form():
    rng = np.random.default_rng(0)
    rows, gold = rng.normal(size=(40, 5)), rng.dirichlet([1, 1, 1], 40)
    from scipy.sparse import csr_array

    weights, bias = _solve(csr_array(rows), gold, 2.0)
    centred = rows - rows.mean(axis=0)
    closed = np.linalg.solve(centred.T @ centred + 2 * np.eye(5), centred.T @ gold)
    np.testing.assert_allclose(weights, closed, atol=1e-4)
    np.testing.assert_allclose(bias, gold.mean(axis=0) - rows.mean(axis=0) @ closed, atol=1e-4)


def test_it_learns_the_mean_share_and_not_the_majority():
    """Sums ask for the strong model 60 % of the time, poems 20 %: neither is a certainty."""
    rng = np.random.default_rng(0)
    texts = [f"{'sum' if i % 2 else 'poem'} number {i}" for i in range(2000)]
    strong = rng.random(2000) < np.where(np.arange(2000) % 2, 0.6, 0.2)
    soft = np.stack([~strong, strong], axis=1).astype(float)
    data = Dataset(Task("who", ("weak", "strong")), tuple(texts), (None,) * 2000, soft=soft)
    probs = Ridge().fit(data).answer(["sum number", "poem number"]).probs
    assert probs[:, 1] == pytest.approx([0.6, 0.2], abs=0.05)


def test_few_examples_take_the_usual_choice_and_none_are_refused(moods):
    assert len(Ridge().fit(moods.take(range(6))).answer(["a great film"])) == 1
    with pytest.raises(UnderdogError, match="no labelled example"):
        Ridge().fit(moods.relabelled([None] * len(moods)))
