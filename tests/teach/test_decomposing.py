"""Questions taken apart: plans, and which of them a solver's answers teach."""

from dataclasses import dataclass

import numpy as np
import pytest

from underdog.core.answer import Answers
from underdog.core.cost import Cost, Ledger, charge
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.models.fake import Scripted
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build, register, spec
from underdog.teach.decomposing.plans import JOINS, plans, splits
from underdog.teach.decomposing.recipe import Decomposed

STOCK = {"cats": 3, "dogs": 5, "fish": 11, "hens": 2, "cows": 8, "pigs": 6}


@register("keeper_test")
@dataclass(frozen=True)
class Keeper:
    """Answers 'How many X are there?' for one kind of animal, and nothing that asks for two."""

    def answer(self, texts):
        words = [[w for w in text.replace("?", "").split() if w in STOCK] for text in texts]
        values = [str(STOCK[some[0]]) if len(some) == 1 else "" for some in words]
        costs = np.tile(Cost(dollars=0.01, calls=1).row(), (len(texts), 1))
        charge(costs)
        return Answers.said(values, costs, "keeper")


def questions() -> Dataset:
    """Totals, gaps and single counts of all pairs of animals."""
    texts, labels = [], []
    for one in STOCK:
        texts.append(f"How many {one} are there?")
        labels.append(str(STOCK[one]))
        for other in STOCK:
            if one != other:
                texts.append(f"How many {one} and {other} are there in all?")
                labels.append(str(STOCK[one] + STOCK[other]))
                texts.append(f"What is the gap between {one} and {other} in number?")
                labels.append(str(abs(STOCK[one] - STOCK[other])))
    return Dataset.of(texts, labels, kind="number")


def test_a_question_is_split_where_two_things_are_asked_for():
    found = splits("How many cats and dogs are there?")
    assert found["parallel 1"].first == "How many cats are there?"
    assert found["parallel 1"].second == "How many dogs are there?"
    frame = splits("How many tweets are glad and reviews are very sad?")["frame 2"]
    assert frame.first == "How many tweets are glad?"
    assert frame.second == "How many reviews are very sad?"
    assert splits("Who is Anna? Who is Bob?")["sentences"].second == "Who is Bob?"
    chain = splits("What is the price of the product with the highest rating?")["chain"]
    assert chain.first == "What is the product with the highest rating?"
    assert chain.second == "What is the price of {}?"
    assert plans("hello") == {}


def test_answers_are_joined_as_numbers_or_not_at_all():
    assert JOINS["sum"]("3 cats", "5") == "8"
    assert JOINS["difference"]("3", "5") == "2"
    assert JOINS["larger"]("3", "none") == ""


def test_a_planner_learns_from_what_the_solver_can_answer(tmp_path):
    train, test = questions().split(0.3)
    recipe = Decomposed(Keeper(), build("bayes()"))
    assert build(spec(recipe)) == recipe
    model = recipe.fit(train)
    with Ledger() as bill:
        answers = model.answer(test.texts)
    right = np.mean([a == b for a, b in zip(answers.values, test.labels, strict=True)])
    alone = np.mean(
        [a == b for a, b in zip(Keeper().answer(test.texts).values, test.labels, strict=True)]
    )
    assert alone < 0.3
    assert right > 0.9
    assert bill.total.calls == answers.total.calls
    assert "of the questions apart: +" in model.describe(())[0].says
    save(model, tmp_path / "m")
    assert load(tmp_path / "m").answer(test.texts).values == answers.values


def test_where_no_plan_helps_the_solver_answers_alone():
    data = Dataset.of(
        [f"How many {one} are there?" for one in STOCK] * 3, ["1"] * 18, kind="number"
    )
    model = Decomposed(Keeper(), build("bayes()")).fit(data)
    assert model.planner is None
    assert model.answer(["How many cats are there?"]).values == ("3",)


def test_a_model_that_writes_sub_questions_is_asked_for_them():
    writer = Scripted((("Split", "1. How many cats are there?\n2. How many dogs are there?"),))
    solver = Scripted(
        (("cats are there? 3", "eight"), ("How many cats are there?", "3"), ("dogs", "5"))
    )
    data = Dataset.of(["Cats and dogs in all?"], ["eight"], kind="text")
    model = Decomposed(solver, writer).fit(data)
    with Ledger() as bill:
        answers = model.answer(data.texts)
    assert answers.total.calls == bill.total.calls == 4
    assert len(answers.values) == 1


def test_labels_are_not_taken_apart():
    with pytest.raises(UnderdogError, match="decomposed learns"):
        Decomposed(Keeper()).fit(Dataset.of(["a", "b"], ["x", "y"]))
