"""Ensembles and opinion pools, against literal numbers and scipy."""

import os
import signal
import time
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from conftest import attentive
from hypothesis import given, settings
from hypothesis import strategies as st

from underdog.combine import ensemble
from underdog.combine.ensemble import Ensemble, EnsembleOf, samme
from underdog.combine.pools import POOLS, arithmetic, geometric, majority, pool
from underdog.core.answer import ABSTAIN
from underdog.core.cost import Ledger
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.core.protocols import samples_seen
from underdog.models.baselines import Majority, MajorityModel
from underdog.models.fake import Scripted
from underdog.models.linear.recipe import Bayes, Linear
from underdog.models.transformers.encoder import Encoder
from underdog.runtime.cache import Cache, key, training
from underdog.runtime.registry import build, spec
from underdog.runtime.workers import parallel
from underdog.runtime.workers.process import POLL
from underdog.testing import check_learner, check_model

TWO = np.array([[[0.9, 0.1]], [[0.4, 0.6]]])
HALF = np.array([0.5, 0.5])


def fixed(*probs: float) -> MajorityModel:
    return MajorityModel(("no", "yes"), np.array(probs))


def test_pools_by_hand():
    root = np.sqrt([0.36, 0.06])
    np.testing.assert_allclose(geometric(TWO, HALF), [root / root.sum()])
    np.testing.assert_allclose(arithmetic(TWO, HALF), [[0.65, 0.35]])
    np.testing.assert_allclose(majority(TWO, np.array([0.25, 0.75])), [[0.25, 0.75]])
    np.testing.assert_allclose(majority(np.array([[[0.5, 0.5, 0.0]]]), np.ones(1)), [[0.5, 0.5, 0]])


def test_the_geometric_pool_is_scipys_weighted_geometric_mean():
    from scipy.stats import gmean

    rng = np.random.default_rng(0)
    p, weights = rng.dirichlet(np.ones(4), (3, 5)), np.array([0.2, 0.3, 0.5])
    mean = gmean(p, axis=0, weights=weights[:, None, None])
    np.testing.assert_allclose(geometric(p, weights), mean / mean.sum(axis=-1, keepdims=True))


def test_weights_of_one_make_the_product_of_experts():
    product = TWO.prod(axis=0)
    np.testing.assert_allclose(geometric(TWO, np.ones(2)), product / product.sum())


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(POOLS)), st.integers(1, 4), st.integers(1, 4), st.integers(2, 5))
def test_what_every_pool_gives_is_a_distribution_and_agrees_with_agreement(name, m, n, k):
    rng = np.random.default_rng([m, n, k])
    p = rng.dirichlet(np.ones(k), (1, n)).repeat(m, axis=0)
    weights = rng.dirichlet(np.ones(m))
    pooled = pool(name)(p, weights)
    np.testing.assert_allclose(pooled.sum(axis=-1), 1.0)
    assert (pooled.argmax(axis=-1) == p[0].argmax(axis=-1)).all()


@pytest.mark.parametrize("how", ["geometric", "arithmetic"])
def test_an_ensemble_of_one_is_that_model(moods, how):
    one = Linear().fit(moods)
    alone, pooled = one.answer(moods.texts), Ensemble((one,), moods.task.labels, how)
    answers = pooled.answer(moods.texts)
    assert answers.values == alone.values
    np.testing.assert_allclose(answers.probs, alone.probs, atol=1e-9)
    assert answers.paths == alone.paths


def test_one_member_fitted_from_a_seed_is_the_recipe_fitted_from_it(moods):
    answers = EnsembleOf(Linear(), n=1).fit(moods, 3).answer(moods.texts)
    assert answers.values == Linear().fit(moods, 3).answer(moods.texts).values


def test_every_member_is_paid_and_named():
    models = (fixed(0.9, 0.1), fixed(0.4, 0.6))
    with Ledger() as bill:
        answers = Ensemble(models, ("no", "yes")).answer(["a", "b"])
    assert answers.values == ("no", "no")
    assert answers.paths == (("majority", "majority"),) * 2
    assert answers.total.seconds == pytest.approx(bill.total.seconds)
    check_model(Ensemble(models, ("no", "yes")), ["a", "b", ""])


def test_weights_decide():
    models = (fixed(0.9, 0.1), fixed(0.2, 0.8))
    labels = ("no", "yes")
    assert Ensemble(models, labels, weights=(1.0, 0.1)).answer(["x"]).values == ("no",)
    assert Ensemble(models, labels, weights=(0.1, 1.0)).answer(["x"]).values == ("yes",)


def test_an_abstention_has_no_preference_and_all_of_them_abstain():
    mute = Scripted((("say", "yes"),), otherwise=ABSTAIN)
    labels = ("no", "yes")
    assert Ensemble((mute, fixed(0.4, 0.6)), labels).answer(["x"]).values == ("yes",)
    answers = Ensemble((mute, mute), labels).answer(["say", "x"])
    assert answers.values == ("yes", ABSTAIN)
    assert answers.confidence[1] == 0
    check_model(Ensemble((mute, mute), labels), ["say", "x"])


@pytest.mark.parametrize("how", ["seeds", "bag", "boost"])
def test_every_course_keeps_the_contract(moods, how):
    recipe = EnsembleOf(Bayes(), n=3, how=how)
    check_learner(recipe, moods)
    assert build(spec(recipe)) == recipe


def test_bags_differ_and_seeds_of_a_fixed_recipe_do_not(moods):
    texts = moods.texts[:20]
    for how, same in (("seeds", True), ("bag", False)):
        members = EnsembleOf(Majority(), n=2, how=how).fit(moods).models
        one, other = (member.answer(texts).probs for member in members)
        assert np.allclose(one, other) == same


def test_samme_weighs_by_the_published_formula():
    assert samme(0.2, 2) == pytest.approx(np.log(4))
    assert samme(0.5, 3) == pytest.approx(np.log(2))
    assert samme(2 / 3, 3) == pytest.approx(0)


@dataclass(frozen=True)
class Watched:
    """Says what most examples say; adds to ``seen`` the share of them that say 'neg'."""

    seen: list

    def fit(self, data, seed=0):
        self.seen.append(np.mean([label == "neg" for label in data.labels]))
        return Majority().fit(data, seed)


def test_boosting_makes_what_was_got_wrong_half_of_what_the_next_one_sees(moods):
    often = moods.take([i for i in range(len(moods)) if moods.labels[i] == "pos" or i % 4 == 1])
    recipe = Watched([])
    EnsembleOf(recipe, n=2, how="boost").fit(often)
    first, second = recipe.seen
    assert first < 0.4
    assert second == pytest.approx(0.5, abs=0.15)


def test_boosting_stops_at_a_recipe_that_is_no_better_than_chance(moods):
    model = EnsembleOf(Majority(), n=5, how="boost").fit(moods)
    assert len(model.models) < 5
    assert len(model.answer(["x"])) == 1


@dataclass(frozen=True)
class Fragile:
    """Learns, unless the seed is one of ``bad``."""

    bad: tuple[int, ...]

    def fit(self, data, seed=0):
        if seed in self.bad:
            raise RuntimeError("out of memory")
        return Majority().fit(data, seed)


@pytest.mark.parametrize("how", ["seeds", "bag"])
def test_a_crash_costs_one_member(moods, how):
    with pytest.warns(UserWarning, match="out of memory"):
        model = EnsembleOf(Fragile((1,)), n=3, how=how).fit(moods)
    assert len(model.models) == 2


def test_boosting_survives_a_crash_of_its_first_member_and_needs_one_at_least(moods):
    with pytest.warns(UserWarning, match="out of memory"):
        model = EnsembleOf(Fragile((0,)), n=3, how="boost").fit(moods)
    assert len(model.models) == 1


@pytest.mark.parametrize("how", ["seeds", "bag"])
def test_members_trained_side_by_side_are_those_trained_in_turn(moods, how, monkeypatch):
    recipe = EnsembleOf(Bayes(), n=4, how=how)
    in_turn = recipe.fit(moods).models
    monkeypatch.setattr(parallel, "SLOW", 0.0)
    side_by_side = recipe.fit(moods).models
    for one, other in zip(in_turn, side_by_side, strict=True):
        assert (one.answer(moods.texts).probs == other.answer(moods.texts).probs).all()


@dataclass(frozen=True)
class Noted:
    """Learns, and notes the seed in ``folder``; from seed 2 on waits there for a file ``go``."""

    folder: str

    def fit(self, data, seed=0):
        here = Path(self.folder)
        while seed >= 2 and not (here / "go").exists():
            time.sleep(0.01)
        (here / f"fit.{seed}").touch(exist_ok=False)
        return Bayes().fit(data, seed)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("side_by_side", [False, True])
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_an_ensemble_that_was_stopped_goes_on_with_the_members_it_had(
    moods, tmp_path, monkeypatch, end, side_by_side
):
    monkeypatch.setenv("UNDERDOG_TRAINING", str(tmp_path / "training"))
    monkeypatch.setattr(ensemble, "WORTH", 0.0)
    if side_by_side:
        monkeypatch.setattr(parallel, "SLOW", 0.0)
    recipe = EnsembleOf(Noted(str(tmp_path)), n=4, how="bag")

    def fit():
        attentive()
        recipe.fit(moods)

    job = get_context("fork").Process(target=fit)
    job.start()
    deadline = time.monotonic() + 30
    kept = "training/[!.]*/model.json"  # not what is still being written beside its place
    while len(list(tmp_path.glob(kept))) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(job.pid, end)
    job.join(1)
    if job.is_alive():  # interrupted, it waits for its workers, and these wait for "go"
        job.kill()
        job.join()
    time.sleep(3 * POLL)  # until the processes have seen that no caller waits for them
    (tmp_path / "go").touch()
    resumed = recipe.fit(moods)  # fitting a member twice would raise
    assert sorted(path.name for path in tmp_path.glob("fit.*")) == [f"fit.{i}" for i in range(4)]
    straight = EnsembleOf(Bayes(), n=4, how="bag").fit(moods)
    np.testing.assert_allclose(
        resumed.answer(moods.texts).probs, straight.answer(moods.texts).probs, atol=1e-6
    )
    assert not list(tmp_path.glob("training/*"))


def test_a_member_that_was_kept_but_is_damaged_is_fitted_again(moods, tmp_path, monkeypatch):
    monkeypatch.setenv("UNDERDOG_TRAINING", str(tmp_path))
    recipe = EnsembleOf(Bayes(), n=2)
    kept = Cache(training()).path(key(Bayes(), moods, 0, "member", None))
    kept.mkdir(parents=True)
    (kept / "model.json").write_text("{")
    assert len(recipe.fit(moods).models) == 2


@dataclass(frozen=True)
class Choosy:
    """Learns, unless the seed is one of ``bad``: then it says why not."""

    bad: tuple[int, ...]

    def fit(self, data, seed=0):
        if seed in self.bad:
            raise UnderdogError("training came apart", "try a smaller rate")
        return Bayes().fit(data, seed)


@pytest.mark.parametrize("how", ["seeds", "bag", "boost"])
def test_a_member_that_refuses_is_missing_and_a_refusal_by_all_is_the_ensembles(moods, how):
    with pytest.warns(UserWarning, match="is missing: training came apart"):
        model = EnsembleOf(Choosy((1,)), n=3, how=how).fit(moods)
    assert len(model.models) == 2
    with pytest.raises(UnderdogError, match="training came apart"):
        EnsembleOf(Choosy((0, 1, 2)), n=3, how=how).fit(moods)


def test_a_bag_has_two_labels_however_rare_one_is():
    texts = [f"text number {i}" for i in range(20)]
    data = Dataset.of(texts, ["spam", *["ham"] * 19])
    assert len(EnsembleOf(Bayes(), n=8, how="bag").fit(data).models) == 8


@pytest.mark.parametrize("how", ["seeds", "bag", "boost"])
def test_no_member_left_is_an_error_with_a_way_out(moods, how):
    with pytest.raises(UnderdogError, match=r"not one of 2 members.*out of memory"):
        EnsembleOf(Fragile((0, 1)), n=2, how=how).fit(moods)


@pytest.mark.parametrize("how", ["seeds", "bag", "boost"])
def test_what_the_user_can_put_right_is_not_swallowed(moods, how):
    with pytest.raises(UnderdogError, match="no labelled example"):
        EnsembleOf(Bayes(), n=2, how=how).fit(moods.relabelled([None] * len(moods)))


def test_it_reads_what_its_members_read(moods):
    recipe = Encoder(epochs=3)
    assert (
        samples_seen(EnsembleOf(recipe, n=4), moods)
        == 4 * samples_seen(recipe, moods)
        == 12 * len(moods)
    )


def test_impossible_ensembles_are_refused():
    with pytest.raises(UnderdogError, match="geometric, arithmetic, majority"):
        EnsembleOf(Bayes(), pool="median")
    with pytest.raises(UnderdogError, match="seeds, bag, boost"):
        EnsembleOf(Bayes(), how="stack")
    with pytest.raises(UnderdogError, match="ask for one or more"):
        EnsembleOf(Bayes(), n=0)
    with pytest.raises(UnderdogError, match="needs a model"):
        Ensemble((), ("a", "b"))
    with pytest.raises(UnderdogError, match="1 weights do not go with 2 models"):
        Ensemble((fixed(1, 0), fixed(0, 1)), ("no", "yes"), weights=(1.0,))
