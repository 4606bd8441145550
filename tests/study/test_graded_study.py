"""Studies of sets of labels, numbers and texts: graded from the runs to the verdict."""

import json
from dataclasses import replace

import numpy as np
import pytest

from underdog.core.data import Archive, Dataset
from underdog.core.errors import UnderdogError
from underdog.core.graders import Closeness, Function, Tolerance
from underdog.core.values import as_set
from underdog.models.recorded import Recorded
from underdog.study import compare
from underdog.teach.deferral.certify import certify
from underdog.teach.deferral.frugal import Frugal
from underdog.teach.route import Route

CUES = {"billing": "invoice", "login": "password", "refund": "money"}


def logged(data, said):
    columns = {"llm": tuple(said), "llm_cost": (0.01,) * len(data)}
    return replace(data, columns=columns, archive=Archive(data.texts, columns))


@pytest.fixture(name="tickets", scope="module")
def _tickets():
    rng, texts, sets, said = np.random.default_rng(1), [], [], []
    for i in range(240):
        mine = [label for label in CUES if rng.random() < 0.5]
        texts.append(" ".join(["please", *(CUES[label] for label in mine), f"number {i}"]))
        sets.append(as_set(mine))
        said.append(", ".join(label for label in mine if rng.random() < 0.9) or "none")
    return logged(Dataset.of(texts, sets, "tickets", kind="labels"), said)


@pytest.fixture(name="films", scope="module")
def _films():
    rng, texts, stars, said = np.random.default_rng(1), [], [], []
    for i in range(240):
        good = int(rng.integers(5))
        texts.append(f"{'great ' * good}{'awful ' * (4 - good)}film {i}")
        stars.append(str(1 + good))
        said.append(f"Rating: {min(5, 1 + good + int(rng.integers(2)))}/5")
    return logged(Dataset.of(texts, stars, "films", kind="number"), said)


def test_sets_of_labels_get_a_leaderboard_intervals_and_a_verdict(tickets, tmp_path):
    study = compare(["majority()", "linear()", "bayes()"], tickets, against="llm", folder=tmp_path)
    by = {summary.spec: summary for summary in study.summaries}
    assert [a.spec for a in study.absent if "bayes" in a.spec] == ["bayes()"]
    assert by["linear()"].accuracy > by["majority()"].accuracy
    scores = by["linear()"].scores
    assert scores["exact_match"] <= scores["accuracy"] <= 1
    assert set(by["linear()"].recall) == set(CUES)
    low, high = by["linear()"].intervals["accuracy"]
    assert low <= by["linear()"].accuracy <= high
    assert "set overlap against" in study.verdict.sentence
    saved = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert saved["task"]["kind"] == "labels"
    assert "Set overlap" in (tmp_path / "leaderboard.md").read_text("utf-8")
    assert "Micro-F1" in (tmp_path / "report.html").read_text("utf-8")


def test_numbers_are_right_within_half_a_step_or_graded_by_distance(films):
    study = compare(["linear()", "majority()"], films, against="llm")
    assert study.gold.grader == Tolerance(0.5)
    linear = next(s for s in study.summaries if s.spec == "linear()")
    assert linear.scores["mae"] < 0.5
    assert linear.scores["spearman"] > 0.9
    assert linear.scores["kappa"] > 0.9
    assert "within 0.5 against" in study.verdict.sentence
    close = compare(["linear()"], films, against="llm", grader="closeness(4)")
    assert close.gold.grader == Closeness(4)
    mine = next(s for s in close.summaries if s.spec == "linear()")
    assert mine.accuracy == pytest.approx(1 - mine.scores["mae"] / 4, abs=1e-9)


def test_texts_are_compared_by_their_words():
    texts = [f"what is {i} and seven?" for i in range(90)]
    right = [f"the sum of both is {i + 7}" for i in range(90)]
    said = [y if i % 3 else "no idea" for i, y in enumerate(right)]
    data = logged(Dataset.of(texts, right, "sums", kind="text"), said)
    study = compare(["majority()", "linear()"], data, against="llm")
    large = next(s for s in study.summaries if s.calls_out)
    assert large.scores["exact_match"] == pytest.approx(large.accuracy, abs=0.02)
    assert [a.spec for a in study.absent] == ["linear()"]


def test_a_grader_that_is_none_is_refused(films):
    with pytest.raises(UnderdogError, match="no grader"):
        compare(["majority()"], films, grader="linear()")
    with pytest.raises(UnderdogError, match="no package offers"):
        compare(["majority()"], films, grader=Function("missing"))


def test_a_graded_guarantee_is_one_of_betting_and_is_tested_again(tickets):
    from underdog.models.linear.recipe import Linear

    model = Frugal(Linear(), Recorded("llm", price=0.01), total=0.3, against="large").fit(tickets)
    proof = model.certificate
    assert "betting" in proof.method
    assert "loss of set overlap" in proof.sentence
    assert proof.observed <= proof.bound <= 0.3
    fresh = replace(tickets, texts=tuple(f"{text} indeed" for text in tickets.texts))
    fresh = replace(fresh, archive=Archive(fresh.texts, fresh.columns))
    assert certify(model, fresh).certificate.n == len(fresh)
    with pytest.raises(UnderdogError, match="defined for single labels"):
        Frugal(Linear(), Recorded("llm"), drop=0.1, metric="recall").fit(tickets)


def test_a_router_learns_from_grades(tickets):
    from underdog.models.baselines import Majority

    router = Route((Majority(), Recorded("llm", price=0.01)), worth=1.0).fit(tickets)
    answers = router.answer(tickets.texts[:50])
    assert sum(path[-1] == "llm" for path in answers.paths) > 25
