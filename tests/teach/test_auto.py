"""Choosing a recipe by successive halving, on recipes that are quick, slow, bad and broken."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from conftest import CLOCK, moods

from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.models.baselines import Majority
from underdog.models.linear.recipe import Bayes, Linear
from underdog.runtime.limit import Limit
from underdog.runtime.progress import step
from underdog.runtime.registry import build, name_of, register, spec
from underdog.teach import auto
from underdog.teach.auto import Auto
from underdog.teach.deferral.frugal import Frugal
from underdog.teach.search import Search, Trial, finalists


@register("slow_for_tests")
@dataclass(frozen=True)
class Slow:
    """What `Bayes` learns, `pause` seconds later for every 100 examples."""

    pause: float = 0.1

    def fit(self, data, seed=0):
        CLOCK.ahead += self.pause * len(data) / 100
        return Bayes().fit(data, seed)


@register("broken_for_tests")
@dataclass(frozen=True)
class Broken:
    """Never learns anything."""

    def fit(self, data, seed=0):
        raise RuntimeError("no luck today\nand a long tail")


@pytest.fixture(autouse=True)
def _clock_of_its_own(clock):
    """Every search of these tests looks at the clock that slow recipes set ahead."""


def sizes(model, recipe):
    return [trial.examples for trial in model.trials if trial.recipe == recipe]


def test_the_winner_learns_from_all_and_answers_as_if_it_were_alone(moods):
    model = Auto("1m", (Majority(), Bayes())).fit(moods, seed=3)
    alone = Bayes().fit(moods, seed=3).answer(moods.texts)
    assert model.chosen == "bayes()"
    said = model.answer(moods.texts)
    assert said.values == alone.values
    assert said.paths == alone.paths
    np.testing.assert_array_equal(said.probs, alone.probs)


def test_of_one_contestant_it_makes_that_contestant(moods):
    only = Auto("1m", (Linear(),)).fit(moods)
    assert only.why.endswith("held-out answers right (no other recipe took part)")
    assert only.answer(moods.texts).values == Linear().fit(moods).answer(moods.texts).values


def test_halves_drop_out_on_the_way_up():
    data = moods(4800)
    five = (Majority(), Bayes(), Linear(), Slow(0.0), Slow(0.001))
    model = Auto("10m", five).fit(data)
    assert len({trial.examples for trial in model.trials}) == 2  # a ninth would be below LEAST
    low, high = sorted({trial.examples for trial in model.trials})
    assert low == pytest.approx(high / 3, rel=0.05)
    assert len([t for t in model.trials if t.examples == low]) == 5
    assert len([t for t in model.trials if t.examples == high]) == 3
    assert sizes(model, "majority()") == [low]


def test_a_third_is_spent_on_choosing_and_no_more_judge_than_are_needed(monkeypatch):
    monkeypatch.setattr(auto, "JUDGES", 300)
    data = moods(2400)
    learn, check = auto._parts(data, 0)
    assert len(learn) == pytest.approx(800, abs=80)
    assert len(check) == 300
    assert not set(learn.clusters) & set(check.clusters)


def test_few_examples_are_not_cut_into_rungs(moods):
    model = Auto("1m", (Majority(), Bayes())).fit(moods)
    assert len({trial.examples for trial in model.trials}) == 1


def test_the_score_is_the_share_of_held_out_examples_answered_right(moods):
    learn, check = auto._parts(moods, 5)
    (trial,) = Auto("1m", (Bayes(),)).fit(moods, seed=5).trials
    said = Bayes().fit(learn, 5).answer(check.texts).values
    assert trial.examples == len(learn)
    assert trial.score == np.mean([a == b for a, b in zip(said, check.labels, strict=True)])


def test_who_breaks_is_named_and_costs_only_its_own_place(moods):
    model = Auto("1m", (Broken(), Bayes())).fit(moods)
    broken = model.trials[0]
    assert (broken.score, broken.failure) == (None, "RuntimeError: no luck today")
    assert model.chosen == "bayes()"
    assert "(2 recipes, 2 trials, 1 failed or passed over, " in model.why
    with pytest.raises(UnderdogError, match=r"broken_for_tests.*no luck today"):
        Auto("1m", (Broken(),)).fit(moods)


@register("greedy_for_tests")
@dataclass(frozen=True)
class Greedy:
    """What `Linear` learns, but runs out of memory with more than ``most`` examples."""

    most: int

    def fit(self, data, seed=0):
        if len(data) > self.most:
            raise MemoryError("too much")
        return Linear().fit(data, seed)


def test_who_cannot_learn_from_everything_gives_way_to_the_next(moods):
    with pytest.warns(UserWarning, match=r"greedy_for_tests\(110\) could not learn from all"):
        model = Auto("1m", (Majority(), Greedy(110))).fit(moods)
    assert model.chosen == "majority()"
    missed = pytest.warns(UserWarning, match="could not learn from all")
    with missed, pytest.raises(UnderdogError, match="MemoryError: too much"):
        Auto("1m", (Greedy(110), Greedy(111))).fit(moods)


def test_when_time_is_up_nobody_else_begins(moods):
    with pytest.warns(UserWarning, match="could not learn from all examples: about"):
        model = Auto("0.05s", (Slow(0.2), Linear(), Bayes())).fit(moods)
    assert model.chosen == spec(Slow(0.2))  # the only one that was tried
    assert [t.failure.startswith("passed over") for t in model.trials] == [False, True, True]
    assert f"it learned from {model.trials[0].examples} examples" in model.why
    assert len(model.answer(["a good film"])) == 1


def search(left, whole, trials=()):
    return Search({}, whole, Limit.after(left), moods(9), 0, list(trials))


def test_who_cannot_finish_in_what_is_left_is_passed_over():
    trials = [Trial("slow()", 100, 400, 50.0, 0.9), Trial("quick()", 100, 100, 1.0, 0.8)]
    slow, quick = (Trial(t.recipe, 300, 3 * t.work, 0.0, None) for t in trials)
    hundred = search(100, {"slow()": 4000, "quick()": 1000}, trials)
    assert hundred.late(slow).startswith("passed over: about 10 min 50 s needed")  # 150 s + 500 s
    assert hundred.late(quick) == ""  # 3 s + 10 s
    assert hundred.affordable(trials).recipe == "quick()"
    assert search(100, {"slow()": 600, "quick()": 150}).affordable(trials).recipe == "slow()"
    late = search(100, {"slow()": 4e5, "quick()": 1e5})
    assert late.affordable(trials).recipe == "quick()"  # late, but the least


@register("steps_for_tests")
@dataclass(frozen=True)
class Steps:
    """What `Bayes` learns, ``pause`` seconds later for every 100 examples; reports progress."""

    pause: float
    folder: str = ""

    def fit(self, data, seed=0):
        with step("stepping", len(data)) as advance:
            for _ in range(len(data)):
                CLOCK.ahead += self.pause / 100
                advance(1)
        if self.folder:
            Path(self.folder, f"{self.pause} on {len(data)}").touch(exist_ok=False)
        return Bayes().fit(data, seed)


def test_a_fit_whose_winner_could_not_end_in_time_is_stopped():
    start = CLOCK()
    model = Auto("8s", (Bayes(), Steps(10.0))).fit(moods(2400))
    assert CLOCK() - start < 8
    assert model.chosen == "bayes()"
    (stopped,) = [t for t in model.trials if t.recipe == spec(Steps(10.0))]
    assert "stopped after" in stopped.failure  # it would have taken 80 s
    assert 0 < stopped.seconds < 4


def test_a_winner_that_is_too_slow_after_all_is_the_model_of_its_trial():
    @dataclass(frozen=True)
    class Slower(Steps):
        """Far slower with all examples than its trial told."""

        def fit(self, data, seed=0):
            return super(Slower, replace(self, pause=50.0 if len(data) > 1500 else 0.0)).fit(data)

    start = CLOCK()
    with pytest.warns(UserWarning, match="stopped after"):
        model = Auto("5s", (Slower(0.0),)).fit(moods(2400))
    assert CLOCK() - start < 7
    assert model.why.endswith(f"it learned from {model.trials[-1].examples:,} examples")


def test_trials_survive_a_kill(tmp_path, monkeypatch):
    data = moods(600)
    recipe = Auto("10m", (Steps(0.01, str(tmp_path)), Steps(0.02, str(tmp_path)), Bayes()))
    with monkeypatch.context() as patch:
        patch.setattr(Search, "final", interrupted)
        with pytest.raises(KeyboardInterrupt):
            recipe.fit(data)
    tried = sorted(path.name for path in tmp_path.glob("0*"))
    assert len(tried) == 2
    assert len(recipe.fit(data).trials) == 3  # fitting a part twice would fail
    assert not list((tmp_path / "training").iterdir())


def interrupted(self, data):
    raise KeyboardInterrupt


def test_the_furthest_rung_that_somebody_finished_decides():
    trials = [
        Trial("a()", 100, 100, 1.0, 0.9),
        Trial("b()", 100, 100, 1.0, 0.8),
        Trial("a()", 300, 300, 3.0, 0.85),
        Trial("b()", 300, 300, 3.0, 0.95),
        Trial("b()", 900, 900, 0.0, None, "passed over"),
    ]
    assert [t.recipe for t in finalists(trials)] == ["b()", "a()"]
    assert "b() gave 95.0 % of 200 held-out answers right, a() 85.0 %" in auto._why(
        trials[3], trials, 200
    )


def test_examples_without_a_label_neither_teach_nor_judge(moods):
    labels = [label if i % 3 else None for i, label in enumerate(moods.labels)]
    model = Auto("1m", (Bayes(),)).fit(moods.relabelled(labels))
    assert model.trials[0].examples < len(moods) * 2 / 3


def test_what_makes_no_sense_is_refused_with_an_example():
    with pytest.raises(UnderdogError, match="'soon' is no time"):
        Auto("soon")
    with pytest.raises(UnderdogError, match="no time"):
        Auto("0m")
    with pytest.raises(UnderdogError, match="not a recipe"):
        build("auto('5m', [probability()])")
    with pytest.raises(UnderdogError, match="too few to choose by"):
        Auto("1m", (Bayes(),)).fit(Dataset.of(["one"], ["x"]))


def test_the_default_line_up_can_be_built_here():
    names = [spec(recipe) for recipe in auto.line_up()]
    assert names[0] == "linear()"
    assert len(set(names)) == len(names)


def test_a_cascade_chooses_once_and_fits_what_was_chosen(moods):
    recipe = Auto("1m", (Majority(), Bayes()))
    assert recipe.tuned(moods) == Bayes()
    model = Frugal(recipe, Bayes(), total=0.9, against="large").fit(moods)
    assert name_of(type(model.cascade.stages[0])) == "linear.model"
