"""Doubt about answers that exist: agreement, meanings, likelihood, and whether to believe them."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from underdog.core.answer import Answers
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.core.texts import sentences
from underdog.evaluate.uncertainty import (
    Consistency,
    PTrue,
    SelfCheck,
    TokenProbability,
    agreement,
    beliefs,
    meanings,
    selfcheck,
)
from underdog.evaluate.uncertainty.calibration import expected_calibration_error
from underdog.evaluate.uncertainty.likelihood import p_true, token_logprobs

SAME, ALONE = np.ones((4, 4)), np.eye(4)
HALVES = np.kron(np.eye(2), np.ones((2, 2)))
"""Four answers of two meanings."""


def follows(pairs):
    """An entailment model that knows what a word is."""
    return np.array([float(set(b.split()) <= set(a.split())) for a, b in pairs])


@pytest.mark.parametrize(
    ("w", "meant", "entropy"), [(SAME, 1.0, 1.0), (ALONE, 0.0, 0.0), (HALVES, 2 / 3, 0.5)]
)
def test_meanings_are_counted_by_eigenvalues_and_by_entropy(w, meant, entropy):
    assert agreement.one_meaning(w) == pytest.approx(meant)
    assert meanings.certainty(meanings.meanings(w)) == pytest.approx(entropy)


def test_an_answer_that_stands_alone_has_the_lowest_degree_and_centrality():
    w = np.ones((4, 4))
    w[0, 1:] = w[1:, 0] = 0.0
    assert agreement.degree(w) == pytest.approx(0.25)
    assert agreement.degree(SAME) == pytest.approx(1.0)
    assert agreement.centrality(w) < agreement.centrality(SAME) == pytest.approx(1.0)


def test_a_meaning_needs_entailment_both_ways():
    one_way = np.array([[1.0, 0.9], [0.1, 1.0]])
    assert meanings.meanings(one_way).tolist() == [0, 1]


def test_weighted_entropy_follows_the_likely_meaning():
    of = np.array([0, 1, 1])
    likely = meanings.certainty(of, np.log([0.98, 0.01, 0.01]))
    assert likely == pytest.approx(1 + (0.98 * np.log(0.98) + 0.02 * np.log(0.02)) / np.log(3))
    assert np.isnan(meanings.certainty(of, np.array([0.0, np.nan, 0.0])))


def test_selfcheck_finds_the_sentence_that_no_sample_supports():
    answer = "Ada wrote notes. She sang opera in Lima."
    samples = ["Ada wrote notes.", "Ada wrote many notes.", "notes were what Ada wrote."]
    words = selfcheck.by_words(answer, samples)
    assert words[0] > words[1]
    (entailed,) = selfcheck.by_entailment(
        [answer],
        [samples],
        lambda p: follows([(a.replace(".", ""), b.replace(".", "")) for a, b in p]),
    )
    assert entailed.tolist() == [1.0, 0.0]


def judged(**columns):
    """Three outputs: one with samples, one without, and one whose samples are blank."""
    texts = ("q", "q", "q")
    data = Dataset.of(texts, [None] * 3, kind="text")
    return Dataset(data.task, texts, data.labels, columns=columns)


SAMPLES = ('["the cat sat", "a cat sat"]', "", '[" "]')
OUTPUTS = ["the cat sat", "x", "y"]


class Follows:
    """An entailment model that calls its labels by their usual names."""

    def answer(self, texts):
        p = follows(texts)
        probs = np.stack([1 - p, p], axis=1)
        return Answers.likeliest(("contradiction", "entailment"), probs, np.zeros((len(p), 6)), "f")


@pytest.mark.parametrize("nli", [None, Follows()])
@pytest.mark.parametrize("measure", ["agreement", "degree", "eigv", "eccentricity", "entropy"])
def test_consistency_is_known_where_there_are_samples_and_at_most_one(measure, nli):
    grader = Consistency(measure, "words", nli=nli)
    grades = grader.grade(["q"] * 3, OUTPUTS, judged(samples=SAMPLES))
    assert 0 < grades[0] <= 1
    assert np.isnan(grades[1:]).all()


def test_weighted_consistency_needs_a_number_for_each_sample():
    columns = {
        "samples": SAMPLES,
        "logprobs": ("[-0.1, -0.3]", "[-1]", None),
        "sample_logprobs": ("[-0.2, [-3, -4]]", "[]", None),
    }
    grader = Consistency("weighted", "words")
    assert grader.grade(["q"] * 3, OUTPUTS, judged(**columns))[0] == pytest.approx(1.0)
    columns["sample_logprobs"] = ("[-0.2]", "[]", None)
    assert np.isnan(grader.grade(["q"] * 3, OUTPUTS, judged(**columns))).all()
    del columns["sample_logprobs"]
    with pytest.raises(UnderdogError, match="log-probability of each sample"):
        grader.grade(["q"] * 3, OUTPUTS, judged(**columns))


def test_selfcheck_and_token_probabilities_are_graders():
    data = judged(samples=SAMPLES, logprobs=("[-0.69314718, -2.0794415]", "[-1]", ""))
    for grader in (SelfCheck(), SelfCheck(nli=Follows())):
        grades = grader.grade(["q"] * 3, OUTPUTS, data)
        assert 0 < grades[0] <= 1
        assert np.isnan(grades[1:]).all()
    assert TokenProbability().grade(["q"] * 3, OUTPUTS, data)[0] == pytest.approx(0.25)
    least = TokenProbability("least").grade(["q"] * 3, OUTPUTS, data)
    assert least[0] == pytest.approx(0.125)
    assert np.isnan(least[2])


def test_unknown_measures_and_models_without_likelihoods_are_refused():
    with pytest.raises(UnderdogError, match="no 'height'"):
        Consistency("height")
    with pytest.raises(UnderdogError, match="how likely a text is"):
        PTrue(Follows()).grade(["q"] * 3, OUTPUTS, judged(question=("q",) * 3))


@pytest.mark.parametrize("cell", ["[-0.1, 0.3]", "[-1, NaN]", "minus one", '{"a": 1}'])
def test_what_is_no_logprob_is_refused(cell):
    with pytest.raises(UnderdogError, match="log-prob"):
        token_logprobs(cell)


def test_log_probabilities_are_read_from_lists_numbers_and_replies():
    assert token_logprobs("[-0.5, -1]").tolist() == [-0.5, -1.0]
    assert token_logprobs(-2.0).tolist() == [-2.0]
    assert token_logprobs('{"content": [{"token": "a", "logprob": -1.0}]}').tolist() == [-1.0]
    assert token_logprobs("").size == 0


def test_p_true_compares_two_words():
    class Sure:
        def score(self, texts, continuations):
            assert list(continuations) == ["True", "False"]
            assert "Possible answer: 4\n" in texts[0]
            return np.log([[0.6, 0.2]] * len(texts)), np.zeros((len(texts), 6))

    assert p_true(Sure(), ["2+2?"] * 2, ["4", " "], [["4"], ["5"]])[0] == pytest.approx(0.75)
    assert np.isnan(p_true(Sure(), ["2+2?"] * 2, ["4", " "], [["4"], ["5"]])[1])


def made(n=300, seed=0):
    rng = np.random.default_rng(seed)
    right = (rng.random(n) < 0.7).astype(float)
    return rng, right, right + rng.normal(size=n)


def test_belief_agrees_with_scikit_learn_and_curves_rise():
    rng, right, score = made()
    answers = ["x" * int(k) for k in rng.integers(1, 50, len(right))]
    found = beliefs({"good": score, "noise": rng.normal(size=len(right))}, right, answers)
    best = found.scores[0]
    assert best.name == "good"
    assert best.auroc == pytest.approx(roc_auc_score(right, score))
    assert best.low < best.auroc < best.high
    assert best.signal
    assert not found.scores[1].signal
    assert best.brier < found.brier < found.scores[1].brier + 0.02
    assert best.curve[0][1] > best.curve[-1][1] == pytest.approx(right.mean())
    assert best.ece < 0.1
    assert "good may be believed" in " ".join(found.lines())


def test_a_score_that_is_the_length_adds_nothing():
    rng, right, _ = made()
    answers = [
        "x" * int(10 + 20 * y + k) for y, k in zip(right, rng.integers(0, 15, 300), strict=True)
    ]
    length = np.array([float(len(a)) for a in answers])
    assert "length of the answers explains" in beliefs({"long": length}, right, answers).sentence


def test_what_cannot_be_validated_is_said():
    _, right, score = made(40)
    with pytest.raises(UnderdogError, match="all answers are right"):
        beliefs({"s": score}, np.ones(40), ["a"] * 40)
    with pytest.raises(UnderdogError, match="too few"):
        beliefs({"s": score}, np.full(40, np.nan), ["a"] * 40)
    none = beliefs({"s": np.full(40, np.nan)}, right, ["a"] * 40)
    assert none.unknown == ("s",)
    assert "no signal" in none.sentence


def test_the_calibration_error_of_a_sure_and_wrong_score():
    assert expected_calibration_error(np.full(4, 0.9), np.array([True, False] * 2)) == (
        pytest.approx(0.4)
    )


def test_sentences_end_at_marks_and_not_after_abbreviations():
    assert sentences("A. Smith left. Why?  \n\nNo end") == ["A. Smith left.", "Why?", "No end"]
    assert sentences("  \n ") == []
