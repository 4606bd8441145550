"""Models behind HTTP: every protocol, refusals, keys, batches, new versions."""

import asyncio
import json
import os
import sys
import time
import types

import openai
import pytest
from conftest import moods

import underdog as ud
from gateway.conftest import running
from underdog.core.errors import UnderdogError
from underdog.fronts.gateway.asgi import HttpError
from underdog.fronts.gateway.keys import Callers, Keys
from underdog.fronts.gateway.replicas import serve_replicas
from underdog.fronts.gateway.served.batches import Batches
from underdog.fronts.gateway.settings import Settings, check
from underdog.runtime.persist import save

TEXT = "a great film and a lovely plot"
CHOICE = {
    "type": "choice",
    "name": "mood",
    "instructions": "Which mood?",
    "choices": [{"value": "pos"}, {"value": "neg"}],
}


@pytest.fixture
def sdk(gateway):
    return openai.OpenAI(base_url=gateway.base + "/v1", api_key="none", max_retries=0)


def test_texts_get_values_probabilities_path_and_cost(gateway):
    status, said = gateway.json(
        "/v1/answer", {"model": "underdog/tickets", "texts": [TEXT, "dull"]}
    )
    first = said["answers"][0]
    assert (status, first["value"], first["path"]) == (200, "pos", ["bayes"])
    assert sum(first["probs"].values()) == pytest.approx(1)
    assert first["cost"]["calls"] == 0
    assert len(said["answers"]) == 2


def test_the_dashboard_counts_requests_to_saved_models(gateway):
    _, before = gateway.json("/underdog/overview")
    gateway.json("/v1/answer", {"model": "underdog/tickets", "texts": [TEXT]})
    _, found = gateway.json("/underdog/overview")
    assert found["requests"] == before["requests"] + 1
    assert 0 < found["local"] <= 1
    [row] = [row for row in found["by"] if row["by"] == "model"]
    assert 0 < row["p50"] <= row["p99"]


def test_the_dashboard_has_the_card_of_each_saved_model(gateway):
    status, headers, page = gateway.ask("/underdog/card?model=tickets")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'; style-src 'unsafe-inline'" in headers["content-security-policy"]
    page = page.decode()
    assert "Intended purpose" in page
    assert "one of 2 labels (neg, pos)" in page
    assert "<script" not in page
    assert gateway.ask("/underdog/card?model=%3Cb%3E")[0] == 404


def test_the_sdk_asks_for_decisions(sdk):
    yes = {"type": "predicate", "name": "pos", "instructions": "Is it positive?"}
    level = {
        "type": "score",
        "instructions": "How good?",
        "levels": [{"label": "neg"}, {"label": "pos"}],
    }
    found = sdk.decisions.create(
        model="underdog/tickets", input=TEXT, questions=[CHOICE, yes, level]
    )
    choice, predicate, score = found.answers
    assert choice.choice == "pos"
    assert [p.value for p in choice.probabilities] == ["pos", "neg"]
    assert predicate.probability == pytest.approx(choice.probabilities[0].probability)
    assert score.score == pytest.approx(predicate.probability)
    assert found.usage.output_tokens == 0


def test_the_sdk_chats_and_responds_whole_and_streamed(sdk):
    asked = {"model": "underdog/tickets", "messages": [{"role": "user", "content": TEXT}]}
    assert sdk.chat.completions.create(**asked).choices[0].message.content == "pos"
    chunks = sdk.chat.completions.create(**asked, stream=True)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "pos"
    assert sdk.responses.create(model="underdog/tickets", input=TEXT).output_text == "pos"
    with sdk.responses.stream(model="underdog/tickets", input=TEXT) as stream:
        assert stream.get_final_response().output_text == "pos"


def test_system_one_answers_by_name(gateway):
    questions = {
        "a": {"type": "choice", "instructions": "?", "criteria": {"neg": None, "pos": "good"}},
        "pos": {"type": "noul", "instructions": "Is it?"},
        "b": {"type": "score", "instructions": "?", "criteria": ["neg", "pos"]},
    }
    asked = {"model": "tickets", "state": TEXT, "questions": questions}
    status, said = gateway.json("/v1/systemone", asked)
    assert status == 200
    assert said["answers"]["a"]["choice"] == "pos"
    assert said["answers"]["pos"]["noul"] == said["answers"]["a"]["probabilities"]["pos"]
    assert said["answers"]["b"]["legend"] == {"0": "neg", "1": "pos"}


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        ("/v1/answer", b"{", "not valid JSON"),
        ("/v1/answer", [1], "not a JSON object"),
        ("/v1/answer", {"texts": []}, "a list of 1 to"),
        ("/v1/answer", {"texts": [1]}, "each must be a text"),
        ("/v1/decisions", {"model": "tickets", "input": "x"}, "questions"),
        ("/v1/decisions", {"model": "tickets", "input": "x", "questions": [{}]}, "type"),
        ("/v1/systemone", {"model": "tickets", "questions": {"a": 1}}, "state"),
        ("/v1/chat/completions", {"model": "tickets", "messages": 3}, "not a user's text"),
        (
            "/v1/decisions",
            {"model": "tickets", "input": "x", "questions": [
                {**CHOICE, "choices": [{"value": "a"}, {"value": "b"}]}]},
            "does not know 'a'; it knows: neg, pos",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused_with_a_reason(gateway, path, body, problem):
    status, said = gateway.json(path, body)
    assert status == 400
    assert problem in said["error"]["message"]


def test_a_body_over_the_limit_is_refused(gateway):
    assert gateway.json("/v1/answer", {"texts": ["x" * (1 << 20)]})[0] == 413


def test_the_service_describes_itself(gateway):
    gateway.json("/v1/answer", {"texts": ["x"]})
    assert gateway.json("/healthz") == (200, {"status": "ok"})
    assert gateway.json("/readyz")[0] == 200
    assert "/v1/answer" in gateway.json("/openapi.json")[1]["paths"]
    metrics = gateway.ask("/metrics")[2].decode()
    assert 'underdog_requests_total{by="model",status="200"}' in metrics


def test_a_new_version_of_a_model_is_taken_without_a_pause(tmp_path):
    folder = tmp_path / "m"
    save(ud.build("majority()").fit(moods(40)), folder, {"labels": ["neg", "pos"]})
    with running(Settings(models=(folder,))) as found:
        before = found.json("/v1/answer", {"texts": [TEXT]})[1]["answers"][0]
        save(ud.build("bayes()").fit(moods(120)), folder, {"labels": ["neg", "pos"]})
        end = time.monotonic() + 10
        while (after := found.json("/v1/answer", {"texts": [TEXT]}))[1]["answers"][0] == before:
            assert time.monotonic() < end
            time.sleep(0.05)
        assert after[0] == 200
        assert found.json("/v1/models")[1]["data"][0]["id"] == "underdog/m"
        (folder / "model.json").write_text("{")
        time.sleep(1.2)
        assert found.json("/v1/answer", {"texts": [TEXT]})[0] == 200


def test_keys_open_every_path_but_the_checks_of_health(tmp_path, model_folder):
    file = tmp_path / "keys"
    file.write_text("second-key\n")
    settings = Settings(models=(model_folder,), keys=("first-key",), key_file=file)
    with running(settings) as found:
        body = {"texts": ["x"]}
        assert found.json("/v1/answer", body)[0] == 401
        assert found.json("/v1/answer", body, authorization="Bearer wrong-key")[0] == 401
        assert found.json("/v1/answer", body, authorization="Bearer first-key")[0] == 200
        assert found.json("/v1/answer", body, x_underdog_key="second-key")[0] == 200
        assert found.json("/metrics")[0] == 401
        assert found.json("/healthz")[0] == 200
        file.write_text("")
        os.utime(file, (1, 1))
        assert found.json("/v1/answer", body, x_underdog_key="second-key")[0] == 401


def test_it_does_not_start_open_to_all_or_with_nothing_to_serve(model_folder, tmp_path):
    with pytest.raises(UnderdogError, match="no key is set"):
        check(Settings(models=(model_folder,), host="0.0.0.0"))
    check(Settings(models=(model_folder,), host="0.0.0.0", keys=("long-enough",)))
    with pytest.raises(UnderdogError, match="nothing to serve"):
        check(Settings())
    with pytest.raises(UnderdogError, match="at least 8"):
        check(Settings(models=(model_folder,), keys=("short",)))
    with pytest.raises(UnderdogError, match="cannot be read"):
        Keys((), tmp_path / "none")


def test_replicas_share_a_database_and_need_ray_serve(model_folder, monkeypatch):
    with pytest.raises(UnderdogError, match="through PostgreSQL only"):
        serve_replicas(Settings(upstream="http://127.0.0.1:9"), 2, print)
    ray = types.ModuleType("ray")
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.delitem(sys.modules, "ray.serve", raising=False)
    with pytest.raises(UnderdogError, match="Ray Serve is not installed") as refused:
        serve_replicas(Settings(models=(model_folder,)), 2, print)
    assert refused.value.hint == "pip install 'ray[serve]'"


def test_callers_are_known_by_a_salted_hash_and_accepted_for_an_hour():
    callers = Callers(b"salt")
    name = callers.tenant(b"Bearer sk-1")
    assert (
        name == Callers(b"salt").tenant(b"Bearer sk-1") != Callers(b"other").tenant(b"Bearer sk-1")
    )
    assert not callers.accepted(name)
    callers.note(name, 200)
    assert callers.accepted(name)
    callers.note(name, 429)
    assert callers.accepted(name)
    callers.note(name, 401)
    assert not callers.accepted(name)


class Slow:
    """Answers batches slowly, and counts them."""

    def __init__(self):
        self.inner = ud.build("majority()").fit(moods(20))
        self.sizes = []

    def answer(self, texts):
        self.sizes.append(len(texts))
        time.sleep(0.02)
        if "fail" in texts:
            raise ValueError("no")
        return self.inner.answer(texts)


def test_requests_that_wait_form_one_batch_and_a_full_queue_refuses():
    async def main():
        model = Slow()
        batches = Batches(model, queue=10)
        first = asyncio.create_task(batches.answer(["x"]))
        await asyncio.sleep(0.005)
        rest = [asyncio.create_task(batches.answer([f"text {i}"])) for i in range(10)]
        await asyncio.sleep(0)
        with pytest.raises(HttpError) as refused:
            await batches.answer(["one more"])
        assert refused.value.status == 429
        assert refused.value.headers[0][0] == b"retry-after"
        assert all(len(found) == 1 for found in await asyncio.gather(first, *rest))
        assert model.sizes == [1, 10]
        with pytest.raises(ValueError, match="no"):
            await batches.answer(["fail"])
        assert len(await batches.answer(["x", "y"])) == 2
        batches.close()

    asyncio.run(main())


def test_a_message_of_parts_is_read(sdk):
    parts = [{"type": "text", "text": TEXT}]
    said = sdk.chat.completions.create(
        model="underdog/tickets", messages=[{"role": "user", "content": parts}]
    )
    assert json.loads(said.model_dump_json())["choices"][0]["message"]["content"] == "pos"
