"""Adjudication: exact small cases, its level under continuous looking, its power."""

import numpy as np
import pytest

from underdog.evaluate.adjudication import Adjudication, Judgements

MANY = Adjudication(texts=2_000, differing=120, margin=0.01)


def test_models_that_hardly_differ_need_no_judgement():
    assert Adjudication(texts=5_000, differing=5, margin=0.01).decision(Judgements()) == "ship"


def test_nothing_is_decided_before_a_judgement():
    assert MANY.decision(Judgements()) == ""
    assert MANY.settled([]) == (0, "")


def test_wins_ship_and_losses_keep():
    assert MANY.settled([1] * 30)[1] == "ship"
    assert MANY.settled([-1] * 30)[1] == "keep"


def test_what_was_settled_early_stands():
    n, decision = MANY.settled([1] * 30 + [-1] * 90)
    assert decision == "ship"
    assert n < 30


@pytest.mark.parametrize("ties", [0.0, 0.4])
@pytest.mark.parametrize(("sign", "wrong"), [(-1.0, "ship"), (1.0, "keep")])
def test_the_level_holds_under_continuous_looking(sign, wrong, ties):
    """At the very edge of the margin a wrong word is spoken in at most 5 % of 2,000 courses."""
    rng, n, rate = np.random.default_rng(0), 2_000, 0.06
    mean = -0.01 / rate + (1e-9 if sign > 0 else 0.0)
    shares = [(1 - ties + mean) / 2, (1 - ties - mean) / 2, ties]
    spoken = 0
    for _ in range(2_000):
        differing = int(rng.binomial(n, rate))
        outcomes = rng.choice([1, -1, 0], size=differing, p=shares)
        spoken += Adjudication(n, differing, 0.01).settled(outcomes)[1] == wrong
    assert spoken <= 0.05 * 2_000


def test_the_expected_number_is_near_what_courses_take():
    rng = np.random.default_rng(1)
    seen = Judgements(wins=20, losses=10)
    taken = []
    for _ in range(100):
        outcomes = rng.choice([1, -1], size=MANY.differing - len(seen), p=[0.62, 0.38])
        n, _ = MANY.settled([1, 1, -1] * 10 + outcomes.tolist())
        taken.append(max(0, n - len(seen)))
    assert MANY.expected(seen) == pytest.approx(np.median(taken), abs=15)


def test_the_interval_holds_the_truth_and_shrinks():
    wide = MANY.interval(Judgements(6, 4))
    narrow = MANY.interval(Judgements(60, 40))
    truth = 0.2 * 120 / 2_000
    assert wide[0] <= narrow[0] <= truth <= narrow[1] <= wide[1]


def test_the_outlook_does_not_promise_what_too_few_texts_cannot_settle():
    few = Adjudication(texts=100, differing=7, margin=0.01)
    assert few.outlook(Judgements()) == (
        "the 7 differing texts that are left may be too few to settle it"
    )
    assert MANY.outlook(Judgements(20, 5)).startswith("about ")
