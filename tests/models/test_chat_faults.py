"""What can go wrong with a live endpoint, made to go wrong on a real server process."""

import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from underdog.core.cost import Ledger
from underdog.core.errors import UnderdogError
from underdog.models.chat import Chat, patience
from underdog.models.chat.patience import Fault, asked_pause
from underdog.runtime.store import default_store

MOODS = [["good", "pos"], ["bad", "neg"]]
BUSY = {"kind": "status", "status": 429, "retry_after": "0.01"}


@pytest.mark.parametrize(
    "fault",
    [
        BUSY,
        {"kind": "status", "status": 500, "retry_after": "0"},
        {"kind": "status", "status": 503},
        {"kind": "cut"},
        {"kind": "malformed"},
        {"kind": "hollow"},
        {"kind": "hang up"},
    ],
    ids=lambda fault: str(fault.get("status", fault["kind"])),
)
def test_a_fault_that_passes_is_waited_out(llm, fault):
    server = llm(replies=MOODS, faults=[fault])
    with Ledger() as bill:
        answers = Chat("tiny", concurrency=1, price=(1, 1)).answer(["good", "bad"])
    assert answers.values == ("pos", "neg")
    assert bill.total.calls == 2
    assert len([line for line in server.log if not line["cut"]]) == 2


def test_claude_is_asked_again_just_so(llm, monkeypatch):
    monkeypatch.setattr(patience, "FIRST_WAIT", 0.01)
    kinds = [{"kind": kind} for kind in ("cut", "malformed", "hollow", "hang up")]
    llm(replies=MOODS, faults=[BUSY, *kinds])
    assert Chat("claude-sonnet-5", retries=5).answer(["good"]).values == ("pos",)


def test_a_server_that_is_too_slow_is_asked_again(llm):
    server = llm(replies=MOODS, faults=[{"kind": "slow", "seconds": 30}])
    assert Chat("tiny", timeout=1).answer(["good"]).values == ("pos",)
    assert server.log[0]["n"] > 0  # a later request was answered, the first still is not


def test_a_server_that_stays_slow_is_given_up_with_a_remedy(llm):
    llm(replies=MOODS, always={"kind": "slow", "seconds": 3})
    with pytest.raises(UnderdogError, match="no answer in time") as error:
        Chat("tiny", timeout=0.2, retries=1).answer(["good"])
    assert "chat('tiny', timeout=300)" in error.value.hint


def test_the_pause_that_a_busy_server_asks_for_is_kept(llm):
    llm(replies=MOODS, faults=[BUSY | {"retry_after": "1.2"}])
    start = time.perf_counter()
    Chat("tiny").answer(["good"])
    assert time.perf_counter() - start > 1.2  # the usual first pause is half a second


def test_a_pause_of_many_minutes_is_taken_for_a_no(llm):
    llm(replies=MOODS, always=BUSY | {"retry_after": "3600"})
    with pytest.raises(UnderdogError, match="429") as error:
        Chat("tiny").answer(["good"])
    assert "concurrency=1" in error.value.hint


def test_a_pause_may_be_a_date():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert 28 < asked_pause({"retry-after": soon}) <= 30
    assert asked_pause({"retry-after": "Fri, 01 Jan 1999 00:00:00 GMT"}) == 0
    assert asked_pause({"retry-after": "soon"}) is None
    assert asked_pause({}) is None


def test_waits_double_up_to_a_limit_and_never_follow_a_no():
    waits = [Fault("timeout", "").wait(attempt) for attempt in range(8)]
    for wait, most in zip(waits, [0.5, 1, 2, 4, 8, 8, 8, 8], strict=True):
        assert 0.75 * most <= wait <= most
    assert Fault("status", "no such thing", 400).wait(0) is None
    assert Fault("status", "insufficient_quota: pay", 429, 1.0).wait(0) is None
    assert Fault("refused", "").wait(2) is None


def test_a_final_failure_keeps_and_bills_what_was_answered(llm):
    final = {"kind": "status", "status": 500, "retry_after": "0"}
    server = llm(replies=MOODS, faults=[None] * 5, always=final)
    chat = Chat("tiny", concurrency=1, retries=1)
    with default_store().open() as store:
        with Ledger() as bill, pytest.raises(UnderdogError) as error:
            chat.answer([f"good {i}" for i in range(20)])
        assert len(store) == len(server.log) == bill.total.calls == 5
    assert "5 of 20 prompts were answered and are kept" in error.value.problem
    assert "goes on from there" in error.value.problem
    assert error.value.hint == "wait a while, or be more patient: chat('tiny', retries=10)"


def test_running_again_continues_where_it_stopped(llm):
    quota = {"kind": "status", "status": 429, "message": "insufficient_quota", "retry_after": "1"}
    server = llm(replies=MOODS, faults=[None, None, quota])
    chat, texts = Chat("tiny", concurrency=1), ["good 1", "bad 2", "good 3"]
    with default_store().open():
        with pytest.raises(UnderdogError, match="2 of 3"):
            chat.answer(texts)
        assert chat.answer(texts).values == ("pos", "neg", "pos")
    assert [line["prompt"] for line in server.log] == texts


def test_without_a_store_the_error_promises_nothing(llm):
    llm(always={"kind": "status", "status": 500, "retry_after": "0"})
    with pytest.raises(UnderdogError) as error:
        Chat("tiny", retries=0).answer(["good"])
    assert "0 of 1 prompts were answered" in error.value.problem
    assert "kept" not in str(error.value)
    assert "retries=10" in error.value.hint


def test_a_prompt_that_is_refused_is_an_abstention_and_not_the_end(llm):
    long = {"kind": "status", "status": 400, "message": "maximum context length is 10 tokens"}
    server = llm(replies=MOODS, faults=[None, long])
    with default_store().open() as store, Ledger() as bill:
        answers = Chat("tiny", concurrency=1, price=(1, 1)).answer(["good", "bad 2", "bad"])
        assert len(store) == 2
    assert answers.values == ("pos", "", "neg")
    assert bill.total.tokens_in == sum(line["tokens_in"] for line in server.log)


@pytest.mark.parametrize(
    "message",
    [
        "'max_tokens' is too large: 1024. This model's maximum context length is 10 tokens",
        "input length and `max_tokens` exceed context limit: 210000 + 1024 > 200000",
    ],
)
def test_one_prompt_too_long_changes_nothing_for_the_others(llm, message):
    long = {"kind": "status", "status": 400, "message": message}
    server = llm(replies=MOODS, faults=[None, long])
    answers = Chat("tiny", concurrency=1, max_tokens=9).answer(["good", "bad 2", "bad"])
    assert answers.values == ("pos", "", "neg")
    assert [line["asked"]["max_tokens"] for line in server.log] == [9, 9]


def test_a_missing_key_ends_in_the_command_to_type(monkeypatch):
    for name in ("OPENAI", "ANTHROPIC"):
        monkeypatch.delenv(f"{name}_BASE_URL", raising=False)
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)
    with pytest.raises(UnderdogError, match="OPENAI_API_KEY is not set") as error:
        Chat("gpt-5-mini").answer(["good"])
    assert error.value.hint == "export OPENAI_API_KEY=…"
    with pytest.raises(UnderdogError) as error:
        Chat("claude-sonnet-5").answer(["good"])
    assert error.value.hint == "export ANTHROPIC_API_KEY=…"


def test_a_wrong_key_is_told_and_not_shown(llm):
    llm(key="another-key")
    with pytest.raises(UnderdogError, match="401") as error:
        Chat("tiny").answer(["good"])
    assert error.value.hint.startswith("the key was refused")
    assert "export OPENAI_API_KEY=…" in error.value.hint
    assert "a-key-for-tests" not in str(error.value)


def test_a_local_server_needs_no_key(llm, monkeypatch):
    llm(replies=MOODS)
    monkeypatch.delenv("OPENAI_API_KEY")
    assert Chat("tiny").answer(["good"]).values == ("pos",)


def test_an_unknown_model_is_answered_with_the_names_of_those_there(llm):
    llm(models=["llama-3-tiny", "qwen-tiny"])
    with pytest.raises(UnderdogError, match="404") as error:
        Chat("lama-3-tiny").answer(["good"])
    assert error.value.hint == "models there: llama-3-tiny, qwen-tiny: chat('llama-3-tiny')"


@pytest.mark.parametrize("model", ["tiny", "claude-sonnet-5"])
def test_a_refused_connection_asks_whether_the_server_runs(monkeypatch, model):
    with socket.socket() as taken:  # a port on which certainly nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        with pytest.raises(UnderdogError, match="no connection") as error:
            Chat(model, retries=0).answer(["good"])
    assert url in error.value.problem
    assert "is the server running" in error.value.hint


def test_a_password_in_an_address_is_not_shown(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:secret@127.0.0.1:9/v1")
    with pytest.raises(UnderdogError, match=r"tiny at http://127\.0\.0\.1:9/v1: no conn") as error:
        Chat("tiny", retries=0).answer(["good"])
    assert "secret" not in str(error.value)


def test_every_provider_has_its_own_address_and_key(llm, monkeypatch):
    server = llm(replies=MOODS, key="groq-key")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    with pytest.raises(UnderdogError, match="address of groq") as error:
        Chat("tiny", provider="groq").answer(["good"])
    assert error.value.hint == "export GROQ_BASE_URL=https://HOST/v1"
    monkeypatch.setenv("GROQ_BASE_URL", server.base_url)
    monkeypatch.setenv("GROQ_API_KEY", "groq-key")
    assert Chat("tiny", provider="groq").answer(["good"]).values == ("pos",)
    with pytest.raises(UnderdogError, match="cannot be called"):
        Chat("tiny", provider="a b").answer(["good"])
