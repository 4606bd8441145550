"""Judging outputs: what is read, what is believed, and what is guaranteed."""

import json

import numpy as np
import pytest

import underdog as ud
from underdog.core.errors import UnderdogError
from underdog.data.outputs import read_outputs
from underdog.data.ratings import read_ratings
from underdog.data.sheet import Sheet
from underdog.evaluate.judging.agreement import agreement, auroc, inside
from underdog.study.judging.threshold import threshold

FAST = ("overlap('source')", "token_f1()")
WORDS = tuple(f"word{k}" for k in range(20))


def sheet(n=300, by_length=False, **columns):
    """Outputs of which a third is bad: their last word is not in the source."""
    rng = np.random.default_rng(0)
    bad = [i % 3 == 0 for i in range(n)]
    long = [2 + 9 * b if by_length else int(rng.integers(1, 9)) for b in bad]
    made = {
        "source": [f"case {i} was closed. {' '.join(WORDS)} clerk" for i in range(n)],
        "output": [
            f"Case {i} was closed. {' '.join(WORDS[:k])} clerk. {'Unicorns sang.' if b else ''}"
            for i, (b, k) in enumerate(zip(bad, long, strict=True))
        ],
        "reference": [f"case {i} closed by the clerk" for i in range(n)],
        "rating": [1 if b else 5 for b in bad],
    }
    made |= columns
    return Sheet("cases.csv", {k: tuple(v) for k, v in made.items() if v is not None})


@pytest.fixture(scope="module", name="judged")
def _judged():
    return ud.judge(sheet(), FAST)


def test_a_score_that_knows_is_believed_and_gets_a_threshold(judged):
    assert judged.leader.name == "overlap"
    best = judged.agreements["overlap"]
    assert best.measure == "AUROC"
    assert best.value > 0.9
    assert best.beats_length
    limit = judged.threshold
    assert limit.least is not None
    assert limit.bound <= 0.05
    passing = judged.columns["overlap"] >= limit.least
    assert passing.mean() == pytest.approx(limit.passing)
    assert judged.outputs.ratings.bad[passing].mean() <= 0.05
    assert "at most 5 % are bad, with probability 95 %" in judged.sentences[0]


def test_the_worst_come_first_with_the_sentence_that_is_made_up_marked(judged):
    first = judged.worst[0]
    assert first.rating == 1
    assert first.output[first.start : first.end] == "Unicorns sang."


def test_what_length_explains_is_said_to_be_explained_by_it():
    found = ud.judge(sheet(by_length=True), ["token_f1()"])
    assert found.agreements["token_f1"].value > 0.9
    assert not found.agreements["token_f1"].beats_length
    assert any(said.startswith("Length explains") for said in found.sentences)


def test_no_score_is_good_enough_where_none_knows_anything():
    rng = np.random.default_rng(1)
    found = ud.judge(sheet(rating=rng.integers(1, 6, 300).tolist()), ["token_f1()"])
    assert found.threshold.least is None
    assert found.sentences[0].startswith("No score is good enough")
    assert "No score is shown to agree" in found.sentences[1]


def test_without_ratings_there_are_scores_and_a_clear_sentence():
    found = ud.judge(sheet(rating=None), FAST)
    assert found.threshold is None
    assert not found.agreements
    assert "There are no ratings" in found.sentences[0]
    assert found.worst


def test_blank_outputs_have_no_score_and_never_pass():
    said = ["" if i % 10 == 0 else text for i, text in enumerate(sheet().columns["output"])]
    found = ud.judge(sheet(output=said), FAST)
    assert np.isnan(found.columns["overlap"][::10]).all()
    assert not np.isnan(found.columns["overlap"][1:10]).any()
    assert any("30 of 300 outputs are blank" in note for note in found.notes)
    rows = list(found.rows())
    assert rows[0]["score overlap"] is None
    assert all(0 <= row["score overlap"] <= 1 for row in rows[1:10])


@pytest.mark.parametrize(
    ("rating", "said"),
    [
        ([4] * 300, "all 300 ratings are equal"),
        ([3, 5, 4] + [None] * 297, "3 ratings are too few"),
        ([1 + i % 5 if i % 2 else 10 * (1 + i % 10) for i in range(300)], "look like two scales"),
    ],
)
def test_ratings_that_decide_nothing_are_told(rating, said):
    found = ud.judge(sheet(rating=rating), FAST)
    assert any(said in note for note in found.notes)
    json.dumps(found.results, allow_nan=False)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"output": ["word " * 500] * 300}, "300 of 300 outputs have more than 380 words"),
        ({"output": ["Дело было закрыто весной."] * 300}, "not in Latin letters"),
        ({"source": ["", "a case"] * 150}, "150 of 300 outputs have no source"),
        ({"samples": ['["one"]'] * 300}, "no output has more than one sample beside it"),
        ({"reference": ["", "a case"] * 150}, "150 of 300 outputs have no reference"),
    ],
)
def test_outputs_that_scores_read_badly_are_told(columns, said):
    found = ud.judge(sheet(**columns), FAST, {"rating": ""})
    assert any(said in note for note in found.notes)
    known = ~np.isnan(found.columns["overlap"])
    assert known.tolist() == [bool(text.strip()) for text in found.outputs.data.texts]


@pytest.mark.parametrize(
    ("columns", "named", "problem"),
    [
        ({"rating": ["4", "8/10"] * 150}, {}, "on different scales"),
        ({"rating": ["fine", "odd", "so-so"] * 100}, {}, "not known which ratings"),
        ({"rating": [None] * 300}, {"rating": "rating"}, "holds no ratings"),
        ({"source": [""] * 300}, {"source": "source"}, "can score no output"),
        ({"output": [" "] * 300}, {}, "are blank"),
        ({}, {"output": "nothing"}, "no column 'nothing'"),
        ({}, {"outputs": "output"}, "no column of outputs has the role"),
        ({"output": None}, {}, "cannot tell which column"),
        ({"source": None}, {}, "needs the source"),
        ({"rating": ["fine", "good", "so-so"] * 100}, {}, "not known which ratings"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_a_remedy(columns, named, problem):
    with pytest.raises(UnderdogError, match=problem) as refused:
        ud.judge(sheet(**columns), FAST, named)
    assert refused.value.hint


def test_outputs_that_nothing_can_be_compared_with_are_refused():
    for alone in (sheet(source=None, reference=None), sheet(source=[""] * 300, reference=None)):
        with pytest.raises(UnderdogError, match="nothing that outputs can be compared with"):
            ud.judge(alone)


def test_about_one_source_each_output_stands_alone():
    found = ud.judge(sheet(source=["case 1 was closed"] * 300), ["overlap()"])
    low, high = found.agreements["overlap"].interval
    assert low < high
    assert any("all outputs are about one source" in note for note in found.notes)


def test_where_too_few_pass_it_is_told_how_many_ratings_would_do():
    said = ud.judge(sheet(n=80), FAST).threshold.sentence
    times = int(said.split("about ")[1].split()[0].replace(",", "")) / 80
    assert "too few to prove it" in said
    assert ud.judge(sheet(n=int(80 * (times + 1))), FAST).threshold.least is not None


def test_roles_are_guessed_and_equal_sources_are_one_group():
    found = read_outputs(
        Sheet(
            "qa.jsonl",
            {
                "question": ("q", "q", "r"),
                "gpt4_answer": ("a", "b", "c"),
                "references": ('["a", "b"]', "b", ""),
                "hallucination": ("no", "yes", "no"),
            },
        )
    )
    assert found.roles["output"] == "gpt4_answer"
    assert found.data.right == (("a", "b"), ("b",), ())
    assert found.data.groups == ("q", "q", "r")
    assert found.ratings.values.tolist() == [1, 0, 1]
    assert found.ratings.bad.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("cells", "good", "values"),
    [
        (("4/5", "80 %", "1 out of 2"), None, [0.8, 0.8, 0.5]),
        (("right", "WRONG", ""), None, [1, 0, np.nan]),
        (("fine", "odd", "so-so"), "Fine", [1, 0, 0]),
        ((3, None, 4.5), "4", [3, np.nan, 4.5]),
        (("1", "nan", "N/A"), None, [1, np.nan, np.nan]),
    ],
)
def test_ratings_are_read_as_numbers(cells, good, values):
    assert np.array_equal(read_ratings(cells, "rating", good).values, values, equal_nan=True)


def test_agreement_is_that_of_scipy_and_scikit_learn():
    from scipy.stats import spearmanr
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(2)
    rating = rng.integers(1, 6, 200).astype(float)
    score, length = rating + 2 * rng.normal(size=200), rng.integers(3, 30, 200).astype(float)
    groups = [f"g{i // 4}" for i in range(200)]
    found = agreement(score, rating, length, groups)
    assert found.value == pytest.approx(spearmanr(score, rating).statistic)
    assert found.interval[0] < found.value < found.interval[1]
    good = rating > 3
    assert auroc(score, good)[0] == pytest.approx(roc_auc_score(good, score))
    each = [
        spearmanr(score[i : i + 4], rating[i : i + 4]).statistic
        for i in range(0, 200, 4)
        if len(set(rating[i : i + 4])) > 1
    ]
    assert inside(score, rating, groups)[0] == pytest.approx(np.mean(each))
    score[:50] = np.nan
    assert agreement(score, rating, length, groups).outputs == 150


@pytest.mark.parametrize("size", [1, 4])
def test_a_threshold_is_wrong_no_more_often_than_it_says(size):
    """Where a tenth of everything is bad whatever the score, few runs certify 5 %."""
    wrong = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        bad = np.repeat(rng.random(400 // size) < 0.1, size)
        groups = [f"{seed} {i // size}" for i in range(400)]
        limit = threshold({"s": rng.random(400)}, (1.0 - bad, bad), groups, 0.05, 0.1)
        wrong += limit.least is not None
    assert wrong <= 12


def test_a_blank_column_is_taken_for_nothing_and_a_constant_score_is_told():
    found = ud.judge(sheet(rating=[""] * 300, samples=[""] * 300), FAST)
    assert found.outputs.ratings is None
    assert any("'rating' is blank" in note for note in found.notes)
    found = ud.judge(sheet(output=["the same"] * 300, source=["the same"] * 300), FAST)
    assert any("is the same for all outputs" in note for note in found.notes)
