"""Prompts through the batch API: half the price, once each, whatever is killed or lost."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from underdog.core.cost import FIELDS
from underdog.core.errors import UnderdogError
from underdog.models.chat import Chat
from underdog.runtime.store import default_store

MOODS = [["good", "pos"], ["bad", "neg"]]
TEXTS = [f"{'good' if i % 2 else 'bad'} {i}" for i in range(9)]
RIGHT = tuple("pos" if "good" in text else "neg" for text in TEXTS)
CHAT = Chat("tiny", batch=True, price=(1.0, 2.0), retries=1)
DOLLARS = FIELDS.index("dollars")


def handed_in(server):
    """The batches in which the server was asked anything, and the prompts of each."""
    found = {}
    for line in server.log:
        found.setdefault(line.get("batch", ""), []).append(line["prompt"])
    return found


def test_a_batch_costs_half_and_is_asked_once(llm):
    server = llm(replies=MOODS)
    with default_store().open():
        said = CHAT.answer([*TEXTS, TEXTS[0]])
        assert said.values == (*RIGHT, "neg")
        again = Chat("tiny", price=(1.0, 2.0)).answer(TEXTS)  # a batched answer serves any other
    live, *batched, repeat = said.costs[:, DOLLARS].tolist()
    assert batched == pytest.approx([live / 2] * 8)
    assert repeat == 0
    assert again.costs[:, DOLLARS].tolist() == said.costs[:9, DOLLARS].tolist()
    assert {name: len(asked) for name, asked in handed_in(server).items()} == {"": 1, "batch-0": 8}
    assert np.isnan(said.costs[1, FIELDS.index("seconds")])


def test_labels_come_with_probabilities_and_without_a_store_too(llm):
    server = llm(replies=MOODS, probs={"pos": {"pos": 0.7, "neg": 0.3}})
    said = CHAT.choose(TEXTS, ["pos", "neg"])
    assert said.probs[3].tolist() == pytest.approx([0.7, 0.3], abs=1e-6)
    assert len(handed_in(server)) == 2


def test_what_is_too_long_abstains_and_what_expired_is_handed_in_again(llm):
    server = llm(replies=MOODS, batch_ends=["expired"])
    with default_store().open():
        said = CHAT.answer([*TEXTS, "good but too long"])
    assert said.values[:9] == RIGHT
    assert said.values[9] == ""
    prompts = [line["prompt"] for line in server.log]
    assert len(prompts) == len(set(prompts)) == 9
    assert len(handed_in(server)) == 3


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ({"batch_ends": ["failed"]}, "a line is wrong"),
        ({"batch_ends": ["cancelled"]}, "was cancelled"),
        ({"models": ["other"]}, "no model tiny"),
    ],
)
def test_what_goes_wrong_is_said_and_the_next_run_starts_again(llm, script, problem):
    server = llm(replies=MOODS, **script)
    with default_store().open() as store:
        with pytest.raises(UnderdogError, match=problem):
            CHAT.answer(TEXTS)
        assert store.batches(server.base_url) == []
        if "models" not in script:
            assert CHAT.answer(TEXTS).values[0] == "neg"


def test_a_batch_whose_making_was_not_answered_is_made_once(llm):
    server = llm(replies=MOODS, batch_lost=1)
    with default_store().open():
        assert len(set(CHAT.answer(TEXTS).values)) == 2
    assert {name: len(asked) for name, asked in handed_in(server).items()} == {"": 1, "batch-0": 8}


def test_a_process_that_died_while_it_handed_in_is_continued(llm, monkeypatch):
    server = llm(replies=MOODS)
    with default_store().open() as store:
        with monkeypatch.context() as patched:
            patched.setattr(type(store), "handed_in", _killed)
            with pytest.raises(KeyboardInterrupt):
                CHAT.answer(TEXTS)
        assert len(set(CHAT.answer(TEXTS).values)) == 2
        never = store.reserve("never", server.base_url, ["k1"])  # died before it was sent
        assert never.keys == ("k1",)
        assert len(set(CHAT.answer([*TEXTS, "good 77"]).values)) == 2
        assert store.batches(server.base_url) == []
    assert {name: len(asked) for name, asked in handed_in(server).items()} == {"": 2, "batch-0": 8}


def _killed(*_):
    raise KeyboardInterrupt


LABELLING = """
from underdog.models.chat import Chat
from underdog.runtime.store import default_store
with default_store().open():
    said = Chat("tiny", batch=True).answer([f"good {i}" for i in range(40)])
    assert set(said.values) == {"pos"}
"""


@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
def test_after_a_kill_the_same_batch_is_waited_for(llm):
    server = llm(replies=MOODS, batch_seconds=1.0)
    with default_store().open() as store:
        worker = subprocess.Popen([sys.executable, "-c", LABELLING])
        while not any(one.id for one in store.batches(server.base_url)):
            assert worker.poll() is None, "it ended before it could be killed"
            time.sleep(0.01)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        said = Chat("tiny", batch=True).answer([f"good {i}" for i in range(40)])
    assert set(said.values) == {"pos"}
    assert {name: len(asked) for name, asked in handed_in(server).items()} == {"": 1, "batch-0": 39}


def test_two_processes_hand_in_each_prompt_once(llm):
    llm(replies=MOODS)
    with default_store().open() as store:
        one = store.reserve("one", "there", ["a", "b"])
        other = store.reserve("other", "there", ["b", "c"])
        assert (one.keys, other.keys) == (("a", "b"), ("c",))
        assert store.reserve("third", "there", ["a", "c"]).keys == ()
        assert [b.name for b in store.batches("there")] == ["one", "other"]


def test_another_process_that_hands_in_is_waited_for_and_not_for_ever(llm, monkeypatch):
    server = llm(replies=MOODS)
    with default_store().open() as store:
        with monkeypatch.context() as patched:
            patched.setattr(os, "getpid", os.getppid)
            store.reserve("busy", server.base_url, ["k1"])
        (one,) = store.batches(server.base_url)
        assert one.waits
        monkeypatch.setattr("underdog.models.chat.bulk.LONGEST_WAIT", 0.3)
        assert set(CHAT.answer(TEXTS).values) == {"pos", "neg"}
        assert store.batches(server.base_url) == []


def test_a_batch_is_half_in_the_plan_and_no_claude_has_one(llm):
    llm(replies=MOODS)
    plain, batched = Chat("tiny", price=(1.0, 2.0)), CHAT
    assert batched.estimate(TEXTS).dollars == pytest.approx(plain.estimate(TEXTS).dollars / 2)
    with pytest.raises(UnderdogError, match="leave out batch"):
        Chat("claude-x", batch=True)
