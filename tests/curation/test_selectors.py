"""Selectors: each finds what it is for; combined ones hold to their parts."""

import numpy as np
import pytest

import underdog as ud
from underdog.core.protocols import Selector
from underdog.curation.curate import selector_of
from underdog.curation.pool import Held
from underdog.curation.scoring import scores
from underdog.curation.selectors.controls import Length, Random
from underdog.curation.selectors.dsir import Buckets, Dsir

WORDS = [
    "the",
    "cell",
    "divides",
    "and",
    "grows",
    "while",
    "blood",
    "flows",
    "to",
    "every",
    "organ",
    "of",
    "a",
    "patient",
]
OTHER = [
    "stocks",
    "fell",
    "as",
    "traders",
    "sold",
    "bonds",
    "before",
    "a",
    "bank",
    "raised",
    "rates",
    "in",
    "the",
    "market",
]


def sentences(words, n, seed):
    dice = np.random.default_rng(seed)
    return [" ".join(dice.choice(words, dice.integers(8, 20))) for _ in range(n)]


@pytest.fixture(name="pool", scope="module")
def _pool():
    texts = sentences(WORDS, 30, 0) + sentences(OTHER, 90, 1)
    data = ud.Dataset.of(texts, [None] * 120, groups=["bio"] * 30 + ["money"] * 90)
    target = ud.Dataset.of(sentences(WORDS, 20, 2), [None] * 20)
    return Held.of(data, target, seed=3)


SPECS = [
    "random()",
    "length()",
    "duplicates()",
    "duplicates(kind='exact')",
    "duplicates(kind='passages')",
    "rules(sets=['c4'], least=5)",
    "dsir()",
    "perplexity(ngram(order=3))",
    "perplexity(ngram(order=3), against=ngram(order=3))",
    "both(length(), dsir())",
    "then(duplicates(), dsir(), keep=0.5)",
    "quota(dsir(), {'bio': 1.0, 'money': 2.0})",
]


@pytest.mark.parametrize("said", SPECS)
def test_every_selector_keeps_the_contract(said, pool):
    one = selector_of(said)
    assert isinstance(one, Selector)
    assert ud.build(ud.spec(one)) == one
    hash(one)
    values = scores(one, pool)
    assert values.shape == (120,)
    assert not np.isnan(values).any()
    assert np.array_equal(values, scores(one, pool))
    half = np.arange(120) % 2 == 0
    assert np.isnan(scores(one, pool.only(half))[~half]).all()


@pytest.mark.parametrize("said", ["dsir()", "perplexity(ngram(order=3), against=ngram(order=3))"])
def test_selectors_with_a_target_find_what_is_like_it(said, pool):
    assert set(np.argsort(-scores(ud.build(said), pool))[:28]) <= set(range(30))


def test_dsir_is_the_log_ratio_of_hashed_bags():
    data = ud.Dataset.of(["a b", "b b c"], [None] * 2)
    target = ud.Dataset.of(["A b"], [None])
    grams = [["a", "b", "a b"], ["b", "b", "c", "b b", "b c"]]
    place = Buckets(64)
    p, q = (np.zeros(64), np.zeros(64))
    for gram in grams[0]:
        p[place[gram]] += 1 / 3
    for gram in grams[0] + grams[1]:
        q[place[gram]] += 1 / 8
    ratio = np.log(p + 1e-8) - np.log(q + 1e-8)
    expected = [sum(ratio[place[gram]] for gram in document) for document in grams]
    found = scores(Dsir(buckets=64, mean=False), Held.of(data, target))
    assert np.allclose(found, expected, atol=1e-9)


def test_duplicates_keep_the_first_of_each_kind():
    long = " ".join(f"word{i}" for i in range(300))
    texts = [long, long.upper(), f"{long} and a bit", "start " * 30 + long[:1500], "another text"]
    data = ud.Dataset.of(texts, [None] * 5)
    refused = {
        kind: np.flatnonzero(np.isinf(ud.build(f"duplicates(kind='{kind}')").score(data))).tolist()
        for kind in ("exact", "near", "passages")
    }
    assert refused == {"exact": [1], "near": [1, 2], "passages": [1, 2, 3]}


def test_rules_say_which_one_was_broken():
    rules = ud.build("rules(least=5)")
    good = (
        "The garden that we have is full of trees. Birds come to it with the first light. "
        "They sing for an hour. Later the heat drives all of them into the shade again."
    )
    assert rules.broken(good) == ""
    broken = {
        "too short": "gopher: fewer than 5 words",
        "12 34 56 78 90 12": "gopher: mean word length not 3 to 10",
        f"{good} lorem ipsum": "c4: lorem ipsum",
        good + " { }": "c4: a curly bracket",
        "\n".join([good] * 3): "gopher: more than 30 % of the lines are repeated",
        "buy cheap watches " * 20: "gopher: fewer than 2 of the commonest words",
    }
    assert {text: rules.broken(text) for text in broken} == broken
    values, counts = rules.counted(ud.Dataset.of([good, *broken], [None] * 7))
    assert np.isinf(values).tolist() == [False] + [True] * 6
    assert sum(counts.values()) == 6


def test_combined_selectors_do_what_they_say(pool):
    length = scores(Length(), pool)
    first = scores(ud.build("then(length(), random(), keep=0.25)"), pool)
    chosen = np.argsort(-first)[:30]
    assert length[chosen].min() >= np.sort(length)[-30]
    both = scores(ud.build("both(length(), dsir())"), pool)
    assert both[both.argmax()] > 0.5
    quota = scores(ud.build("quota(dsir(), {'bio': 1.0, 'money': 2.0})"), pool)
    assert (np.argsort(-quota)[:30] < 30).sum() == 10
    with pytest.raises(ud.UnderdogError, match="no source 'law'"):
        scores(ud.build("quota(random(), {'law': 1.0})"), pool)


def test_the_random_control_depends_on_the_seed_and_the_text_alone(pool):
    assert not np.array_equal(Random(1).score(pool.data), Random(2).score(pool.data))
    backwards = pool.data.take(range(119, -1, -1))
    assert np.array_equal(Random(1).score(backwards), Random(1).score(pool.data)[::-1])
