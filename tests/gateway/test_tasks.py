"""Tasks in the traffic: what makes two the same, how they are found, and who answers them."""

import copy
import json
import random
import time

import numpy as np
import pytest
from conftest import moods
from servers.upstream import mood

from underdog.combine.ensemble import Ensemble
from underdog.fronts.gateway.app import Gateway
from underdog.fronts.gateway.dashboard.figures import gold, task_figures
from underdog.fronts.gateway.settings import Settings
from underdog.fronts.gateway.tasks import replies, trainer, training
from underdog.fronts.gateway.tasks.families import Heard
from underdog.fronts.gateway.tasks.identity import find
from underdog.fronts.gateway.tasks.likeness import Likeness, Nearness, likeness
from underdog.fronts.gateway.tasks.reasons import reason, tried
from underdog.fronts.gateway.tasks.task import TaskState
from underdog.fronts.gateway.tasks.templates import Template, found_in
from underdog.models.transformers import embeddings, vectors
from underdog.models.transformers.frozen import FrozenModel
from underdog.runtime.persist import packed, unpacked
from underdog.runtime.registry import build

CHAT = {
    "model": "gpt-4.1-mini",
    "temperature": 0,
    "response_format": {"type": "text"},
    "tools": [],
    "messages": [
        {"role": "system", "content": "Answer pos or neg."},
        {"role": "user", "content": "example"},
        {"role": "assistant", "content": "pos"},
        {"role": "user", "content": "a great film"},
    ],
}
DECISIONS = {
    "model": "gpt-6-luna",
    "input": "a great film",
    "questions": [
        {
            "type": "choice",
            "name": "mood",
            "instructions": "Which mood?",
            "choices": [{"value": "pos", "description": "good"}, {"value": "neg"}],
        }
    ],
}


def families(path, body, tenant="t"):
    found = find(path, body, tenant)
    return [part.family for part in found.parts] if found else []


def changed(body, change):
    body = copy.deepcopy(body)
    change(body)
    return body


def question(body):
    return body["questions"][0]


CHANGES = {
    "model": (CHAT, lambda b: b.update(model="gpt-5")),
    "system prompt": (CHAT, lambda b: b["messages"][0].update(content="Answer neg or pos.")),
    "an example's text": (CHAT, lambda b: b["messages"][1].update(content="another")),
    "an example's label": (CHAT, lambda b: b["messages"][2].update(content="neg")),
    "role": (CHAT, lambda b: b["messages"][0].update(role="user")),
    "temperature": (CHAT, lambda b: b.update(temperature=1)),
    "format": (CHAT, lambda b: b.update(response_format={"type": "json_object"})),
    "tools": (CHAT, lambda b: b.update(tools=[{"type": "function"}])),
    "an unknown parameter": (CHAT, lambda b: b.update(new=1)),
    "instructions": (DECISIONS, lambda b: question(b).update(instructions="Not which mood?")),
    "description": (DECISIONS, lambda b: question(b)["choices"][0].update(description="bad")),
    "order": (DECISIONS, lambda b: question(b)["choices"].reverse()),
    "option": (DECISIONS, lambda b: question(b)["choices"][1].update(value="bad")),
    "a further option": (DECISIONS, lambda b: question(b)["choices"].append({"value": "x"})),
    "a boolean for a text": (
        changed(DECISIONS, lambda b: question(b)["choices"][0].update(value="true")),
        lambda b: question(b)["choices"][0].update(value=True),
    ),
    "kind": (
        DECISIONS,
        lambda b: question(b).update(
            type="score", levels=[{"label": "neg"}, {"label": "pos"}], choices=None
        ),
    ),
    "decision model": (DECISIONS, lambda b: b.update(model="gpt-6-luna-2")),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_what_is_asked_is_another_task(name):
    body, change = CHANGES[name]
    path = "/v1/decisions" if "questions" in body else "/v1/chat/completions"
    before, after = families(path, body), families(path, changed(body, change))
    assert before
    assert not set(before) & set(after)


def test_a_tenant_a_protocol_and_its_shape_are_part_of_the_identity():
    chat = families("/v1/chat/completions", CHAT)
    assert chat != families("/v1/chat/completions", CHAT, "another")
    text = {"model": "m", "instructions": "Say.", "input": "a great film"}
    listed = {**text, "input": [{"role": "user", "content": "a great film"}]}
    assert families("/v1/responses", text) != families("/v1/responses", listed)
    assert families("/v1/responses", text) != families(
        "/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "a"}]}
    )


def test_the_text_the_name_and_how_the_reply_is_sent_are_not():
    same = changed(CHAT, lambda b: b["messages"][-1].update(content="dull"))
    assert families("/v1/chat/completions", CHAT) == families("/v1/chat/completions", same)
    assert families("/v1/chat/completions", {**CHAT, "stream": True, "user": "u"}) == families(
        "/v1/chat/completions", CHAT
    )
    named = changed(DECISIONS, lambda b: question(b).update(name="other"))
    assert families("/v1/decisions", named) == families("/v1/decisions", DECISIONS)


@pytest.mark.parametrize(
    "change",
    [
        lambda b: b.update(n=2),
        lambda b: b.update(logprobs=True),
        lambda b: b["messages"][-1].update(content=[{"type": "image_url", "image_url": {}}]),
        lambda b: b["messages"][1].update(content=[{"type": "image_url", "image_url": {}}]),
        lambda b: b["messages"].append({"role": "tool", "content": "x"}),
        lambda b: b.update(messages="x"),
        lambda b: b["messages"][-1].update(content=""),
    ],
)
def test_what_a_small_model_could_not_give_is_left_alone(change):
    assert not families("/v1/chat/completions", changed(CHAT, change))
    assert not families("/v1/embeddings", CHAT)
    asked = {"model": "m", "input": "x", "previous_response_id": "r"}
    assert not families("/v1/responses", asked)


def words(rng):
    return " ".join(
        rng.choice(["film", "plot", "cast", "the", "of", "great", "awful", "end"]) for _ in range(9)
    )


def test_templates_are_what_texts_share_at_both_ends():
    rng = random.Random(0)
    ask, turned = "Is it positive or negative?\nText: ", "Is it negative or positive?\nText: "
    first = [f"{ask}{words(rng)}\nLabel:" for _ in range(60)]
    second = [f"{turned}{words(rng)}\nLabel:" for _ in range(60)]
    bare = [words(rng) for _ in range(60)]
    assert set(found_in(first + second + bare)) == {
        Template(ask, "\nLabel:"),
        Template(turned, "\nLabel:"),
        Template(),
    }
    assert Template(ask, "\nLabel:").text(f"{ask}so it is\nLabel:") == "so it is"
    assert Template(ask, "\nLabel:").text(f"{turned}so it is\nLabel:") is None
    assert Template(ask, "\nLabel:").text(f"{ask}\nLabel:") is None


def test_replies_are_of_a_few_kinds_or_no_task():
    assert replies.label("Positive.", None) == replies.label(" positive", None)
    assert replies.label('{"a": 1, "b": 2}', None) == replies.label('{"b":2,"a":1}', None)
    assert replies.label(None, ("f", '{"x": 1}')) == replies.label(None, ("f", '{"x":1}'))
    assert replies.label("x" * 400, None) == ""
    assert replies.closed(["a"] * 30 + ["b"] * 20) == ("a", "b")
    assert replies.closed(["a"] * 50) == ()
    assert replies.closed([f"reply {i}" for i in range(50)]) == ()
    assert replies.closed(["a"] * 30 + ["b"] * 15 + [""] * 5) == ()


@pytest.fixture
def board(tmp_path, monkeypatch):
    """The tasks of a gateway in the mode serve, whose small models are fitted in this process."""
    monkeypatch.setattr(trainer, "fit_apart", lambda *asked: training.fitted(*asked[:3]))
    settings = Settings(
        upstream="http://127.0.0.1:9/v1",
        store=str(tmp_path / "g.sqlite"),
        mode="serve",
        student="bayes()",
        start=60,
        redact=(r"\d{9,}",),
    )
    gateway = Gateway(settings)
    yield gateway.board
    gateway.close()


def hear(board, texts, model="m-1", say=mood, body=CHAT):
    """Pass ``texts`` through as if the upstream had replied to all; the task of the last."""
    task = None
    for i, text in enumerate(texts):
        asked = changed(body, lambda b, text=text: b["messages"][-1].update(content=text))
        (part,) = find("/v1/chat/completions", asked, "t").parts
        label = say(text)
        heard = Heard(f"{model}-{i}-{len(texts)}", label, label, model)
        task = board.observe(part, heard, "t") or task
    return task


def fit(board, task):
    """Wait for the next fit of a task; the thread of the board does it."""
    fits = task.counts.fits
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if task.counts.fits > fits:
            return
        board._trainer.wake()
        time.sleep(0.01)
    raise AssertionError(task.problem or "not fitted")


def test_a_task_is_found_learned_compared_and_then_answered(board):
    texts = [t + " 123456789" * (i == 3) for i, t in enumerate(moods(400).texts)]
    assert hear(board, texts[:40]) is None
    task = hear(board, texts[40:70])
    assert task.learner.labels == ("neg", "pos")
    assert task.state("serve", 0.05) == "learning"
    fit(board, task)
    assert task.state("serve", 0.05) == "shadow"
    hear(board, texts[70:120])
    assert task.state("serve", 0.05) == "serving"
    assert [task.state(m, 0.05) for m in ("observe", "shadow", "canary")] == [
        "shadow",
        "shadow",
        "canary",
    ]
    assert (task.counts.heard, task.counts.local) == (120, 0)
    assert board._writer.flush(5)
    stored = board._store.rows("SELECT text FROM examples WHERE task = :t", t=task.id)
    assert len(stored) == 120
    assert not [row for row in stored if "123456789" in row[0]]
    task.policy.state = "pinned"
    assert task.state("serve", 0.05) == "shadow"
    again = TaskState.of(task.row())
    assert again.learner.stream.summary == task.learner.stream.summary
    assert again.template == task.template


def test_a_text_unlike_the_training_texts_goes_upstream_however_sure_the_model_is(board):
    texts = moods(400).texts
    task = hear(board, texts[:70])
    fit(board, task)
    hear(board, texts[70:120])
    strange = "zyx great wvu lovely tsr qpo nml kji hgf brilliant edc"
    assert not tried(board, task, strange)["local"]
    choices = [board.choice(task, strange, local=True) for _ in range(40)]
    assert not any(choice.local for choice in choices)
    assert {choice.why for choice in choices} <= {"unlike the training texts", "audit"}
    usual = [board.choice(task, text, local=True) for text in texts[120:200]]
    assert any(choice.local for choice in usual)
    for choice in usual:
        assert ("may answer from" in reason(board, task, choice)) or not choice.local


def test_reasons_follow_what_a_person_decided_and_how_far_the_task_is(board):
    texts = moods(400).texts
    task = hear(board, texts[:55])
    assert "no small model yet" in tried(board, task, texts[0])["because"]
    hear(board, texts[55:70])
    fit(board, task)
    assert "compared before it answers" in tried(board, task, texts[0])["because"]
    hear(board, texts[70:120])
    task.policy.state = "pinned"
    assert "always goes to the upstream" in tried(board, task, texts[0])["because"]
    task.policy.state, task.policy.never = "on", ("neg", "pos")
    assert json.loads(json.dumps(tried(board, task, texts[0])))["local"] is False
    found = {tried(board, task, text)["because"] for text in texts[:60]}
    assert any("never answered locally" in why for why in found)
    task.policy.state = "off"
    assert "left alone" in tried(board, task, texts[0])["because"]


def test_vectors_are_compared_where_the_small_model_reads_them(monkeypatch):
    seen = {f"text {i}": np.array([1.0, i / 300], np.float32) for i in range(60)}
    far = np.array([-1.0, 1.0], np.float32)

    def embed(texts, encoder):
        assert encoder == "tiny"
        return np.stack([seen[text] for text in texts])

    monkeypatch.setattr(embeddings, "embed", embed)
    monkeypatch.setattr(
        vectors.latest, "get", lambda _, texts: {t: seen.get(t, far) for t in texts}
    )
    frozen = FrozenModel(("a", "b"), "tiny", np.zeros((2, 2)), np.zeros(2))
    words = build("bayes()").fit(moods(20))
    near = likeness(Ensemble((words, frozen), ("a", "b")), [*seen] * 2)
    assert isinstance(near, Nearness)
    assert isinstance(likeness(words, [*seen]), Likeness)
    near = unpacked(packed(near))
    assert near.rows.shape == (60, 2)
    assert [near.strange(text) for text in ("other", "text 30")] == [True, False]
    assert near.alike("text 30") > 0.9 > 0 > near.alike("other")
    assert not Nearness.of([*seen][:9], "tiny").strange("other")  # too few to say what is usual


def test_vectors_of_a_task_are_carried_to_its_next_fit(monkeypatch):
    monkeypatch.setattr(training, "MOST_BYTES", 25)
    carried = training.Carried()
    for task in "abc":
        carried.put(task, task.encode() * 10)
    assert [carried.get(task) for task in "abc"] == [b"", b"b" * 10, b"c" * 10]
    carried.put("c", b"")
    assert carried.get("c") == b""
    parts = [b"", b"one", b"two\0"]
    assert training._parted(training._joined(*parts)) == parts


def test_likeness_is_that_of_the_nearest_training_texts_without_the_text_itself():
    texts = [f"invoice {i} was charged twice on my card in month {i}" for i in range(60)]
    index = unpacked(packed(Likeness.of(texts + texts)))
    assert index.texts == 60  # equal texts count once
    assert 0 < index.least < index.alike(texts[3]) <= 1 + 1e-9
    assert not index.strange("invoice 7 was charged twice on my card")
    assert index.strange("colourless green ideas sleep furiously in my head")
    assert index.alike("") == index.alike("zyx") == 0
    assert Likeness.of(["a b"] * 9).least == 0  # too few to say what is usual: none is strange
    hand = Likeness.of(["a b", "a c", "d"])
    common, rare = 1 + np.log(4 / 3), 1 + np.log(4 / 2)
    own = common**2 / np.sqrt((common**2 + rare**2) * (common**2 + (1 + np.log(4)) ** 2))
    assert hand.alike("a zyx") == pytest.approx(own * 2 / 3)
    chinese = Likeness.of(["我被收了两次费", "我的卡被收了两次", "请退款给我"] * 3)
    assert chinese.alike("被收了两次") > chinese.alike("今天天气很好")


def test_another_resolved_model_ends_the_certificate(board):
    texts = moods(200).texts
    task = hear(board, texts[:70])
    fit(board, task)
    hear(board, texts[70:74], model="m-2")
    assert task.learner.models is not None
    hear(board, texts[74:75])  # the old model again: it was one strange reply, not a change
    hear(board, texts[75:79], model="m-2")
    assert task.learner.models is not None
    hear(board, texts[79:81], model="m-2")
    assert task.learner.models is None
    assert task.resolved == "m-2"
    assert "m-2" in task.learner.summary.alarms[-1][1]
    assert board._writer.flush(5)
    assert len(board._trainer._examples(task)) == 2


def test_an_upstream_that_contradicts_itself_is_counted(board):
    texts = moods(70).texts
    task = hear(board, texts)
    before = task.counts.heard
    hear(board, texts[:20])
    hear(board, texts[:5], say=lambda text: "neg" if mood(text) == "pos" else "pos")
    assert task.counts.heard == before + 25
    assert (task.counts.repeated, task.counts.same) == (25, 20)
    again = TaskState.of(task.row())
    assert (again.counts.repeated, again.counts.same) == (25, 20)
    shown = task_figures(board, again, None, False)
    assert (shown["repeated"], shown["same"]) == (25, 20)
    hear(board, texts[:6], model="m-2")  # another model answers: what the first did counts no more
    assert task.counts.repeated == 0


def test_an_upstream_that_turns_round_is_noticed_by_audits(board):
    texts = moods(3000).texts
    task = hear(board, texts[:70])
    fit(board, task)
    hear(board, texts[70:130])
    turned = {"pos": "neg", "neg": "pos"}
    learner, asked = task.learner, 0
    for text in texts[130:]:
        own = task.batches[0].model.answer([text])
        choice = learner.choose(own, own, 1.0)
        if choice.local:
            learner.given(choice)
        else:
            asked += 1
            learner.heard(choice, text, turned[mood(text)])
        if learner.models is None:
            break
    assert learner.models is None
    assert asked < 200


def test_a_question_is_a_task_by_itself_and_free_text_is_none(board):
    (part,) = find("/v1/decisions", DECISIONS, "t").parts
    found = [board.observe(part, Heard(str(i), "pos", "pos", "m"), "t") for i in range(10)]
    assert found[:9] == [None] * 9
    assert found[9].options == ("pos", "neg")
    assert found[9].counts.heard == 10
    assert hear(board, moods(120).texts, say=lambda text: f"I think {text}") is None
    bare = {"model": "m", "messages": [{"role": "user", "content": ""}]}
    assert hear(board, moods(120).texts, body=bare) is None


def test_feedback_needs_a_request_that_is_known(board):
    task = hear(board, moods(70).texts)
    board._writer.flush(5)
    name = board._store.rows("SELECT id FROM examples WHERE task = :t LIMIT 1", t=task.id)[0][0]
    assert board.feedback(name, "neg")
    assert not board.feedback("unknown", "neg")
    board._writer.flush(5)
    rows = board._store.rows("SELECT reply, own FROM examples WHERE source = 'gold'")
    assert [(row[0], json.loads(row[1])[0]) for row in rows] == [("neg", None)]


def test_judged_texts_count_for_a_model_only_where_its_answer_is_known(board):
    task = hear(board, moods(70).texts)

    def judged(n, own, reply, source, right):
        for i in range(n):
            name = f"{own}-{reply}-{source}-{right}-{i}"
            board._writer.put("examples", (name, 1.0, task.id, "x", reply, source, own, 1.0))
            assert board._writer.flush(5)
            assert board.feedback(name, right)
        assert board._writer.flush(5)

    judged(1, "", "pos", "heard", "pos")  # before there was a small model
    judged(1, "pos", "pos", "local", "neg")  # what the upstream would have said is not known
    judged(2, "neg", "pos", "audit", "neg")
    found = gold(task, board._store)
    assert (found["judged"], found["both"]) == (4, 2)
    assert (found["small_right"], found["small_known"]) == (2, 3)
    assert (found["large_right"], found["large_known"]) == (1, 3)
    assert found["p"] > 0.05
