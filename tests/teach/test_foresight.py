"""Prediction before paying: on which texts a model will be right, and which score it reaches."""

import csv
import json

import numpy as np
import pytest

from underdog.core.errors import UnderdogError
from underdog.models.baselines import Majority
from underdog.teach.foresight import expected_score, foresee
from underdog.teach.foresight.items import _score

TASKS = {"news": 1.0, "exam": -0.5, "intent": 1.5, "law": 0.5}
MODELS = {"large": 1.0, "middle": 0.4, "small": -0.6, "tiny": -1.2}


def cells(noise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return [
        (task, model, float(1 / (1 + np.exp(-(a + b + noise * rng.normal())))))
        for task, a in TASKS.items()
        for model, b in MODELS.items()
    ]


def test_a_score_follows_from_the_level_of_the_task_and_of_the_model():
    known = cells()
    truth = next(score for task, model, score in known if (task, model) == ("exam", "large"))
    found = expected_score(known, "exam", "large")
    assert found.value == pytest.approx(truth, abs=0.04)
    assert found.low <= found.value <= found.high
    assert found.cells == 15
    mean = np.mean([score for *_, score in known])
    assert abs(found.value - truth) < abs(mean - truth)


def test_nine_in_ten_scores_are_inside_their_interval():
    known = cells(noise=0.3)
    inside = [
        (e := expected_score(known, task, model)).low <= score <= e.high
        for task, model, score in known
    ]
    assert np.mean(inside) >= 0.75


@pytest.mark.parametrize(
    ("known", "task", "model", "says"),
    [
        (cells()[:3], "news", "large", "too few"),
        (cells(), "news", "gpt", "no score of gpt"),
        (cells(), "here", "large", "no model was measured on here"),
        ([*cells(), ("news", "x", 91.0)], "exam", "large", "is 91"),
    ],
)
def test_what_cannot_be_expected_is_said(known, task, model, says):
    with pytest.raises(UnderdogError, match=says):
        expected_score(known, task, model)


def made(n=300, seed=0):
    """Texts, whether a model is right, and two cheap ones that differ where it is often wrong."""
    rng = np.random.default_rng(seed)
    hard = rng.random(n) < 0.4
    right = (rng.random(n) < np.where(hard, 0.5, 0.97)).astype(float)
    one = ["yes" if x else "no" for x in rng.random(n) < 0.5]
    flip = {"yes": "no", "no": "yes"}
    two = [flip[a] if h and rng.random() < 0.8 else a for a, h in zip(one, hard, strict=True)]
    return [f"case {i}" for i in range(n)], right, {"one": one, "two": two}


@pytest.fixture(scope="module", name="seen")
def _seen():
    texts, right, others = made()
    known = np.where(np.arange(300) < 150, right, np.nan)
    return right, foresee(texts, known, others, learner=Majority())


def test_disagreement_of_cheap_models_foretells_errors(seen):
    right, found = seen
    assert found.signal
    assert found.known == 150
    new = found.chance[150:]
    assert new[right[150:] == 1].mean() > new[right[150:] == 0].mean() + 0.1
    value, low, high = found.score
    assert low <= value <= high
    assert low <= right.mean() <= high
    assert "AUROC" in " ".join(found.lines("big"))


def test_without_anything_to_learn_there_is_no_signal():
    rng = np.random.default_rng(5)
    right = (rng.random(120) < 0.6).astype(float)
    found = foresee([f"case {i}" for i in range(120)], right, learner=Majority())
    assert not found.signal
    assert "no signal" in " ".join(found.lines("big"))
    sure = foresee(["a"] * 60, np.ones(60))
    assert np.isnan(sure.auroc)
    assert "nearly always right" in " ".join(sure.lines("big"))
    assert sure.score[1] < 1
    with pytest.raises(UnderdogError, match="too few to predict"):
        foresee(["a"] * 60, np.full(60, np.nan))


def test_the_interval_of_the_score_covers_and_predictions_narrow_it():
    rng = np.random.default_rng(1)
    covered, widths = [], []
    for _ in range(300):
        p = rng.beta(2, 1, 1000)
        y = (rng.random(1000) < p).astype(float)
        good, flat = _score(y[:100], p[:100], p), _score(y[:100], p[:100] * 0 + 0.6, p * 0 + 0.6)
        covered.append(good[1] <= y.mean() <= good[2])
        widths.append((good[2] - good[1]) / (flat[2] - flat[1]))
    assert 0.92 <= np.mean(covered) <= 1.0
    assert np.mean(widths) < 0.97


def test_plan_says_what_the_model_will_reach(sh, tmp_path):
    texts, right, others = made(120)
    with (tmp_path / "log.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "gpt-4_answer", "small_answer"])
        for i, text in enumerate(texts):
            gold = others["one"][i]
            wrong = "no" if gold == "yes" else "yes"
            own = (gold if right[i] else wrong) if i < 60 else ""
            writer.writerow([text, gold, own, others["two"][i]])
    with (tmp_path / "scores.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["task", "model", "score"], *_renamed()])
    asked = ("plan", "log.csv", "--llm", "chat('gpt-4', price=[1, 2])", "--scores", "scores.csv")
    code, said, _ = sh(*asked, "--json")
    assert code == 0
    found = json.loads(said)["expected"]
    assert found["answers"]["known"] == 60
    assert found["answers"]["low"] <= right[:120].mean() <= found["answers"]["high"]
    assert 0 < found["scores"]["low"] < found["scores"]["high"] < 1
    code, _, error = sh(*asked[:4], "--scores", "log.csv")
    assert code != 0
    assert "no column 'task'" in " ".join(error.split())
    (tmp_path / "scores.csv").write_text("task,model,score\na,gpt-4,93\n")
    code, _, error = sh(*asked)
    assert code != 0
    assert "no number from 0 to 1: '93'" in " ".join(error.split())


def _renamed():
    names = {"large": "gpt-4", "small": "small", "middle": "m", "tiny": "t"}
    return [(task, names[model], score) for task, model, score in cells()]
