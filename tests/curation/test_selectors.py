"""Selectors: each finds what it is for; combined ones hold to their parts."""

from itertools import permutations

import numpy as np
import pytest
from conftest import moods

import underdog as ud
from underdog.core.protocols import Selector
from underdog.curation.curate import selector_of
from underdog.curation.pool import Held
from underdog.curation.scoring import scores
from underdog.curation.selectors.controls import Length, Random
from underdog.curation.selectors.diverse import facility_location
from underdog.curation.selectors.doremi import asked_of, weighed
from underdog.curation.selectors.dsir import Buckets, Dsir
from underdog.curation.selectors.valued import shapley
from underdog.runtime import persist

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
    labels = [("a", "b")[i % 7 == 0] if i < 60 else None for i in range(120)]
    data = ud.Dataset.of(texts, labels, groups=["bio"] * 30 + ["money"] * 90)
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
    "quality(good='a', rated=60)",
    "diverse(block=50)",
    "valued(k=3)",
    "doremi(ngram(order=2), rounds=20)",
    "mods(share=0.2)",
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


def test_quality_learns_from_ratings_and_tells_its_f1():
    good = sentences(WORDS, 60, 0)
    bad = [" ".join(reversed(text)) for text in sentences(WORDS, 60, 1)]
    data = ud.Dataset.of(good + bad, ["5"] * 40 + [None] * 20 + ["1"] * 40 + [None] * 20)
    pool = Held.of(data)
    values = scores(ud.build("quality()"), pool)
    assert np.isfinite(values[:60]).all()
    assert np.isinf(values[60:]).all()
    (told,) = pool.told.values()
    assert told["f1"] == 1.0
    assert told["rated as not good"] == 60
    with pytest.raises(ud.UnderdogError, match="both kinds are needed"):
        scores(ud.build("quality(good=9)"), Held.of(data))
    with pytest.raises(ud.UnderdogError, match="no ratings"):
        scores(ud.build("quality()"), Held.of(data.relabelled([None] * 120)))


def test_a_model_that_writes_is_asked_for_ratings(llm):
    llm(replies=[["heart", "Rating: 4"], ["stocks", "1"]], models=["rater"])
    texts = ["the heart beats " + text for text in sentences(WORDS, 30, 0)]
    texts += ["stocks fell " + text for text in sentences(OTHER, 30, 1)]
    values = scores(ud.build("quality(chat('rater'))"), Held.of(ud.Dataset.of(texts, [None] * 60)))
    assert np.isfinite(values).tolist() == [True] * 30 + [False] * 30


def test_facility_location_takes_what_stands_for_most_first():
    likeness = np.eye(6, dtype=np.float32)
    likeness[:4, :4] = 0.9
    np.fill_diagonal(likeness, 1)
    order = facility_location(likeness)
    assert order[0] < 4
    assert set(order[1:3].tolist()) == {4, 5}
    assert sorted(order.tolist()) == list(range(6))


def test_shapley_values_are_exact():
    dice = np.random.default_rng(0)
    like, labels = dice.random((3, 6)), np.array(list("abaabb"), dtype=object)
    truth = np.array(list("aba"), dtype=object)

    def worth(rows, q):
        near = sorted(rows, key=lambda i: -like[q, i])[:2]
        return sum(labels[i] == truth[q] for i in near) / 2

    expected = np.zeros(6)
    for order in permutations(range(6)):
        for q in range(3):
            for place, i in enumerate(order):
                expected[i] += worth(order[: place + 1], q) - worth(order[:place], q)
    assert np.allclose(shapley(like, labels, truth, 2), expected / 720 / 3)


def test_wrong_labels_have_the_lowest_values():
    data = moods(240, noise=10_000)
    swap = {"pos": "neg", "neg": "pos"}
    labels = [swap[y] if i % 11 == 5 else y for i, y in enumerate(data.labels)]
    values = scores(ud.build("valued(k=5)"), Held.of(data.relabelled(labels)))
    wrong = np.arange(240) % 11 == 5
    assert np.isin(np.argsort(values)[:20], np.flatnonzero(wrong)).mean() >= 0.7


def test_doremi_lowers_the_worst_excess_loss(pool):
    recipe = ud.build("doremi(ngram(order=2), rounds=100)")
    sources = pool.data.columns["#source"]
    weights, said = weighed(recipe, pool, sources, ["bio", "money"])
    assert weights.sum() == pytest.approx(1)

    def worst(mixture):
        own = [-said[d][d].mean() for d in range(2)]
        return max(asked_of(np.array(mixture), said[d])[0] - own[d] for d in range(2))

    best = min(worst([w, 1 - w]) for w in np.linspace(0.01, 0.99, 99))
    assert worst(weights) <= best + 0.01
    assert worst(weights) < worst([0.05, 0.95])
    with pytest.raises(ud.UnderdogError, match="several sources"):
        scores(recipe, Held.of(ud.Dataset.of(["a", "b"], [None] * 2)))


def test_mods_takes_its_share_from_the_good_half(pool):
    length = scores(Length(), pool)
    values = scores(ud.build("mods(length(), share=0.2)"), pool)
    assert (values > 2).sum() == 12
    assert (values > 1).sum() == 24
    assert length[values > 1].min() >= np.sort(length)[-60]


def test_less_likes_what_has_the_gradients_of_the_target(pool):
    pytest.importorskip("torch")
    few = Held.of(pool.data.take([*range(8), *range(40, 56)]), pool.target.take(range(6)), seed=1)
    small = "lm(width=16, layers=1, length=48, batch=4, rate=0.01)"
    recipe = ud.build(f"less({small}, warmup=24, dims=4096)")
    values = scores(recipe, few)
    assert (np.argsort(-values)[:8] < 8).mean() > 0.8
    assert np.abs(values).max() <= 1
    ready = recipe.learn(few)
    unpacked = persist.unpacked(persist.packed(ready))  # as another machine gets it
    assert np.allclose(unpacked.score(few.data), values, atol=1e-5)


def test_gradients_are_projected_without_losing_their_angles():
    torch = pytest.importorskip("torch")
    from underdog.curation.selectors.gradients import Gradients, warmed

    recipe = ud.build("lm(width=16, layers=1, length=32, batch=2)")
    weights, first, second, steps = warmed(recipe, sentences(WORDS, 4, 0), 0)
    text = sentences(WORDS, 1, 5)[0]
    made = Gradients(recipe, weights, (first, second, steps), 4096, 0)
    other = sentences(OTHER, 1, 6)[0]
    whole = [_gradient(torch, made, one) for one in (text, other)]
    exact = float(whole[0] @ whole[1] / whole[0].norm() / whole[1].norm())
    found = float(made.direction(text, adam=False) @ made.direction(other, adam=False))
    assert found == pytest.approx(exact, abs=0.06)
    assert steps == 2


def _gradient(torch, made, text):
    ids = torch.tensor([[made.own.end, *made.own.encode(text)][:33]])
    loss = made.body(ids, labels=ids).loss
    parts = torch.autograd.grad(loss, list(made.trained.values()))
    return torch.cat([part.flatten() for part in parts])
