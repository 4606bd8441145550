"""What fitted models tell of themselves finds its way into the results."""

from dataclasses import dataclass

import numpy as np
import pytest
from conftest import moods

from underdog.core.description import Fact
from underdog.models.baselines import MajorityModel
from underdog.runtime.persist import load, save
from underdog.runtime.registry import register
from underdog.study import compare


@register("talkative_for_tests.model")
@dataclass(frozen=True, eq=False)
class Talker:
    """Says how many texts it was shown."""

    inner: MajorityModel

    def answer(self, texts):
        return self.inner.answer(texts)

    def describe(self, texts):
        return (Fact("shown", f"was shown {len(texts)} texts", {"texts": [len(texts)]}),)


@register("talkative_for_tests")
@dataclass(frozen=True)
class Talkative:
    """A recipe whose model tells of itself."""

    def fit(self, data, seed=0):
        shares = np.full(len(data.task.labels), 1 / len(data.task.labels))
        return Talker(MajorityModel(data.task.labels, shares))


def facts(study, spec):
    (one,) = [c for c in study.results()["contestants"] if c["spec"] == spec]
    return {fact["name"]: fact for fact in one["facts"]}


def test_what_a_model_tells_is_in_its_row_and_is_kept(tmp_path):
    study = compare(["talkative_for_tests()", "majority()"], moods(200))
    n = len(study.gold.texts)
    told = {"name": "shown", "says": f"was shown {n} texts", "data": {"texts": [n]}}
    assert facts(study, "talkative_for_tests()") == {"shown": told}
    rows = {row["spec"]: row["facts"] for row in study.results()["rows"]}
    assert rows == {"talkative_for_tests()": [told], "majority()": []}
    (run,) = [run for run in study.runs if run.facts]
    save(run, tmp_path / "run")
    assert load(tmp_path / "run").facts[0].says == told["says"]


def test_an_ensemble_shows_what_each_member_brings():
    study = compare(["ensemble(bayes(), n=4, how='bag')"], moods(300))
    found = facts(study, "ensemble(bayes(), n=4, how='bag')")
    assert {"member", "growth", "diversity"} <= set(found)
    sizes = found["growth"]["data"]
    assert [size["n"] for size in sizes] == [1, 2, 3, 4]
    assert sizes[-1]["accuracy"] == pytest.approx(study.summaries[0].accuracy)
    assert 0 <= found["diversity"]["data"]["disagreement"] <= 1
    fit = study.summaries[0].fit
    assert found["member"]["data"]["seconds"] == pytest.approx(fit.seconds / 4)


def test_members_that_count_differently_and_a_single_one_have_no_growth():
    specs = ["ensemble(bayes(), n=1)", "ensemble(majority(), n=3, how='boost')"]
    study = compare(specs, moods(200))
    for spec in specs:
        assert "growth" not in facts(study, spec)


def test_a_choice_is_told_with_its_reason_and_its_trials():
    spec = "auto('1m', [majority(), bayes()])"
    study = compare([spec], moods(300))
    (one,) = study.results()["contestants"]
    found = {fact["name"]: fact for fact in one["facts"]}
    assert found["choice"]["data"] == "bayes()"
    assert found["choice"]["says"].startswith("chose bayes(): bayes() gave ")
    assert {trial["recipe"] for trial in found["trials"]["data"]} == {"majority()", "bayes()"}
