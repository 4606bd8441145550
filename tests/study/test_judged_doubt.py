"""Scores of doubt in a judgement: from samples and log-probabilities, and as probabilities."""

import json

import numpy as np
import pandas as pd
import pytest

from underdog.study.judging import judge

SCORES = ["selfcheck()", "consistency('agreement', by='words')", "token_probability()"]


@pytest.fixture(scope="module", name="done")
def _done():
    rng = np.random.default_rng(0)
    rows = []
    for i in range(160):
        right = bool(rng.random() < 0.7)
        others = ["It was Rome."] * 3 if right else ["It was Oslo.", "In Lima.", "Bern, I think."]
        logprobs = [-abs(float(x)) for x in rng.normal(0.2 if right else 0.8, 0.2, 4)]
        rows.append(
            {
                "question": f"Where was {i}?",
                "output": "It was Rome.",
                "samples": json.dumps(others) if i else "",
                "logprobs": json.dumps(logprobs),
                "rating": int(right),
            }
        )
    return judge(pd.DataFrame(rows), SCORES)


def test_samples_and_log_probabilities_are_scores_of_a_judgement(done):
    assert list(done.columns)[:3] == [one.removesuffix("()") for one in (SCORES[0],)] + [
        "consistency(measure='agreement', by='words')",
        "token_probability",
    ]
    assert np.isnan(done.columns["selfcheck"][0])
    assert done.agreements["selfcheck"].value > 0.9


def test_the_scores_are_calibrated_on_the_ratings(done):
    found = done.results["probabilities"]
    assert found["brier"] == pytest.approx(found["base"] * (1 - found["base"]))
    best = found["scores"][0]
    assert best["brier"] < found["brier"]
    assert best["ece"] < 0.1
    assert best["curve"][0][1] >= best["curve"][-1][1]
    assert any("As a probability of being good" in sentence for sentence in done.sentences)
