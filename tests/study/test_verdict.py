import numpy as np
import pytest

from underdog.core.answer import Answers
from underdog.core.cost import FIELDS, Cost
from underdog.study.duels import DuelPlan
from underdog.study.rows import summaries
from underdog.study.runs.lineup import Absent
from underdog.study.runs.run import Run
from underdog.study.test_set import TestSet
from underdog.study.verdict import Context, verdict

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
    found = summaries(runs, truth, "large()", margin)
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
    assert said.decision == "not enough evidence"
    assert "certainly finds less of 'a', and no deferral" in said.sentence
    assert any("recall of 'a' falls" in line and "−8.0 points" in line for line in said.against)
    assert any(
        line.startswith("non-inferiority at a margin of 1 point: p <") for line in said.reasons
    )


def test_a_small_loss_of_recall_is_shipped():
    said = judged(4000, {2 * i for i in range(40)}, {1 + 2 * i for i in range(400)})
    assert said.decision == "ship"


@pytest.mark.parametrize("seeds", [1, 2])
def test_one_seed_is_a_reason_against(seeds):
    truth = gold(500)
    small = [answered("small()", truth, {3}) for _ in range(seeds)]
    runs = [*small, answered("large()", truth, {4}, price=1.0)]
    said = verdict(summaries(runs, truth, "large()", 0.01), "large()", truth, 0.01)
    assert any("one seed only" in line for line in said.against) == (seeds == 1)


def stood(n, wrong, large_wrong, order=(), tied=False):
    """Summary of several small models (spec: rows it is wrong on) against one large."""
    truth = gold(n)
    runs = [answered(spec, truth, rows) for spec, rows in wrong.items()]
    runs.append(answered("large()", truth, large_wrong, price=0.01))
    return summaries(runs, truth, "large()", 0.01, DuelPlan(order, tied)), truth


def test_what_is_best_in_training_is_tested_first_at_the_full_level():
    wrong = {f"weak{i}()": set(range(0, 800, 9)) for i in range(8)}
    wrong["best()"] = set(range(3, 800, 50))
    large_wrong = set(range(0, 800, 40))
    found, _ = stood(800, wrong, large_wrong, [*reversed(wrong)])
    best = next(s for s in found if s.spec == "best()")
    assert best.place == 1
    assert best.sequence_p == best.versus.noninferior_p
    found, _ = stood(800, wrong, large_wrong, ["weak0()", "best()"])
    best = next(s for s in found if s.spec == "best()")
    assert best.place == 2
    assert best.sequence_p > 0.5  # behind one that fails, nothing is shown
    found, _ = stood(800, wrong, large_wrong, ["weak0()", "best()"], tied=True)
    best = next(s for s in found if s.spec == "best()")
    assert best.versus.noninferior_p < best.sequence_p < 2 * best.versus.noninferior_p


def test_nothing_is_shipped_on_twelve_texts():
    said = judged(12, set(), set(range(9)), margin=0.06)
    assert said.decision == "not enough evidence"
    assert "12 held-out texts are too few" in said.sentence


def test_a_label_is_lost_only_beyond_chance_among_many_labels():
    labels = tuple(f"l{i:02}" for i in range(40))
    values = tuple(labels[i % 40] for i in range(1600))
    truth = TestSet(tuple(map(str, range(1600))), values, labels, tuple(map(str, range(1600))))

    def said(spec, wrong, calls):
        costs = np.zeros((1600, len(FIELDS)))
        costs[:, CALLS] = calls
        answers = Answers.said(
            [labels[0] if i in wrong else v for i, v in enumerate(values)], costs
        )
        return Run(spec, 0, answers, Cost(), 1.0, np.array([1e-4]), 0, None)

    unlucky = {1 + 40 * i for i in range(7)}  # 17.5 points of one label among forty
    lost = {1 + 40 * i for i in range(25)}
    large = said("large()", set(), 1)
    one = summaries([said("small()", unlucky, 0), large], truth, "large()", 0.01)
    other = summaries([said("small()", lost, 0), large], truth, "large()", 0.01)
    assert next(s.lost for s in one if s.versus) == ()
    assert next(s.lost for s in other if s.versus) == ("l01",)


def test_more_accurate_but_blind_to_a_label_is_never_keep():
    lost_of_a, large_wrong = {2 * i for i in range(160)}, {1 + 2 * i for i in range(400)}
    said = judged(4000, lost_of_a, large_wrong)
    assert said.decision == "not enough evidence"


def test_what_was_skipped_for_time_is_in_the_sentence():
    found, truth = stood(3000, {"small()": set(range(0, 3000, 40))}, set(range(0, 3000, 20)))
    late = Absent("encoder()", "about 9 min needed", "--budget 20m")
    gone = Absent("chat('x')", "crashed", "see why")
    said = verdict(found, "large()", truth, 0.01, Context(absent=(late, gone)))
    assert said.sentence.endswith("Skipped for time: encoder() (--budget 20m includes them).")
