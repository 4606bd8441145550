import csv
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss as reference_log_loss
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.svm import LinearSVC

from underdog.core.cost import Ledger
from underdog.core.data import Dataset, Task
from underdog.core.errors import UnderdogError
from underdog.models.features.tfidf import GROUP_NORMS
from underdog.models.features.tokens import skipgrams_of, word_features_of
from underdog.models.linear.recipe import Bayes, Linear
from underdog.models.linear.scorers import _log_ratio, naive_bayes, svms
from underdog.models.training.examples import Examples, fit_temperature, softmax
from underdog.runtime.persist import save
from underdog.testing import check_learner

RECIPES = [Linear(), Bayes()]
HOSTILE = [
    "",
    "\x00",
    "\ud800 lone",
    "😀😀",
    "great\x00film",
    "x" * 3_000_000,
    "great film " * 100_000,
]


def as_pipeline(model, texts):
    """``model`` as scikit-learn would run it: three vectorizers and the same coefficients."""
    parts = {
        "words": TfidfVectorizer(analyzer=word_features_of, sublinear_tf=True),
        "chars": TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True),
        "company": TfidfVectorizer(analyzer=skipgrams_of, sublinear_tf=True, min_df=2),
    }
    scales = dict(zip(parts, GROUP_NORMS, strict=True))
    union = FeatureUnion(list(parts.items()), transformer_weights=scales).fit(texts)
    place = {name: i for i, name in enumerate(model.features.names)}
    shown = {"words": str, "chars": lambda gram: repr(str(gram)), "company": str}
    names = [shown[k](n) for k, part in parts.items() for n in part.get_feature_names_out()]
    weights = model.weights[[place[name] for name in names]].T
    classifier, bias = LogisticRegression(), model.bias
    if len(model.labels) == 2:
        weights, bias = weights[1:] - weights[:1], bias[1:] - bias[:1]
    classifier.coef_, classifier.intercept_ = weights, bias
    classifier.classes_ = np.array(model.labels)
    return make_pipeline(union, classifier)


@pytest.fixture(scope="module")
def fitted(moods):
    return {recipe: recipe.fit(moods) for recipe in RECIPES}


@pytest.fixture(scope="module")
def three_moods(moods):
    labels = [
        "none" if "song" in text else label
        for text, label in zip(moods.texts, moods.labels, strict=True)
    ]
    return Dataset.of(moods.texts, labels)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_contract_is_kept_for_texts_pairs_and_a_handful(recipe, moods):
    pairs = tuple(zip(moods.texts, reversed(moods.texts), strict=True))
    check_learner(recipe, moods)
    check_learner(recipe, Dataset.of(pairs, moods.labels))
    check_learner(recipe, moods.take(range(10)))
    check_learner(recipe, moods.take([1, 2]))


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_fast_path_answers_as_a_scikit_learn_pipeline_does(recipe, moods, three_moods):
    for data in (moods, three_moods):
        model = recipe.fit(data)
        slow = as_pipeline(model, data.texts)
        asked = [*data.texts, *HOSTILE[:5]]
        answers = model.answer(asked)
        assert list(answers.values) == slow.predict(asked).tolist()
        np.testing.assert_allclose(answers.probs, slow.predict_proba(asked), atol=1e-5)


def test_the_fast_path_agrees_with_scikit_learn_on_any_text(fitted, moods):
    slow = {recipe: as_pipeline(model, moods.texts) for recipe, model in fitted.items()}
    words = sorted({word for text in moods.texts for word in text.split()})
    mixed = st.lists(st.sampled_from(words) | st.text(max_size=12), max_size=12).map(" ".join)

    @settings(max_examples=60, deadline=None)
    @given(st.lists(mixed, min_size=1, max_size=4))
    def agree(texts):
        for recipe, model in fitted.items():
            answers = model.answer(texts)
            expected = slow[recipe].predict_proba(texts)
            np.testing.assert_allclose(answers.probs, expected, atol=1e-5)
            sure = np.abs(expected[:, 0] - expected[:, 1]) > 1e-4  # else rounding may decide
            said = slow[recipe].predict(texts)
            assert (np.array(answers.values)[sure] == said[sure]).all()

    agree()


@pytest.mark.parametrize("recipe", RECIPES)
def test_decisive_words_are_learned(fitted, recipe):
    answers = fitted[recipe].answer(["a great and lovely song", "an awful, dull song"])
    assert answers.values == ("pos", "neg")
    assert (answers.confidence > 0.6).all()


@pytest.mark.parametrize("recipe", RECIPES)
def test_hostile_texts_get_an_answer(fitted, recipe):
    answers = fitted[recipe].answer(HOSTILE)
    assert np.isfinite(answers.probs).all()
    assert set(answers.values) <= {"pos", "neg"}


@pytest.mark.parametrize("recipe", RECIPES)
def test_examples_without_a_label_are_ignored(recipe, moods):
    more = Dataset(moods.task, (*moods.texts, "great", "x"), (*moods.labels, None, "no such label"))
    mine, theirs = recipe.fit(moods), recipe.fit(more)
    assert mine.features.names == theirs.features.names
    np.testing.assert_array_equal(mine.weights, theirs.weights)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_label_that_was_never_seen_has_probability_zero(recipe, moods):
    wider = replace(moods, task=Task("moods", ("neg", "never", "pos")))
    probs = recipe.fit(wider).answer([*moods.texts[:5], ""]).probs
    assert (probs[:, 1] == 0).all()
    np.testing.assert_allclose(probs.sum(axis=1), 1)
    narrow = recipe.fit(moods).answer([*moods.texts[:5], ""]).probs
    np.testing.assert_allclose(probs[:, [0, 2]], narrow, atol=1e-6)


@pytest.mark.parametrize("recipe", RECIPES)
def test_soft_labels_are_used(recipe, moods):
    hard = np.eye(2)[moods.targets]
    same = recipe.fit(replace(moods, soft=hard)).answer(moods.texts).probs
    np.testing.assert_allclose(same, recipe.fit(moods).answer(moods.texts).probs, atol=1e-9)
    swapped = recipe.fit(replace(moods, soft=hard[:, ::-1])).answer(["a great song"])
    assert swapped.values == ("neg",)
    doubtful = recipe.fit(replace(moods, soft=0.4 + 0.2 * hard)).answer(moods.texts)
    assert 0.5 < doubtful.confidence.mean() < 0.65
    assert doubtful.values[:2] == recipe.fit(moods).answer(moods.texts[:2]).values


@pytest.mark.parametrize("recipe", RECIPES)
def test_unusable_data_are_refused_with_a_hint(recipe, moods):
    with pytest.raises(UnderdogError, match=r"every training example is labelled 'pos'"):
        recipe.fit(moods.take([i for i, label in enumerate(moods.labels) if label == "pos"]))
    for empty in (moods.take([]), moods.relabelled([None] * len(moods))):
        with pytest.raises(UnderdogError, match="no labelled example") as refused:
            recipe.fit(empty)
        assert "--label" in refused.value.hint


def test_training_is_billed_to_the_caller(moods):
    with Ledger() as bill:
        Bayes().fit(moods)
    assert bill.total.seconds > 0
    assert bill.total.calls == 0


def test_answering_does_not_load_scikit_learn(fitted, tmp_path):
    save(fitted[Linear()], tmp_path / "model")
    program = (
        "import sys, json; from underdog.runtime.persist import load;"
        "said = load(sys.argv[1]).answer(['a great song']).values[0];"
        "print(json.dumps([said, 'sklearn' in sys.modules]))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "model")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["pos", False]


@pytest.fixture(scope="module")
def numbers():
    """Rows of non-negative numbers, and hard and soft gold of three labels."""
    rng = np.random.default_rng(0)
    dense = rng.random((40, 12)) * (rng.random((40, 12)) < 0.5)
    label = rng.integers(0, 3, 40)
    return csr_array(dense), label, np.eye(3)[label], rng.dirichlet([1, 1, 1], 40)


def test_naive_bayes_is_that_of_scikit_learn(numbers):
    rows, label, gold, _ = numbers
    weights, bias = naive_bayes(0.3)(rows, gold)
    trusted = MultinomialNB(alpha=0.3).fit(rows, label)
    np.testing.assert_allclose(weights.T, trusted.feature_log_prob_)
    np.testing.assert_allclose(bias, trusted.class_log_prior_)


def test_naive_bayes_uses_soft_labels(numbers):
    rows, _, _, soft = numbers
    weights, _ = naive_bayes(0.3)(rows, soft)
    copies = csr_array(np.repeat(rows.toarray(), 3, axis=0))
    trusted = MultinomialNB(alpha=0.3).fit(copies, np.tile([0, 1, 2], 40), soft.ravel())
    np.testing.assert_allclose(weights.T, trusted.feature_log_prob_)


def test_the_svms_are_those_of_scikit_learn(numbers):
    rows, label, gold, _ = numbers
    weights, bias = svms(0.7, False, 0)(rows, gold)
    trusted = LinearSVC(C=0.7, random_state=0).fit(rows, label)
    np.testing.assert_allclose(weights.T, trusted.coef_, atol=1e-3)
    np.testing.assert_allclose(bias, trusted.intercept_, atol=1e-3)


def test_a_soft_label_counts_for_and_against(numbers):
    rows, _, _, soft = numbers
    weights, _ = svms(0.7, False, 0)(rows, soft)
    twice = csr_array(np.vstack([rows.toarray()] * 2))
    says = np.repeat([True, False], 40)
    shares = np.concatenate([soft[:, 1], 1 - soft[:, 1]])
    trusted = LinearSVC(C=0.7, random_state=0).fit(twice, says, shares)
    np.testing.assert_allclose(weights[:, 1], trusted.coef_[0], atol=1e-3)


def test_scaling_multiplies_each_feature_by_its_log_count_ratio(numbers):
    rows, label, gold, _ = numbers
    yes, no = label == 2, label != 2
    dense = rows.toarray()
    p, q = dense[yes].sum(axis=0) + 1, dense[no].sum(axis=0) + 1
    ratio = np.log((p / p.sum()) / (q / q.sum()))
    np.testing.assert_allclose(_log_ratio(rows, gold[:, 2], 1 - gold[:, 2]), ratio)
    weights, _ = svms(0.7, True, 0)(rows, gold)
    trusted = LinearSVC(C=0.7, random_state=0).fit(dense * np.abs(ratio), yes)
    np.testing.assert_allclose(weights[:, 2], trusted.coef_[0] * np.abs(ratio), atol=1e-3)


def test_the_temperature_is_the_best_there_is(numbers):
    _, label, gold, _ = numbers

    def log_loss(margins):
        return reference_log_loss(label, softmax(margins))

    margins = 30 * (gold + np.random.default_rng(1).normal(size=gold.shape))
    loss, factor = fit_temperature(margins, gold)
    tried = [log_loss(margins * f) for f in np.geomspace(0.01, 1, 400)]
    assert loss == pytest.approx(min(tried), abs=1e-4)
    assert log_loss(margins * factor) == pytest.approx(loss)
    assert fit_temperature(margins[:19], gold[:19]) == (0.0, 1.0)


def test_rows_whose_label_is_missing_from_their_training_fold_do_not_count(numbers):
    _, _, gold, _ = numbers
    margins = np.random.default_rng(1).normal(size=gold.shape)
    blind = np.where(gold[:, :1] * [1, 0, 0] > 0, -np.inf, margins)
    assert fit_temperature(blind, gold) == fit_temperature(
        margins[gold[:, 0] == 0], gold[gold[:, 0] == 0]
    )


def test_examples_of_one_cluster_are_held_out_together():
    texts = [f"text {i // 2}" if i % 2 else f"TEXT  {i // 2}" for i in range(40)]
    examples = Examples.of(Dataset.of(texts, ["a", "b"] * 20))
    held = np.zeros(40, int)
    for learn, check in examples.held_out(0):
        assert (learn == ~check).all()
        assert (check[::2] == check[1::2]).all()
        held += check
    assert (held == 1).all()


@pytest.mark.data
@pytest.mark.slow
def test_headlines_reach_the_documented_accuracy(real_data):
    with (real_data / "frugalgpt" / "headlines.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    train, test = (
        Dataset.of([r["text"] for r in part], [r["label"] for r in part])
        for part in ([r for r in rows if r["split"] == side] for side in ("train", "test"))
    )
    model = Linear().fit(train)
    answers = model.answer(test.texts)
    assert np.mean(np.array(answers.values) == np.array(test.labels)) >= 0.893
    slow, some = as_pipeline(model, train.texts), slice(500)
    assert list(answers.values[some]) == slow.predict(test.texts[some]).tolist()


def test_of_very_many_texts_a_part_is_enough(moods, monkeypatch):
    from underdog.models.features import tfidf
    from underdog.models.linear import recipe, scorers

    whole = Linear().fit(moods)
    for module, name, most in (
        (tfidf, "MOST_TEXTS", 90),
        (tfidf, "MOST_FEATURES", 500),
        (recipe, "TRIED", 60),
        (recipe, "JUDGED", 20),
        (scorers, "SVM_CELLS", 4_000),
    ):
        monkeypatch.setattr(module, name, most)
    for one in (Linear(), Bayes()):
        part = one.fit(moods)
        assert part.weights.shape == (500, 2)
        assert part.weights.shape < whole.weights.shape
        said = part.answer(moods.texts).values
        assert np.mean([a == b for a, b in zip(said, moods.labels, strict=True)]) > 0.8


def test_the_cost_of_a_fit_grows_with_labels_but_not_in_proportion_to_both():
    def seen(rows, labels):
        names = [f"label {i % labels}" for i in range(rows)]
        return Linear().samples_seen(Dataset.of([str(i) for i in range(rows)], names))

    assert 2 < seen(1440, 300) / seen(128, 128) < 5  # one fold for the choice instead of four
    assert 4 < seen(1440, 2) / seen(128, 2) < 1440 / 128
