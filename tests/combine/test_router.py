"""Routers: one expert is asked, and both it and the choice are paid for."""

from pathlib import Path

import numpy as np
import pytest

from underdog.combine.cascade import Cascade
from underdog.combine.router import Router
from underdog.core.answer import Answers
from underdog.core.cost import Ledger
from underdog.core.errors import UnderdogError
from underdog.models.baselines import Majority, MajorityModel
from underdog.models.fake import Scripted
from underdog.models.linear.recipe import Linear
from underdog.runtime.persist import load, save
from underdog.testing import check_model

SMALL = Scripted((("hard", "wrong"),), otherwise="right", dollars_per_word=1e-6)
LARGE = Scripted((), otherwise="right", dollars_per_word=1e-3)
CHOOSER = Scripted((("hard", "large"),), otherwise="small", dollars_per_word=0.0)
TEXTS = ["an easy one", "a hard one", "easy again", "hard hard"]


def routed() -> Router:
    return Router(CHOOSER, {"small": SMALL, "large": LARGE})


@pytest.mark.parametrize(("name", "expert"), [("small", SMALL), ("large", LARGE)])
def test_a_router_with_a_fixed_chooser_is_that_expert(name, expert):
    fixed = Scripted((), otherwise=name, dollars_per_word=0.0)
    answers = Router(fixed, {"small": SMALL, "large": LARGE}).answer(TEXTS)
    alone = expert.answer(TEXTS)
    assert answers.values == alone.values
    np.testing.assert_allclose(answers.costs[:, 2], alone.costs[:, 2])


def test_each_text_goes_to_its_expert_and_to_no_other():
    with Ledger() as bill:
        answers = routed().answer(TEXTS)
    assert answers.values == ("right",) * 4
    prices = [4e-6, 4e-3, 3e-6, 3e-3]
    np.testing.assert_allclose(answers.costs[:, 2], prices)
    assert answers.costs[:, 5].tolist() == [2, 2, 2, 2]  # the choice is a call too
    assert bill.total.dollars == pytest.approx(sum(prices))
    assert set(answers.paths) == {("scripted", "scripted")}


def test_it_keeps_the_contract_and_nests():
    check_model(routed(), TEXTS)
    nested = Router(CHOOSER, {"small": routed(), "large": Cascade((SMALL, LARGE), (0.5,))})
    check_model(nested, TEXTS)
    assert nested.answer(["an easy one"]).paths == (("scripted",) * 3,)


def test_probabilities_of_the_experts_survive_in_the_order_of_the_texts(moods):
    small, other = Majority().fit(moods), Linear().fit(moods)
    router = Router(CHOOSER, {"small": small, "large": other})
    texts = ["hard great film", "easy film", "hard awful film", "easy"]
    answers = router.answer(texts)
    expected = np.where(
        np.array([[True], [False], [True], [False]]),
        other.answer(texts).matrix(moods.task.labels),
        small.answer(texts).matrix(moods.task.labels),
    )
    np.testing.assert_allclose(answers.probs, expected)


def test_tolls_are_subtracted_from_the_probabilities():
    undecided = MajorityModel(("small", "large"), np.array([0.4, 0.6]))
    experts = {"small": SMALL, "large": LARGE}
    choices = undecided.answer(["x"])
    for toll, expected in ((0.0, 1), (0.19, 1), (0.21, 0)):
        assert Router(undecided, experts, (0.0, toll)).chosen(choices).tolist() == [expected]
    assert Router(undecided, experts, (0.0, 0.25)).worth(choices)[0] == pytest.approx([0.4, 0.35])
    even = MajorityModel(("small", "large"), np.array([0.5, 0.5])).answer(["x"])
    assert Router(undecided, experts).chosen(even).tolist() == [0]


def test_a_choice_of_no_expert_goes_to_the_last_one():
    lost = Scripted((), otherwise="no idea", dollars_per_word=0.0)
    answers = Router(lost, {"small": SMALL, "large": LARGE}).answer(["a hard one"])
    assert answers.values == ("right",)


def test_it_explains_a_choice_without_asking_an_expert():
    with Ledger() as bill:
        sentences = Router(CHOOSER, {"small": SMALL, "large": LARGE}, (0.0, 0.25)).reasons(["hard"])
    assert sentences == ("large was chosen; worth after tolls: small +0.000, large +0.750",)
    assert bill.total.dollars == 0


def test_it_is_saved_with_its_experts(tmp_path: Path):
    router = Router(CHOOSER, {"small": SMALL, "large": LARGE}, (0.0, 0.5))
    save(router, tmp_path / "model")
    assert load(tmp_path / "model").answer(TEXTS).values == router.answer(TEXTS).values
    assert load(tmp_path / "model") == router


def test_what_cannot_be_routed_is_refused():
    with pytest.raises(UnderdogError, match="experts of a router have names"):
        Router(CHOOSER, LARGE)
    with pytest.raises(UnderdogError, match="needs an expert"):
        Router(CHOOSER, {})
    with pytest.raises(UnderdogError, match="1 tolls do not match 2 experts"):
        Router(CHOOSER, {"small": SMALL, "large": LARGE}, (0.0,))


def test_no_texts_have_no_answers():
    assert isinstance(routed().answer([]), Answers)
    assert len(routed().answer([])) == 0
