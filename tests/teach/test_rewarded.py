"""A policy that is trained by reward moves a model that stays as it is."""

import numpy as np
import pytest

from underdog.combine.decoding.writers import Sampled
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.models.language.lm import LM
from underdog.models.language.ngram import NGram
from underdog.models.linear.recipe import Linear
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build
from underdog.teach.rewarded import Rewarded

pytest.importorskip("torch", reason="pip install 'underdog[torch]'")

GOOD = ["the film was good fun", "the film was great fun"]
BAD = ["the film was bad news", "the film was awful news"]
DATA = Dataset.of([*GOOD, *BAD] * 5, [*["positive"] * 2, *["negative"] * 2] * 5)
POLICY = LM(tokenizer="bytes", width=16, layers=1, length=16)


@pytest.fixture(name="base", scope="module")
def _base():
    return NGram(order=3).fit(DATA)


def share_of(model, judge):
    writer = [Sampled(model, max_tokens=10, temperature=1.0, seed=s) for s in range(40)]
    texts = [w.answer(["the film was "]).values[0] for w in writer]
    return np.mean([value == "negative" for value in judge.answer(texts).values])


def test_what_is_rewarded_becomes_likelier_and_is_saved(base, tmp_path):
    judge = Linear().fit(DATA)
    recipe = Rewarded(base, "negative", POLICY, judge, steps=15, length=9, rate=0.02)
    steered = recipe.fit(DATA)
    before, after = share_of(base, judge), share_of(steered, judge)
    assert 0.2 < before < 0.8
    assert after > before + 0.2
    save(steered, tmp_path / "model")
    ids = np.array([list(b"the film was ")])
    np.testing.assert_allclose(
        load(tmp_path / "model").extend(ids)[0], steered.extend(ids)[0], atol=1e-4
    )


def test_what_cannot_be_rewarded_is_refused(base):
    with pytest.raises(UnderdogError, match="no text has the label 'mixed'"):
        Rewarded(base, "mixed", POLICY).fit(DATA)
    short = Dataset.of(["good", "bad"], ["positive", "negative"])
    with pytest.raises(UnderdogError, match="no text has 8 tokens"):
        Rewarded(base, "positive", POLICY).fit(short)
    other = NGram(order=2).fit(DATA)
    object.__setattr__(other, "tokenizer", type("T", (), {"identity": "other"})())
    with pytest.raises(UnderdogError, match="different tokenizers"):
        Rewarded(other, "positive", POLICY).fit(DATA)


def test_it_is_written_as_a_spec():
    recipe = build("rewarded(causal('smollm2'), 'positive', steps=3)")
    assert recipe.steps == 3
    with pytest.raises(UnderdogError, match="steps"):
        build("rewarded(causal('smollm2'), 'positive', steps=0)")
