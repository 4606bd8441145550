"""Questions about a text as features: what they gain, what is dropped, and what is asked."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from underdog.core.data import Dataset, draw
from underdog.core.description import describe
from underdog.core.errors import UnderdogError
from underdog.models.boosted import Boosted
from underdog.models.decide import Decide
from underdog.models.linear.recipe import Linear
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build, spec
from underdog.teach import questions
from underdog.teach.proposals import prompt, proposed
from underdog.teach.questions import Questions, ask
from underdog.teach.weighing import fit_weights, worth
from underdog.testing import check_answers

ASKED = ("Is it about money?", "Is it urgent?", "Is it a coin?")


def bit(text, place):
    """A property of a text that nothing in its words tells."""
    return draw(f"{place}: {text}") < 0.5


def tickets(n=160, seed=0):
    """Tickets that are for billing if they are about money, with a few wrong labels."""
    texts = [f"ticket {seed} {i}" for i in range(n)]
    labels = [
        "billing" if bit(t, 3) != (bit(t, 5) & bit(t, 7) & bit(t, 9)) else "other" for t in texts
    ]
    return Dataset.of(texts, labels)


@pytest.fixture(name="decided")
def _decided(monkeypatch):
    """A decision model that can tell money and urgency, and tosses a coin; what it was asked."""
    asked = []

    def probabilities(self, texts, questions_asked):
        asked.append([q.instructions for q in questions_asked])
        rng = np.random.default_rng(len(texts))
        known = {
            "Is it about money?": [0.8 if bit(t, 3) else 0.3 for t in texts],
            "Is it urgent?": [0.8 if bit(t, 4) else 0.3 for t in texts],
            "Is it a coin?": rng.random(len(texts)).tolist(),
        }
        columns = [known[q.instructions] for q in questions_asked]
        return np.array(columns).T, np.ones((len(texts), 6))

    monkeypatch.setattr(Decide, "probabilities", probabilities)
    return asked


def test_what_a_question_is_worth_is_told_and_the_rest_is_not_asked(decided):
    data, test = tickets(), tickets(80, seed=1)
    model = Questions(Decide("jev"), ASKED).fit(data)
    assert model.asked == ("Is it about money?",)
    (fact,) = describe(model, ())
    assert [one["question"] for one in fact.data if one["kept"]] == ["Is it about money?"]
    assert fact.data[0]["gain"] > 0.2
    answers = model.answer(test.texts)
    assert decided[-1] == ["Is it about money?"]
    assert np.mean([a == y for a, y in zip(answers.values, test.labels, strict=True)]) > 0.8
    check_answers(answers)


def test_beside_a_model_of_the_text_they_add_what_it_cannot_see(decided, tmp_path):
    data, test = tickets(), tickets(80, seed=1)
    recipe = Linear(extra=Questions(Decide("jev"), ASKED))
    assert build(spec(recipe)) == recipe
    model = recipe.fit(data)
    save(model, tmp_path / "model")
    for one in (model, load(tmp_path / "model")):
        answers = one.answer(test.texts)
        right = np.mean([a == y for a, y in zip(answers.values, test.labels, strict=True)])
        assert right > 0.8
        check_answers(answers)
        assert set(answers.paths) == {("linear", "questions")}
    assert answers.total.calls == len(test)


def test_trees_take_them_too():
    class Noted:
        def fit_beside(self, recipe, data, seed):
            return recipe, len(data), seed

    assert Boosted((), extra=Noted()).fit(tickets(20), 7) == (Boosted(()), 20, 7)


def test_where_no_question_helps_none_is_asked(decided, moods):
    model = Linear(extra=Questions(Decide("jev"), ("Is it a coin?",))).fit(moods)
    decided.clear()
    assert model.asked == ()
    assert model.answer(moods.texts).total.calls == 0
    assert not decided


def test_a_model_that_writes_answers_too_and_levels_have_a_mean():
    model = build("scripted([['10', 'yes'], ['11', 'no']])")
    found, costs = questions.ask(
        model, ["a 10", "a 11", "a 0"], ["Is it?", ("How?", "no", "so", "yes")]
    )
    np.testing.assert_array_equal(found, [[1, 1], [0, 0], [np.nan, np.nan]])
    assert costs.shape == (3, 6)
    assert costs[:, 5].tolist() == [2, 2, 2]


@dataclass(frozen=True)
class Inclined:
    """Says how likely each word is: inclined to say no, and less so where the text is good."""

    def answer(self, texts):
        raise AssertionError("it is not asked to write")

    def score(self, texts, continuations):
        odds = np.array([-3.0 + 2.0 * ("good" in text.rpartition("Text:")[2]) for text in texts])
        words = [odds if word == "yes" else 0 * odds for word in continuations]
        return np.stack(words, axis=1), np.zeros((len(texts), 6))


def test_a_model_of_likelihoods_answers_without_what_the_words_owe_to_the_question():
    found, costs = ask(
        Inclined(), ["a good film", "a film"], ["Is it good?", ("How?", "no", "yes")]
    )
    sure = 1 / (1 + np.exp(-2.0))
    np.testing.assert_allclose(found, [[sure, sure], [0.5, 0.5]], atol=1e-3)
    assert costs.shape == (2, 6)


def test_weights_are_those_of_scikit_learn(moods):
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 3)), rng.integers(3, size=300)
    x[:, 0] += y
    made = fit_weights(x, np.zeros((300, 3)), y)
    theirs = LogisticRegression(C=0.5, tol=1e-8, max_iter=1000).fit(x, y)
    ours = made.weights - made.weights.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(ours.T, theirs.coef_, atol=2e-3)


def test_noise_is_worth_nothing():
    rng = np.random.default_rng(1)
    y = rng.integers(2, size=400)
    x = np.column_stack([y + rng.normal(size=400), rng.normal(size=(400, 5))])
    gains, kept = worth(x, np.zeros((400, 2)), y, seed=0)
    assert kept.tolist() == [0]
    assert gains[0][0] > 5 * gains[0][1] > 0


@pytest.mark.parametrize("asked", [[], [""], [["How?", "calm"]], [["How?", "", "calm"]]])
def test_what_is_no_question_is_refused(asked):
    with pytest.raises(UnderdogError):
        Questions(Decide("jev"), tuple(tuple(a) if isinstance(a, list) else a for a in asked))
    with pytest.raises(UnderdogError, match="cannot stand beside"):
        Linear(extra=Linear()).fit(tickets(40))


WROTE = """Here are some:
1. Is it about money?
- "Is it urgent?"
* Is it about MONEY?
no question at all
**Is it a coin?**"""


def test_a_model_that_writes_proposes_questions_from_the_labels(decided):
    data = replace(tickets(), task=replace(tickets().task, descriptions=(("other", "the rest"),)))
    writer = build(f"scripted([['other: the rest', {WROTE!r}]])")
    assert proposed(writer, data) == ASKED
    model = Questions(Decide("jev"), proposer=writer).fit(data)
    assert model.asked == ("Is it about money?",)
    shown = prompt(data)
    assert "- other: the rest" in shown
    assert shown.count("- billing: ticket 0") == 3
    assert prompt(data, 1) != shown


def test_a_writer_that_proposes_nothing_is_told():
    with pytest.raises(UnderdogError, match="the writer said 'No"):
        proposed(build("scripted([['', 'No.']], otherwise='No.')"), tickets(20))
