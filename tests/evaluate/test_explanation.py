"""Explanations: exact where they can be, measured, and right about which words matter."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from conftest import moods

import underdog as ud
from underdog.core.answer import Answer, Answers
from underdog.core.cost import FIELDS
from underdog.core.errors import UnderdogError
from underdog.core.explaining import Explanation, Faithfulness, explained
from underdog.core.explaining.deletion import occlusion, shapley
from underdog.core.explaining.tokens import keep, tokens_of
from underdog.evaluate.explanation.counterfactual import counterfactual
from underdog.evaluate.explanation.explain import overall
from underdog.evaluate.explanation.faithful import faithfulness
from underdog.models.fake import Scripted
from underdog.models.linear.recipe import Linear

TEXTS = [
    "a great film and a plot",
    "an awful, AWFUL joke — really awful",
    "",
    "one",
    "ÉTÉ İST 好的",
]
POINTS = {"good": 0.3, "not": -0.1, "bad": -0.4}


class Additive:
    """The probability of pos is .5 plus the points of the words, less .2 for 'not good'."""

    def answer(self, texts):
        up = [min(1, max(0, 0.5 + sum(POINTS.get(w, 0) for w in t.split()))) for t in texts]
        up = np.array([p - 0.2 * ("not good" in t) for p, t in zip(up, texts, strict=True)])
        probs = np.column_stack([up, 1 - up]).reshape(len(texts), 2)
        costs = np.zeros((len(texts), len(FIELDS)))
        return Answers.likeliest(("pos", "neg"), probs, costs, "additive")


@pytest.fixture(scope="module", name="linear")
def _linear():
    return Linear().fit(moods(120))


def test_the_contributions_of_a_linear_model_add_up_to_its_logits(linear):
    for one in linear.explain(TEXTS):
        whole = one.base + one.contributions.sum(axis=0)
        assert np.abs(whole - one.output).max() < 1e-12
        assert np.abs(one.output - linear.margins([one.text])[0]).max() < 1e-4  # of float32
        row = linear.features.rows([one.text])
        assert one.effects.shape == one.contributions.shape == (len(one.tokens), 2)
        if one.tokens:
            without = keep(one.text, one.tokens, ~np.eye(len(one.tokens), dtype=bool)[:1])
            drop = linear.margins([one.text]) - linear.margins(without)
            assert np.allclose(one.effects[0], drop, atol=1e-5)
        assert len(one.features) == min(12, row.nnz)


def test_pairs_are_explained_on_both_sides():
    texts = [(t, t.replace("great", "awful")) for t in moods(60).texts]
    model = Linear().fit(ud.Dataset.of(texts, moods(60).labels))
    [one] = model.explain([("a great film", "a great plot, really")])
    assert np.abs(one.base + one.contributions.sum(axis=0) - one.output).max() < 1e-12
    assert {t.side for t in one.tokens} == {0, 1}
    with pytest.raises(UnderdogError, match="fitted on pairs"):
        ud.explain(model, ["a great film"])


@pytest.mark.filterwarnings("error")
def test_a_label_without_examples_is_explained_too():
    task = ud.Task("mood", ("neg", "other", "pos"))
    data = moods(40)
    model = ud.Bayes().fit(ud.Dataset(task, data.texts, data.labels))
    [one] = explained(model, ["a great film"])
    assert np.isneginf(one.output[1])
    assert (one.effects[:, 1] == 0).all()


def test_the_words_that_decide_come_first(linear):
    one, other = ud.explain(linear, ["a great thing to see", "a dull thing to see"])
    assert (one.value, one.tokens[one.order()[0]].text) == ("pos", "great")
    assert (other.value, other.tokens[other.order()[0]].text) == ("neg", "dull")
    assert one.faithfulness.normalised == pytest.approx(1.0, abs=0.2)
    assert one.faithfulness.comprehensiveness > one.faithfulness.random
    assert "great" in str(one)
    assert "great" in dict(overall([one, other])["pos"])


def test_occlusion_is_what_deleting_a_word_loses():
    [one] = explained(Additive(), ["so good not good"])
    assert one.method == "occlusion"
    assert one.toward("pos") == pytest.approx([0, 0.3, -0.2, 0.1])
    assert one.base == pytest.approx([0.5, 0.5])


def test_sampled_shapley_values_are_those_of_all_orders():
    text = "good not good bad"
    model, tokens = Additive(), tokens_of(text)

    def score(kept):
        row = np.isin(np.arange(4), list(kept))[None]
        return model.answer(keep(text, tokens, row)).probs[0, 0]

    exact = np.zeros(4)
    for i in range(4):
        rest = [j for j in range(4) if j != i]
        for size in range(4):
            weight = factorial(size) * factorial(3 - size) / factorial(4)
            exact[i] += weight * sum(score({*s, i}) - score(s) for s in combinations(rest, size))
    [one] = shapley(model, [text], rounds=100)
    assert one.base + one.contributions.sum(axis=0) == pytest.approx(one.output, abs=1e-12)
    off = np.abs(one.toward("pos") - exact)
    assert (off <= 4 * one.error[:, 0] + 1e-12).all()
    assert 0 < one.error.max() < 0.02


def test_faithfulness_tells_a_right_order_from_a_wrong_one():
    model, text = Additive(), "bad day so good it is fun here now ok"
    [right] = occlusion(model, [text])
    measured = faithfulness(model, right)
    assert measured.comprehensiveness == pytest.approx(measured.best)
    wrong = Explanation(
        text, right.value, right.labels, right.tokens, -right.contributions, right.base,
        right.output, "wrong",
    )  # fmt: skip
    assert faithfulness(model, wrong).normalised < 0 < measured.normalised
    assert Faithfulness(0.1, 0.1, 0.1, 0.1).normalised is None


def test_a_counterfactual_flips_the_answer_when_asked_again():
    model = Additive()
    [one] = occlusion(model, ["so good this"])
    deleted = counterfactual(model, one, {})
    assert deleted is None  # without words at hand, even odds go to the first label
    found = counterfactual(model, one, {"neg": ["bad"], "pos": ["good"]})
    assert found.edits == ("'so' → 'bad'",) or found.edits[0].endswith("→ 'bad'")
    assert len(found.edits) == 1
    assert model.answer([found.text]).values == (found.value,) == ("neg",)


def test_a_model_without_probabilities_an_abstention_and_numbers_are_explained():
    bare = Scripted((("good", "pos"),), otherwise="neg")
    one, other = ud.explain(bare, ["so good", "so what"], edits=True)
    assert one.toward().tolist() == [0.0, 1.0]
    assert one.counterfactual.value == "neg"
    assert not other.toward().any()
    silent = Scripted((("good", "pos"),), otherwise="")
    [none] = ud.explain(silent, ["what is this"])
    assert "abstains" in none.reasons[0]
    assert none.as_dict()["answer"] == ""

    class Words:
        def answer(self, texts):
            return Answers.of([Answer(str(t.count("x")), path=("words",), sure=0.5) for t in texts])

    [number] = ud.explain(Words(), ["x y x"])
    assert (number.scale, number.toward().tolist()) == ("number", [1.0, 0.0, 1.0])
    assert number.faithfulness.comprehensiveness > 0


def test_a_long_text_is_explained_in_runs_and_an_unknown_method_is_refused(linear):
    text = "great " * 3_000
    [one] = occlusion(linear, [text])
    assert len(one.tokens) <= 64
    assert "3,000 words" in one.notes[0]
    [whole] = ud.explain(linear, [text], edits=False)
    assert len(whole.tokens) == 3_000
    assert np.abs(whole.base + whole.contributions.sum(axis=0) - whole.output).max() < 1e-9
    with pytest.raises(UnderdogError, match="no method 'magic'"):
        ud.explain(linear, ["a"], method="magic")


def test_the_nearest_examples_come_from_the_data_without_the_text_itself(linear):
    data = moods(60)
    [one] = ud.explain(linear, [data.texts[4]], data, edits=False, faithful=False)
    assert len(one.neighbours) == 3
    assert all(n.text != data.texts[4] and 0 < n.similarity <= 1 for n in one.neighbours)
    assert one.neighbours[0].similarity >= one.neighbours[-1].similarity
