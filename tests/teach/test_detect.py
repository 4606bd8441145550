"""Detectors: support by a source, texts of a machine, and a guaranteed rate of false alarms."""

import numpy as np
import pytest
from language.toys import Toy

from underdog.core.data import Dataset
from underdog.core.description import describe
from underdog.core.errors import UnderdogError
from underdog.models.linear.recipe import Linear
from underdog.runtime.registry import build, spec
from underdog.teach.detect import Detector
from underdog.teach.detect.alarm import DELTA, alarm_label, few_false_alarms
from underdog.teach.detect.likelihood import OF_A_MODEL, likelihood
from underdog.teach.detect.stack import weighed
from underdog.teach.detect.style import style
from underdog.teach.detect.support import support
from underdog.testing import check_learner

PLACES = ["Paris", "Rome", "Oslo", "Bern", "Lima", "Quito"]


def answers(n=90):
    """Sources, and answers of which every third names a place and a year that are not there."""
    texts, labels, domains = [], [], []
    for i in range(n):
        place, wrong = PLACES[i % 6], PLACES[(i + 1 + i // 6 % 5) % 6]
        source = f"Meeting {i} took place in {place} in {1900 + i}. It rained all day."
        said = f"It was in {wrong} in {1800 + i}." if i % 3 == 0 else f"It was in {place}."
        texts.append((source, f"{said} It rained."))
        labels.append("yes" if i % 3 == 0 else "no")
        domains.append("north" if i % 2 else "south")
    data = Dataset.of(texts, labels)
    return Dataset(data.task, data.texts, data.labels, columns={"domain": tuple(domains)})


@pytest.fixture(scope="module", name="grounded")
def _grounded():
    return Detector("grounded", domain="domain").fit(answers())


@pytest.mark.parametrize("kind", ["grounded", "answer"])
def test_a_detector_of_pairs_keeps_the_contract(kind):
    check_learner(Detector(kind, learners=()), answers(60))


def test_answers_without_a_source_are_told_by_their_style():
    texts = [(f"What is {k}?", "It is, well, a thing!" if k % 2 else "A thing.") for k in range(80)]
    data = Dataset.of(texts, ["yes" if k % 2 else "no" for k in range(80)])
    model = Detector("answer", learners=()).fit(data)
    assert model.answer([("What?", "It is, well, a word!")]).values == ("yes",)
    with pytest.raises(UnderdogError, match="pairs of a question and an answer"):
        model.answer(["a single text"])
    with pytest.raises(UnderdogError, match="only a grounded detector"):
        model.sentences("What?", "A thing.")


def test_it_finds_the_sentence_that_the_source_does_not_support(grounded):
    source = "Meeting 500 took place in Rome in 1950. It rained all day."
    (bad, high), (fine, low) = grounded.sentences(source, "It was in Oslo in 1850. It rained.")
    assert (bad, fine) == ("It was in Oslo in 1850.", "It rained.")
    assert high > low
    told = grounded.answer([(source, "It was in Oslo in 1850."), (source, "It was in Rome.")])
    assert told.values == ("yes", "no")


def test_facts_stand_beside_the_length_and_other_domains(grounded):
    told = {fact.name: fact for fact in describe(grounded, [])}
    assert told["alarm"].data == "yes"
    assert told["ranking"].data["auroc"] > 0.9
    assert 0 <= told["ranking"].data["length"] <= 1
    assert set(told["other domains"].data) == {"north", "south"}
    assert "length alone" in told["ranking"].says


def test_a_spec_is_the_recipe():
    text = "detector('grounded', learners=[linear(), bayes()], encoder='minilm', false_alarms=0.05)"
    assert build(spec(build(text))) == build(text)
    assert Detector("machine", learners=Linear()).learners == (Linear(),)


@pytest.mark.parametrize("n", [30, 299, 500, 3000])
def test_false_alarms_are_as_rare_as_guaranteed(n):
    rng = np.random.default_rng(n)
    broken = 0
    for _ in range(300):
        found = few_false_alarms(rng.random(n), 0.01)
        true_rate = 1 - found.threshold
        broken += true_rate > max(found.bound, 0.01 if found.kept else 0.0)
        assert found.kept == (n >= 299)
        assert found.observed <= 0.01 if found.kept else found.observed == 0.0
    assert broken / 300 <= DELTA + 0.04


def test_too_few_texts_are_said_to_guarantee_nothing():
    found = few_false_alarms(np.arange(13.0), 0.01)
    assert "cannot guarantee 1.0% false alarms" in found.sentence
    assert not few_false_alarms(np.zeros(0), 0.01).kept


def test_the_alarm_is_named_or_guessed():
    assert alarm_label(("human", "machine"), [10, 90], "") == "machine"
    assert alarm_label(("a", "b"), [10, 90], "") == "a"
    assert alarm_label(("no", "yes"), [10, 90], "no") == "no"
    with pytest.raises(UnderdogError, match="no label 'x'"):
        alarm_label(("a", "b"), [1, 1], "x")
    with pytest.raises(UnderdogError, match="there are 3"):
        alarm_label(("a", "b", "c"), [1, 1, 1], "")


def test_texts_of_the_wrong_kind_and_one_label_are_refused(moods):
    with pytest.raises(UnderdogError, match="pairs of a source and an answer"):
        Detector("grounded", learners=()).fit(moods)
    with pytest.raises(UnderdogError, match="single texts, not of pairs"):
        Detector("machine", learners=()).fit(answers(20))
    with pytest.raises(UnderdogError, match="not two labels"):
        Detector("machine").fit(Dataset.of(["a", "b"], ["x", "x"]))
    with pytest.raises(UnderdogError, match="no column 'site'"):
        Detector("grounded", learners=(), domain="site").fit(answers(20))
    with pytest.raises(UnderdogError, match="no language model"):
        Detector("machine", models=(Linear(),))
    with pytest.raises(UnderdogError, match="no detector 'lies'"):
        Detector("lies")


def test_support_of_a_blank_source_or_answer_is_not_known():
    rows, costs = support([("", "Yes."), ("Yes.", " "), ("The cat sat.", "The cat sat.")])
    assert np.isnan(rows[:2]).all()
    assert rows[2, 0] == 1.0
    assert costs.shape == (3, 6)


def test_style_has_no_number_for_a_blank_text_and_none_grows_with_length():
    once = style("The cat sat. It was a dog!")
    twice = style("The cat sat. It was a dog! The cat sat. It was a dog!")
    assert np.isnan(style("")[0])
    assert once[:4] == pytest.approx(twice[:4], nan_ok=True)


def test_likelihoods_are_those_of_the_model():
    model = Toy(0)
    rows = likelihood([model, model], ["abca", "a"])
    assert rows.shape == (2, 2 * OF_A_MODEL + 1)
    assert rows[0, -1] == pytest.approx(1.0)
    assert np.isnan(rows[1]).all()
    from underdog.core.language import log_softmax

    logits, _ = model.extend(np.array([[0, 1, 2]]))
    logp = log_softmax(logits[0])
    assert rows[0, 0] == pytest.approx(np.mean([logp[0, 1], logp[1, 2], logp[2, 0]]), abs=1e-5)


def test_weights_are_never_negative_and_favour_what_ranks():
    rng = np.random.default_rng(0)
    mine = rng.random(400) < 0.4
    noise = rng.normal(size=(400, 2))
    columns = np.stack([2.0 * mine, -1.0 * mine], axis=1) + noise
    weights, _ = weighed(columns, mine)
    assert weights[0] > 0.5
    assert weights[1] == pytest.approx(0.0, abs=1e-6)
