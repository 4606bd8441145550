from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from underdog.combine.cascade import Agreed, Cascade, Verified
from underdog.combine.confidence import RIGHT, WRONG, Margin, Verifier
from underdog.core.answer import ABSTAIN, Answers
from underdog.core.cost import Ledger
from underdog.core.data import Archive
from underdog.core.errors import UnderdogError
from underdog.core.protocols import fitted
from underdog.models.baselines import Majority, MajorityModel
from underdog.models.fake import Scripted
from underdog.runtime.persist import load, save
from underdog.runtime.registry import build, spec
from underdog.testing import check_model

TEXTS = ["a great plot", "a dull plot", "dull", "nothing", ("great", "pair")]
LARGE = Scripted((("great", "pos"), ("dull", "neg")), otherwise="pos", dollars_per_word=1e-3)


class Unsure:
    """As sure as the number that the text ends in; free."""

    def __init__(self, name):
        self.name = name

    def answer(self, texts):
        tops = np.array([float(text.split()[-1]) for text in texts])
        probs = np.stack([tops, 1 - tops], axis=1).reshape(len(texts), 2)
        return Answers.likeliest(("pos", "neg"), probs, np.zeros((len(texts), 6)), self.name)


@pytest.fixture
def small(moods):
    return Majority().fit(moods)


def test_at_threshold_zero_a_cascade_is_its_first_stage(small):
    both = Cascade((small, LARGE), (0.0,)).answer(TEXTS), small.answer(TEXTS)
    assert both[0].values == both[1].values
    assert both[0].paths == both[1].paths
    np.testing.assert_array_equal(both[0].probs, both[1].probs)


def test_above_one_a_cascade_is_its_last_stage_and_pays_for_both(small):
    answers = Cascade((small, LARGE), (1.1,)).answer(TEXTS)
    assert answers.values == LARGE.answer(TEXTS).values
    assert set(answers.paths) == {("majority", "scripted")}
    assert answers.total.dollars > LARGE.answer(TEXTS).total.dollars


def test_a_cascade_of_one_stage_is_that_model(small):
    assert Cascade((small,), ()).answer(TEXTS).values == small.answer(TEXTS).values


def test_an_answer_stays_where_the_confidence_reaches_the_threshold():
    model = Cascade((Unsure("one"), Unsure("two"), Scripted((), "last")), (0.8, 0.9))
    answers = model.answer(["t 0.8", "t 0.79", "t 0.95", "t 0.9", "t 0.5"])
    assert [path[-1] for path in answers.paths] == ["one", "scripted", "one", "one", "scripted"]
    assert [len(path) for path in answers.paths] == [1, 3, 1, 1, 3]
    middle = Cascade((Unsure("one"), Unsure("two")), (0.8,), (Margin(),))
    assert [a.path[-1] for a in middle.answer(["t 0.9", "t 0.89"])] == ["one", "two"]


@given(st.lists(st.floats(0.5, 1.0), max_size=8), st.floats(0, 1.2), st.floats(0, 1.2))
def test_each_text_gets_the_answer_of_the_first_confident_stage(tops, one, two):
    texts = [f"t {top!r}" for top in tops]
    answers = Cascade((Unsure("one"), Unsure("two"), Unsure("three")), (one, two)).answer(texts)
    for top, path in zip(tops, answers.paths, strict=True):
        wanted = ["one"] if top >= one else ["one", "two"] if top >= two else None
        assert list(path) == (wanted or ["one", "two", "three"])


def test_the_costs_of_the_answers_equal_the_ledger(small):
    model = Cascade((small, LARGE), (0.6,), (Verifier(Scripted((("great", RIGHT),), WRONG)),))
    with Ledger() as bill:
        answers = model.answer(TEXTS)
    assert answers.total.dollars == pytest.approx(bill.total.dollars)
    assert answers.total.calls == bill.total.calls
    assert answers.paths[0] == ("scripted", "majority")
    assert answers.paths[1] == ("scripted", "majority", "scripted")


def test_cascades_keep_the_contract_nested_or_not(small):
    inner = Cascade((small, LARGE), (0.7,))
    for model in (inner, Cascade((inner, LARGE), (0.4,)), Cascade((small, inner, LARGE), (0.9, 1))):
        check_model(model, TEXTS)


def test_an_abstention_is_deferred_and_the_last_one_is_final():
    silent = Scripted((), otherwise=ABSTAIN)
    assert Cascade((silent, LARGE), (0.1,)).answer(["great"]).values == ("pos",)
    assert Cascade((silent, silent), (0.1,)).answer(["great"]).values == (ABSTAIN,)


def test_a_cascade_explains_its_answers():
    model = Cascade((Unsure("one"), Scripted((), "neg")), (0.75,))
    assert model.reasons(["t 0.9", "t 0.6"]) == (
        "one said 'pos' with confidence 0.900, at least 0.750.",
        "one said 'pos' with confidence 0.600, below 0.750; scripted said 'neg'.",
    )


def test_a_cascade_can_be_typed_and_saved(small, tmp_path):
    text = "cascade([scripted([]), scripted([])], [0.5], sure=[margin(temperature=2.0)])"
    assert spec(build(text)) == text
    model = Cascade((small, LARGE), (0.6,), (Margin(),))
    save(model, tmp_path / "model")
    assert load(tmp_path / "model").answer(TEXTS).values == model.answer(TEXTS).values


def test_numbers_of_stages_thresholds_and_confidences_must_match(small):
    with pytest.raises(UnderdogError, match="2 thresholds do not match 2 stages"):
        Cascade((small, small), (0.5, 0.5))
    with pytest.raises(UnderdogError, match="0 thresholds do not match 0 stages"):
        Cascade((), ())
    with pytest.raises(UnderdogError, match="a list of stages"):
        Cascade(small, small)
    with pytest.raises(UnderdogError, match="2 confidences do not match 1 thresholds"):
        Cascade((small, small), (0.5,), (Margin(), Margin()))


def test_a_rejected_answer_is_an_abstention_at_the_same_cost():
    model = Scripted((("great", "pos"), ("dull", "pos")))
    verifier = Scripted((("dull", WRONG), ("great", RIGHT)))
    verified = Verified(model, verifier)
    with Ledger() as bill:
        answers = verified.answer(["great", "dull"])
    assert answers.values == ("pos", ABSTAIN)
    assert answers.total.dollars == pytest.approx(bill.total.dollars)
    check_model(verified, TEXTS)
    assert Cascade((verified, LARGE), (0.0,)).answer(["dull"]).values == (ABSTAIN,)


def test_a_cascade_defers_rejected_answers():
    small = MajorityModel(("neg", "pos"), np.array([0.1, 0.9]))
    verified = Verified(small, Scripted((("dull", WRONG), ("great", RIGHT))))
    assert Cascade((verified, LARGE), (0.5,)).answer(["great", "dull"]).values == ("pos", "neg")


def ballot(*values):
    return [Scripted((), otherwise=value) for value in values]


def test_the_majority_wins_and_vote_shares_are_probabilities():
    model = Agreed(tuple(ballot("a", "b", "b")), labels=("a", "b"))
    answers = model.answer(["x"])
    assert answers.values == ("b",)
    np.testing.assert_allclose(answers.probs, [[1 / 3, 2 / 3]])
    assert answers.total.calls == 3
    check_model(model, TEXTS)


def test_too_little_agreement_is_an_abstention():
    assert Agreed(tuple(ballot("a", "b", "b")), least=0.7).answer(["x"]).values == (ABSTAIN,)
    assert Agreed(tuple(ballot("a", "b", "b")), least=0.6).answer(["x"]).values == ("b",)
    assert Agreed(tuple(ballot("a", "a", "b", "b"))).answer(["x"]).values == ("a",)


def test_values_outside_the_labels_do_not_count():
    answers = Agreed(tuple(ballot("z", "z", "a")), labels=("a", "b")).answer(["x"])
    assert answers.values == ("a",)
    none = Agreed(tuple(ballot("z", ABSTAIN)), labels=("a", "b")).answer(["x"])
    assert none.values == (ABSTAIN,)
    assert none[0].probs is None


def test_agreement_of_one_model_is_that_model():
    assert Agreed((LARGE,)).answer(TEXTS).values == LARGE.answer(TEXTS).values
    with pytest.raises(UnderdogError, match="needs models"):
        Agreed(())


def test_recipes_in_a_combinator_learn_in_their_places(moods):
    said = {"llm": tuple("pos" if i % 2 else "neg" for i in range(len(moods)))}
    data = replace(moods, columns=said, archive=Archive(moods.texts, said))
    whole = build("cascade([majority(), recorded('llm')], [1.1])")
    model = fitted(whole, data)
    assert (
        model.answer(data.texts).values
        == fitted(build("recorded('llm')"), data).answer(data.texts).values
    )
    assert spec(whole).startswith("cascade([majority()"), "the recipe itself stays as it was"
    kept = fitted(build("verified(recorded('llm'), overlap(), 0.0)"), data)
    assert kept.answer(data.texts[:2]).values == ("neg", "pos")
    assert fitted(model, data) is model, "what has no recipe in it is left as it is"
