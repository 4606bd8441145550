"""Scores against scikit-learn, and what must hold whatever the answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from underdog.core.answer import Answers
from underdog.core.errors import UnderdogError
from underdog.evaluate.metrics import (
    SCORES,
    confusion,
    intervals,
    recall,
    recall_intervals,
    reliability,
    risk_coverage,
    scores,
)

ABC = ("a", "b", "c")
Case = tuple[Answers, list[str], tuple[str, ...]]


def answered(values: list[str], probs: list[list[float]] | None = None) -> Answers:
    rows = None if probs is None else np.array(probs, dtype=np.float64)
    labels = ABC if probs is not None else ()
    return Answers(tuple(values), labels, rows, np.zeros((len(values), 6)), (("m",),) * len(values))


def drawn(texts: int, classes: int, seed: int = 0, ties: bool = False) -> Case:
    rng = np.random.default_rng(seed)
    labels = tuple(f"label{k:02d}" for k in range(classes))
    gold = rng.integers(0, classes, texts)
    logits = rng.normal(size=(texts, classes))
    logits[np.arange(texts), gold] += 1
    probs = np.exp(np.round(2 * logits) / 2 if ties else logits)
    probs /= probs.sum(axis=1, keepdims=True)
    answers = Answers.likeliest(labels, probs, np.zeros((texts, 6)), "m")
    return answers, [labels[k] for k in gold], labels


def by_sklearn(answers: Answers, gold: list[str], labels: tuple[str, ...]) -> dict[str, float]:
    said, probs = list(answers.values), answers.matrix(labels)
    macro = {"average": "macro", "zero_division": 0}
    found = {
        "accuracy": sk.accuracy_score(gold, said),
        "macro_f1": sk.f1_score(gold, said, **macro),
        "weighted_f1": sk.f1_score(gold, said, average="weighted", zero_division=0),
        "macro_precision": sk.precision_score(gold, said, **macro),
        "macro_recall": sk.recall_score(gold, said, **macro),
        "mcc": sk.matthews_corrcoef(gold, said),
        "log_loss": sk.log_loss(gold, probs, labels=list(labels)),
    }
    if len(labels) == 2:
        found["auroc"] = sk.roc_auc_score(np.array(gold) == labels[1], probs[:, 1])
    else:
        found["auroc"] = sk.roc_auc_score(gold, probs, multi_class="ovr", labels=list(labels))
    return found


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("texts", "classes"), [(300, 2), (500, 3), (900, 20)])
def test_scores_equal_scikit_learns(texts: int, classes: int, ties: bool) -> None:
    case = drawn(texts, classes, ties=ties)
    found = scores(*case)
    assert list(found) == list(SCORES)
    for name, value in by_sklearn(*case).items():
        assert found[name] == pytest.approx(value, abs=1e-12), name


def test_labels_that_nobody_names_do_not_count_in_macro_averages() -> None:
    gold, said = ["a", "a", "b", "b"], ["a", "b", "b", "b"]
    found = scores(answered(said), gold, ABC)
    assert found["macro_f1"] == pytest.approx(sk.f1_score(gold, said, average="macro"), abs=1e-12)
    wrongly = scores(answered(["a", "c", "b", "b"]), gold, ABC)
    assert wrongly["macro_recall"] == pytest.approx((0.5 + 1 + 0) / 3)


def test_abstentions_are_wrong_answers() -> None:
    gold, said = ["a", "a", "b", "c"], ["a", "", "b", ""]
    found = scores(answered(said), gold, ABC)
    assert found["accuracy"] == 0.5
    options = {"labels": list(ABC), "zero_division": 0}
    for name, average in (("macro_f1", "macro"), ("weighted_f1", "weighted")):
        expected = sk.f1_score(gold, said, average=average, **options)
        assert found[name] == pytest.approx(expected, abs=1e-12)
    assert found["mcc"] == pytest.approx(sk.matthews_corrcoef(gold, said), abs=1e-12)
    assert scores(answered(["a"] * 4), gold, ABC)["mcc"] == 0.0
    assert recall(answered(said), gold, ABC) == {"a": 0.5, "b": 1.0, "c": 0.0}


def test_probabilities_are_judged_only_when_every_answer_has_them() -> None:
    gold = ["a", "b", "a"]
    unknown = {"auroc": None, "log_loss": None, "calibration_error": None}
    nan = [np.nan] * 3
    bare = answered(["a", "b", "b"])
    partly = answered(["a", "b", "b"], [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], nan])
    for answers in (bare, partly):
        found = scores(answers, gold, ABC)
        assert {name: found[name] for name in unknown} == unknown
        assert not set(unknown) & set(intervals(answers, gold, ABC, resamples=20))
        assert reliability(answers, gold) is None
        assert risk_coverage(answers, gold) is None
    excused = answered(["a", "b", ""], [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], nan])
    found = scores(excused, gold, ABC)
    assert found["log_loss"] == pytest.approx(-(np.log(0.8) + np.log(0.7) + np.log(1 / 3)) / 3)
    # sure by .8 and .7, right both times, each in a bin of its own; the abstention claims nothing
    assert found["calibration_error"] == pytest.approx((0.2 + 0.3) / 2)


def test_columns_in_another_order_are_the_same_probabilities() -> None:
    answers, gold, labels = drawn(120, 4)
    assert answers.probs is not None
    turned = Answers(
        answers.values, labels[::-1], answers.probs[:, ::-1], answers.costs, answers.paths
    )
    assert scores(turned, gold, labels) == pytest.approx(scores(answers, gold, labels), abs=1e-12)


def test_calibration_error_is_the_mean_gap_of_bins_of_equal_mass() -> None:
    """30 answers, two to a bin by confidence: the gap of each bin by hand."""
    sure = np.linspace(0.5, 0.98, 30)
    right = np.array([i % 3 != 0 for i in range(30)])
    probs = [[p, 1 - p, 0.0] for p in sure]
    order = np.random.default_rng(0).permutation(30)
    gold = ["a" if right[i] else "b" for i in order]
    answers = answered(["a"] * 30, [probs[i] for i in order])
    gaps = [abs(sure[i : i + 2].mean() - right[i : i + 2].mean()) for i in range(0, 30, 2)]
    found = scores(answers, gold, ABC)["calibration_error"]
    assert found == pytest.approx(np.mean(gaps), abs=1e-12)


def test_equal_confidences_share_a_bin() -> None:
    """Eight of ten right at a confidence of .7: off by .1, however the texts are ordered."""
    gold = ["a"] * 8 + ["b"] * 2
    answers = answered(["a"] * 10, [[0.7, 0.2, 0.1]] * 10)
    assert scores(answers, gold, ABC)["calibration_error"] == pytest.approx(0.1)


def test_one_label_only_has_no_auroc() -> None:
    answers = answered(["a", "a"], [[0.9, 0.1, 0.0], [0.6, 0.2, 0.2]])
    assert scores(answers, ["a", "a"], ABC)["auroc"] is None
    assert "auroc" not in intervals(answers, ["a", "a"], ABC, resamples=20)


def test_recall_of_a_label_without_texts_is_unknown() -> None:
    assert recall(answered(["a", "c"]), ["a", "b"], ABC) == {"a": 1.0, "b": 0.0, "c": None}


def test_gold_outside_the_task_and_no_texts_are_explained() -> None:
    with pytest.raises(UnderdogError, match="'z' is no label of this task"):
        scores(answered(["a"]), ["z"], ABC)
    with pytest.raises(UnderdogError, match="no labelled text"):
        scores(answered([]), [], ABC)


def test_confusion_counts_gold_by_answer_with_a_column_for_no_label() -> None:
    found = confusion(answered(["a", "b", "", "junk", "c"]), ["a", "a", "b", "b", "c"], ABC)
    assert found["labels"] == ["a", "b", "c"]
    assert found["columns"] == ["a", "b", "c", ""]
    assert found["counts"] == [[1, 1, 0, 0], [0, 0, 0, 2], [0, 0, 1, 0]]
    answers, gold, labels = drawn(200, 5)
    square = sk.confusion_matrix(gold, list(answers.values), labels=list(labels))
    counts = np.array(confusion(answers, gold, labels)["counts"])
    assert (counts[:, :-1] == square).all()


def test_confusion_of_many_labels_lists_the_most_frequent_mistakes() -> None:
    labels = tuple(f"label {k:03}" for k in range(400))
    a, b, *rest = labels
    found = confusion(answered([b, b, "", a, *rest]), [a, a, a, *labels[1:]], labels)
    assert "counts" not in found
    assert found["mistakes"] == [[a, b, 2, 3], [a, "", 1, 3], [b, a, 1, 1]]
    assert len(found["labels"]) == 400


def test_reliability_compares_confidence_with_accuracy() -> None:
    probs = [[0.55, 0.45, 0], [0.58, 0.42, 0], [0.6, 0.4, 0], [1.0, 0, 0], [np.nan] * 3]
    found = reliability(answered(["a", "a", "a", "a", ""], probs), ["a", "b", "a", "a", "a"])
    assert found is not None
    assert [(b["low"], b["count"], b["accuracy"]) for b in found] == [
        (0.5, 2, 0.5),
        (0.6, 1, 1.0),
        (0.9, 1, 1.0),
    ]
    assert found[0]["confidence"] == pytest.approx(0.565)


def test_risk_coverage_takes_the_surest_first_and_ends_at_the_accuracy() -> None:
    sure = np.linspace(0.99, 0.5, 40)
    gold = ["a"] * 30 + ["b"] * 10
    answers = answered(["a"] * 40, [[p, 1 - p, 0.0] for p in sure])
    found = risk_coverage(answers, gold)
    assert found is not None
    assert [point["coverage"] for point in found] == pytest.approx(np.arange(1, 21) / 20)
    assert [point["accuracy"] for point in found[:15]] == [1.0] * 15
    assert found[15]["accuracy"] == pytest.approx(30 / 32)
    assert found[-1]["accuracy"] == pytest.approx(0.75)


def test_equally_sure_answers_share_their_rank() -> None:
    answers = answered(["a"] * 20, [[0.8, 0.1, 0.1]] * 20)
    found = risk_coverage(answers, ["a"] * 15 + ["b"] * 5)
    assert found is not None
    assert [point["accuracy"] for point in found] == pytest.approx([0.75] * 20)


def test_intervals_of_accuracy_are_as_wide_as_theory_says() -> None:
    case = drawn(2000, 3)
    found = intervals(*case)
    assert set(found) == set(SCORES)
    share = scores(*case)["accuracy"]
    assert share is not None
    half = 1.96 * np.sqrt(share * (1 - share) / 2000)
    assert found["accuracy"] == pytest.approx((share - half, share + half), abs=0.15 * half)


def test_a_resample_is_scored_as_scikit_learn_scores_the_drawn_texts() -> None:
    """One resample: both ends of the interval are its score, for the texts that were drawn."""
    from underdog.evaluate.resample import bootstrap

    answers, gold, labels = drawn(400, 5, ties=True)
    found = intervals(answers, gold, labels, resamples=1, seed=4)
    times = next(bootstrap(400, None, 1, 4))[:, 0].astype(int)
    rows = np.repeat(np.arange(400), times)
    expected = by_sklearn(answers.take(rows), [gold[i] for i in rows], labels)
    for name, value in expected.items():
        assert found[name] == pytest.approx((value, value), abs=1e-12), name


@pytest.mark.parametrize("off", [0.0, 0.1])
def test_the_interval_of_the_calibration_error_is_not_misled_by_its_bias(off: float) -> None:
    """60 draws of 600 texts, confidence ``off`` above the truth; plain percentiles cover 0 and
    two thirds of the draws, these at least 80 % (nominal 95 %)."""
    rng, held = np.random.default_rng(8), 0
    for _ in range(60):
        sure = rng.uniform(0.6, 1, 600)
        gold = np.where(rng.random(600) < sure - off, "a", "b").tolist()
        answers = answered(["a"] * 600, np.stack([sure, 1 - sure, 0 * sure], axis=1).tolist())
        low, high = intervals(answers, gold, ABC, resamples=200)["calibration_error"]
        held += low <= off <= high
    assert held / 60 > 0.8


def test_clusters_of_copies_count_once() -> None:
    """Four copies of each text tell no more than one: the interval is as wide as the originals'."""
    answers, gold, labels = drawn(300, 3)
    rows = np.repeat(np.arange(300), 4)
    copies, golds = answers.take(rows), [gold[i] for i in rows]
    once = intervals(answers, gold, labels, seed=1)
    kept = intervals(copies, golds, labels, clusters=[str(i) for i in rows], seed=1)
    for name in SCORES:
        assert kept[name] == pytest.approx(once[name], abs=1e-9), name
    torn = intervals(copies, golds, labels, seed=1)
    assert torn["accuracy"][1] - torn["accuracy"][0] < 0.6 * (
        kept["accuracy"][1] - kept["accuracy"][0]
    )


def test_intervals_of_accuracy_and_f1_cover_as_often_as_they_say() -> None:
    """300 draws of 300 texts from a known world; below 91 % would be three standard errors off."""
    answers, gold, labels = drawn(50_000, 3, seed=9)
    truth = scores(answers, gold, labels)
    rng, held = np.random.default_rng(2), {"accuracy": 0, "macro_f1": 0, "auroc": 0, "log_loss": 0}
    for _ in range(300):
        rows = rng.integers(0, 50_000, 300)
        sample = answers.take(rows), [gold[i] for i in rows], labels
        found = intervals(*sample, resamples=200)
        for name in held:
            low, high = found[name]
            held[name] += low <= (truth[name] or 0) <= high
    assert all(count / 300 > 0.91 for count in held.values()), held


def test_equal_seeds_give_equal_intervals_and_wide_data_fits_in_blocks() -> None:
    case = drawn(6000, 3)  # more than one block of weights
    assert intervals(*case, seed=3) == intervals(*case, seed=3)
    assert intervals(*case, seed=3) != intervals(*case, seed=4)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 40), st.integers(2, 5))
def test_the_order_of_the_texts_does_not_matter(seed: int, texts: int, classes: int) -> None:
    answers, gold, labels = drawn(texts, classes, seed, ties=True)
    order = np.random.default_rng(seed).permutation(texts)
    shuffled = answers.take(order), [gold[i] for i in order]
    assert scores(*shuffled, labels) == pytest.approx(scores(answers, gold, labels), abs=1e-12)
    one, other = risk_coverage(answers, gold), risk_coverage(*shuffled)
    assert one is not None
    assert other is not None
    assert [x["accuracy"] for x in one] == pytest.approx([x["accuracy"] for x in other])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30))
def test_a_mended_answer_never_lowers_accuracy_or_recall(seed: int, texts: int) -> None:
    answers, gold, labels = drawn(texts, 3, seed)
    mended = list(answers.values)
    mended[seed % texts] = gold[seed % texts]
    before = scores(Answers.said(answers.values, answers.costs, "m"), gold, labels)
    after = scores(Answers.said(mended, answers.costs, "m"), gold, labels)
    assert (after["accuracy"] or 0) >= (before["accuracy"] or 0)
    old, new = (
        recall(answers, gold, labels),
        recall(Answers.said(mended, answers.costs), gold, labels),
    )
    assert all((new[label] or 0) >= (old[label] or 0) for label in labels)


def test_recall_intervals_are_those_of_a_share_and_leave_out_what_never_occurs():
    gold = ["a"] * 400 + ["b"] * 100
    said = ["a"] * 320 + ["b"] * 80 + ["b"] * 50 + ["a"] * 50
    answers = Answers.said(said, np.zeros((500, 6)), "x")
    spans = recall_intervals(answers, gold, ("a", "b", "c"))
    assert set(spans) == {"a", "b"}
    for label, share, n in (("a", 0.8, 400), ("b", 0.5, 100)):
        half = 1.96 * (share * (1 - share) / n) ** 0.5
        low, high = spans[label]
        assert low == pytest.approx(share - half, abs=0.25 * half)
        assert high == pytest.approx(share + half, abs=0.25 * half)
