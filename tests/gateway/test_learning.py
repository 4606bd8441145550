"""From cold to local answers through the door; then the dashboard in a real Chromium."""

import http.client
import json
import os
import shutil
import time
from contextlib import closing

import openai
import pytest
from conftest import moods
from report.test_chromium import FLAGS
from servers.upstream import Reply, Upstream, mood, moods_reply

from gateway.conftest import ledger, running
from underdog.fronts.gateway.settings import Settings
from underdog.fronts.gateway.tasks import trainer, training

TEXTS = moods(900).texts
SYSTEM = {"role": "system", "content": "Answer pos or neg."}
EVIL = "<img src=x onerror=\"document.title='broken'\"> awful"
QUESTIONS = [
    {"type": "predicate", "name": "good", "instructions": "Is it good?"},
    {"type": "choice", "instructions": "Mood?", "choices": [{"value": "pos"}, {"value": "neg"}]},
]


def create(sdk, text, **more):
    return sdk.chat.completions.with_raw_response.create(**chat(text), **more)


def chat(text):
    return {"model": "gpt-4.1-mini", "messages": [SYSTEM, {"role": "user", "content": text}]}


def decide(text, questions):
    return {"model": "gpt-6-luna", "input": text, "questions": questions}


def send(gateway, path, bodies):
    """Ask many requests on one connection: the headers and the JSON of each reply."""
    host, port = gateway.base.removeprefix("http://").split(":")
    with closing(http.client.HTTPConnection(host, int(port), timeout=20)) as connection:
        found = []
        for body in bodies:
            connection.request("POST", path, json.dumps(body), {"authorization": "Bearer sk-1"})
            reply = connection.getresponse()
            found.append((reply.headers, json.loads(reply.read())))
        return found


def client(gateway, key="sk-1"):
    return openai.OpenAI(base_url=gateway.base + "/v1", api_key=key, max_retries=0)


@pytest.fixture(scope="module")
def upstream():
    found = Upstream()
    yield found
    found.close()


@pytest.fixture(scope="module")
def taught(tmp_path_factory, upstream):
    """A gateway that has learned a task of chat from 150 requests."""
    settings = Settings(
        upstream=upstream.url,
        store=str(tmp_path_factory.mktemp("taught") / "g.sqlite"),
        mode="serve",
        student="bayes()",
        start=60,
        token="secret-token",
    )
    with running(settings) as found:
        send(found, "/v1/chat/completions", [chat(text) for text in TEXTS[:80]])
        wait(found, lambda t: t["state"] == "shadow")  # fitted in another process, as always
        patch = pytest.MonkeyPatch()  # from here on in this one: starting others takes long
        patch.setattr(trainer, "fit_apart", fit_here)
        teach(found, "/v1/chat/completions", map(chat, TEXTS[80:]))
        yield found
        patch.undo()


def fit_here(data, spec, seed, *_):
    """Fit in this process."""
    return training.fitted(data, spec, seed)


def tasks(gateway, token="secret-token"):
    return gateway.json("/underdog/tasks", x_underdog_token=token)[1]["tasks"]


def wait(gateway, until, at=0):
    end = time.monotonic() + 240
    while len(found := tasks(gateway)) <= at or not until(found[at]):
        assert time.monotonic() < end, (found[at]["problem"], found[at])
        time.sleep(0.05)


def teach(gateway, path, bodies, at=0):
    """Send requests until a task is answered locally: each fit is followed by comparisons."""
    left = list(bodies)
    for some in (left[i : i + 20] for i in range(0, len(left), 20)):
        send(gateway, path, some)
        if len(tasks(gateway)) > at:
            wait(gateway, lambda t: not t["fitting"], at)
            if tasks(gateway)[at]["state"] == "serving":
                return
    raise AssertionError(tasks(gateway))


def by(raw):
    """Who gave a reply of the SDK, or one with these headers."""
    return getattr(raw, "headers", raw)["x-underdog-answered-by"].partition(";")[0]


def test_what_the_small_model_may_answer_it_answers_as_the_upstream_would(taught, upstream):
    upstream.answer, upstream.sent[:] = moods_reply, []
    with client(taught) as sdk:
        raws = [(text, create(sdk, text)) for text in TEXTS[150:250]]
        local = [(text, raw) for text, raw in raws if by(raw) == "local"]
        assert len(local) + len(upstream.sent) == 100
        assert len(local) > 30  # a fit in between is followed by comparisons
        agreed = [raw.parse().choices[0].message.content == mood(text) for text, raw in local]
        assert sum(agreed) / len(agreed) > 0.9
        first = local[0][1].parse()
        assert first.model == "gpt-4.1-mini-2025-04-14"
        why = {raw.headers.get("x-underdog-why") for _, raw in raws if by(raw) == "upstream"}
        unlike = "unlike the training texts"
        assert why <= {"audit", "not sure", "allowance used up or mode", unlike}
        row = ledger(taught, local[0][1].headers["x-underdog-request"])
        assert (row["by_whom"], row["paid"]) == ("local", 0.0)
        assert row["saved"] > 0
        streamed = None
        for text in TEXTS[250:400]:
            raw = create(sdk, text, stream=True, stream_options={"include_usage": True})
            chunks = list(raw.parse())
            if by(raw) == "local":
                streamed = chunks
                break
        assert "".join(c.choices[0].delta.content or "" for c in streamed if c.choices) in (
            "pos",
            "neg",
        )
        assert streamed[-1].usage.prompt_tokens == 0


def test_every_deferral_is_explained_on_request(taught, upstream):
    upstream.answer = moods_reply
    wanted = {"x-underdog-explain": "1"}

    def because(text, key="sk-1", **more):
        with client(taught, key) as sdk:
            raw = create(sdk, text, extra_headers=wanted | more.pop("headers", {}), **more)
        return by(raw), raw.headers["x-underdog-because"]

    assert because("zyx wvu tsr " * 4)[0] == "upstream"
    told = {because(text) for text in TEXTS[250:290]}
    assert any(who == "local" and "with confidence" in why for who, why in told)
    assert "has not accepted this key" in because(TEXTS[0], "sk-new")[1]
    assert "belongs to no task" in because(TEXTS[0], temperature=0.3)[1]
    assert "more than one of a few" in because(TEXTS[0], n=2)[1]
    assert "neither stored" in because(TEXTS[0], headers={"x-underdog-opt-out": "1"})[1]
    # another strange text: the first one was heard, and the next fit may have learned from it
    task = {"task": tasks(taught)[0]["id"], "text": "qwk jvx plf " * 4}
    status, found = taught.json("/underdog/explain", task, x_underdog_token="secret-token")
    assert (status, found["local"]) == (200, False)
    assert found["likeness"] < found["least_likeness"] < 1
    assert "".join(piece for piece, *_ in found["words"]) == task["text"]
    said = {"task": task["task"], "text": TEXTS[260]}
    _, found = taught.json("/underdog/explain", said, x_underdog_token="secret-token")
    assert any(shade.startswith("for-") for _, shade, _ in found["words"])
    assert "without the first words the score falls by" in found["measured"]
    assert taught.json("/underdog/explain", task)[0] == 403


def test_another_key_another_prompt_and_an_opt_out_go_upstream(taught, upstream):
    upstream.answer = moods_reply
    with client(taught, "sk-unknown") as sdk:
        assert {by(create(sdk, text)) for text in TEXTS[300:310]} == {"upstream"}
    with client(taught) as sdk:
        for text in TEXTS[300:310]:
            assert by(create(sdk, text, extra_headers={"x-underdog-opt-out": "1"})) == "upstream"
            assert by(create(sdk, text, temperature=0.5)) == "upstream"
        upstream.answer = lambda _: Reply(401, pieces=(b'{"error": {"message": "no"}}',))
        with pytest.raises(openai.AuthenticationError):
            create(sdk, TEXTS[310], temperature=0.5)
        with pytest.raises(openai.AuthenticationError):
            create(sdk, TEXTS[311])  # the key is not accepted any more: nothing is answered here
        upstream.answer = moods_reply
        assert by(create(sdk, TEXTS[312])) == "upstream"  # which accepts it again


def test_questions_that_are_undecided_go_upstream_alone(taught, upstream):
    upstream.answer = moods_reply
    teach(taught, "/v1/decisions", (decide(text, QUESTIONS[:1]) for text in TEXTS), 1)
    upstream.sent.clear()
    found = send(taught, "/v1/decisions", [decide(text, QUESTIONS) for text in TEXTS[-30:]])
    partly = [said for headers, said in found if by(headers) == "partly local"]
    assert partly
    sent = [len(json.loads(one.body)["questions"]) for one in upstream.sent]
    assert sent.count(1) == len(partly)
    for said in partly:
        first, second = said["answers"]
        assert (first["type"], first["name"], second["type"]) == ("predicate", "good", "choice")
    agreed = [(a["probability"] > 0.5) == (b["choice"] == "pos") for a, b in
              (said["answers"] for said in partly)]  # fmt: skip
    assert sum(agreed) / len(agreed) > 0.9


def test_a_person_decides_what_a_task_may_do(taught, upstream):
    upstream.answer = moods_reply
    task = tasks(taught)[0]
    assert taught.json("/underdog/tasks", {"task": task["id"], "state": "pinned"})[0] == 403
    assert tasks(taught, "wrong")[0]["latest"] == []
    assert isinstance(tasks(taught, "wrong")[0]["labels"], int)

    def change(**what):
        body = {"task": task["id"], **what}
        return taught.json("/underdog/tasks", body, x_underdog_token="secret-token")

    assert change(state="pinned")[1]["state"] == "shadow"
    asked = [chat(text) for text in TEXTS[400:430]]
    assert {by(h) for h, _ in send(taught, "/v1/chat/completions", asked)} == {"upstream"}
    change(state="on", never=["pos"])
    teach(taught, "/v1/chat/completions", map(chat, TEXTS))
    found = send(taught, "/v1/chat/completions", [chat(text) for text in TEXTS[430:630]])
    local = {s["choices"][0]["message"]["content"] for h, s in found if by(h) == "local"}
    assert local == {"neg"}
    assert change(never=[], name="mood")[1]["name"] == "mood"
    assert change(state="x")[0] == 400


def test_feedback_counts_who_was_right(taught, upstream):
    upstream.answer = moods_reply
    with client(taught) as sdk:
        raw = create(sdk, TEXTS[500])
    request = raw.headers["x-underdog-request"]
    taught.gateway.writer.flush(10)
    right = mood(TEXTS[500])
    assert taught.json("/v1/feedback", {"request": request, "label": right})[0] == 200
    assert taught.json("/v1/feedback", {"request": "0" * 16, "label": right})[0] == 404
    taught.gateway.writer.flush(10)
    assert tasks(taught)[0]["gold"]["judged"] == 1


@pytest.fixture
def page(taught, upstream):
    found = os.environ.get("UNDERDOG_CHROMIUM") or shutil.which("chromium")
    if not found:
        pytest.skip("no Chromium; install it: apt-get install chromium")
    upstream.answer = moods_reply
    task = taught.gateway.board.tasks[0]  # a disagreement about a text that attacks
    task.latest.append({"text": EVIL, "local": "neg", "upstream": "pos"})
    from playwright.sync_api import sync_playwright

    wrong = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        page = chromium.new_page(viewport={"width": 390, "height": 800})
        page.on("console", lambda m: m.type == "error" and wrong.append(m.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request", lambda r: r.url.startswith((taught.base, "data:")) or wrong.append(r.url)
        )
        yield page
        chromium.close()
    assert not wrong


def test_the_dashboard_works_on_a_telephone_and_runs_no_strangers_script(page, taught):
    page.goto(taught.base + "/")
    page.wait_for_selector("article")
    assert page.locator(".latest:visible").count() == 0  # no texts without the token
    page.fill("#token", "secret-token")
    page.click("#unlock button")
    page.wait_for_selector(".actions:visible")
    assert "Answered locally" in page.inner_text("#figures")
    assert not page.is_visible("#unlock")  # the token is known by now
    card = page.locator("article").first
    card.locator(".certificate summary").click()
    assert "differ from its answers" in card.locator(".certificate pre").inner_text()
    card.locator(".latest summary").click()
    assert "<img" in card.locator(".latest tbody").inner_text()
    card.get_by_role("button", name="Why").last.click()
    page.wait_for_selector(".words:visible")
    assert "<img" in card.locator(".words").inner_text()
    if card.locator(".try[open]").count() == 0:
        card.locator(".try summary").click()
    card.locator(".try input").fill(TEXTS[260])
    card.locator(".try input").press("Enter")
    page.wait_for_selector(".words mark:visible")
    assert "Measured: without the first words" in card.locator(".measured").inner_text()
    card.get_by_role("button", name="Always ask the upstream").click()
    page.wait_for_selector("article button[data-state=pinned][aria-pressed=true]")
    assert tasks(taught)[0]["policy"] == "pinned"
    card.get_by_role("button", name="Learn and answer").click()
    page.wait_for_selector("article button[data-state=on][aria-pressed=true]")
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.evaluate(wide)
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert page.title() == "underdog gateway"
    assert page.url == taught.base + "/"
