"""Decoding arithmetic: each combination against its formula, and in the settings where it must
do nothing.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from language.toys import Letters, Toy, law

from underdog.combine.decoding.additive import Adapted, ContextAware, Contrasted, ProxyTuned
from underdog.combine.decoding.guarded import Guarded, balanced
from underdog.combine.decoding.joint import After
from underdog.combine.decoding.mixture import Mixed, Mixture, constant, features_of
from underdog.combine.decoding.writers import Sampled
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.core.language import log_softmax, nats
from underdog.core.protocols import pinned
from underdog.models.language.ngram import NGram
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build, spec

A, B, C, IGNORANT = Toy(0), Toy(1), Toy(2), Toy(3, sharp=0.0)
IDS = np.array([[0, 1, 2, 3, 1], [3, 3, 0, 1, 2]])


def p(model, ids=IDS):
    return np.exp(log_softmax(model.extend(ids)[0]))


def normed(weights):
    return weights / weights.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize(
    ("combined", "same_as"),
    [
        (Contrasted(A, IGNORANT, plausible=0.0), A),
        (Contrasted(A, B, alpha=0.0), A),
        (ProxyTuned(A, B, B), A),
        (ProxyTuned(A, B, C, alpha=0.0), A),
        (Adapted(A, IGNORANT), A),
        (ContextAware(A, ""), A),
        (After(A, ""), A),
        (Mixed((A, B), (1.0, 0.0)), A),
        (Mixed((A, B), (0.0, 1.0)), B),
    ],
    ids=repr,
)
def test_what_must_do_nothing_does_nothing_bit_for_bit(combined, same_as):
    np.testing.assert_array_equal(combined.extend(IDS)[0], same_as.extend(IDS)[0])


@pytest.mark.parametrize(
    ("combined", "formula"),
    [
        (Contrasted(A, B, alpha=0.7, plausible=0.0), lambda: p(A) / p(B) ** 0.7),
        (ProxyTuned(A, B, C, alpha=2.0), lambda: p(A) * (p(B) / p(C)) ** 2),
        (Adapted(A, B), lambda: p(A) * p(B)),
        (Mixed((A, B), (0.3, 0.7)), lambda: 0.3 * p(A) + 0.7 * p(B)),
    ],
    ids=["contrasted", "proxy_tuned", "adapted", "mixture"],
)
def test_a_combination_is_its_formula(combined, formula):
    np.testing.assert_allclose(p(combined), normed(formula()), atol=1e-12)


def test_implausible_tokens_are_excluded():
    expert = p(A)
    kept = p(Contrasted(A, B, plausible=0.5)) > 0
    np.testing.assert_array_equal(kept, expert >= 0.5 * expert.max(axis=-1, keepdims=True))


def test_context_awareness_follows_the_context_as_far_as_it_changes_anything():
    prompt = np.array([[0]])  # the toy looks two tokens back: the context is the one before
    with_it, without = p(After(A, "d"), prompt), p(A, prompt)
    fixed = p(ContextAware(A, "d", alpha=0.5), prompt)
    np.testing.assert_allclose(fixed, normed(with_it**1.5 / without**0.5), atol=1e-12)
    middle = (with_it + without) / 2
    bits = 0.5 * sum((x * np.log2(x / middle)).sum() for x in (with_it, without))
    adaptive = p(ContextAware(A, "d"), prompt)
    np.testing.assert_allclose(adaptive, normed(with_it ** (1 + bits) / without**bits), atol=1e-12)


def test_after_is_the_model_that_read_the_text_before():
    whole, _ = A.extend(np.array([[3, 2, 0, 1]]))
    np.testing.assert_array_equal(After(A, "dc").extend(np.array([[0, 1]]))[0], whole[:, 2:])


NESTED = Contrasted(Mixed((A, B), (0.4, 0.6)), ProxyTuned(After(A, "cd"), B, C), plausible=0.0)


@pytest.mark.parametrize("model", [NESTED, Guarded(A, B), ContextAware(A, "ab")], ids=type)
def test_combinations_are_closed_read_in_pieces_and_forget(model):
    first, memory = model.extend(IDS[:, :2])
    _, memory = model.extend(IDS[:, 2:4], memory)
    assert memory.length == 4
    memory = memory.crop(3)
    last, _ = model.extend(IDS[:, 3:], memory.select([1, 0]).select([1, 0]))
    again, memory = model.extend(IDS[:, :2])
    rest, _ = model.extend(IDS[:, 2:], memory)
    np.testing.assert_allclose(last, rest[:, 1:], atol=1e-12)
    np.testing.assert_array_equal(first, again)
    assert sum(law(model, [0, 1], 2).values()) == pytest.approx(1.0, abs=1e-12)


def test_the_weights_of_a_mixture_are_those_that_made_the_text():
    draw = np.random.default_rng(0)
    chances = draw.dirichlet([1.0, 1, 1], size=(2, 20_000))
    source = (draw.random(20_000) < 0.25).astype(int)
    token = [draw.choice(3, p=chances[s, i]) for i, s in enumerate(source)]
    chosen = np.log(chances[:, np.arange(20_000), token]).T
    np.testing.assert_allclose(constant(chosen), [0.75, 0.25], atol=0.02)


@pytest.fixture(name="notes", scope="module")
def _notes():
    places = [f"{side} {part}" for side in ("left", "right") for part in ("knee", "hip", "arm")]
    texts = [f"{word} pain in the {place}" for word in ("mild", "bad", "old") for place in places]
    return Dataset.of(texts, [None] * len(texts))


def test_a_full_gate_sees_entropies_the_likeliest_tokens_and_the_difference():
    sure, even = np.log(np.array([[0.98, 0.01, 0.01]])), np.log(np.full((1, 3), 1 / 3))
    one, first, second, top, flat, apart = features_of([sure, even])[0]
    mean = (np.exp(sure) + np.exp(even)) / 2
    entropy = -(np.exp(sure) * sure).sum()
    assert (one, first, second) == pytest.approx((1.0, entropy, np.log(3)))
    assert (top, flat) == pytest.approx((np.log(0.98), -np.log(3)))
    assert apart == pytest.approx(-(mean * np.log(mean)).sum() - (first + second) / 2)
    assert features_of([sure, sure])[0, -1] == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_array_equal(features_of([sure, even], full=False)[0], [one, first, second])


@pytest.mark.parametrize("gate", ["constant", "entropy", "full"])
def test_a_mixture_leaves_out_what_does_not_help(notes, gate, tmp_path):
    useless = NGram(order=2).fit(Dataset.of(["zzzz qqqq"], [None]))
    mixed = Mixture((NGram(order=4), useless), gate=gate, tokens=300).fit(notes)
    text = "mild pain in the right hip"
    alone, both = (nats(m, text.encode()).mean() for m in (mixed.models[0], mixed))
    assert both < alone + 0.01
    assert mixed.weights[1] < 0.1
    save(mixed, tmp_path / "model")
    assert nats(load(tmp_path / "model"), text.encode()).mean() == both


@dataclass(frozen=True)
class Named(Toy):
    """A toy that reads weights by name."""

    def pinned(self):
        return replace(self, seed=9)


def test_what_is_fitted_is_bound_to_the_weights_that_are_here():
    texts = Dataset.of(["abab", "baba", "abba", "aabb", "bbaa", "abcd", "dcba"], [None] * 7)
    assert Mixture((Named(0), B)).fit(texts).models == (Named(9), B)
    assert pinned(Sampled(Named(0))).model == Named(9)


def test_a_mixture_of_nothing_is_refused():
    with pytest.raises(UnderdogError, match="too few texts"):
        Mixture((A, B)).fit(Dataset.of(["a"], [None]))
    with pytest.raises(UnderdogError, match="no gate"):
        Mixture((A, B), gate="ajar")


def test_the_guard_finds_the_best_balance():
    one, other = log_softmax(A.extend(IDS)[0]), log_softmax(B.extend(IDS)[0])
    ahead = np.linspace(-1, 1, 10).reshape(2, 5)

    def worst(r):
        divergences = [(np.exp(r) * (r - x)).sum(axis=-1) for x in (one, other)]
        return np.maximum(divergences[0], divergences[1] + ahead)

    ours = worst(balanced(one, other, ahead))
    for w in np.linspace(0, 1, 41):
        assert (ours <= worst(log_softmax(w * one + (1 - w) * other)) + 1e-6).all()


def test_a_guard_between_two_parrots_repeats_neither():
    secret = "abacabadabacabadabac"
    knows = NGram(order=6).fit(Dataset.of([secret] * 5 + ["cbdbcbdbcbdb"], [None] * 6))
    not_this = NGram(order=6).fit(
        Dataset.of(["cbdbcbdbcbdb"] * 3 + ["abab", "acac", "adad"], [None] * 6)
    )
    alone = Sampled(knows, max_tokens=17).answer(["aba"]).values[0]
    guarded = Sampled(Guarded(knows, not_this), max_tokens=17).answer(["aba"]).values[0]
    assert alone == secret[3:]
    assert guarded != alone


def test_two_vocabularies_are_never_mixed():
    other = Toy(1, tokenizer=Letters(4))
    for combined in (Contrasted(A, other), Mixed((A, other), (0.5, 0.5)), Guarded(A, other)):
        with pytest.raises(UnderdogError, match=r"two vocabularies, of 5 and 4 tokens.*\n.*same"):
            combined.extend(IDS)


def test_scores_that_are_not_numbers_are_refused():
    with pytest.raises(UnderdogError, match=r"NaN.*\n.*bits=32"):
        Sampled(Toy(sharp=np.nan), max_tokens=2, temperature=1.0).answer(["ab"])


def test_specs_are_reprs():
    text = "contrasted(causal(), causal(model='gemma3', bits=16), alpha=0.5)"
    assert spec(build(text)) == "contrasted(causal(), causal(model='gemma3', bits=16), alpha=0.5)"
