"""Near repeats: what counts as one, what never does, and when they are answered from memory."""

import itertools
import json
from types import SimpleNamespace

import pytest
from servers.upstream import Upstream, completion

from gateway.conftest import running
from underdog.core.errors import UnderdogError
from underdog.fronts.gateway.door import evidence
from underdog.fronts.gateway.door.evidence import FIRST, Book, Evidence
from underdog.fronts.gateway.door.forward import UpstreamReply
from underdog.fronts.gateway.door.near import Near
from underdog.fronts.gateway.door.passage import Passage
from underdog.fronts.gateway.door.wording import wording
from underdog.fronts.gateway.settings import Settings, check

FRAMES = (
    "Please {} the subscription of {} for {} months.",
    "Did {1} {0} the invoice of {2} dollars?",
    "{1} wrote: I {0} the offer, {2} times, thanks!",
    "hello, {0} it before {1} pays {2} euros",
    "It is true that they {0} {1} and {2} others",
)
POLARITY = (
    ("accept", "don't accept"), ("accept", "do not accept"), ("accept", "never accept"),
    ("accept", "reject"), ("can accept", "can't accept"), ("can accept", "cannot accept"),
    ("will accept", "won't accept"), ("always accept", "never accept"), ("cancel", "renew"),
    ("cancel", "cancel no"), ("like", "dislike"), ("approve", "disapprove"),
    ("increase", "decrease"), ("open", "close"), ("are happy with", "are unhappy with"),
    ("were able to pay", "were unable to pay"), ("hardly pay", "pay"), ("pay", "refuse to pay"),
    ("wasn't told of", "was told of"), ("isn't", "is"), ("love :) ", "love :( "),
    ("love 👍", "love 👎"),
)  # fmt: skip
NUMBERS = (
    ("15", "50"), ("1,000", "1.000"), ("1", "10"), ("3", "-3"), ("2", "two hundred"),
    ("5", "$5"), ("$5", "€5"), ("10", "10%"), ("1/2", "1:2"), ("2.5", "25"), ("two", "three"),
    ("20", "20k"), ("7", "7th"), ("0", "00"), ("1e3", "1e4"), ("3²", "32"), ("½", "12"),
    ("12:30", "12.30"), ("IV", "VI"), ("~4", "4"), ("<4", ">4"), ("#1", "1"),
)  # fmt: skip
NAMES = (
    ("Anna", "Anne"), ("Smith", "Smyth"), ("US", "us"), ("Polish", "polish"), ("May", "may"),
    ("Jean-Luc", "Jean Luc"), ("O'Neil", "Oneil"), ("C", "C++"), ("C#", "C"), ("Müller", "Muller"),
    ("Bank of Oslo", "Oslo of Bank"), ("Ann and Bob", "Bob and Ann"), ("AT&T", "ATT"),
    ("iPhone 12", "iPhone 13"), ("Ms Lee", "Mr Lee"), ("Paris", "Paris, Texas"), ("IT", "It"),
    ("who", "WHO"), ("Mark", "mark"), ("a.b@c.de", "ab@c.de"),
)  # fmt: skip


def different():
    """Pairs of texts that differ in polarity, a number or a name: a rule makes each."""
    for frame in FRAMES:
        usual = ("accept", "Anna", "3")
        for at, pairs in enumerate((POLARITY, NAMES, NUMBERS)):
            for pair in pairs:
                yield tuple(
                    frame.format(*(one if i == at else usual[i] for i in range(3))) for one in pair
                )


SAME = (
    ("The order is late", "the order is late"), ("cancel my order", "Please cancel my order."),
    ("cancel my order", "Hello, please  cancel my order. Thanks!"), ("don't pay", "do not pay"),
    ("I can't pay", "I cannot pay"), ("it’s late", "it's late"), ("“late”", '"late"'),
    ("We're here", "we are here"), ("pay 1,000", "pay 1,000."), ("Hi there! pay", "pay"),
    ("I won't pay", "I will not pay"), ("I've paid", "I have paid"), ("pay – now", "pay - now"),
)  # fmt: skip


def passage(text, temperature=0):
    body = {
        "model": "m",
        "temperature": temperature,
        "messages": [{"role": "system", "content": "Reply."}, {"role": "user", "content": text}],
    }
    scope = {"path": "/v1/chat/completions", "method": "POST", "headers": [], "query_string": b""}
    found = Passage(scope, json.dumps(body).encode(), "t", True)
    found.parse()
    return found


def reply(said, model="m-1"):
    (body,) = completion(said, model).pieces
    return UpstreamReply(200, [(b"content-type", b"application/json")], body, whole=True)


def certified(audit=1e-9):
    """Near repeats of one task, after enough comparisons of which all agreed."""
    mine = Near(Settings(upstream="http://u", cache=60, near=True, audit=audit), seed=0)
    for i in range(FIRST):
        mine.heard(passage(f"case {i}"), reply("yes"))
        mine.heard(passage(f"case {i}."), reply("Yes"))
    return mine


def test_no_text_that_differs_in_polarity_number_or_name_is_a_near_repeat():
    mine, pairs = certified(), list(different())
    assert len(set(pairs)) >= 300
    hits = []
    for first, second in pairs:
        for one, other in ((first, second), (second, first)):
            mine.heard(passage(one), reply("said to one"))
            if mine.get(passage(other)) is not None:
                hits.append((one, other))
            mine._shelf._kept.clear()
    assert hits == []


@pytest.mark.parametrize(("first", "second"), SAME)
def test_what_changes_no_meaning_is_a_near_repeat(first, second):
    mine = certified()
    mine.heard(passage(first), reply("the reply"))
    assert b"the reply" in mine.get(passage(second)).body
    assert wording("") == wording("Thanks!") == ""


def test_they_are_answered_only_while_the_bound_is_within_the_risk():
    mine = certified()
    (found,) = mine.book.tasks.values()
    assert (found.compared, found.wrong, found.offered) == (FIRST, 0, True)
    assert 0.03 < found.bound < 0.05  # of 100 without an error, at half of delta
    assert mine.get(passage("case 3!")) is not None
    assert mine.get(passage("case 3!", temperature=1)) is None
    assert "at most 3.6 % do" in mine.because(passage("case 3!")).replace("%", " %")
    for i in range(6):
        mine.heard(passage(f"case {i}!"), reply("no"))
    assert not found.offered
    assert mine.get(passage("case 3!")) is None


def test_another_model_begins_from_nothing():
    mine = certified()
    mine.heard(passage("case 1"), reply("yes", "m-2"))
    assert mine.get(passage("case 1.")) is None
    mine.heard(passage("case 1!"), reply("no", "m-2"))
    (found,) = mine.book.tasks.values()
    assert (found.compared, found.wrong, found.offered, found.model) == (1, 1, False, "m-2")


def test_a_difference_is_kept_at_once_and_agreement_after_a_while(monkeypatch):
    kept = []
    store = SimpleNamespace(
        rows=lambda *_, **__: [], put=lambda *_: None, update=lambda *row: kept.append(row[2])
    )
    book = Book(store, "here")
    book.note("t", "m", True, 0.05, 0.05)
    book.keep()
    assert kept == []
    book.note("t", "m", False, 0.05, 0.05)
    book.keep()
    book.keep()
    assert len(kept) == 1
    monkeypatch.setattr(evidence, "SAVE", 0.0)
    book.note("t", "m", True, 0.05, 0.05)
    book.keep()
    again = Book(SimpleNamespace(rows=lambda *_, **__: [(kept[-1]["salt"],)]), "here")
    assert again.tasks == book.tasks
    assert again.tasks["t"].compared == 3


def test_a_share_of_them_is_compared_for_ever():
    mine = certified(audit=0.5)
    found = [mine.get(passage("case 3!")) is None for _ in range(200)]
    assert 60 < sum(found) < 140


def test_the_certificate_errs_seldom_whatever_the_share_of_errors():
    import numpy as np

    rng, risk, delta, kept = np.random.default_rng(0), 0.05, 0.05, []
    for _ in range(400):
        found, ever = Evidence(), False
        for same in rng.random(800) >= risk * 1.02:
            found.note(bool(same), risk, delta)
            ever |= found.offered
        kept.append(ever)
    assert np.mean(kept) <= delta + 0.02


def test_they_are_offered_through_the_door_and_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(evidence, "FIRST", 20)
    upstream, store = Upstream(), str(tmp_path / "g.sqlite")
    settings = Settings(
        upstream=upstream.url, store=store, cache=60, near=True, audit=1e-9, risk=0.2
    )
    with running(settings) as found:

        def ask(text):
            body = json.loads(passage(text).body)
            named = {"authorization": "Bearer k", "x_underdog_explain": "1"}
            _, headers, data = found.ask("/v1/chat/completions", body, **named)
            return headers, json.loads(data)["choices"][0]["message"]["content"]

        for number, dot in itertools.product(range(20), ("", ".")):
            headers, _ = ask(f"great {number}{dot}")
            assert headers["x-underdog-answered-by"] == "upstream"
        headers, said = ask("Hello, great 7!")
        assert (headers["x-underdog-answered-by"], said) == ("cache; near", "pos")
        assert "20 such pairs" in headers["x-underdog-because"]
        assert ask("great 8?")[0]["x-underdog-answered-by"] == "upstream"
        assert found.json("/underdog/overview")[1]["near"]["offered"] == 1
    with running(settings) as found:  # the replies are gone, what was certified is not
        assert found.json("/underdog/overview")[1]["near"]["compared"] == 20
        assert ask("great 7")[0]["x-underdog-answered-by"] == "upstream"
        assert ask("great 7!")[0]["x-underdog-answered-by"] == "cache; near"
    upstream.close()
    with pytest.raises(UnderdogError, match="answered from memory, which is off"):
        check(Settings(upstream="http://u", near=True))
