# ruff: noqa: E501 (a case a line)
"""Usage as servers state it, whole and streamed; the expected counts are written out by hand.

The shapes are those of the providers' API references: OpenAI Chat, Responses and Decisions, System
One, Anthropic, and servers of OpenAI's protocol that differ from it in one way or another.
"""

import json

import pytest

from underdog.fronts.gateway.door.usage import Used, read, unpacked
from underdog.fronts.gateway.ledger.prices import PriceList

NO = {"cached_tokens": 0, "audio_tokens": 0}
OUT = {
    "reasoning_tokens": 0,
    "audio_tokens": 0,
    "accepted_prediction_tokens": 0,
    "rejected_prediction_tokens": 0,
}


def chat(prompt, completion, inward=None, outward=None, **more):
    usage = {"prompt_tokens": prompt, "completion_tokens": completion}
    usage["total_tokens"] = prompt + completion
    if inward is not None:
        usage["prompt_tokens_details"] = inward
    if outward is not None:
        usage["completion_tokens_details"] = outward
    return usage | more


# name, usage, and: prompt, completion, cached, written, reasoning, audio in, audio out
CHAT = [
    ("openai", chat(19, 10, NO, OUT), (19, 10, 0, 0, 0, 0, 0)),
    ("openai, cached", chat(2006, 300, {**NO, "cached_tokens": 1920}, OUT), (2006, 300, 1920, 0, 0, 0, 0)),
    ("openai, reasoning", chat(75, 1186, NO, {**OUT, "reasoning_tokens": 1024}), (75, 1186, 0, 0, 1024, 0, 0)),
    ("openai, audio", chat(90, 120, {**NO, "audio_tokens": 70}, {**OUT, "audio_tokens": 96}), (90, 120, 0, 0, 0, 70, 96)),
    ("openai, cache written", chat(1500, 5, {**NO, "cache_write_tokens": 1400}, OUT), (1500, 5, 0, 1400, 0, 0, 0)),
    ("openai, older", chat(8, 3), (8, 3, 0, 0, 0, 0, 0)),
    ("azure, filtered", chat(42, 0, NO, OUT), (42, 0, 0, 0, 0, 0, 0)),
    ("vllm", {**chat(30, 7), "prompt_tokens_details": None}, (30, 7, 0, 0, 0, 0, 0)),
    ("vllm, cached", {**chat(30, 7), "prompt_tokens_details": {"cached_tokens": 16}}, (30, 7, 16, 0, 0, 0, 0)),
    ("sglang", {**chat(31, 9), "reasoning_tokens": 4}, (31, 9, 0, 0, 4, 0, 0)),
    ("llama.cpp", chat(25, 2, {"cached_tokens": 20}), (25, 2, 20, 0, 0, 0, 0)),
    ("deepseek", {**chat(100, 5), "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36}, (100, 5, 64, 0, 0, 0, 0)),
    ("deepseek, reasoning", {**chat(10, 60), "completion_tokens_details": {"reasoning_tokens": 50}}, (10, 60, 0, 0, 50, 0, 0)),
    ("xai, reasoning beside", {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115, "completion_tokens_details": {"reasoning_tokens": 100}}, (10, 105, 0, 0, 100, 0, 0)),
    ("groq", {**chat(20, 4), "queue_time": 0.02, "prompt_time": 0.01}, (20, 4, 0, 0, 0, 0, 0)),
    ("mistral", chat(16, 34), (16, 34, 0, 0, 0, 0, 0)),
    ("together", {**chat(50, 6), "cached_tokens": 0}, (50, 6, 0, 0, 0, 0, 0)),
    ("gemini, compatible", chat(12, 8, None, {"reasoning_tokens": 3}), (12, 8, 0, 0, 3, 0, 0)),
    ("ollama", chat(26, 3), (26, 3, 0, 0, 0, 0, 0)),
    ("fireworks", chat(18, 2, {"cached_tokens": 10}), (18, 2, 10, 0, 0, 0, 0)),
]  # fmt: skip


def inout(given, written, inward=None, outward=None):
    usage = {"input_tokens": given, "output_tokens": written, "total_tokens": given + written}
    usage["input_tokens_details"] = {"cached_tokens": 0, **(inward or {})}
    usage["output_tokens_details"] = {"reasoning_tokens": 0, **(outward or {})}
    return usage


RESPONSES = [
    ("plain", inout(36, 87), (36, 87, 0, 0, 0, 0, 0)),
    ("cached", inout(3000, 20, {"cached_tokens": 2816}), (3000, 20, 2816, 0, 0, 0, 0)),
    ("reasoning", inout(81, 1035, None, {"reasoning_tokens": 832}), (81, 1035, 0, 0, 832, 0, 0)),
    ("cache written", inout(2100, 9, {"cache_write_tokens": 2048}), (2100, 9, 0, 2048, 0, 0, 0)),
    ("nothing written", inout(5, 0), (5, 0, 0, 0, 0, 0, 0)),
]

ANTHROPIC = [
    ("plain", {"input_tokens": 25, "output_tokens": 15, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}, (25, 15, 0, 0, 0, 0, 0)),
    ("cache read", {"input_tokens": 21, "output_tokens": 393, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 18000}, (18021, 393, 18000, 0, 0, 0, 0)),
    ("cache written", {"input_tokens": 21, "output_tokens": 50, "cache_creation_input_tokens": 1800, "cache_read_input_tokens": 0, "cache_creation": {"ephemeral_5m_input_tokens": 1800}}, (1821, 50, 0, 1800, 0, 0, 0)),
    ("both", {"input_tokens": 3, "output_tokens": 7, "cache_creation_input_tokens": 40, "cache_read_input_tokens": 500, "service_tier": "standard"}, (543, 7, 500, 40, 0, 0, 0)),
    ("without a cache", {"input_tokens": 12, "output_tokens": 6}, (12, 6, 0, 0, 0, 0, 0)),
]  # fmt: skip


def expected(model, counts):
    prompt, completion, cached, written, reasoning, audio_in, audio_out = counts
    return Used(model, prompt, completion, cached, written, reasoning, audio_in, audio_out)


def sse(*events, done=True):
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    return "".join([*lines, "data: [DONE]\n\n"] if done else lines).encode()


def cases():
    for name, usage, counts in CHAT:
        whole = {"object": "chat.completion", "model": "m-1", "choices": [], "usage": usage}
        yield f"chat: {name}", json.dumps(whole).encode(), False, expected("m-1", counts)
        first = {"model": "m-1", "choices": [{"delta": {"content": "x"}}], "usage": None}
        last = {"model": "m-1", "choices": [], "usage": usage}
        yield f"chat, streamed: {name}", sse(first, last), True, expected("m-1", counts)
    for name, usage, counts in RESPONSES:
        whole = {"object": "response", "model": "m-2", "output": [], "usage": usage}
        yield f"responses: {name}", json.dumps(whole).encode(), False, expected("m-2", counts)
        begun = {"type": "response.created", "response": {"model": "m-2", "usage": None}}
        ended = {"type": "response.completed", "response": whole}
        body = sse(begun, {"type": "response.output_text.delta", "delta": "x"}, ended, done=False)
        yield f"responses, streamed: {name}", body, True, expected("m-2", counts)
    for name, usage, counts in ANTHROPIC:
        whole = {"type": "message", "model": "claude", "content": [], "usage": usage}
        yield f"anthropic: {name}", json.dumps(whole).encode(), False, expected("claude", counts)
        start = {**usage, "output_tokens": 1}
        begun = {"type": "message_start", "message": {"model": "claude", "usage": start}}
        delta = {"type": "message_delta", "usage": {"output_tokens": usage["output_tokens"]}}
        body = b"event: x\r\n" + sse(begun, {"type": "ping"}, delta, done=False)
        yield f"anthropic, streamed: {name}", body, True, expected("claude", counts)


ODD = [
    ("groq, streamed beside", sse({"model": "g", "choices": [], "x_groq": {"usage": chat(7, 2)}}), True, Used("g", 7, 2)),
    ("llama.cpp, timings only", sse({"model": "l", "choices": [], "timings": {"prompt_n": 5, "cache_n": 20, "predicted_n": 3}}), True, Used("l", 25, 3, 20)),
    ("openrouter states the price", json.dumps({"model": "o", "usage": {**chat(4, 4), "cost": 0.00014}}).encode(), False, Used("o", 4, 4, dollars=0.00014)),
    ("decisions", json.dumps({"model": "gpt-6-luna", "answers": [], "usage": inout(300, 0, {"cached_tokens": 128, "cache_write_tokens": 64})}).encode(), False, Used("gpt-6-luna", 300, 0, 128, 64)),
    ("system one", json.dumps({"model": "jev-1.13", "answers": {}, "usage": {"input_tokens": 212, "output_tokens": 0}}).encode(), False, Used("jev-1.13", 212, 0)),
    ("embeddings", json.dumps({"model": "e", "data": [], "usage": {"prompt_tokens": 8, "total_tokens": 8}}).encode(), False, Used("e", 8)),
    ("streamed without usage", sse({"model": "m", "choices": [{"delta": {}}]}), True, Used("m")),
    ("an error", b'{"error": {"message": "no"}}', False, Used()),
    ("no JSON", b"<html>", False, Used()),
    ("a list", b"[1]", False, Used()),
    ("counts that cannot be", json.dumps({"usage": {"prompt_tokens": -1, "completion_tokens": True}}).encode(), False, Used()),
    ("a stream cut off", sse({"model": "m", "usage": chat(1, 1)})[:20], True, Used()),
]  # fmt: skip

ALL = [*cases(), *ODD]


@pytest.mark.parametrize(
    ("body", "streamed", "used"), [c[1:] for c in ALL], ids=[c[0] for c in ALL]
)
def test_usage_is_read(body, streamed, used):
    assert read(body, streamed) == used


def test_there_are_enough_cases():
    assert len(ALL) >= 60


def test_what_cannot_be_unpacked_is_not_read():
    assert unpacked(b"x", b"gzip") == b""
    assert unpacked(b"x", b"") == b"x"


def test_prices_add_up_and_unknown_is_not_free():
    from underdog.runtime.prices import Usage, price

    public = PriceList("https://api.openai.com/v1")
    used = Used("gpt-4.1-mini-2025-04-14", 1234, 56, 1000, 0, 6)
    listed = price(used.model, Usage(1234, 56, 1000, 0, 6), url="https://api.openai.com/v1")
    assert public.dollars(used) == pytest.approx(listed)
    assert public.dollars(Used("no-such-model", 1, 1)) is None
    assert public.dollars(Used("no-such-model", 1, 1), "gpt-4.1-mini") > 0
    assert public.dollars(Used("gpt-4.1-mini", 1, None)) is None
    assert public.dollars(Used("x", 1, 1, dollars=0.5)) == 0.5
    assert PriceList("http://127.0.0.1:8080").dollars(Used("no-such-model", 1, 1)) == 0.0
    assert PriceList("http://127.0.0.1:8080").dollars(used) == pytest.approx(listed)
