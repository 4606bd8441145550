"""Models that name few tokens, as one behind an API does: what is made of them; what refuses."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from language.toys import Toy

from underdog.combine.decoding.additive import Adapted, ContextAware, Contrasted, ProxyTuned
from underdog.combine.decoding.guarded import Guarded
from underdog.combine.decoding.joint import After
from underdog.combine.decoding.mixture import Mixed, Mixture
from underdog.combine.decoding.search import Searched
from underdog.combine.decoding.speculative import Speculative
from underdog.combine.decoding.writers import Sampled
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.core.language import log_softmax, nats
from underdog.models.language.across.bytewise import Bytewise


@dataclass(frozen=True)
class Few:
    """``model`` as an API shows it: its ``named`` likeliest tokens after the last one."""

    model: Toy
    named: int
    stepwise: bool = True

    @property
    def tokenizer(self):
        return self.model.tokenizer

    def extend(self, ids, cache=None):
        logits, inner = self.model.extend(ids, cache.inner if cache else None)
        told = log_softmax(logits[:, -1:])
        order = np.argsort(-told, axis=-1)
        np.put_along_axis(told, order[..., self.named :], -np.inf, axis=-1)
        missing = max(cache.missing if cache else 0.0, float(1 - np.exp(told).sum(axis=-1).min()))
        return told, Seen(inner, missing)


@dataclass(frozen=True)
class Seen:
    inner: object
    missing: float

    @property
    def length(self):
        return self.inner.length

    def crop(self, length):
        return replace(self, inner=self.inner.crop(length))

    def select(self, rows):
        return replace(self, inner=self.inner.select(rows))


API, B, C = Toy(0), Toy(1), Toy(2)
IDS = np.array([[0, 1, 2, 3, 1], [3, 3, 0, 1, 2]])
ALL, TWO = Few(API, 5), Few(API, 2)


def p(model):
    return np.exp(log_softmax(model.extend(IDS)[0]))[:, -1]


@pytest.mark.parametrize(
    "combine",
    [
        lambda m: Contrasted(m, B),
        lambda m: ProxyTuned(m, B, C, alpha=1.5),
        lambda m: Adapted(m, B),
        lambda m: ContextAware(m, "d"),
        lambda m: ContextAware(m, "d", alpha=0.5),
        lambda m: Mixed((m, B), (0.3, 0.7)),
        lambda m: Mixed((B, m), (0.3, 0.7), np.array([[0.1, 0.2, 0.3], [0.3, 0.1, 0.0]])),
    ],
)
def test_where_all_tokens_are_named_nothing_is_lost(combine):
    np.testing.assert_allclose(p(combine(ALL)), p(combine(API)), atol=1e-8)


def test_a_mixture_knows_the_named_tokens_and_the_mass_of_the_others():
    exact, found, local = p(Mixed((API, B), (0.6, 0.4))), p(Mixed((TWO, B), (0.6, 0.4))), p(B)
    named = np.isfinite(TWO.extend(IDS)[0][:, -1])
    np.testing.assert_allclose(found[named], exact[named], atol=1e-12)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-12)
    for row in range(len(IDS)):  # what is missing has the proportions of the local model
        others = ~named[row]
        ratio = found[row, others] / local[row, others]
        np.testing.assert_allclose(ratio, ratio[0], atol=1e-12)


def test_with_weight_1_a_mixture_names_what_the_api_names():
    alone = Mixed((TWO, B), (1.0, 0.0))
    assert alone.named == 2
    np.testing.assert_array_equal(alone.extend(IDS)[0], TWO.extend(IDS)[0])


def test_proxy_tuning_moves_what_is_not_named_as_one_token():
    found, named = p(ProxyTuned(TWO, B, C)), np.isfinite(TWO.extend(IDS)[0][:, -1])
    for row in range(len(IDS)):
        base, plus, minus, seen = p(API)[row], p(B)[row], p(C)[row], named[row]
        moved = base * plus / minus
        rest = base[~seen].sum() * plus[~seen].sum() / minus[~seen].sum()
        moved[~seen] = rest * plus[~seen] / plus[~seen].sum()
        np.testing.assert_allclose(found[row], moved / moved.sum(), atol=1e-12)


def test_contrast_is_exact_where_the_plausible_tokens_are_named():
    found, exact = (p(Contrasted(m, B, plausible=0.6)) for m in (TWO, API))
    kept = (exact > 0).sum(axis=1)
    assert (kept <= 2).any()
    np.testing.assert_allclose(found[kept <= 2], exact[kept <= 2], atol=1e-12)


def test_a_context_is_followed_among_what_is_named():
    found, named = p(ContextAware(TWO, "d")), np.isfinite(After(TWO, "d").extend(IDS)[0][:, -1])
    assert ((found > 0) == named).all()
    np.testing.assert_allclose(found.sum(axis=1), 1.0)


DATA = Dataset.of(["abcd" * (2 + i) for i in range(12)], [None] * 12)


def test_weights_are_learned_one_token_at_a_time():
    exact = Mixture((API, B), tokens=40).fit(DATA).weights
    np.testing.assert_allclose(Mixture((ALL, B), tokens=40).fit(DATA).weights, exact, atol=1e-6)
    assert 0 < Mixture((TWO, B), tokens=40).fit(DATA).weights[0] < 1


def test_how_much_was_missing_is_said():
    with pytest.warns(UserWarning, match=r"\d+ % of the probability lay on tokens"):
        Sampled(TWO, max_tokens=3).answer(["ab"])
    with pytest.warns(UserWarning, match=r"\d+ % of the probability lay on tokens"):
        Searched(Mixed((TWO, C), (0.5, 0.5)), B, C, chunk=2, max_tokens=4).answer(["ab"])
    assert Sampled(ALL, max_tokens=3).answer(["ab"]).values[0] is not None


@pytest.mark.parametrize(
    "use",
    [
        lambda: Guarded(TWO, B).extend(IDS),
        lambda: Contrasted(B, TWO).extend(IDS),
        lambda: ProxyTuned(B, TWO, C).extend(IDS),
        lambda: ProxyTuned(TWO, Few(B, 2), C).extend(IDS),
        lambda: Speculative(TWO).answer(["ab"]),
        lambda: Searched(B, TWO, C).answer(["ab"]),
        lambda: Bytewise(TWO).extend(IDS),
        lambda: nats(TWO, [0, 1, 2]),
        lambda: Sampled(TWO).score(["ab"], ["a", "b"]),
        lambda: Speculative(Mixed((TWO, B), (0.5, 0.5))).answer(["ab"]),
    ],
)
def test_what_needs_all_tokens_refuses(use):
    with pytest.raises(UnderdogError, match="an API names only the likeliest"):
        use()


def test_a_mixture_of_apis_alone_is_refused():
    with pytest.raises(UnderdogError, match="no model of the mixture tells the others"):
        Mixed((TWO, Few(B, 2)), (0.5, 0.5)).extend(IDS)
    assert np.isfinite(nats(Mixed((TWO, B), (0.5, 0.5)), [0, 1, 2])).all()
