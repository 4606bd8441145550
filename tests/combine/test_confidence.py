import numpy as np
import pytest
from scipy.stats import entropy

from underdog.combine.confidence import (
    RIGHT,
    WRONG,
    Entropy,
    Margin,
    Nearest,
    Probability,
    Verifier,
    claim,
    tempered,
)
from underdog.core.answer import ABSTAIN, Answer, Answers, Probs
from underdog.core.cost import Cost, Ledger
from underdog.core.data import Dataset
from underdog.models.fake import Scripted
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build, spec

LABELS = ("a", "b", "c")
P = np.array([[0.7, 0.2, 0.1], [0.4, 0.35, 0.25], [1 / 3, 1 / 3, 1 / 3]])
TEXTS = ("one", "two", "three")
SIGNALS = [Probability(), Margin(), Entropy(), Probability(2.0), Margin(0.5), Entropy(3.0)]


def answers(probs=P):
    return Answers.likeliest(LABELS, probs, np.zeros((len(probs), 6)), "m")


def sure(signal, given=None):
    given = answers() if given is None else given
    return signal.weigh(TEXTS[: len(given)], given)[1]


def test_probability_margin_and_entropy_have_their_textbook_values():
    np.testing.assert_allclose(sure(Probability()), [0.7, 0.4, 1 / 3])
    np.testing.assert_allclose(sure(Margin()), [0.5, 0.05, 0.0], atol=1e-12)
    reference = [1 - entropy(row) / np.log(3) for row in P]
    np.testing.assert_allclose(sure(Entropy()), reference, atol=1e-12)


def test_a_temperature_divides_the_logarithms():
    raised = P**0.5 / (P**0.5).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(tempered(P, 2.0), raised)
    np.testing.assert_allclose(sure(Probability(2.0)), raised.max(axis=1))


@pytest.mark.parametrize("signal", SIGNALS)
def test_an_abstention_has_confidence_zero(signal):
    mixed = Answers.of([Answer("a", Probs(LABELS, P[0])), Answer(ABSTAIN)])
    weighed = sure(signal, mixed)
    assert weighed[0] > 0
    assert weighed[1] == 0
    assert sure(signal, Answers.said(["x"], np.zeros((1, 6)), "w")).tolist() == [0.0]


@pytest.mark.parametrize("signal", SIGNALS)
def test_signals_without_a_model_cost_nothing_and_are_their_own_specs(signal):
    given = answers()
    assert signal.weigh(TEXTS, given)[0] is given
    assert build(spec(signal)) == signal


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_signal_of_one_answer_is_that_of_the_batch(signal):
    together = sure(signal)
    alone = [signal.weigh(TEXTS[i : i + 1], answers(P[i : i + 1]))[1][0] for i in range(3)]
    np.testing.assert_allclose(alone, together)


def test_a_verifier_judges_text_and_answer_and_is_billed():
    verifier = Scripted((("two\nb", WRONG), ("one\na", RIGHT)), otherwise="who knows")
    given = Answers.said(["a", "b", ABSTAIN], np.zeros((3, 6)), "m")
    with Ledger() as bill:
        billed, weighed = Verifier(verifier).weigh(TEXTS, given)
    assert weighed.tolist() == [1.0, 0.0, 0.0]
    assert billed.values == given.values
    assert billed.paths == (("scripted", "m"), ("scripted", "m"), ("m",))
    assert billed.total.calls == bill.total.calls == 2
    assert billed.total.dollars == pytest.approx(bill.total.dollars)


def test_a_verifier_without_an_answer_has_confidence_one_half():
    weighed = Verifier(Scripted(())).weigh(["one"], Answers.said(["a"], zero(), "m"))[1]
    assert weighed.tolist() == [0.5]


def zero():
    return np.zeros((1, 6))


def test_a_claim_about_a_pair_joins_its_parts():
    assert claim(("premise", "hypothesis"), "yes") == ("premise\n\nhypothesis", "yes")


TRAINING = Dataset.of(
    ["the plot was dull", "the cast was great", "a great song"], ["bad", "good", "good"]
)


def test_nearness_is_one_for_a_training_text_and_zero_for_the_other_label():
    signal = Nearest.of(TRAINING)
    said = Answers.said(["bad", "good", "good", ABSTAIN], np.zeros((4, 6)), "m")
    texts = ["the plot was dull", "The  plot was dull", "zebra", "a great song"]
    weighed = signal.weigh(texts, said)[1]
    # "the plot was dull" shares "the" and "was" (of 7 grams each) with "the cast was great"
    np.testing.assert_allclose(weighed[0], (1 + 1 - 2 / 7) / 2, rtol=1e-6)
    np.testing.assert_allclose(weighed[1], (1 - 1 + 2 / 7) / 2, rtol=1e-6)
    assert weighed[2:].tolist() == [0.5, 0.0]


def test_nearness_is_billed_and_can_be_saved(tmp_path):
    signal = Nearest.of(TRAINING)
    said = Answers.said(["good", "bad"], np.zeros((2, 6)), "m")
    with Ledger() as bill:
        billed, weighed = signal.weigh(["a great plot", "dull"], said)
    assert bill.total.seconds > 0
    assert billed.total.seconds == pytest.approx(bill.total.seconds)
    assert billed.paths == said.paths
    save(signal, tmp_path / "signal")
    again = load(tmp_path / "signal").weigh(["a great plot", "dull"], said)[1]
    assert again.tolist() == weighed.tolist()


def test_free_signals_take_costs_as_they_are():
    paid = Answers.likeliest(LABELS, P, np.tile(Cost(dollars=1.0).row(), (3, 1)), "m")
    assert Margin().weigh(TEXTS, paid)[0].total.dollars == 3.0
