"""Recipes that learn sets of labels and numbers; and those that refuse them."""

import numpy as np
import pytest
from tiny_encoders import tiny_encoder

from underdog import Encoder
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.core.graders import grader_for
from underdog.core.protocols import Learner
from underdog.core.values import as_set, members, number
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build, samples

CUES = {"billing": "invoice card", "refund": "money back", "login": "password locked"}


def tickets(n=70):
    """Little tickets with none to three labels, each of which has its own words."""
    rng, texts, sets = np.random.default_rng(0), [], []
    for i in range(n):
        mine = [label for label in CUES if rng.random() < 0.45]
        words = [CUES[label].split()[rng.integers(2)] for label in mine]
        texts.append(" ".join(["please", *words, f"number {i}"]))
        sets.append(as_set(mine))
    return Dataset.of(texts, sets, "tickets", kind="labels")


def ratings(n=70):
    """Little reviews, rated by how many of four words are good."""
    rng, texts, stars = np.random.default_rng(0), [], []
    for i in range(n):
        good = int(rng.integers(5))
        words = ["great"] * good + ["awful"] * (4 - good)
        texts.append(f"{' '.join(words)} film {i}")
        stars.append(str(1 + good))
    return Dataset.of(texts, stars, "ratings", kind="number")


def graded(model, data):
    answers = model.answer(data.texts)
    return answers, float(np.mean(grader_for(data).grade(data.texts, answers.values, data)))


ABLE = [
    *[
        (spec, make)
        for spec in ("majority()", "linear()", "boosted()")
        for make in (tickets, ratings)
    ],
    ("frozen()", tickets),
    ("static(epochs=2)", ratings),
]


@pytest.mark.parametrize(("spec", "make"), ABLE)
def test_a_recipe_learns_saves_and_loads_the_kind(spec, make, tmp_path):
    data = make()
    model = build(spec).fit(data)
    answers, reached = graded(model, data)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model").answer(data.texts)
    assert again.values == answers.values
    assert np.allclose(again.confidence, answers.confidence)
    assert len(model.answer([])) == 0
    alone = [model.answer([text])[0] for text in data.texts[:5]]
    assert [one.value for one in alone] == list(answers.values[:5])
    assert [one.confidence for one in alone] == pytest.approx(answers.confidence[:5], abs=1e-5)
    if make is tickets:
        assert {label for value in answers.values for label in members(value)} <= set(CUES)
    else:
        assert all(1 <= number(value) <= 5 for value in answers.values)
    if spec in ("linear()", "frozen()", "boosted()"):
        assert reached > 0.75
        assert (answers.sure >= 0).all()
        assert (answers.sure <= 1).all()


@pytest.mark.parametrize(
    "spec",
    ["bayes()", "ridge()", "bilstm()", "ensemble(linear())", "auto()", "contrastive()", "seq2seq()",
     "sklearn('naive_bayes.ComplementNB')", "online(linear(), majority())",
     "fewshot(scripted([]))"],
)  # fmt: skip
@pytest.mark.parametrize("make", [tickets, ratings])
def test_a_recipe_of_single_labels_refuses_others_in_one_sentence(spec, make):
    with pytest.raises(UnderdogError, match=f"{spec.partition('(')[0]} learns tasks with one"):
        build(spec).fit(make(30))


def test_no_recipe_crashes_on_a_task_of_another_kind():
    quick = [build(s) for name, s in samples().items() if name not in ("frozen", "static")]
    for thing in quick:
        if not isinstance(thing, Learner):
            continue
        for data in (tickets(40), Dataset.of("abcd" * 5, "wxyz" * 5, kind="text")):
            try:
                answered = thing.fit(data).answer(data.texts[:3]).values
            except UnderdogError:
                continue
            assert len(answered) == 3


def test_a_confidence_tells_good_sets_from_bad_ones():
    data = tickets(300)
    train, test = data.split(0.3)
    answers = build("linear()").fit(train).answer(("please invoice", "zebra quark xylophone"))
    assert answers.values[0] == "billing"
    assert answers.sure[0] > answers.sure[1]
    assert len(test)


@pytest.mark.parametrize(
    ("kind", "answers", "says"),
    [
        ("number", ["4"] * 30, "same answer, '4'"),
        ("number", [None] * 30, "no example with a right answer"),
        ("number", ["1e308", "-1e308"] * 15, "cannot be learned"),
        ("labels", ["a|b"] * 30, "same answer, 'a|b'"),
        ("labels", [None] * 30, "no example with a right answer"),
    ],
)
def test_nothing_to_learn_is_told(kind, answers, says):
    data = Dataset.of([f"text {i}" for i in range(30)], answers, kind=kind)
    with pytest.raises(UnderdogError, match=says.replace("|", r"\|")):
        build("linear()").fit(data)


def test_unknown_answers_are_left_out_and_labels_of_every_example_are_learned():
    some = tickets(60)
    everywhere = [as_set(["all", *members(str(y))]) for y in some.labels]
    data = Dataset.of(some.texts, [None if i % 7 == 0 else y for i, y in enumerate(everywhere)],
                      kind="labels")  # fmt: skip
    answers, reached = graded(build("linear()").fit(data), Dataset.of(some.texts, everywhere,
                              kind="labels"))  # fmt: skip
    assert reached > 0.75
    assert all("all" in members(value) for value in answers.values)


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return tiny_encoder("bert", tmp_path_factory.mktemp("encoders"))


def moods(kind, n=48):
    """Texts in the few words that the tiny encoder knows, with their sets or ratings."""
    rng, texts, said = np.random.default_rng(0), [], []
    for i in range(n):
        good, bad = rng.random() < 0.5, rng.random() < 0.5
        words = ["great lovely good"] * good + ["awful dull bad"] * bad
        texts.append(" ".join(["film", *words, *str(i)]))
        marks = ["good"] * good + ["bad"] * bad
        said.append(as_set(marks) if kind == "labels" else str(3 + good - bad))
    return Dataset.of(texts, said, "moods", kind=kind)


@pytest.mark.parametrize(("kind", "lora"), [("labels", 0), ("number", 4)])
def test_an_encoder_learns_sets_and_numbers_saves_and_loads(bert, kind, lora, tmp_path):
    data = moods(kind)
    model = Encoder(bert, lora=lora, epochs=1, batch=24).fit(data)
    answers, _ = graded(model, data)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model").answer(data.texts)
    assert again.values == answers.values
    assert np.allclose(again.confidence, answers.confidence, atol=1e-5)
    if kind == "labels":
        assert {label for value in answers.values for label in members(value)} <= {"good", "bad"}
    else:
        assert all(2 <= number(value) <= 4 for value in answers.values)
