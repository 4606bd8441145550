"""The online cascade: it learns, keeps its promise, notices drift, and can be replayed."""

from __future__ import annotations

import numpy as np
import pytest

from underdog.core.answer import Answers
from underdog.core.cost import Ledger
from underdog.core.data import Archive, Dataset, Task
from underdog.core.errors import UnderdogError
from underdog.models.baselines import Majority
from underdog.models.linear.recipe import Bayes, Linear
from underdog.models.recorded import Recorded
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build, name_of, spec
from underdog.teach.deferral.thresholds import (
    NEVER,
    WEIGHT,
    HeldOutAnswers,
    thresholds,
)
from underdog.teach.online.error_budget import ErrorBudget
from underdog.teach.online.recipe import Online
from underdog.teach.online.refit import trained
from underdog.teach.online.undetected_errors import price, undetected_bound
from underdog.testing import check_learner

LABELS = ("bad", "good")
LARGE = Recorded("large", price=0.01)
WORDS = (("awful", "dull", "poor", "weak"), ("great", "lovely", "fine", "warm"))


class Noise:
    """A recipe whose answers say nothing about the text."""

    def fit(self, data: Dataset, seed: int = 0) -> Noise:
        return self

    def answer(self, texts) -> Answers:
        probs = np.random.default_rng(len(texts)).dirichlet((1.0, 1.0), len(texts))
        return Answers.likeliest(LABELS, probs, np.zeros((len(texts), 6)), "noise")


def stream(n: int, flip: int | None = None, noise: float = 0.04, seed: int = 0) -> Dataset:
    """``n`` unlabelled reviews with a large model's replies, which turn round after ``flip``."""
    rng = np.random.default_rng(seed)
    texts, replies = [], []
    for i in range(n):
        k = int(rng.random() < 0.4)
        clear = rng.random() < 0.7
        words = rng.choice(WORDS[k], 3) if clear else rng.choice(sum(WORDS, ()), 2)
        says = k if rng.random() > (noise if clear else 0.4) else 1 - k
        says = 1 - says if flip is not None and i >= flip else says
        texts.append(f"{' '.join(words)} number {i}")
        replies.append(LABELS[says])
    archive = Archive(tuple(texts), {"large": tuple(replies)})
    return Dataset(Task("moods", LABELS), tuple(texts), (None,) * n, archive=archive)


def asked(answers: Answers) -> np.ndarray:
    return np.array(["large" in path for path in answers.paths])


@pytest.fixture(scope="module")
def calm() -> tuple[Dataset, Answers, object]:
    data = stream(3000)
    model = Online(Bayes(), LARGE, risk=0.1).fit(data.take([]), seed=1)
    return data, model.answer(data.texts), model


def test_the_recipe_keeps_the_contract() -> None:
    check_learner(build("online(bayes(), majority())"), stream(60).relabelled(["bad", "good"] * 30))


def test_the_recipe_is_its_spec() -> None:
    recipe = Online(Bayes(), LARGE, risk=0.02, each=True)
    text = "online(bayes(), recorded('large', price=0.01), risk=0.02, each=True)"
    assert spec(recipe) == text
    assert build(text) == recipe


def test_at_first_the_large_model_answers_everything_and_later_less(calm) -> None:
    _, answers, _ = calm
    assert asked(answers)[:200].all()
    assert asked(answers)[-1000:].mean() < 0.6


def test_the_promise_is_kept_and_the_certificate_covers_what_happened(calm) -> None:
    data, answers, model = calm
    differ = np.array(answers.values) != np.array(data.archive.columns["large"])
    assert differ.mean() <= 0.1
    assert 0 < differ.mean() <= model.summary.share
    assert "at most 10.00% of the first 10,000 answers differ, that is 1,000" in str(model.summary)
    assert model.summary.differ <= 1000


def test_a_share_of_what_the_small_model_would_say_is_audited_for_ever(calm) -> None:
    _, answers, model = calm
    late = slice(1500, None)
    weights = np.array(model.stream.now.weights)
    assert 0.02 < (weights > 1).sum() / (~asked(answers)).sum() < 0.15
    assert weights.max() == pytest.approx(20.0)  # sure answers, at the rate asked for
    assert weights[weights > 1].min() >= 4.0  # the most doubtful ones
    assert asked(answers)[late].any()


def test_an_answer_of_the_large_model_is_billed_for_both(calm) -> None:
    _, answers, _ = calm
    both = [path for path in answers.paths if len(path) == 2]
    assert set(both) == {("bayes", "large")}
    dollars = answers.costs[:, 2]
    assert (dollars[asked(answers)] >= 0.01).all()


@pytest.mark.parametrize("sizes", [(1,) * 40 + (700,) * 3, (333, 1, 99, 1000)])
def test_batches_do_not_matter(calm, sizes: tuple[int, ...]) -> None:
    data, answers, _ = calm
    model = Online(Bayes(), LARGE, risk=0.1).fit(data.take([]), seed=1)
    values, paths, at = [], [], 0
    for size in sizes:
        part = model.answer(data.texts[at : at + size])
        values += part.values
        paths += part.paths
        at += size
    assert tuple(values) == answers.values[:at]
    assert tuple(paths) == answers.paths[:at]


def test_the_receipts_of_a_batch_in_which_it_learns_add_up_to_the_bill() -> None:
    data = stream(500)
    model = Online(Bayes(), LARGE, risk=0.2).fit(data.take([]))
    with Ledger() as bill:
        answers = model.answer(data.texts)
    assert answers.total.dollars == pytest.approx(bill.total.dollars)
    assert model.stream.now.student is not None
    assert bill.total.calls is not None


def test_another_seed_audits_other_answers(calm) -> None:
    data, answers, _ = calm
    other = Online(Bayes(), LARGE, risk=0.1).fit(data.take([]), seed=2).answer(data.texts)
    assert (asked(other) != asked(answers)).any()


def test_fitting_on_texts_is_having_answered_them(calm) -> None:
    data, answers, _ = calm
    model = Online(Bayes(), LARGE, risk=0.1).fit(data.take(range(1000)), seed=1)
    assert model.stream.position == 1000
    assert model.answer(data.texts[1000:1300]).values == answers.values[1000:1300]


def test_a_saved_model_goes_on_where_it_stopped(calm, tmp_path) -> None:
    data, answers, _ = calm
    model = Online(Bayes(), LARGE, risk=0.1).fit(data.take(range(1234)), seed=1)
    save(model, tmp_path / "model")
    rest = load(tmp_path / "model").answer(data.texts[1234:])
    assert rest.values == answers.values[1234:]
    assert rest.paths == answers.paths[1234:]


def test_when_the_replies_turn_round_it_falls_back_and_takes_over_again() -> None:
    data = stream(4000, flip=2000)
    model = Online(Bayes(), LARGE, risk=0.1).fit(data.take([]))
    answers = model.answer(data.texts)
    ((at, kind),) = model.stream.alarms
    assert kind in ("more errors than estimated", "guarantee violated")
    assert 2000 < at < 2500
    assert asked(answers)[at : at + 200].all()
    assert asked(answers)[-500:].mean() < 0.6
    assert model.summary.term == 2
    replies = np.array(data.archive.columns["large"])
    assert (np.array(answers.values) == replies)[-500:].mean() > 0.9


def test_without_room_the_small_model_says_nothing() -> None:
    data = stream(800)
    model = Online(Bayes(), LARGE, risk=0.004).fit(data.take([]))
    assert asked(model.answer(data.texts)).all()  # 40 of 10,000 may differ, 70 may go unseen


def test_a_promise_per_label_spares_the_rare_one() -> None:
    data = stream(4000)
    replies = np.array(data.archive.columns["large"])
    model = Online(Bayes(), LARGE, risk=0.15, each=True).fit(data.take([]))
    values = np.array(model.answer(data.texts).values)
    for label in LABELS:
        mine = replies == label
        assert (values[mine] != label).mean() <= 0.15
    assert model.summary.each


def test_gaps_in_the_recording_are_passed_on_as_abstentions() -> None:
    data = stream(300)
    gap = ("", *data.archive.columns["large"][1:])
    holed = Dataset(data.task, data.texts, data.labels, archive=Archive(data.texts, {"large": gap}))
    answers = Online(Bayes(), LARGE).fit(holed.take([])).answer(holed.texts)
    assert answers.values[0] == ""
    assert answers.values[1:200] == gap[1:200]


def test_one_label_alone_is_not_learnt() -> None:
    data = stream(700)
    same = Archive(data.texts, {"large": ("bad",) * 700})
    only = Dataset(data.task, data.texts, data.labels, archive=same)
    model = Online(Bayes(), LARGE).fit(only.take([]))
    assert set(model.answer(only.texts).values) == {"bad"}
    assert model.stream.now.student is None


@pytest.mark.parametrize("option", ["risk", "delta", "audit"])
def test_a_promise_nobody_can_keep_is_refused(option: str) -> None:
    with pytest.raises(UnderdogError, match=f"{option}=0 is not between 0 and 1"):
        Online(Bayes(), LARGE, **{option: 0.0}).fit(stream(10))


def test_rehearsals_are_sorted_by_confidence_and_carry_the_weights() -> None:
    data = stream(300)
    weights = tuple(float(i % 3 + 1) for i in range(300))
    known = Dataset(data.task, data.texts, data.archive.columns["large"], columns={WEIGHT: weights})
    record, _ = trained(Bayes(), known, seed=0)
    assert (np.diff(record.sure) <= 0).all()
    assert (np.diff(record.doubt) >= 0).all()  # the less sure, the more often wrong
    assert sorted(record.weight) == sorted(weights)


def test_thresholds_give_the_surest_answers_that_the_allowance_buys() -> None:
    record = HeldOutAnswers(
        said=np.array([0, 1, 0, 1]),
        sure=np.array([0.9, 0.8, 0.7, 0.6]),
        doubt=np.array([0.1, 0.2, 0.3, 0.4]),
        weight=np.array([1.0, 2.0, 1.0, 1.0]),
    )
    # weighted doubts, as shares of 5: .02, .08, .06, .08
    assert thresholds(record, np.array([0.11, 0.11]), True) == (0.8, 0.8)
    assert thresholds(record, np.array([0.09, 0.09]), False) == (0.7, 0.8)
    assert thresholds(record, np.array([0.01, 0.2]), False) == (NEVER, 0.6)


def test_several_recipes_are_pooled_and_useless_ones_left_out(calm, tmp_path) -> None:
    data = stream(300)
    known = Dataset(
        data.task, data.texts, data.archive.columns["large"], columns={WEIGHT: (1.0,) * 300}
    )
    record, small = trained((Bayes(), Noise(), Linear()), known, seed=0)
    assert [name_of(type(one)) for one in small.models] == ["linear.model"] * 2
    alone, _ = trained(Bayes(), known, seed=0)
    assert record.doubt.mean() < alone.doubt.mean() + 0.01
    model = Online((Bayes(), Majority()), LARGE).fit(stream(400))
    assert spec(model.small[0]) == "bayes()"
    save(model, tmp_path / "m")
    kept = load(tmp_path / "m").answer(data.texts[:50])
    assert kept.values == model.answer(data.texts[:50]).values
    with pytest.raises(UnderdogError, match="needs a small model"):
        Online((), LARGE)


def test_what_is_left_of_the_budget_lasts_until_it_grows_again() -> None:
    account = ErrorBudget.empty(2, 0.05, 0.05, 0.05, 10_000, False)
    account.fix_base()
    account.answers = 9_000
    while account.undetected[0] < 450:
        account.add_found(0)
    room = 500 - account.undetected[0]
    each = account.audit * price(account.audit, account.audit)
    spent = account.spent[0] + 1_000 * account.allowed()[0] * each
    assert 0 < account.allowed()[0] <= room / 1_000
    assert undetected_bound(spent, 500, 0.05, 0.05) == pytest.approx(500, abs=1)
