"""Signs of a misread column: each of them withholds the verdict and says what to type."""

from dataclasses import replace

import numpy as np
import pytest

from underdog.core.data import Archive, Dataset
from underdog.core.errors import UnderdogError
from underdog.models.recorded import Recorded
from underdog.study import compare

WORDS = {"billing": "invoice charge", "refund": "money back", "account": "login password"}


def table(answer, n=240, wrong=0.03, gold=None):
    """A task that words give away, with a column of answers, ``answer(label, row)``."""
    rng = np.random.default_rng(4)
    labels = [[*WORDS][i % 3] for i in range(n)]
    texts = [f"{WORDS[y]} {rng.integers(1e9)} {'invoice ' * (i % 3)}" for i, y in enumerate(labels)]
    said = [[*WORDS][(i + 1) % 3] if rng.random() < wrong else y for i, y in enumerate(labels)]
    column = tuple(answer(y, i) for i, y in enumerate(said))
    data = Dataset.of(texts, [gold(y) for y in labels] if gold else labels)
    return replace(data, archive=Archive(tuple(texts), {"llm": column}))


def study(data):
    return compare(["majority()", "linear()"], data, against="llm")


def test_answers_that_are_read_get_a_verdict_and_their_readings_are_in_the_results():
    done = study(table(lambda y, i: f"<think>refund?</think>{y}"))
    assert not done.verdict.sentence.startswith("No verdict")
    large = next(c for c in done.results()["contestants"] if c["incumbent"])
    assert large["readings"]["counts"] == {"extracted": len(done.gold.texts)}


@pytest.mark.parametrize(
    ("answer", "told", "typed"),
    [
        (
            lambda y, i: "Rechnung" if y == "billing" else y,
            "such as 'Rechnung'",
            "Rechnung=billing",
        ),
        (lambda y, i: f"I can't help with {y}." if i % 5 == 0 else y, "decline to answer", ""),
        (lambda y, i: "billing or refund" if i % 5 == 0 else y, "state none", ""),
        (lambda y, i: None if i % 5 == 0 else y, "'(empty)'", ""),
    ],
)
def test_unread_answers_withhold_the_verdict(answer, told, typed):
    said = study(table(answer)).verdict
    assert said.decision == "not enough evidence"
    assert said.sentence.startswith("No verdict: ")
    assert told in said.sentence
    assert typed in said.sentence


def test_few_unread_answers_do_not():
    said = study(table(lambda y, i: "?" if i % 30 == 0 else y)).verdict
    assert not said.sentence.startswith("No verdict")


def test_labels_that_trade_places_withhold_the_verdict_and_say_what_to_type():
    trade = {"billing": "refund", "refund": "account", "account": "billing"}
    said = study(table(lambda y, i: trade[y])).verdict
    assert said.sentence.startswith("No verdict")
    assert "--map refund=billing" in said.sentence


def test_a_large_model_below_the_majority_withholds_the_verdict():
    said = study(table(lambda y, i: [*WORDS][(i // 3) % 3], wrong=0)).verdict
    assert said.sentence.startswith("No verdict")


def test_labels_copied_from_the_answers_withhold_the_verdict():
    said = study(table(lambda y, i: y, wrong=0)).verdict
    assert "look copied from the large model" in said.sentence
    assert "--label" in said.sentence
    perfect = study(table(lambda y, i: f"Label: {y}", wrong=0)).verdict
    assert not perfect.sentence.startswith("No verdict")  # a model may be right everywhere


def test_labels_that_are_spellings_of_one_another_withhold_the_verdict():
    data = table(lambda y, i: y, gold=lambda y: y)
    labels = [y.upper() if i % 7 == 0 else y for i, y in enumerate(data.labels)]
    task = replace(data.task, labels=tuple(sorted(set(labels))))
    said = study(replace(data, task=task, labels=tuple(labels))).verdict
    assert "--map BILLING=billing" in said.sentence


def test_integers_and_names_of_one_list_are_an_error_with_the_mapping_to_type():
    number = {"billing": "0", "refund": "1", "account": "2"}
    data = table(lambda y, i: y, gold=number.get)
    with pytest.raises(UnderdogError) as error:
        study(data)
    assert "--map 0=billing --map 1=refund --map 2=account" in error.value.hint
    spellings = tuple((name, n) for name, n in number.items())
    named = replace(data, task=replace(data.task, spellings=spellings))
    assert Recorded("llm").fit(named).answer(named.texts).values[:3] == ("0", "1", "2")


def test_a_model_that_is_right_on_all_texts_of_a_rare_label_trips_nothing():
    labels = ["ok" if i else "fraud" for i in range(2, 242)] + ["fraud"] * 2
    data = Dataset.of([f"text {i}" for i in range(len(labels))], labels)
    data = replace(data, archive=Archive(data.texts, {"llm": tuple(labels)}))
    done = compare(["majority()"], data, against="llm")
    assert "random order" not in done.verdict.sentence
