import numpy as np
import pytest

from underdog.core.answer import Answers
from underdog.core.cost import FIELDS, Cost
from underdog.study.rows import standings
from underdog.study.run import Run
from underdog.study.test_set import TestSet
from underdog.study.verdict import verdict

CALLS, DOLLARS = FIELDS.index("calls"), FIELDS.index("dollars")


def gold(n):
    values = tuple("ab"[i % 2] for i in range(n))
    texts = tuple(f"text {i}" for i in range(n))
    return TestSet(texts, values, ("a", "b"), texts)


def answered(spec, truth, wrong, price=None):
    """A run that is right on all but the rows ``wrong``; with a price, it calls a service."""
    values = ["ba"["ab".index(y)] if i in wrong else y for i, y in enumerate(truth.values)]
    costs = np.zeros((len(values), len(FIELDS)))
    costs[:, DOLLARS] = 1e-7 if price is None else price
    costs[:, CALLS] = price is not None
    probs = np.array([[0.9, 0.1] if v == "a" else [0.1, 0.9] for v in values])
    answers = Answers.likeliest(("a", "b"), probs, costs, spec)
    return Run(spec, 0, answers, Cost(seconds=1.0), 1.0, np.array([1e-4]), 0, None)


def judged(n, small_wrong, large_wrong, margin=0.01):
    truth = gold(n)
    runs = [
        answered("small()", truth, small_wrong),
        answered("large()", truth, large_wrong, price=0.01),
    ]
    found = standings(runs, truth, "large()", margin)
    return verdict(found, "large()", truth, margin)


def test_a_small_model_that_is_as_good_ships_with_the_numbers():
    said = judged(3000, set(range(0, 3000, 40)), set(range(0, 3000, 20)))
    assert said.decision == "ship"
    assert said.contestant == "small()"
    assert "97.5 %" in said.sentence
    assert "95.0 %" in said.sentence
    assert "+2.5 points" in said.sentence
    assert "100,000 times cheaper" in said.sentence


def test_a_small_model_that_is_clearly_worse_keeps_the_large_one():
    said = judged(3000, set(range(0, 3000, 5)), set(range(0, 3000, 40)))
    assert said.decision == "keep the large model"
    assert "large()" in said.sentence


def test_too_few_texts_are_not_enough_evidence_and_say_how_many_would_be():
    said = judged(60, {0, 7, 30}, {1, 8, 31})
    assert said.decision == "not enough evidence"
    assert any("test texts would settle it" in line for line in said.against)


def test_a_wider_margin_ships_what_a_narrow_one_does_not():
    wrong_small, wrong_large = set(range(0, 1000, 20)), set(range(1, 1000, 25))
    assert judged(1000, wrong_small, wrong_large, margin=0.01).decision != "ship"
    assert judged(1000, wrong_small, wrong_large, margin=0.06).decision == "ship"


def test_a_collapse_of_one_label_is_not_shipped_however_high_the_accuracy():
    lost_of_a = {2 * i for i in range(160)}
    large_wrong_on_b = {1 + 2 * i for i in range(400)}
    said = judged(4000, lost_of_a, large_wrong_on_b)
    assert said.decision == "keep the large model"
    assert "finds less of 'a'" in said.sentence
    assert any("recall of 'a' is −8.0 points" in line for line in said.against)


def test_a_small_loss_of_recall_is_shipped():
    said = judged(4000, {2 * i for i in range(40)}, {1 + 2 * i for i in range(400)})
    assert said.decision == "ship"


@pytest.mark.parametrize("seeds", [1, 2])
def test_one_seed_is_a_reason_against(seeds):
    truth = gold(500)
    small = [answered("small()", truth, {3}) for _ in range(seeds)]
    runs = [*small, answered("large()", truth, {4}, price=1.0)]
    said = verdict(standings(runs, truth, "large()", 0.01), "large()", truth, 0.01)
    assert any("one seed only" in line for line in said.against) == (seeds == 1)
