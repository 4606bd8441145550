"""`underdog speculate`: what is measured, what is predicted, and what is refused."""

import json

import pytest
from language.toys import Letters, Toy

from underdog.combine.decoding import advice as module
from underdog.combine.decoding.advice import advise
from underdog.combine.decoding.drafts import Lookup
from underdog.core.errors import UnderdogError


@pytest.fixture
def clock(monkeypatch):
    """The clock by which advice is measured: `Slow` alone sets it forward."""
    clock = Clock()
    monkeypatch.setattr(module, "clock", clock)
    return clock


class Clock:
    now = 0.0

    def __call__(self):
        self.now += 1e-6
        return self.now, self.now


class Slow:
    """A toy whose every call takes ``call`` seconds on the clock, ``token`` more for each token."""

    def __init__(self, clock, toy, call=0.0, token=0.0):
        self.clock, self.toy, self.call, self.token = clock, toy, call, token

    @property
    def tokenizer(self):
        return self.toy.tokenizer

    def extend(self, ids, cache=None):
        self.clock.now += self.call + self.token * ids.shape[1]
        return self.toy.extend(ids, cache)


def test_a_perfect_draft_that_costs_nothing_pays(clock):
    toy = Toy(0, tokenizer=Letters(ends=False))
    advice = advise(Slow(clock, toy, call=0.004), toy, [[0, 1], [2, 3], [1, 1]], most=12)
    assert advice.best.accepted == 1.0
    assert advice.best.per_call > 1.5
    assert advice.pays
    assert advice.differing == 0
    assert advice.gap == 0.0
    assert advice.measured == pytest.approx(advice.best.speedup, rel=0.02)
    assert advice.reason.startswith("yes: 100 %")


def test_a_draft_that_costs_as_much_as_its_target_does_not(clock):
    slow = Slow(clock, Toy(0), call=0.003)
    advice = advise(slow, Slow(clock, Toy(7), call=0.003), [[0, 1], [2, 3]], most=8)
    assert not advice.pays
    assert "no: at best" in advice.reason


def test_without_prompts_there_is_nothing_to_measure():
    with pytest.raises(UnderdogError, match="no prompts"):
        advise(Toy(0), Lookup(), [[]])


def test_what_gives_no_scores_cannot_be_a_target(sh, tmp_path):
    (tmp_path / "p.csv").write_text("text\nCopy this: a b c\n")
    code, _, error = sh("speculate", "majority()", "lookup()", "p.csv")
    assert code == 1
    assert "causal('smollm2')" in error
    code, _, error = sh("speculate", "causal()", "lookup()", "p.csv", "--text", "prompt")
    assert "no column 'prompt'" in error


def test_the_command_tells_what_it_measured(sh, tmp_path, smollm2, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr(module, "REPEATS", 1)
    monkeypatch.setattr(module, "GAMMAS", (1, 3))
    (tmp_path / "p.csv").write_text("text\nCopy: the left knee. Copy: the left\n")
    command = (
        "speculate",
        "causal()",
        "lookup()",
        "p.csv",
        "--tokens",
        4,
        "--prompts",
        1,
        "--json",
    )
    code, out, _ = sh(*command)
    found = json.loads(out)
    assert code == 0
    assert found["tokens"] == 4
    assert [c["gamma"] for c in found["choices"]] == [1, 3]
    assert found["reason"].startswith(("yes", "no"))
