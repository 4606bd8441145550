"""Graders that ask a model: a language model's likelihood, entailment, a judge, and ratings."""

from dataclasses import replace

import numpy as np
import pytest

import underdog as ud
from underdog.combine.cascade import Cascade, Verified
from underdog.combine.confidence import Confidence
from underdog.combine.graded import Graded
from underdog.core.answer import Answers
from underdog.core.cost import Ledger
from underdog.core.data import Dataset, Task
from underdog.core.errors import UnderdogError
from underdog.core.language import nats
from underdog.data.sheet import Sheet
from underdog.evaluate.graders.judged import Judged
from underdog.evaluate.graders.learned import Learned, LearnedGrader
from underdog.evaluate.graders.lexical import Overlap
from underdog.evaluate.graders.likelihood import Likelihood
from underdog.evaluate.graders.nli import Nli, passages
from underdog.evaluate.graders.reading import words
from underdog.models.fake import Scripted
from underdog.models.language.ngram import NGram
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build, spec

TEXTS = ("the cat sat on the mat", ("where?", "rain fell in oslo"), "")
SAID = ["the cat sat", "rain fell", ""]
DATA = Dataset(
    Task("t", (), kind="text"), TEXTS, (None,) * 3, references=(("a cat sat", "cats"), ("x",), ())
)
"""A source alone, a question with its source, and nothing."""


@pytest.fixture(scope="module", name="lm")
def _lm():
    texts = ["the cat sat on the mat", "a cat sat", "rain fell in oslo"] * 3
    return NGram(order=3).fit(Dataset.of(texts, [None] * 9, kind="text"))


def test_a_likelihood_is_the_mean_probability_of_the_tokens_after_the_text(lm):
    found = Likelihood(lm).grade(TEXTS, SAID, DATA)
    tokenizer = lm.tokenizer
    before = [tokenizer.end, *tokenizer.encode(TEXTS[0]), *tokenizer.encode("\n\nTL;DR:")]
    after = tokenizer.encode(" the cat sat")
    expected = np.exp(-nats(lm, before + after)[-len(after) :].mean())
    assert found[0] == pytest.approx(expected, rel=1e-5)
    assert np.isnan(found[2])


def test_directions_differ_and_the_mean_of_two_is_their_mean(lm):
    by = {name: Likelihood(lm, name).grade(TEXTS, SAID, DATA) for name in ("precision", "recall")}
    assert by["precision"][0] != by["recall"][0]
    both = Likelihood(lm, "f1").grade(TEXTS, SAID, DATA)
    assert both[:2] == pytest.approx((by["precision"][:2] + by["recall"][:2]) / 2)
    assert Likelihood(lm, "fluency").grade(TEXTS, SAID, DATA)[2] == 0
    one, alone = (Likelihood(lm, "fluency").grade(TEXTS[:n], SAID[:n], DATA) for n in (2, 1))
    assert one[0] == pytest.approx(alone[0])  # whatever it is read beside
    with pytest.raises(UnderdogError, match="no direction 'up'"):
        Likelihood(lm, "up")


class Entails:
    """Says that a claim is entailed if all of its words are in the premise."""

    def __init__(self, labels=("contradiction", "entailment")):
        self.labels, self.pairs = labels, []

    def answer(self, texts):
        self.pairs += texts
        yes = [float(set(words(claim)) <= set(words(premise))) for premise, claim in texts]
        probs = np.column_stack([1 - np.array(yes), yes])
        return Answers.likeliest(self.labels, probs, np.zeros((len(texts), 6)), "entails")


def test_entailment_is_that_of_each_sentence_by_the_nearest_passage():
    model = Entails()
    source = "The cat sat. " + "Filler words are here again. " * 60 + "Rain fell in Oslo."
    data = Dataset(Task("t", (), kind="text"), (source,) * 3 + ("",), (None,) * 4)
    said = ["Rain fell. The cat sat.", "Rain fell. Dogs sang.", " ", "Rain fell."]
    grades = Nli(model).grade(data.texts, said, data)
    assert grades[:3].tolist() == [1.0, 0.5, 0.0]
    assert np.isnan(grades[3])
    assert Nli(model, part="min").grade(data.texts, said, data)[1] == 0
    assert len(model.pairs) < 2 * 3 * len(passages(source))  # the nearest passages alone
    assert " ".join(passages(source)) == source
    with pytest.raises(UnderdogError, match="not known which label"):
        Nli(Entails(("a", "b"))).grade(data.texts, said, data)
    assert Nli(Entails(("a", "b")), label="b").grade(data.texts, said, data)[0] == 1.0


def test_a_folder_of_a_fitted_model_is_read_for_entailment(tmp_path):
    pairs = [("the cat sat", "a cat"), ("rain fell", "dogs sang")] * 20
    labels = ["entailment", "contradiction"] * 20
    save(ud.Linear().fit(Dataset.of(pairs, labels)), tmp_path / "nli")
    grader = build(f"nli({str(tmp_path / 'nli')!r})")
    assert build(spec(grader)) == grader
    assert np.isfinite(grader.grade(TEXTS, SAID, DATA)[:2]).all()
    with pytest.raises(UnderdogError):
        build("nli('nowhere')").grade(TEXTS, SAID, DATA)


def test_a_judge_rates_is_charged_and_its_position_does_not_count():
    with Ledger() as bill:
        rated = Judged(Scripted((("cat", "5"), ("rain", "I give it 2/5")))).grade(TEXTS, SAID, DATA)
    assert rated[:2].tolist() == [1.0, 0.25]
    assert np.isnan(rated[2])
    assert bill.total.dollars > 0
    assert np.isnan(Judged(Scripted((), "no idea")).grade(TEXTS, SAID, DATA)).all()
    first = Judged(Scripted((), "A"), pairs=True).grade(TEXTS, SAID, DATA)
    assert first[:2].tolist() == [0.5, 0.5]  # always the first: no preference
    better = Judged(
        Scripted((("B:\n<<<\nthe cat sat", "B"), ("A:\n<<<\nthe cat sat", "A"))), pairs=True
    )
    assert better.grade(TEXTS, SAID, DATA)[0] in (0.5, 1.0)


def _rated(n=200):
    rng = np.random.default_rng(3)
    good = rng.integers(0, 4, n)
    pool = [f"w{k}" for k in range(12)]
    return Sheet(
        "rated.csv",
        {
            "source": tuple(f"doc {i // 4} {' '.join(pool)}" for i in range(n)),
            "output": tuple(
                f"{' '.join(pool[: g + 3])} {' '.join(['zebra'] * (4 - g))}." for g in good.tolist()
            ),
            "rating": tuple((good + 1).tolist()),
        },
    )


def test_a_learned_score_agrees_with_ratings_of_sources_that_it_has_not_seen(tmp_path):
    learned = Learned((Overlap(),))
    found = ud.judge(_rated(), [learned])
    assert learned.needs == ("rating", "source")
    assert found.agreements[found.leader.name].value > 0.8
    data, values = found.outputs.data, found.outputs.values
    model = learned.model_of(data.texts, values, data)
    save(model, tmp_path / "learned")
    again = load(tmp_path / "learned")
    assert isinstance(again, LearnedGrader)
    grades = model.grade(data.texts, values, data)
    assert np.allclose(again.grade(data.texts, values, data), grades)
    assert ((grades >= 0) & (grades <= 1)).all()
    kept = Learned(folder=str(tmp_path / "learned"))
    assert np.allclose(kept.grade(data.texts, values, data), grades)
    assert kept.needs == ()


def test_what_is_learned_needs_ratings_that_differ():
    sheet = _rated(24)
    same = Sheet("same.csv", {**sheet.columns, "rating": (3,) * 24})
    with pytest.raises(UnderdogError, match="ratings that differ"):
        ud.judge(same, ["learned([overlap()])"])
    with pytest.raises(UnderdogError, match="needs the rating"):
        ud.judge(sheet, ["learned([overlap()])"], {"rating": ""})


def test_a_score_is_learned_where_nothing_is_known_of_sources():
    sheet = _rated(60).columns
    values = sheet["output"]
    data = replace(Dataset.of([""] * 60, [None] * 60), columns={"rating": sheet["rating"]})
    grades = Learned().model_of([""] * 60, values, data).grade([""] * 60, values, data)
    assert np.corrcoef(grades, sheet["rating"])[0, 1] > 0.8


def test_shuffled_ratings_are_not_learned():
    sheet = _rated()
    ratings = np.random.default_rng(0).permutation(np.array(sheet.columns["rating"])).tolist()
    found = ud.judge(Sheet("noise.csv", {**sheet.columns, "rating": tuple(ratings)}), ["learned()"])
    known = found.agreements["learned"]
    assert known.interval[0] <= 0.05


def test_a_cascade_defers_on_what_the_text_does_not_support_and_pays_for_the_grader():
    small, large = Scripted((), "zebra"), Scripted((), "the cat")
    sure = Graded(Overlap())
    assert isinstance(sure, Confidence)
    cascade = Cascade((small, large), (0.5,), (sure,))
    answers = cascade.answer(["the cat sat", "a zebra"])
    assert answers.values == ("the cat", "zebra")
    with Ledger() as bill:
        costs = cascade.answer(["the cat sat", "a zebra"]).costs
    assert costs.sum(axis=0) == pytest.approx(bill.total.row())
    checked = Verified(small, Overlap()).answer(["the cat sat", "a zebra"])
    assert checked.values == ("", "zebra")
    with pytest.raises(UnderdogError, match="needs the reference"):
        Graded(build("rouge()"))
    assert build(spec(sure)) == sure
