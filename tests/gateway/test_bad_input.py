"""Whatever HTTP can carry: no status 500 and no hang, on models, on the door and on the page."""

import asyncio
import json
import logging
import os
import socket
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.gateway import fuzz
from gateway.conftest import running
from underdog.core.errors import UnderdogError
from underdog.fronts.gateway.app import Gateway
from underdog.fronts.gateway.keys import Keys
from underdog.fronts.gateway.seldom import SELDOM, Seldom
from underdog.fronts.gateway.server import check_address, made
from underdog.fronts.gateway.settings import Settings, check

PATHS = ["/v1/answer", "/v1/decisions", "/v1/systemone", "/v1/chat/completions", "/v1/responses",
         "/v1/feedback", "/underdog/tasks", "/", "/v1/models", "/\x00", "/../x"]  # fmt: skip

HEADERS = [b"authorization", b"connection", b"content-length", b"x-underdog-token"]

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "value", "name", "role", "content", "text", "label", "x"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
question = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["choice", "noul", "score", "predicate"]) | values,
        "name": values,
        "instructions": st.text(max_size=3) | values,
        "criteria": st.dictionaries(st.text(max_size=3), values, max_size=3) | values,
        "choices": st.lists(st.fixed_dictionaries({"value": leaves}), max_size=3) | values,
        "levels": st.lists(st.fixed_dictionaries({"label": leaves}), max_size=3) | values,
    },
)
bodies = st.fixed_dictionaries(
    {"model": st.sampled_from(["underdog/tickets", "tickets", "m"]) | values},
    optional={
        "input": values,
        "state": values,
        "texts": values,
        "messages": st.lists(st.fixed_dictionaries({"role": leaves, "content": values})) | values,
        "questions": st.lists(question, max_size=2)
        | st.dictionaries(st.text(max_size=3), question, max_size=2)
        | values,
        "stream": values,
        "task": values,
        "never": values,
        "request": values,
    },
)


@pytest.fixture(scope="module")
def gateway(model_folder, tmp_path_factory):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = Gateway(
        Settings(
            models=(model_folder,),
            upstream=f"http://127.0.0.1:{port}/v1",
            store=str(tmp_path_factory.mktemp("bad") / "g.sqlite"),
            token="t",
        )
    )
    yield found
    found.close()


def ask(gateway, method, path, headers, data):
    """The status and body of one request, without a socket."""
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": data, "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(asyncio.wait_for(gateway(scope, receive, send), 20))
    return sent[0]["status"], b"".join(m.get("body", b"") for m in sent)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PATHS), bodies | values, st.sampled_from(["POST", "GET", "PUT"]))
def test_no_body_of_json_fails(gateway, path, body, method):
    data = json.dumps(body).encode()
    status, said = ask(gateway, method, path, [(b"x-underdog-token", b"t")], data)
    assert status != 500, said
    if status >= 400:
        assert json.loads(said)["error"]["message"]


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(PATHS),
    st.binary(max_size=60),
    st.lists(st.tuples(st.sampled_from(HEADERS), st.binary(max_size=9)), max_size=2),
)
def test_no_bytes_and_no_header_fail(gateway, path, data, headers):
    assert ask(gateway, "POST", path, headers, data)[0] != 500


def test_no_mutated_request_hangs_or_fails(model_folder, upstream, tmp_path):
    store = str(tmp_path / "g.sqlite")
    with running(Settings(models=(model_folder,), upstream=upstream.url, store=store)) as found:
        statuses = set(fuzz.statuses(int(found.base.rpartition(":")[2]), 150, seed=1))
    assert not statuses & {-1, 500}
    assert {400, 200} <= statuses


def test_what_requests_make_the_server_log_is_told_once_a_minute(gateway, caplog):
    made(gateway, print)
    assert SELDOM in logging.getLogger("uvicorn.error").filters
    now = [0.0]
    log = logging.getLogger("test_seldom")
    log.setLevel(logging.INFO)
    log.addFilter(Seldom(lambda: now[0]))
    for second in (0, 1, 2, 59, 61, 62, 200):
        now[0] = second
        log.warning("Invalid HTTP request received.")
        log.error("ASGI callable returned without completing response.")
        log.error("Exception in ASGI application", exc_info=ValueError("a fault"))
        log.error("Exception in ASGI application", exc_info=KeyError(second))
        log.info("started")
    told = Counter(r.getMessage().partition(" (")[0] for r in caplog.records)
    assert told == {
        "Invalid HTTP request received.": 3,
        "ASGI callable returned without completing response.": 3,
        "Exception in ASGI application": 6,  # three of each type
        "started": 7,
    }
    invalid = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert [text.partition(" (")[2] for text in invalid] == [
        "",
        "3 more since it was last told)",
        "1 more since it was last told)",
    ]


@pytest.mark.parametrize(
    ("student", "told"),
    [("lineer()", "did you mean"), ("[linear(), 3]", "no recipe"), ("{}", "no recipe")],
)
def test_a_recipe_that_cannot_learn_is_refused_at_the_start(student, told):
    with pytest.raises(UnderdogError) as refused:
        check(Settings(upstream="http://u", student=student))
    assert told in str(refused.value) + refused.value.hint
    check(Settings(upstream="http://u", student="[linear(), bayes()]"))


def test_an_address_that_cannot_be_taken_is_told():
    check_address("127.0.0.1", 0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for port in (taken.getsockname()[1], 99_999):
            with pytest.raises(UnderdogError, match=f"cannot listen on 127.0.0.1:{port}"):
                check_address("127.0.0.1", port)


def test_a_pipe_of_keys_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "keys")
    with pytest.raises(UnderdogError, match="no plain file"):
        Keys((), tmp_path / "keys")
