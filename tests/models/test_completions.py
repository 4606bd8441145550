"""One completion out of what servers send: parts, refusals, reasoning alone, streams."""

import json

import pytest

from underdog.core.reading import Reader
from underdog.models.chat.completions import decoded, written

READ = Reader(["up", "down"]).read


def event(**delta):
    finish = delta.pop("finish", None)
    chunk = {"choices": [{"delta": delta, "finish_reason": finish}]}
    return f"data: {json.dumps(chunk)}\n\n"


def test_typed_parts_are_joined_without_their_reasoning():
    parts = [{"type": "thinking", "thinking": "down?"}, {"type": "text", "text": "up"}]
    assert written({"message": {"content": parts}}) == "up"


@pytest.mark.parametrize(
    ("choice", "how"),
    [
        ({"message": {"content": None, "refusal": "No, not up."}}, "refusal"),
        ({"message": {"content": ""}, "finish_reason": "content_filter"}, "refusal"),
        ({"message": {"content": "", "reasoning_content": "It may be up"}}, "cut off"),
        ({"message": {"content": None}}, "none"),
    ],
)
def test_a_reply_without_an_answer_is_read_as_what_it_is(choice, how):
    assert READ(written(choice)).how == how


def test_a_stream_adds_up_to_one_reply_with_its_bill():
    stream = event(reasoning_content="hm") + event(content="u") + event(content="p", finish="stop")
    stream += 'data: {"choices": [], "usage": {"prompt_tokens": 3}}\n\ndata: [DONE]\n'
    body = decoded(stream.encode())
    assert written(body["choices"][0]) == "up"
    assert body["usage"] == {"prompt_tokens": 3}


def test_a_stream_that_broke_off_is_malformed():
    with pytest.raises(ValueError, match="broke off"):
        decoded(event(content="u").encode())
