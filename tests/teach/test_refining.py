"""Repair: answers that fail are rewritten where that helps, and left alone where it does not."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import moods

from underdog.combine.confidence import Verifier
from underdog.combine.seconded import Seconded, agreement
from underdog.core.answer import Answers
from underdog.core.cost import Ledger
from underdog.core.data import Archive, Dataset
from underdog.core.errors import UnderdogError
from underdog.models.fake import Scripted
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build, spec
from underdog.teach.refining.gate import chosen
from underdog.teach.refining.recipe import Refined


def logged(wrong: int = 3, n: int = 120) -> Dataset:
    """Reviews with a large model's answers, every ``wrong``-th false, and what it thought."""
    data = moods(n, noise=10**6)
    swap = {"pos": "neg", "neg": "pos"}
    said = [swap[y] if i % wrong == 0 else y for i, y in enumerate(data.labels)]
    thought = [f"step 1: it reads {'well' if y == 'pos' else 'badly'}" for y in data.labels]
    columns = {"llm": tuple(said), "thoughts": tuple(thought), "price": ("0.01",) * n}
    return replace(data, archive=Archive(data.texts, columns))


def accuracy(model, data):
    return np.mean(
        [a == b for a, b in zip(model.answer(data.texts).values, data.labels, strict=True)]
    )


LOG = logged()
RECORDED = "recorded('llm', price='price')"


@pytest.fixture(scope="module", name="repaired")
def _repaired():
    train, test = LOG.split(0.3)
    recipe = build(f"refined({RECORDED}, bayes(), bayes(), reads=['thoughts'])")
    assert build(spec(recipe)) == recipe
    return recipe.fit(train), test


def test_wrong_answers_are_rewritten_from_text_answers_and_thoughts(repaired, tmp_path):
    model, test = repaired
    recorded = build(RECORDED).fit(LOG)
    assert accuracy(model, test) > accuracy(recorded, test) + 0.2
    fact = model.describe(())[0]
    assert fact.name == "refining"
    assert "rewrites" in fact.says
    with Ledger() as bill:
        answers = model.answer(test.texts)
    assert bill.total.dollars == pytest.approx(answers.total.dollars, nan_ok=True)
    save(model, tmp_path / "m")
    assert load(tmp_path / "m").answer(test.texts).values == answers.values


def test_rewriting_that_does_not_help_is_switched_off_and_said_so():
    data = logged(wrong=10**6)
    model = Refined(build(RECORDED), None, build("majority()")).fit(data)
    assert model.rewriter is None
    assert model.answer(data.texts).values == build(RECORDED).fit(data).answer(data.texts).values
    assert "switched off" in model.describe(())[0].says


def test_a_model_that_writes_is_asked_about_failing_answers_only():
    writer = Scripted(
        (("great", "pos"), ("lovely", "pos"), ("good", "pos"), ("brilliant", "pos")),
        "neg",
        dollars_per_word=0.001,
    )
    recipe = Refined(build(RECORDED), Seconded(build("bayes()")), writer)
    model = recipe.fit(LOG)
    assert model.rewriter is not None
    answers = model.answer(LOG.texts)
    asked = sum("scripted" in path for path in answers.paths)
    assert 0 < asked < len(LOG) / 2
    assert accuracy(model, LOG) > 0.9


def test_written_answers_are_picked_among_several():
    n = 60
    texts = [f"question {i}" for i in range(n)]
    right = [f"the answer is {'alpha' if i % 2 else 'beta'}" for i in range(n)]
    one = [r if i % 3 else "sorry, nothing" for i, r in enumerate(right)]
    other = [r if i % 3 == 0 else "sorry, nothing" for i, r in enumerate(right)]
    data = Dataset.of(texts, right, kind="text")
    data = replace(data, archive=Archive(data.texts, {"a": tuple(one), "b": tuple(other)}))
    model = build("refined(recorded('a'), bayes(), bayes(), reads=[recorded('b')])").fit(data)
    assert model.rewriter is not None
    assert accuracy(model, data) == 1.0


def test_what_a_gate_brings_is_measured_with_thresholds_of_other_rows():
    rng = np.random.default_rng(0)
    sure = rng.random(1000)
    before = (rng.random(1000) < sure).astype(float)
    after = (rng.random(1000) < 0.6).astype(float)
    gate = chosen(sure, before, after, np.arange(1000) % 5)
    assert 0.3 < gate.threshold < 0.9
    assert gate.helps
    assert gate.gain == pytest.approx(0.18, abs=0.04)  # integral of .6 - s for s below .6
    none = chosen(sure, before, before * 0, np.arange(1000) % 5)
    assert not none.helps
    assert none.share == 0.0


def test_what_can_not_verify_or_rewrite_is_refused():
    for wrong in ("linear(), 'x'", "'x', linear()", "linear(), None"):
        with pytest.raises(UnderdogError, match=r"is no (verifier|rewriter)"):
            build(f"refined(recorded('llm'), {wrong})")


def test_seconds_agree_by_kind():
    one, other = (
        Answers.said(values, np.zeros((2, 6)), "m") for values in (("a cat", ""), ("a dog", ""))
    )
    assert agreement(one, other, "text").tolist() == [0.5, 0.0]
    assert agreement(one, other, "label").tolist() == [0.0, 0.0]
    assert isinstance(Verifier(Scripted(())).weigh(["x"], one.take([0]))[1], np.ndarray)
