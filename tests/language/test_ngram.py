"""Modified Kneser-Ney against a plain, slow reading of the formulas, and the laws of a model."""

from collections import Counter

import numpy as np
import pytest

from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.core.language import nats
from underdog.models.language.kneser_ney import Order, Table, discounts
from underdog.models.language.ngram import NGram
from underdog.models.language.tokenizers import Bytes
from underdog.runtime import registry
from underdog.runtime.persist import load, save

WORDS = 5  # the vocabulary: tokens 0 to 4; token 5 begins a text


def corpus(n=40, seed=0):
    draw = np.random.default_rng(seed)
    return [
        draw.choice(WORDS, draw.integers(1, 9), p=[0.4, 0.3, 0.15, 0.1, 0.05]).tolist()
        for _ in range(n)
    ]


def slow(documents, order):
    """p(word | context) straight from Chen and Goodman's formulas, with dictionaries."""
    padded = [(WORDS, *d) for d in documents]
    grams = [
        Counter(tuple(d[i : i + n]) for d in padded for i in range(len(d) - n + 1))
        for n in range(1, order + 1)
    ]
    counts = []
    for n in range(1, order + 1):
        if n == order:
            counts.append(dict(grams[n - 1]))
        else:
            before = Counter(g[1:] for g in grams[n])
            counts.append({g: c if g[0] == WORDS else before[g] for g, c in grams[n - 1].items()})
    counts[0].pop((WORDS,))
    off = [discounts(np.array(list(c.values()))) for c in counts]

    def p(word, context):
        n = len(context) + 1
        lower = p(word, context[1:]) if context else 1 / WORDS
        after = {g: c for g, c in counts[n - 1].items() if g[:-1] == context}
        total = sum(after.values())
        if not total:
            return lower
        taken = {g: off[n - 1][min(c, 3) - 1] for g, c in after.items()}
        gram = (*context, word)
        return (after.get(gram, 0) - taken.get(gram, 0) + sum(taken.values()) * lower) / total

    return lambda word, history: p(
        word, tuple((WORDS, *history)[-(order - 1) :]) if order > 1 else ()
    )


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_probabilities_are_those_of_the_formulas(order):
    documents = corpus()
    table, expected = Table.of(documents, order, WORDS + 1), slow(documents, order)
    for text in [*corpus(5, seed=1), [4, 4, 4, 4, 4, 4]]:
        ours = table.probabilities(text)
        theirs = [expected(w, text[:i]) for i, w in enumerate(text)]
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
        for i, word in enumerate(text):
            row = table.next(text[:i])
            assert row.sum() == pytest.approx(1.0, abs=1e-12)
            assert row[word] == pytest.approx(ours[i], abs=1e-12)


def test_a_bigram_by_hand():
    # "a b", "a c": contexts of a are {start}, of b and c {a}; too few counts to estimate
    # discounts, so they are .5, 1, 1.5. p1(b) = (1 - .5)/3 + (1.5/3)/3; p2(b|a) = .25 + .5 p1(b)
    table = Table.of([[0, 1], [0, 2]], 2, 4)
    unigram = 0.5 / 3 + 0.5 / 3
    assert table.next([0])[1] == pytest.approx((1 - 0.5) / 2 + (1.0 / 2) * unigram, abs=1e-15)
    assert table.next([])[0] == pytest.approx((2 - 1.0) / 2 + (1.0 / 2) * unigram, abs=1e-15)


def test_discounts_are_those_of_the_paper():
    counts = np.repeat([1, 2, 3, 4, 9], [10, 4, 2, 1, 3])
    y = 10 / 18
    np.testing.assert_allclose(
        discounts(counts), [1 - 2 * y * 0.4, 2 - 3 * y * 0.5, 3 - 4 * y * 0.5]
    )
    np.testing.assert_array_equal(discounts(np.array([1, 5])), [0.5, 1.0, 1.5])


@pytest.fixture(name="model", scope="module")
def _model():
    texts = [f"the {w} cat sat on the {w} mat" for w in ("old", "red", "new", "wet")]
    return NGram(order=4).fit(Dataset.of(texts, [None] * 4))


def test_a_model_reads_in_pieces_as_at_once(model):
    ids = np.array([Bytes().encode("the cat")])
    whole, cache = model.extend(ids)
    first, part = model.extend(ids[:, :3])
    second, part = model.extend(ids[:, 3:], part)
    np.testing.assert_array_equal(whole, np.concatenate([first, second], axis=1))
    again, _ = model.extend(ids[:, 3:], part.crop(3))
    np.testing.assert_array_equal(again, second)
    assert cache.length == part.length == 7
    both, _ = model.extend(ids[:, 3:].repeat(2, 0), model.extend(ids[:, :3])[1].select([0, 0]))
    np.testing.assert_array_equal(both[1], second[0])


def test_surprisal_is_what_the_model_says_token_by_token(model):
    ids = Bytes().encode("the wet dog")
    np.testing.assert_allclose(model.surprisal("the wet dog")[1:], nats(model, ids), atol=1e-12)
    assert model.surprisal("the wet mat").mean() < model.surprisal("teh mtw tea").mean()


def test_a_saved_model_is_the_same(model, tmp_path):
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    np.testing.assert_array_equal(again.surprisal("the cat"), model.surprisal("the cat"))


def test_no_texts_are_refused():
    with pytest.raises(UnderdogError, match="no texts"):
        NGram().fit(Dataset.of([" "], [None]))


def test_an_order_that_no_text_reaches_takes_no_part():
    model = NGram(order=9).fit(Dataset.of(["ab"], [None]))
    assert (model.table.probabilities([97, 98, 120, 121]) > 0).all()


@pytest.mark.parametrize("keys", [[5, 4], [1 << 50]])
def test_a_table_that_points_beyond_itself_is_refused(keys):
    order = Order(np.array(keys), np.ones(len(keys), np.int64), np.ones(3))
    problem = registry.wrong(Table, {"orders": (order,), "vocabulary": 257})
    assert problem.startswith("orders")
