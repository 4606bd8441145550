"""The live client, against a real server process: answers, receipts, the store, kill and resume."""

import numpy as np
import pytest

from underdog.core.cost import Cost, Ledger
from underdog.core.errors import UnderdogError
from underdog.core.protocols import Chooser
from underdog.models.chat import Chat, endpoint
from underdog.models.chat.constraints import FORMS, after_opening
from underdog.models.chat.endpoint import Endpoint
from underdog.runtime import progress
from underdog.runtime.prices import Usage, price
from underdog.runtime.registry import build, spec
from underdog.runtime.store import default_store
from underdog.testing import check_model

MOODS = [["good", "pos"], ["bad", "neg"], ["so-so", "It is hard to say."]]


def test_a_completion_comes_back_for_every_prompt_in_order(llm):
    llm(replies=MOODS)
    texts = [f"a {mood} film, number {i}" for i in range(12) for mood in ("good", "bad")]
    answers = Chat("tiny", concurrency=5).answer(texts)
    assert list(answers.values) == ["pos", "neg"] * 12
    assert set(answers.paths) == {("tiny",)}


def test_it_keeps_the_contract_of_a_model(llm):
    llm(replies=MOODS)
    model = Chat("tiny", price=(1.0, 2.0))
    check_model(model, ["good", "bad", "good", "", ("bad", "so-so")])
    assert isinstance(model, Chooser)


def test_no_more_requests_run_at_once_than_allowed(llm):
    server = llm(replies=MOODS, delay=0.05)
    Chat("tiny", concurrency=3).answer([f"good {i}" for i in range(12)])
    assert 1 < max(line["at_once"] for line in server.log) <= 3


def test_effort_is_asked_for_in_the_words_of_each_protocol(llm):
    server = llm(replies=MOODS)
    for model in ("tiny", "claude-sonnet-5"):
        Chat(model, effort="low").answer(["good"])
    assert server.log[0]["asked"]["reasoning_effort"] == "low"
    assert server.log[1]["asked"]["output_config"] == {"effort": "low"}


def test_the_repr_is_the_configuration():
    for chat in (Chat("gpt-5-mini"), Chat("m/x:1", effort="low", price=[0.25, 2], provider="groq")):
        assert build(spec(chat)) == chat
        assert hash(chat) == hash(build(repr(chat)))
    assert repr(Chat("gpt-5-mini", seed=3)) == "chat('gpt-5-mini', seed=3)"


def test_the_ledger_equals_the_usage_that_the_server_billed(llm):
    server = llm(replies=MOODS, cached=1, reasoning=5)
    with Ledger() as bill:
        answers = Chat("tiny", price=(3.0, 7.0)).answer([f"good {'x ' * i}" for i in range(30)])
    tokens_in = sum(line["tokens_in"] for line in server.log)
    tokens_out = sum(line["tokens_out"] for line in server.log)
    assert bill.total == answers.total
    assert (bill.total.tokens_in, bill.total.tokens_out) == (tokens_in, tokens_out)
    assert bill.total.calls == len(server.log) == 30
    assert bill.total.dollars == pytest.approx((3 * tokens_in + 7 * tokens_out) / 1e6, rel=1e-12)
    assert bill.total.joules is None
    assert bill.total.seconds > 0


def test_listed_models_cost_their_list_price_and_cached_tokens_less(llm, monkeypatch):
    llm(replies=MOODS, cached=2, reasoning=3)
    assert Chat("gpt-5-mini").answer(["a good film"])[0].cost.dollars is None  # a local server's
    monkeypatch.setattr(endpoint, "LOOPBACK", frozenset())  # take it for a gateway to the real one
    cost = Chat("gpt-5-mini").answer(["a good film"])[0].cost
    assert cost.dollars == price("gpt-5-mini", Usage(3, 4, cached=2, reasoning=3))
    assert cost.dollars == pytest.approx((1 * 0.25 + 2 * 0.025 + 4 * 2) / 1e6)
    assert Chat("our-own").answer(["a good film"])[0].cost.dollars is None


def test_claude_is_asked_in_its_own_protocol(llm):
    server = llm(replies=MOODS, cached=7)
    with Ledger() as bill:
        answer = Chat("claude-sonnet-5", max_tokens=50, price=(3, 15)).answer(["a good film"])[0]
    assert (answer.value, answer.path) == ("pos", ("claude-sonnet-5",))
    assert server.log[0]["asked"] == {
        "model": "claude-sonnet-5",
        "max_tokens": 50,
        "temperature": 0.0,
    }
    assert (bill.total.tokens_in, bill.total.tokens_out) == (3 + 7, 1)


def test_an_endpoint_that_tells_no_usage_leaves_the_cost_unknown(llm):
    llm(replies=MOODS, usage=False)
    cost = Chat("tiny", price=(1, 1)).answer(["good"])[0].cost
    assert (cost.tokens_in, cost.tokens_out, cost.dollars, cost.calls) == (None, None, None, 1)


def test_equal_prompts_of_a_batch_are_asked_and_paid_once(llm):
    server = llm(replies=MOODS)
    with Ledger() as bill:
        answers = Chat("tiny", price=(1, 1)).answer(["good", "bad", "good", "good"])
    assert answers.values == ("pos", "neg", "pos", "pos")
    assert len(server.log) == bill.total.calls == 2
    assert [a.cost.calls for a in answers] == [1, 1, 0, 0]


def test_choosing_reads_probabilities_from_the_tokens(llm):
    server = llm(
        replies=MOODS, probs={"pos": {"pos": 0.9, "neg": 0.1}, "neg": {"neg": 0.75, "p": 0.25}}
    )
    chosen = Chat("tiny").choose(["good", "bad", "so-so"], ["pos", "neg"])
    assert chosen.values == ("pos", "neg", "")
    assert chosen.probs is not None
    np.testing.assert_allclose(chosen.probs[:2], [[0.9, 0.1], [0.25, 0.75]])
    assert np.isnan(chosen.probs[2]).all()
    assert server.log[0]["asked"]["top_logprobs"] == 20
    assert chosen[2].confidence == 0


def test_an_endpoint_without_probabilities_still_chooses(llm):
    server = llm(replies=MOODS, refuses=["logprobs"])
    chat = Chat("tiny", concurrency=1)
    assert chat.choose(["good", "bad", "?"], ["pos", "neg"]).values == ("pos", "neg", "")
    assert chat.choose(["good"], ["pos", "neg"]).probs is None
    assert all("logprobs" not in line["asked"] for line in server.log)


def test_parameters_that_an_endpoint_refuses_are_renamed_or_left_out(llm):
    server = llm(replies=MOODS, refuses=["max_tokens", "temperature", "seed"])
    assert Chat("tiny", seed=4, max_tokens=9).answer(["good"]).values == ("pos",)
    assert server.log[0]["asked"] == {"model": "tiny", "max_completion_tokens": 9}


def test_parameters_are_left_out_where_a_server_does_not_name_them_and_it_is_remembered(llm):
    server = llm(replies=MOODS, unnamed=["logprobs", "seed"])
    chat = Chat("tiny", seed=4, concurrency=1)
    assert chat.choose(["good", "bad"], ["pos", "neg"]).values == ("pos", "neg")
    assert all(not {"logprobs", "seed"} & line["asked"].keys() for line in server.log)


def test_a_server_that_only_streams_is_read_and_billed(llm):
    server = llm(replies=MOODS, streams=True)
    answers = Chat("tiny", concurrency=1, price=(1, 1)).answer(["good", "bad"])
    assert answers.values == ("pos", "neg")
    assert answers.total.tokens_in == sum(line["tokens_in"] for line in server.log)


def test_a_temperature_that_was_asked_for_is_not_left_out(llm):
    llm(replies=MOODS, refuses=["temperature"])
    with pytest.raises(UnderdogError, match="temperature"):
        Chat("tiny", temperature=0.7).answer(["good"])


def test_what_is_in_the_store_is_not_asked_again_and_shows_its_price(llm):
    server = llm(replies=MOODS, probs={"pos": {"neg": 0.5}})
    with default_store().open():
        first = Chat("tiny", price=(1, 2)).choose(["good", "bad"], ["pos", "neg"])
    with default_store().open(), Ledger() as bill:
        again = Chat("tiny", price=(1, 2)).choose(["bad", "good", "so-so"], ["pos", "neg"])
    assert sorted(line["prompt"] for line in server.log) == ["bad", "good", "so-so"]
    assert bill.total == again.total
    np.testing.assert_array_equal(again.costs[:2], first.costs[::-1])
    np.testing.assert_array_equal(again.probs[:2], first.probs[::-1])


def test_a_reply_kept_with_probabilities_serves_where_none_are_wanted(llm, monkeypatch):
    server = llm(replies=MOODS, probs={"pos": {"neg": 0.5}})
    monkeypatch.setattr(Endpoint, "constrains", False)
    with default_store().open():
        Chat("tiny").choose(["good"], ["pos", "neg"])
        assert Chat("tiny").answer(["good"]).values == ("pos",)
        assert len(server.log) == 1
        Chat("tiny").answer(["bad"])
        Chat("tiny").choose(["bad"], ["pos", "neg"])  # but not the other way round
        assert len(server.log) == 3


def test_another_parameter_is_another_question(llm):
    server = llm(replies=MOODS)
    with default_store().open():
        for chat in (Chat("tiny"), Chat("tiny", temperature=0.5), Chat("tiny", seed=1)):
            chat.answer(["good"])
        Chat("tiny", concurrency=1, retries=9, price=(5, 5)).answer(["good"])  # the same question
    assert len(server.log) == 3


def test_a_price_given_later_prices_what_was_kept(llm):
    llm(replies=MOODS)
    with default_store().open():
        assert Chat("tiny").answer(["good"])[0].cost.dollars is None
        assert Chat("tiny", price=(1, 2)).answer(["good"])[0].cost.dollars == pytest.approx(3e-6)


def test_an_estimate_asks_nothing_and_leaves_out_what_is_kept(llm, monkeypatch):
    server = llm(replies=MOODS)
    monkeypatch.delenv("OPENAI_API_KEY")
    chat = Chat("tiny", price=(1.0, 2.0))
    assert chat.estimate(["x" * 96, "x" * 96], 5) == Cost(None, None, 38e-6, 28, 5, 1)
    assert Chat("gpt-5-mini").estimate(["good"]).dollars is None  # no list has this server's price
    assert server.log == []
    with default_store().open():
        chat.answer(["good"])
        assert chat.estimate(["good", "bad"]).calls == 1
        assert chat.estimate(["good"]).calls == 0


def test_progress_is_told_to_the_callers_context(llm):
    llm(replies=MOODS)
    told = []

    class Listening:
        def __init__(self, label, total):
            told.append((label, total))

        def __enter__(self):
            return lambda n: told.append(n)

        def __exit__(self, *_):
            told.append("done")

    with progress.shown(Listening):
        Chat("tiny").answer(["good", "bad", "good"])
    assert told == [("asking tiny", 2), 1, 1, "done"]


def test_no_key_is_on_disk_or_in_sight(llm, tmp_path):
    llm(replies=MOODS)
    chat = Chat("tiny")
    with default_store().open():
        chat.answer(["good"])
    kept = b"".join(f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())
    assert b"a-key-for-tests" not in kept
    assert "a-key-for-tests" not in repr(chat) + repr(chat._endpoint())


@pytest.mark.parametrize("wrong", ["concurrency=0", "max_tokens=0", "retries=-1", "price=[1]"])
def test_options_that_cannot_be_are_refused_with_a_remedy(wrong):
    with pytest.raises(UnderdogError) as error:
        build(f"chat('tiny', {wrong})")
    assert error.value.hint


def test_a_server_is_told_the_labels_in_the_first_way_that_it_knows(llm):
    server = llm(replies=MOODS, refuses=["response_format"])
    Chat("tiny").choose(["good"], ["pos", "neg"])
    Chat("tiny").choose(["bad"], ["pos", "neg"])
    assert [line["asked"]["grammar"] for line in server.log] == ['root ::= "pos" | "neg"'] * 2


def test_a_constraint_that_a_server_overlooks_gives_way_to_the_next(llm):
    server = llm(replies=[["good", "It is pos."]], otherwise="neg")
    values = [
        Chat("tiny").choose([text], ["pos", "neg"]).values[0] for text in ["good", "bad", "so"]
    ]
    assert values == ["pos", "neg", "neg"]
    kinds = [next(k for k in line["asked"] if k in FORMS) for line in server.log]
    assert kinds == ["response_format", "grammar", "grammar"]


def test_json_with_a_label_has_the_probabilities_of_the_label():
    steps = [(("{", 0.0),), ((' "label": "', 0.0),), (("pos", -0.5), ("neg", -1.0)), (('"}', 0.0),)]
    assert after_opening(steps) == tuple(steps[2:])
    assert after_opening(steps[2:]) == tuple(steps[2:])
    joined = [(('{"label": "po', 0.0),), (("s", -0.1),)]
    assert after_opening(joined)[0][0][0] == "po"
