"""Decision models, asked in both dialects of a server of our own that the SDK's types accept."""

from __future__ import annotations

import json
import os
import re
from contextlib import ExitStack

import numpy as np
import openai
import pydantic
import pytest
from servers.decision_server import REFUSE, decision_server

from underdog.combine.prompted import FewShot, Prompted
from underdog.core.cost import Ledger
from underdog.core.data import Dataset, Task
from underdog.core.errors import UnderdogError
from underdog.core.places import orders
from underdog.core.protocols import Chooser, Decider, fitted
from underdog.core.reading import Tally
from underdog.models.chat import endpoint
from underdog.models.decide import Decide, dialects, versions
from underdog.models.decide.questions import CHOICE, YES_NO, Question
from underdog.runtime.registry import build, spec
from underdog.runtime.store import default_store
from underdog.study.labels.plan import plan
from underdog.testing import check_answers, check_model

MOODS = ("neg", "pos")


def mood(text, question):
    """Surely as the text says, in whatever order the options stand."""
    good = 0.9 if "good" in text else 0.2
    if True in question["options"]:
        return {True: good, False: 1 - good}
    if "pos" in question["options"]:
        return {"pos": good, "neg": 1 - good}
    return {option: 1 / len(question["options"]) for option in question["options"]}


@pytest.fixture(name="judge")
def _judge(monkeypatch):
    """Start a decision model's API and point the environment at it: ``judge(decide, …)``."""
    dialects._spoken.clear()
    versions._versions.clear()
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-for-tests")
    with ExitStack() as stack:

        def start(decide=mood, **script):
            server = stack.enter_context(decision_server(decide, **script))
            monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
            monkeypatch.setenv("ROUTER_BASE_URL", server.base_url)
            return server

        yield start


@pytest.fixture(params=["decisions", "systemone"], name="dialect")
def _dialect(request):
    return request.param


def test_every_answer_has_probabilities_in_both_dialects(judge, dialect):
    server = judge(dialects=(dialect,))
    answers = Decide("judge").choose(["a good film", "a bad film"], MOODS)
    assert answers.values == ("pos", "neg")
    np.testing.assert_allclose(answers.probs, [[0.1, 0.9], [0.8, 0.2]])
    assert answers.paths == (("judge", "judge-1.0"),) * 2
    assert {line["dialect"] for line in server.log} == {dialect}
    check_answers(answers)


def test_it_keeps_the_contract_of_a_model(judge):
    judge()
    model = Decide("judge", labels=MOODS, price=0.1)
    check_model(model, ["good", "bad", "good", "", ("bad", "good")])
    assert isinstance(model, Chooser)
    assert isinstance(model, Decider)
    assert build(spec(model)) == model


def test_requests_and_replies_are_those_of_the_official_types(judge):
    from openai.types import decision_create_params as types

    server = judge(dialects=("decisions",))
    task = Task("", MOODS, descriptions=(("pos", "praise"), ("neg", "blame")))
    Decide("judge", orders=2).decide(["a good film"], task)
    Decide("judge", yes="pos").decide(["a good film"], task)
    Decide("judge").choose(["a good film"], ["1", "2", "3"])
    accept = pydantic.TypeAdapter(types.DecisionCreateParams).validate_python
    for line in server.log:
        accept(line["body"], extra="forbid")
    client = openai.OpenAI(base_url=server.base_url)
    said = client.decisions.create(**server.log[0]["body"])
    assert said.answers[0].type == "choice"
    raw = client.decisions.with_raw_response.create(**server.log[2]["body"])
    strict = openai.types.Decision.model_validate_json(raw.http_response.content, strict=True)
    assert [level.label for level in strict.answers[0].probabilities] == ["1", "2", "3"]


def test_descriptions_are_part_of_the_question(judge, dialect):
    server = judge(dialects=(dialect,))
    Decide("judge").decide(["x"], Task("", MOODS, "Mood?", descriptions=(("pos", "praise"),)))
    questions = server.log[0]["body"]["questions"]
    question = questions[0] if dialect == "decisions" else questions["q0"]
    assert question["instructions"] == "Mood?"
    if dialect == "decisions":
        assert question["choices"] == [{"value": "neg"}, {"value": "pos", "description": "praise"}]
    else:
        assert question["criteria"] == {"neg": None, "pos": "praise"}


def test_two_labels_are_a_yes_no_question_where_that_is_asked_for(judge, dialect):
    server = judge(dialects=(dialect,))
    answers = Decide("judge", yes="pos").choose(["a good film", "a bad film"], MOODS)
    assert answers.values == ("pos", "neg")
    np.testing.assert_allclose(answers.probs, [[0.1, 0.9], [0.8, 0.2]])
    questions = server.log[0]["body"]["questions"]
    asked = questions[0] if dialect == "decisions" else questions["q0"]
    assert asked["type"] == ("predicate" if dialect == "decisions" else "noul")


def test_ratings_are_a_score_and_codes_can_be_a_choice(judge, dialect):
    stars = {"1": 0.1, "2": 0.0, "3": 0.2, "4": 0.6, "5": 0.1}
    server = judge(lambda text, question: stars, dialects=(dialect,))
    labels = ("5", "1", "2", "3", "4")
    for model, kind in ((Decide("judge"), "score"), (Decide("judge", ask="choice"), "choice")):
        server.log.clear()
        answers = model.choose(["so-so"], labels)
        assert answers.values == ("4",)
        np.testing.assert_allclose(answers.probs, [[0.1, 0.1, 0.0, 0.2, 0.6]])
        questions = server.log[0]["body"]["questions"]
        assert (questions[0] if dialect == "decisions" else questions["q0"])["type"] == kind


@pytest.mark.parametrize("keys", ["names", "places", "list"])
def test_a_level_is_never_taken_for_its_neighbour(judge, keys):
    """The levels "1" to "4" are also places: which is meant, the mean tells."""
    p = [0.0, 0.7, 0.3, 0.0]
    told = {
        "names": {"1": 0.0, "2": 0.7, "3": 0.3},
        "places": {"1": 0.7, "2": 0.3, "3": 0.0},
        "list": p,
    }[keys]
    answer = {"type": "score", "score": 1.3, "probabilities": told}
    judge(lambda text, question: answer, dialects=("systemone",))
    answers = Decide("judge").choose(["x"], ["1", "2", "3", "4"])
    np.testing.assert_allclose(answers.probs, [p])


def test_a_score_whose_levels_remain_unclear_is_not_read(judge):
    told = {"1": 0.7, "2": 0.3}
    judge(
        lambda text, question: {"type": "score", "score": 0.0, "probabilities": told},
        dialects=("systemone",),
    )
    with pytest.warns(UserWarning, match="cannot be used"):
        assert Decide("judge").choose(["x"], ["1", "2", "3", "4"]).values == ("",)


def test_the_order_of_options_is_averaged_out_and_told(judge):
    def first_wins(text, question):
        options = question["options"]
        if "good" in text:
            return {"pos": 0.9, "neg": 0.1}
        return {options[0]: 0.6, options[1]: 0.4}

    server = judge(first_wins)
    answers = Decide("judge", orders=2).choose(["good", "unclear"], MOODS)
    np.testing.assert_allclose(answers.probs, [[0.1, 0.9], [0.5, 0.5]])
    assert answers.readings == (("exact", ""), ("by order", "neg, pos"))
    assert len(server.log) == 2  # all orders of a text are in one request
    tally = Tally.of(answers.readings)
    assert tally is not None
    assert tally.lines() == ["2 answers read: 1 exact, 1 by order"]


def test_orders_differ_and_are_balanced():
    for options in (2, 3, 5, 77):
        for n in (1, 2, 3, 5):
            found = orders(options, n)
            assert len(set(found)) == len(found) == min(n, 2 * options if options > 2 else 2)
            assert all(sorted(order) == list(range(options)) for order in found)
    full = np.array(orders(5, 5))
    assert all(sorted(column) == list(range(5)) for column in full.T)


def test_refusals_and_missing_answers_abstain(judge, dialect):
    def shy(text, question):
        return {"refuse": REFUSE, "silent": None}.get(text, {"pos": 1.0, "neg": 0.0})

    judge(shy, dialects=(dialect,))
    answers = Decide("judge").choose(["refuse", "silent", "good"], MOODS)
    assert answers.values == ("", "", "pos")
    assert [how for how, _ in answers.readings] == ["refusal", "none", "exact"]
    assert np.isnan(answers.probs[:2]).all()


def test_255_options_fit_and_more_are_asked_in_two_stages(judge, dialect):
    labels = tuple(f"topic {i:03d} · ж" for i in range(600))

    def likes_417(text, question):
        weights = {o: 30.0 if o == labels[417] else 1.0 for o in question["options"]}
        return {o: w / sum(weights.values()) for o, w in weights.items()}

    server = judge(likes_417, dialects=(dialect,))
    answers = Decide("judge", price=1.0).choose(["x"], labels)
    assert answers.values == (labels[417],)
    assert len(server.log) == answers.total.calls == 2
    assert answers.probs.sum() == pytest.approx(1)
    assert (answers.probs > 0).sum() == 255
    server.log.clear()
    Decide("judge").choose(["y"], labels[:255])
    assert len(server.log) == 1


def test_what_was_paid_is_billed_once_and_kept(judge, monkeypatch):
    server = judge()
    model = Decide("judge", price=2.0)
    with default_store().open():
        with Ledger() as bill:
            first = model.choose(["good", "bad", "good"], MOODS)
        again = model.choose(["good", "bad", "good"], MOODS)
    tokens = sum(len(json.dumps(line["body"])) // 4 for line in server.log)
    assert len(server.log) == bill.total.calls == 2
    assert bill.total.tokens_in == tokens
    assert bill.total.dollars == pytest.approx(2 * tokens / 1e6)
    assert again.total == first.total
    np.testing.assert_array_equal(again.probs, first.probs)


@pytest.mark.parametrize(
    "changed",
    [
        lambda: Decide("judge", orders=2).choose(["good"], MOODS),
        lambda: Decide("judge", yes="pos").choose(["good"], MOODS),
        lambda: Decide("judge").choose(["good"], ("pos", "neg")),
        lambda: Decide("other").choose(["good"], MOODS),
        lambda: Decide("judge").decide(["good"], Task("", MOODS, "Mood?")),
        lambda: Decide("judge").decide(["good"], Task("", MOODS, descriptions=(("pos", "x"),))),
    ],
)
def test_another_question_is_never_answered_from_the_store(judge, changed):
    server = judge()
    with default_store().open():
        Decide("judge").choose(["good"], MOODS)
        changed()
    assert len(server.log) == 2


def test_a_list_price_follows_the_version_that_answered(judge, monkeypatch):
    usage = {"input_tokens": 1000, "output_tokens": 3}
    judge(version="jev-1.14.0", usage=usage)
    monkeypatch.setattr(endpoint, "LOOPBACK", frozenset())
    monkeypatch.setenv("TYPESAFE_BASE_URL", os.environ["OPENAI_BASE_URL"])
    answers = Decide("jev-latest", provider="typesafe").choose(["good"], MOODS)
    assert answers.total.dollars == pytest.approx(1000 * 0.042 / 1e6)
    assert answers.paths == (("jev-latest", "jev-1.14.0"),)


def test_a_model_that_changes_in_the_middle_is_told(judge):
    judge(version=["jev-1.13", "jev-1.14"])
    model = Decide("jev-latest", concurrency=1)
    with pytest.warns(UserWarning, match=r"was jev-1.13 and is now jev-1.14") as told:
        answers = model.choose(["good", "bad", "so-so"], MOODS)
    assert len(told) == 1
    assert versions.versions(answers, "jev-latest") == {"jev-1.14": 2, "jev-1.13": 1}


@pytest.mark.parametrize(
    ("p", "value", "reason"),
    [
        ({"pos": 0.5, "neg": 0.2}, "pos", "sum to 0.70"),
        ({"pos": 0.7}, "pos", "1 of 2 options are missing"),
        ({"pos": 1.0}, "pos", ""),
        ({"pos": 0.701, "neg": 0.303}, "pos", ""),
        ({"pos": -0.1, "neg": 1.1}, "neg", "hold"),
        ({"pos": "0.9", "neg": 0.1}, "pos", "hold"),
        ({"pos": True, "neg": False}, "pos", "hold"),
        ({"pos": 0.9, "other": 0.1}, "pos", "was no option"),
        ({}, "pos", "are missing"),
        (None, "pos", "are missing"),
        ({"pos": 0.1, "neg": 0.9}, "pos", "another option"),
    ],
)
def test_probabilities_that_are_none_are_told_and_not_used(judge, recwarn, p, value, reason):
    answer = {"type": "choice", "choice": value, "probabilities": p}
    judge(lambda text, question: answer, dialects=("systemone",))
    answers = Decide("judge").choose(["x"], MOODS)
    assert answers.values == (value,)
    assert np.isnan(answers.probs).any() == bool(reason)
    assert [str(w.message) for w in recwarn if reason and reason in str(w.message)] or not reason
    check_answers(answers)


@pytest.mark.parametrize("choice", [True, "maybe", None, 1])
def test_a_choice_that_was_no_option_is_no_answer(judge, choice):
    """A boolean is not the string of the same text."""
    told = [{"value": True, "probability": 0.8}, {"value": "true", "probability": 0.2}]
    answer = {"type": "choice", "choice": choice, "probabilities": told, "name": "q0"}
    judge(lambda text, question: answer, dialects=("decisions",))
    with pytest.warns(UserWarning, match="no option"):
        assert Decide("judge").choose(["x"], ["true", "false"]).values == ("",)


def test_booleans_and_strings_of_the_same_text_stay_apart(judge):
    told = [{"value": "true", "probability": 0.8}, {"value": "false", "probability": 0.2}]
    answer = {"type": "choice", "choice": "true", "probabilities": told, "name": "q0"}
    judge(lambda text, question: answer, dialects=("decisions",))
    assert Decide("judge").choose(["x"], ["true", "false"]).values == ("true",)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("a",), "two labels or more"),
        (("a", ""), "an option is empty"),
        (("a", " "), "an option is empty"),
        (("a", "b", "a"), "twice"),
    ],
)
def test_labels_that_cannot_be_options_are_refused(judge, given, says):
    judge()
    with pytest.raises(UnderdogError, match=says):
        Decide("judge").choose(["x"], given)


def test_other_bad_input_is_refused_in_words(judge, monkeypatch):
    judge()
    with pytest.raises(UnderdogError, match="'joy' is described, and is no label"):
        Decide("judge").decide(["x"], Task("", MOODS, descriptions=(("joy", "glad"),)))
    with pytest.raises(UnderdogError, match="wants two labels"):
        Decide("judge", yes="maybe").choose(["x"], MOODS)
    with pytest.raises(UnderdogError, match="given none"):
        Decide("judge").answer(["x"])
    for options in ({"dialect": "morse"}, {"ask": "nicely"}, {"orders": 2, "yes": "pos"}):
        with pytest.raises(UnderdogError):
            Decide("judge", **options)
    with pytest.raises(UnderdogError, match="no decision models"):
        Decide("claude-sonnet-5", provider="anthropic")


def test_a_server_of_another_dialect_is_found_or_named(judge):
    server = judge(dialects=("decisions",))
    assert Decide("judge", provider="router").choose(["good"], MOODS).values == ("pos",)
    with pytest.raises(UnderdogError, match="does not speak System One, but OpenAI") as told:
        Decide("judge", dialect="systemone").choose(["bad"], MOODS)
    assert "dialect='decisions'" in told.value.hint
    judge(dialects=(), chat=True)
    with pytest.raises(UnderdogError, match="chat completions") as told:
        Decide("judge").choose(["x"], MOODS)
    assert "chat('judge')" in told.value.hint
    judge(dialects=())
    with pytest.raises(UnderdogError, match="does not speak") as told:
        Decide("judge").choose(["x"], MOODS)
    assert "OPENAI_BASE_URL" in told.value.hint
    assert len(server.log) == 1


@pytest.mark.parametrize(
    ("fault", "says", "hint"),
    [
        ((501, "not a decision model"), "not a decision model", "chat('judge')"),
        ((404, "The model `judge` does not exist"), "does not exist", "models there: judge"),
        ((401, "wrong key"), "wrong key", "OPENAI_API_KEY"),
        ((422, "each label must be a single token"), "single token", "limit="),
    ],
)
def test_a_refusal_for_good_tells_what_to_type(judge, fault, says, hint):
    server = judge(faults=[fault])
    with pytest.raises(UnderdogError, match=says) as told:
        Decide("judge").choose(["x"], MOODS)
    assert hint in told.value.hint
    assert len(server.log) == 1


def test_a_server_that_takes_fewer_options_says_how_many(judge):
    judge(lambda text, q: {o: 1 / len(q["options"]) for o in q["options"]}, limit=64)
    labels = [f"topic {i:03d}" for i in range(100)]
    with pytest.raises(UnderdogError) as told:
        Decide("judge").choose(["x"], labels)
    assert "limit=64" in told.value.hint
    assert Decide("judge", limit=64).choose(["x"], labels).values == ("topic 000",)


@pytest.mark.parametrize(
    "raw",
    [
        b"<html>",
        b"{}",
        b'{"answers": 3}',
        b'{"answers": []}',
        b'{"answers": "q0"}',
        b'{"answers": {"q0": null}, "usage": {"input_tokens": -1}}',
        b'{"answers": {}, "usage": {"input_tokens": "many"}}',
        b'{"answers": {}, "usage": {"input_tokens": true}}',
        b"[" * 5000,
    ],
)
def test_a_reply_that_cannot_be_read_is_no_answer_and_no_bill(judge, raw):
    judge(raw=raw, dialects=("systemone",))
    with Ledger() as bill, pytest.raises(UnderdogError, match=r"cannot be read|nested too deeply"):
        Decide("judge", retries=0).choose(["x"], MOODS)
    assert bill.total.calls == 0


def test_a_busy_server_is_asked_again(judge):
    server = judge(faults=[429, 503])
    assert Decide("judge", concurrency=1).choose(["good"], MOODS).values == ("pos",)
    assert len(server.log) == 3


def test_a_text_that_is_too_long_abstains(judge):
    judge(faults=[(400, "context_length exceeded")])
    answers = Decide("judge", concurrency=1).choose(["very long", "good"], MOODS)
    assert answers.values == ("", "pos")
    assert answers.total.calls == 2


USAGES = [
    ({"input_tokens": 10, "output_tokens": 0}, (10, 0, 0, 0)),
    ({"input_tokens": 10}, (10, 0, 0, 0)),
    ({"input_tokens": 10, "output_tokens": None}, (10, 0, 0, 0)),
    ({"prompt_tokens": 7, "completion_tokens": 1}, (7, 1, 0, 0)),
    ({"input_tokens": 10, "prompt_tokens": 7}, (10, 0, 0, 0)),
    ({"input_tokens": 10, "input_tokens_details": {"cached_tokens": 4}}, (10, 0, 4, 0)),
    ({"input_tokens": 10, "input_tokens_details": None}, (10, 0, 0, 0)),
    ({"input_tokens": 10, "input_tokens_details": {"cached_tokens": None}}, (10, 0, 0, 0)),
    ({"input_tokens": 10, "input_tokens_details": {"cache_write_tokens": 3}}, (10, 0, 0, 3)),
    ({"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 8}}, (9, 0, 8, 0)),
    ({"input_tokens": 9, "cache_read_input_tokens": 2}, (9, 0, 2, 0)),
    ({"input_tokens": 9, "cache_creation_input_tokens": 2}, (9, 0, 0, 2)),
    ({"input_tokens": 9.0}, (9, 0, 0, 0)),
    ({"output_tokens": 3}, (None, 3, 0, 0)),
    ({}, (None, None, 0, 0)),
    (None, (None, None, 0, 0)),
]


@pytest.mark.parametrize(("billed", "tokens"), USAGES)
def test_tokens_are_read_under_every_name(billed, tokens):
    usage = dialects.usage_of(billed)
    assert (usage.tokens_in, usage.tokens_out, usage.cached, usage.written) == tokens


@pytest.mark.parametrize("count", [-1, 1.5, "many", True, float("nan"), 1e12, [3]])
def test_counts_that_are_none_are_refused(count):
    with pytest.raises((ValueError, TypeError)):
        dialects.usage_of({"input_tokens": count})


def test_a_study_asks_it_as_a_contestant(judge):
    server = judge()
    data = Dataset.of(["a good film", "a bad film"] * 4, ["pos", "neg"] * 4)
    model = fitted(FewShot(Decide("judge"), k=1), data)
    assert isinstance(model, Prompted)
    assert model.answer(["good"]).values == ("pos",)
    body = server.log[0]["body"]
    assert body.get("input", body.get("state")) == "good"
    assert "Examples:" in str(body["questions"])
    planned = plan(Decide("judge", price=1.0), data)
    assert planned.cost.calls == 2
    assert planned.cost.dollars > 0
    assert '"judge"' in planned.prompt


def test_many_questions_about_a_text_are_one_request(judge, dialect):
    def sure(text, question):
        if True in question["options"]:
            return {True: 0.75, False: 0.25} if "shout" in question["instructions"] else REFUSE
        return {"low": 0.0, "high": 1.0}

    server = judge(sure, dialects=(dialect,))
    asked = [
        Question(YES_NO, "Does it shout?", ("yes", "no"), ("", "")),
        Question(YES_NO, "Is it secret?", ("yes", "no"), ("", "")),
        Question("score", "How angry?", ("low", "high"), ("", "")),
    ]
    found, costs = Decide("judge").probabilities(["x", "y"], asked)
    np.testing.assert_allclose(found, [[0.75, np.nan, 1.0]] * 2)
    assert len(server.log) == 2
    assert costs.shape == (2, 6)
    assert CHOICE == "choice"


@pytest.mark.filterwarnings("default:jev-latest has changed")
def test_a_study_tells_what_the_order_moved_and_that_the_model_changed(judge, sh, tmp_path):
    def hasty(text, question):
        first, second = question["options"]
        return {first: 0.6, second: 0.4} if text.endswith("0") else mood(text, question)

    judge(hasty, version=["jev-1.13", "jev-1.14"])
    words = [("good", "pos"), ("bad", "neg")]
    rows = [f"a {mood_word} film {i},{label}" for i in range(60) for mood_word, label in words]
    (tmp_path / "films.csv").write_text("\n".join(["text,label", *rows]))
    against = "decide('jev-latest', orders=2)"
    code, told, aside = sh("compare", "films.csv", "majority()", "--against", against)
    assert code == 0, aside
    assert "by order" in told
    # requests travel side by side, so either version may answer first
    changed = re.search(r"it was (jev-\S+) and is now (jev-\S+);", " ".join(aside.split()))
    assert changed is not None
    assert set(changed.groups()) == {"jev-1.13", "jev-1.14"}
    said = re.search(r"Jev-latest changed during this study \((\d+) by jev-1.1\d, (\d+) by", told)
    assert said is not None
    assert min(map(int, said.groups())) > 0
    assert "MODEL  Jev-latest changed" in told  # before anything else that the verdict says
