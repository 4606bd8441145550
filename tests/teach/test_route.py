"""route(): trains a chooser on gains, and sets tolls by budget or worth."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from underdog.core.answer import Answers
from underdog.core.cost import FREE
from underdog.core.data import Archive, Dataset, Task
from underdog.core.errors import UnderdogError
from underdog.models.baselines import Majority
from underdog.models.linear.recipe import Bayes
from underdog.models.recorded import Recorded
from underdog.runtime.out_of_fold import out_of_fold
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build, spec
from underdog.teach.route import Route, gains, rate_for, right
from underdog.testing import check_learner, check_model


def logs(n: int = 400, priced: bool = True) -> Dataset:
    """The tiny model is right about poems, the huge one about sums and half the poems.

    Both are wrong about riddles: a router that asks who is *wrong* would waste money there.
    """
    kinds = ["poem", "sum", "riddle"]
    texts = [f"a {kinds[i % 3]} about things, number {i}" for i in range(n)]
    gold = ["yes" if i % 5 < 2 else "no" for i in range(n)]
    other = {"yes": "no", "no": "yes"}
    tiny = [g if i % 3 == 0 else other[g] for i, g in enumerate(gold)]
    huge = [g if i % 3 == 1 or i % 6 == 0 else other[g] for i, g in enumerate(gold)]
    data = Dataset.of(texts, gold, "logs")
    columns = {"tiny": tuple(tiny), "huge": tuple(huge)}
    return replace(data, columns=columns, archive=Archive(data.texts, columns))


TINY, HUGE = Recorded("tiny", price=0.001), Recorded("huge", price=0.1)
ASKED = ["a poem about things", "a sum about things", "a riddle about things"]


def who(router, texts=ASKED) -> list[str]:
    names = ["tiny" if "tiny" in name else "huge" for name in router.experts]
    return [names[k] for k in router.chosen(router.chooser.answer(texts))]


def test_gains_encode_differences_of_quality():
    data = Dataset.of(["a", "b", "c", "d"], [None] * 4)
    soft = gains(data, ("w", "s"), np.array([[1, 1], [0, 1], [1, 0], [0, 0.0]])).soft
    np.testing.assert_allclose(soft, [[0.5, 0.5], [0, 1], [1, 0], [0.5, 0.5]])
    quality = np.random.default_rng(0).random((4, 3))
    three = gains(data, ("a", "b", "c"), quality)
    np.testing.assert_allclose(three.soft.sum(axis=1), 1.0)
    assert (three.soft >= 0).all()
    np.testing.assert_allclose(
        three.soft[:, 2] - three.soft[:, 0], (quality[:, 2] - quality[:, 0]) / 2
    )
    assert three.task.labels == ("a", "b", "c")


def test_the_last_expert_is_right_where_nobody_else_says_and_abstentions_never_are():
    said = [
        Answers.said(v, np.zeros((4, 6)), "x") for v in (["a", "b", "", "a"], ["b", "b", "", "b"])
    ]
    found = right(Dataset.of("wxyz", ["a", None, None, "b"]), said)
    assert found.tolist() == [[1, 0], [1, 1], [0, 0], [0, 1]]


def test_it_routes_on_gain_and_not_on_who_is_wrong():
    data = logs()
    router = Route((TINY, HUGE), worth=0.5).fit(data)
    assert who(router) == ["tiny", "huge", "tiny"]
    answers = router.answer(data.texts)
    accuracy = np.mean([a == b for a, b in zip(answers.values, data.labels, strict=True)])
    assert accuracy == pytest.approx(2 / 3, abs=0.01)
    check_model(router, data.texts[:9])


def test_a_budget_is_kept_and_spent_where_it_gains_most():
    data = logs()
    kind = np.arange(len(data)) % 3  # poems, sums, riddles
    for share, sums in ((0.0, 0), (0.4, 1)):
        router = Route((TINY, HUGE), prices=[0, 1], budget=share).fit(data)
        chosen = router.chosen(router.chooser.answer(data.texts))
        assert chosen.mean() <= share
        assert (chosen[kind == 1] == sums).all()
        assert not chosen[kind == 0].any()


@pytest.mark.data
def test_a_budget_is_met_on_average_on_real_prompts(real_data):
    """Two large models' recorded answers to school sums; a third of the calls for the dearer."""
    with (real_data / "routellm" / "gsm8k.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = ("mixtral_correct", "gpt4_correct")
    columns = {name: tuple(row[name] for row in rows) for name in names}
    data = Dataset.of([row["prompt"] for row in rows], ["1"] * len(rows), "gsm8k")
    data = replace(
        data,
        task=Task("gsm8k", ("0", "1")),
        columns=columns,
        archive=Archive(data.texts, columns),
    )
    train, test = data.split(0.4, 0)
    experts = tuple(map(Recorded, names))
    router = Route(experts, prices=(0, 1), budget=0.33).fit(train)
    called = router.chosen(router.chooser.answer(test.texts)).mean()
    assert called == pytest.approx(0.33, abs=0.06)
    mixtral, gpt4 = (np.mean([row == "1" for row in test.columns[name]]) for name in names)
    routed = np.mean([value == "1" for value in router.answer(test.texts).values])
    assert routed > mixtral + 0.33 * (gpt4 - mixtral)


def test_prices_are_those_on_the_receipts():
    given = Route((TINY, HUGE), budget=0.02).fit(logs())
    told = Route((TINY, HUGE), budget=0.02, prices=(0.001, 0.1)).fit(logs())
    assert given.tolls == pytest.approx(told.tolls)
    assert given.tolls[1] / given.tolls[0] == pytest.approx(100)


def test_a_worth_becomes_a_toll_in_shares():
    router = Route((TINY, HUGE, Majority()), worth=2.0, prices=(0.1, 1.0, 0)).fit(logs())
    assert router.tolls == pytest.approx((0.025, 0.25, 0.0))


def test_the_rate_is_half_way_between_the_budget_and_the_next_change():
    shares = np.array([[0.9, 0.1], [0.45, 0.55], [0.3, 0.7], [0.1, 0.9]])
    prices = np.array([0.0, 1.0])
    for budget, spent in ((1.0, 0.75), (0.75, 0.75), (0.6, 0.5), (0.25, 0.25), (0.0, 0.0)):
        rate = rate_for(shares, prices, budget)
        assert (shares - rate * prices).argmax(axis=1).mean() == spent
    assert rate_for(shares, prices, 1.0) == 0
    assert rate_for(shares, prices, 0.5) == pytest.approx((0.1 + 0.4) / 2)


def test_recipes_are_judged_on_what_they_were_not_fitted_on(moods):
    """On its training texts the parrot is always right; elsewhere it knows nothing."""
    answers = Answers.join([fold.answers for fold in out_of_fold(Parrot(), moods, 5, 0)])
    assert set(answers.values) == {"pos"}
    assert len(answers) == len(moods)


class Parrot:
    """Repeats what it was told, and says pos to anything new."""

    def fit(self, data, seed=0):
        known = dict(zip(data.texts, data.labels, strict=True))
        return Repeats(known)


class Repeats:
    def __init__(self, known):
        self.known = known

    def answer(self, texts):
        costs = np.tile(FREE.row(), (len(texts), 1))
        return Answers.said([self.known.get(t, "pos") for t in texts], costs, "parrot")


def test_any_recipe_can_be_the_chooser_and_the_spec_says_which():
    recipe = build("route([recorded('tiny'), recorded('huge')], chooser=bayes())")
    assert recipe == Route((Recorded("tiny"), Recorded("huge")), Bayes())
    assert build(spec(recipe)) == recipe
    assert who(recipe.fit(logs()))[:2] == ["tiny", "huge"]


def test_it_keeps_the_contract_and_is_saved(moods, tmp_path):
    check_learner(Route((Majority(), Bayes())), moods)
    router = Route((TINY, HUGE), budget=0.02).fit(logs())
    save(router, tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.tolls == router.tolls
    assert loaded.answer(logs().texts).paths == router.answer(logs().texts).paths


def test_without_prices_a_budget_is_refused():
    with pytest.raises(UnderdogError, match=r"recorded\('tiny'\) costs is unknown") as refused:
        Route((Recorded("tiny"), HUGE), budget=0.02).fit(logs())
    assert "prices=" in refused.value.hint


def test_a_budget_under_the_cheapest_expert_is_refused():
    with pytest.raises(UnderdogError, match=r"costs 0.001, the budget is 0.0001"):
        Route((TINY, HUGE), budget=0.0001).fit(logs())


def test_experts_that_never_differ_leave_nothing_to_gain():
    data = logs()
    same = replace(data, archive=Archive(data.texts, {"a": data.labels, "b": data.labels}))
    with pytest.raises(UnderdogError, match="nothing to gain"):
        Route((Recorded("a"), Recorded("b"))).fit(same)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"experts": (TINY,)}, "different experts"),
        ({"experts": (TINY, TINY)}, "different experts"),
        ({"experts": (TINY, HUGE), "prices": (1.0,)}, "1 prices"),
        ({"experts": (TINY, HUGE), "budget": 1.0, "worth": 1.0}, "a budget leaves no choice"),
        ({"experts": (TINY, HUGE), "worth": 0.0}, "worth something"),
    ],
)
def test_impossible_recipes_are_refused(options, problem):
    with pytest.raises(UnderdogError, match=problem):
        Route(**options)
