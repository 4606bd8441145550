"""A model behind a real API as a language model: llama.cpp serves SmolLM2 over HTTP."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from underdog.combine.decoding.mixture import Mixed
from underdog.combine.decoding.writers import Sampled
from underdog.core.cost import Ledger
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.models.chat.patience import Fault
from underdog.models.language.hosted.model import Hosted
from underdog.models.language.hosted.reply import Spelled, _named
from underdog.models.language.ngram import NGram
from underdog.models.language.weights import located
from underdog.runtime.registry import build, spec
from underdog.runtime.store import default_store


@pytest.fixture(name="served")
def _served(llama_url, monkeypatch):
    pytest.importorskip("transformers", reason="pip install 'underdog[torch]'")
    monkeypatch.setenv("OPENAI_BASE_URL", llama_url)
    return Hosted("smollm2", top=20)


def test_it_tells_what_the_same_weights_tell_in_process(served):
    from underdog.models.language.engine import engine

    ids = served.tokenizer.encode("The capital of France is")
    told, memory = served.extend(np.array([ids]))
    assert told.shape == (1, 1, served.tokenizer.size)
    named = np.flatnonzero(np.isfinite(told[0, 0]))
    assert len(named) == 20
    assert memory.missing == pytest.approx(1 - np.exp(told[0, 0, named]).sum())
    assert 0 < memory.missing < 0.3
    local = engine("smollm2", located("smollm2"), 4096, 1, False)
    right = local.next_logprobs(ids, named.tolist())
    np.testing.assert_allclose(told[0, 0, named], right, atol=0.02)
    assert served.tokenizer.decode([int(told[0, 0].argmax())]) == " Paris"


def test_it_writes_with_a_receipt_and_says_what_was_missing(served):
    with Ledger() as bill, pytest.warns(UserWarning, match="lay on tokens that a model did not"):
        answer = Sampled(served, max_tokens=3).answer(["The capital of France is"])
    assert answer.values[0].startswith(" Paris")
    assert bill.total == answer.total
    assert (answer.total.calls, answer.total.tokens_out) == (3, 3)
    assert answer.total.tokens_in == 5 + 6 + 7
    assert answer.total.dollars is None  # the price of this server is unknown


def test_a_mixture_with_it_writes_what_the_domain_says(served):
    notes = Dataset.of([f"knee pain {i}, knee pain {i}" for i in range(6)], [None] * 6)
    both = Mixed((served, NGram(3, "smollm2").fit(notes)), (0.2, 0.8))
    with pytest.warns(UserWarning, match="an approximation"):
        wrote = Sampled(both, max_tokens=4).answer(["knee pain 3, knee"]).values[0]
    assert wrote.startswith(" pain")


def test_what_is_on_file_is_not_asked_again(served):
    ids = np.array([served.tokenizer.encode("Once upon a")])
    with default_store().open():
        first, _ = served.extend(ids)
        served_elsewhere = Hosted("smollm2", top=20, retries=0, timeout=0.001)
        again, _ = served_elsewhere.extend(ids)
    np.testing.assert_array_equal(first, again)


def test_another_vocabulary_is_refused(served, monkeypatch):
    wrong = Hosted("smollm2", vocabulary="bytes")
    with pytest.raises(UnderdogError, match="has another vocabulary than the one that was named"):
        wrong.extend(np.array([[65, 66]]))


def test_a_server_that_is_not_there_is_told_in_one_sentence(served, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(UnderdogError, match=r"smollm2 at http.*no connection.*0 of 1") as refused:
        Hosted("smollm2", retries=0).extend(np.array([[65]]))
    assert "OPENAI_BASE_URL" in refused.value.hint
    with pytest.raises(UnderdogError, match="anthropic tells no log-probabilities"):
        Hosted("claude", vocabulary="bytes", provider="anthropic").extend(np.array([[65]]))


def test_its_spec_is_what_is_typed():
    model = build("sampled(hosted('llama-3', vocabulary='bytes', top=5))")
    assert spec(model.model) == "hosted('llama-3', top=5, vocabulary='bytes')"
    assert model.model.named == 5


VOCABULARY = SimpleNamespace(
    pieces=(b"a", b"b", "é".encode()[:1], b""), end=3, spellings={"a": 0, "<|end|>": 3}
)


def test_both_forms_of_replies_are_read():
    spelled = Spelled.of(VOCABULARY)
    names = {"b": -0.5, "bytes:\\xc3": -1.0, "<|end|>": -2.0, "elsewhere": -3.0}
    legacy = {"tokens": ["b"], "token_logprobs": [-0.5], "top_logprobs": [names]}
    assert dict(_named({"logprobs": legacy}, spelled)) == {1: -0.5, 2: -1.0, 3: -2.0}
    listed = [
        {"id": 1, "token": "b", "bytes": [98], "logprob": -0.5},
        {"id": 3, "token": "", "bytes": [], "logprob": -2.0},
    ]
    step = {**listed[0], "top_logprobs": listed}
    assert dict(_named({"logprobs": {"content": [step]}}, spelled)) == {1: -0.5, 3: -2.0}
    assert dict(_named({"logprobs": None}, spelled)) == {}
    with pytest.raises(Fault, match="another vocabulary"):
        dict(_named({"logprobs": {"content": [{**listed[0], "id": 0}]}}, spelled))
    with pytest.raises(ValueError, match="log-probability"):
        dict(_named({"logprobs": {"content": [{**listed[0], "logprob": 2.0}]}}, spelled))
