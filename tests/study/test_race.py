"""A race against time: on recipes that are quick, slow, ever slower, and unable."""

from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

import pytest
from conftest import CLOCK, moods

from underdog.core.errors import UnderdogError
from underdog.models.baselines import Majority
from underdog.models.recorded import Recorded
from underdog.runtime import extras
from underdog.runtime.progress import step
from underdog.runtime.registry import register
from underdog.runtime.workers.attempt import Attempt
from underdog.study import compare
from underdog.study.runs import lineup, runtime_estimate
from underdog.study.runs.race import Race, enough
from underdog.study.runs.runtime_estimate import estimated


@register("dragging_for_tests")
@dataclass(frozen=True)
class Dragging:
    """What `Majority` learns, ``pause`` seconds later for every 100 examples; of many, more.

    The seconds pass on the tests' clock only.
    """

    pause: float = 0.1
    trap: float = 0.0

    def fit(self, data, seed=0):
        pause = self.pause + (self.trap if len(data) > 200 else 0.0)
        with step("dragging", len(data)) as advance:
            for _ in range(len(data)):
                CLOCK.ahead += pause / 100
                advance(1)
        return Majority().fit(data, seed)


@register("unable_for_tests")
@dataclass(frozen=True)
class Unable:
    """Learns nothing."""

    def fit(self, data, seed=0):
        raise UnderdogError("it cannot be done", "try another")


@pytest.fixture(autouse=True)
def _clock_of_its_own(clock):
    """Every study of these tests looks at the clock that slow recipes set ahead."""


def names(study):
    return {s.spec for s in study.summaries}


def test_who_cannot_finish_is_left_out_before_it_starts_and_the_others_are_as_ever():
    data = moods(600)
    alone = compare(["majority()", "linear()"], data)
    late = "dragging_for_tests(pause=50.0)"
    study = compare(["majority()", "linear()", late], data, budget="9s")
    assert study.budget.spent < 9 + lineup.tolerance(9)
    assert names(study) == {"majority()", "linear()"}
    assert [run.answers.values for run in study.runs] == [run.answers.values for run in alone.runs]
    (absent,) = study.absent
    assert absent.spec == late
    assert absent.remedy.startswith("--budget ")


def test_who_is_slower_than_it_looked_is_stopped_when_the_time_is_up():
    trap = "dragging_for_tests(trap=100.0)"
    study = compare(["majority()", trap], moods(600), budget="5s")
    assert [absent.spec for absent in study.absent] == [trap]
    assert "stopped after" in study.absent[0].why
    found = study.results()
    assert found["budget"]["seconds"] == 5.0
    assert 4.5 < found["budget"]["spent"] < 5 + lineup.tolerance(5)
    assert found["absent"] == [vars(study.absent[0])]


def test_with_more_time_only_what_was_missing_is_done(tmp_path, monkeypatch):
    slow, fitted, honest = "dragging_for_tests(pause=1.0)", [], Majority.fit

    def counted(self, part, seed=0):
        fitted.append(len(part))
        return honest(self, part, seed)

    monkeypatch.setattr(Majority, "fit", counted)
    short = compare(["majority()", slow], moods(600), budget="2s", folder=tmp_path)
    assert names(short) == {"majority()"}
    assert (tmp_path / "partial").exists()
    fitted.clear()
    whole = compare(["majority()", slow], moods(600), budget="1m", folder=tmp_path)
    assert names(whole) == {"majority()", slow}
    assert whole.absent == ()
    assert len(fitted) <= 6  # the slow one's rehearsals, run and learning curve; no other
    assert not (tmp_path / "partial").exists()


def test_a_seed_that_does_not_fit_leaves_those_that_do():
    slow = "dragging_for_tests(pause=0.4)"
    study = compare([slow], moods(600), budget="6s", seeds=range(20))
    assert 0 < len(study.runs) < 20
    assert (study.absent[0].spec, study.absent[0].part) == (slow, f"seed {len(study.runs)}")


def test_too_little_time_for_anybody_is_an_error_that_says_so():
    with pytest.raises(UnderdogError, match="not one contestant could finish") as caught:
        compare(["dragging_for_tests(pause=50.0)"], moods(300), budget="1s")
    assert "--budget" in caught.value.hint
    with pytest.raises(UnderdogError, match="not even dragging"):
        compare(["majority()"], moods(300), against="dragging_for_tests(pause=50.0)", budget="1s")


def test_where_time_was_too_short_to_choose_who_was_named_last_is_the_incumbent(monkeypatch):
    data = moods(300)

    def no_curve(self, needed, one):
        self._miss(one, "learning curve", Attempt(status="late", problem="no time"))

    monkeypatch.setattr(Race, "_curve", no_curve)
    study = compare(["majority()", "linear()"], data, budget="1m")
    assert study.incumbent == "linear()"
    assert [absent.part for absent in study.absent] == ["learning curve"] * 2


class Stopped:
    """A clock that only the recipes of these tests set forward: no other work makes it late."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def stopped(monkeypatch):
    clock = Stopped()
    monkeypatch.setattr(runtime_estimate, "perf_counter", clock)
    return clock


@dataclass(frozen=True)
class Steady:
    """What `Majority` learns; ``each`` second on the clock for every example."""

    clock: Stopped
    each: float = 0.001

    def fit(self, data, seed=0):
        self.clock.now += self.each * len(data)
        return Majority().fit(data, seed)


def test_a_rehearsal_tells_how_long_it_will_take(stopped):
    data = moods(2400)
    needed = estimated(Steady(stopped), [(data, data)], left=60)
    assert needed == pytest.approx(2.4)
    assert estimated(Unable(), [(data, data)], left=60) == 0.0


def test_a_rehearsal_knows_that_few_examples_are_read_more_often(stopped):
    @dataclass(frozen=True)
    class Eager(Steady):
        """Reads the fewer examples there are the more often."""

        def samples_seen(self, data):
            return len(data) ** 0.5

    data = moods(2400)
    needed = estimated(Eager(stopped), [(data, data)], left=0.1)
    assert needed < 1.2  # 2.4 s, if time grew with them


def test_a_rehearsal_knows_that_a_recorded_column_is_read_the_same_for_few_and_many(stopped):
    @dataclass(frozen=True)
    class Fixed(Steady):
        """Reads as much for few examples as for many, as a recorded column is."""

        def fit(self, data, seed=0):
            self.clock.now += 0.3
            return Majority().fit(data, seed)

        def samples_seen(self, data):
            return Recorded("answer").samples_seen(data)

    data = moods(2400)
    many = data.relabelled([f"label {i % 300}" for i in range(2400)])
    assert estimated(Fixed(stopped), [(many, many)], left=60) == pytest.approx(0.3)


def test_the_line_up_needs_only_what_is_installed(monkeypatch):
    present, absent = lineup.default()
    assert present[:2] == ["majority()", "linear()"]
    assert [*present, *(a.spec for a in absent)] == [*lineup.LINE_UP]
    bare = {"torch": {"torch": None}, "offline": {"torch": None}, "llm": {"openai": None}}
    monkeypatch.setattr(extras, "extras", lambda: bare)
    present, absent = lineup.default()
    assert present == ["majority()", "linear()"]
    assert {a.remedy for a in absent} == {"pip install 'underdog[offline,torch]'"}


def test_without_extras_the_line_up_still_races_and_says_what_to_install(monkeypatch):
    monkeypatch.setattr(lineup, "incomplete", lambda: ["torch", "offline"])
    study = compare(None, moods(200))
    assert names(study) == {"majority()", "linear()"}
    assert {a.why for a in study.absent} == {"not installed"}
    assert study.budget.seconds == 300


@register("breaking_for_tests")
@dataclass(frozen=True)
class Breaking:
    """Raises what ``error`` names."""

    error: str

    def fit(self, data, seed=0):
        raise ERRORS[self.error]


class Panic(BaseException):
    """What a compiled library raises, which is no `Exception`."""


ERRORS = {
    "runtime": RuntimeError("no luck\nand a long tail"),
    "memory": MemoryError(),
    "process": BrokenProcessPool("a worker died"),
    "panic": Panic("a bug in a library"),
    "interrupt": KeyboardInterrupt(),
}


@pytest.mark.parametrize("folder", [False, True])
def test_a_contestant_that_fails_is_left_out_with_its_reason(tmp_path, folder):
    failing = [f"breaking_for_tests({error!r})" for error in ERRORS if error != "interrupt"]
    where = tmp_path / "out" if folder else None
    study = compare(
        [failing[0], "majority()", *failing[1:], "unable_for_tests()"], moods(200), folder=where
    )
    assert names(study) == {"majority()"}
    assert [(a.spec, a.why) for a in study.absent] == [
        (failing[0], "RuntimeError: no luck"),
        (failing[1], "MemoryError"),
        (failing[2], "BrokenProcessPool: a worker died"),
        (failing[3], "Panic: a bug in a library"),
        ("unable_for_tests()", "it cannot be done"),
    ]
    assert study.absent[0].remedy.endswith(f"underdog fit FILE {failing[0]!r} --out FOLDER")
    assert study.absent[-1].remedy == "try another"
    with pytest.raises(KeyboardInterrupt):
        compare(["majority()", "breaking_for_tests('interrupt')"], moods(200), folder=where)


def test_only_when_nothing_is_left_does_a_study_end_in_an_error():
    with pytest.raises(UnderdogError, match=r"^it cannot be done") as caught:
        compare(["unable_for_tests()"], moods(200))
    assert caught.value.hint == "try another"
    with pytest.raises(UnderdogError, match=r"not one contestant could run; the first: it cannot"):
        compare(["unable_for_tests()", "breaking_for_tests('memory')"], moods(200))
    with pytest.raises(UnderdogError, match=r"breaking_for_tests\('runtime'\) crashed: Runtime"):
        compare(["majority()"], moods(200), against="breaking_for_tests('runtime')")


@register("fragile_for_tests")
@dataclass(frozen=True)
class Fragile:
    """Crashes from seed 1."""

    def fit(self, data, seed=0):
        if seed == 1:
            raise MemoryError("too much")
        return Majority().fit(data, seed)


def test_a_crash_costs_its_seed_alone():
    study = compare(["fragile_for_tests()"], moods(200), seeds=range(3))
    assert [run.seed for run in study.runs] == [0, 2]
    assert [(a.part, a.why) for a in study.absent] == [("seed 1", "MemoryError: too much")]


def test_a_proposed_budget_is_round_and_long_enough():
    assert [enough(s) for s in (10, 200, 1500, 9000)] == ["1m", "5m", "45m", "4h"]
