"""A real llama.cpp server as the language model behind `chat`."""

import pytest
from conftest import moods

from underdog.models.chat import dialects
from underdog.runtime.registry import build
from underdog.testing import check_answers


@pytest.fixture(name="chat")
def _chat(llama_url, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", llama_url)
    dialects._refused.clear()
    return "chat('smollm2', max_tokens=40)"


def refuse(*names):
    """Make `dialects` believe that the present server refuses the parameters ``names``."""

    class Learned(dict):
        def get(self, key, default=frozenset()):
            return super().get(key, default) | frozenset(names)

    return Learned()


@pytest.mark.parametrize("without", [(), ("response_format",)], ids=["schema", "grammar"])
def test_a_server_that_constrains_has_an_answer_to_every_text(chat, without, monkeypatch):
    monkeypatch.setattr(dialects, "_refused", refuse(*without))
    model = build(f"fewshot({chat}, k=2)").fit(moods(20))
    answers = model.answer(["a lovely film", "what a dull plot"])
    check_answers(answers)
    assert set(answers.values) <= {"pos", "neg"}
    if not without:
        assert answers.probs is not None
    assert (answers.costs[:, 3] > 20).all()


def test_without_a_constraint_a_small_model_abstains(chat, monkeypatch):
    monkeypatch.setattr(dialects, "_refused", refuse(*dialects.FORMS))
    model = build(f"fewshot({chat}, k=0)").fit(moods(20))
    assert "" in model.answer(["a lovely film", "what a dull plot", "it rains"]).values
