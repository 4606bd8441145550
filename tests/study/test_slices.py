"""Parts of the test texts, and the words that go with answers."""

import numpy as np
import pytest

from underdog.core.answer import Answers
from underdog.core.cost import Cost
from underdog.core.data import Dataset
from underdog.report.entries import Entry
from underdog.report.slices import slices as tables
from underdog.study.rows import summaries
from underdog.study.runs.run import Run
from underdog.study.slices import slices, words
from underdog.study.test_set import TestSet


@pytest.fixture(name="study")
def _study():
    texts = [
        f"{'refund money' if i % 2 else 'login crash'} please {'so ' * (i % 7)}" for i in range(84)
    ]
    labels = ["billing" if i % 2 else "bug" for i in range(84)]
    data = Dataset.of([f"{t} {i}" for i, t in enumerate(texts)], labels)
    shops = tuple("north" if i % 4 < 2 else "south" for i in range(84))
    columns = {"shop": shops, "llm": tuple(labels), "id": tuple(map(str, range(84)))}
    test = Dataset(data.task, data.texts, data.labels, columns=columns)
    gold = TestSet.of([test])
    wrong = {i for i in range(84) if shops[i] == "south" and i % 3 == 0}
    said = ["bug" if i in wrong else y for i, y in enumerate(labels)]

    def run(spec, values):
        answers = Answers.said(values, np.zeros((84, 6)))
        return Run(spec, 0, answers, Cost(), 1.0, np.array([1e-4]), 0, None)

    runs = [run("small()", said), run("large()", labels)]
    return summaries(runs, gold, "large()", 0.01), gold, test, wrong


def test_parts_are_by_label_length_and_columns_that_are_no_answers(study):
    found, gold, test, wrong = study
    parts = slices(found, gold, [test])
    assert {part["by"] for part in parts} == {"label", "length", "shop"}
    south = next(part for part in parts if part["value"] == "south")
    assert south["texts"] == 42
    right = 1 - len([i for i in wrong if i % 2]) / 42
    assert south["accuracy"]["small()"] == pytest.approx(right)
    assert south["accuracy"]["large()"] == 1.0
    low, high = south["intervals"]["small()"]
    assert low < right < high
    low, high = south["intervals"]["large()"]
    assert 0.8 < low < 1.0
    assert high == pytest.approx(1.0)
    apart = south["differences"]["small()"]
    assert apart["difference"] == pytest.approx(right - 1)
    assert apart["low"] < right - 1 < apart["high"]
    assert "large()" not in south["differences"]


def test_words_go_with_the_answers_of_the_model(study):
    found, gold, _, _ = study
    said = words(next(s for s in found if s.spec == "small()"), gold)
    assert {"refund", "money"} <= set(said["billing"])
    assert {"login", "crash"} <= set(said["bug"])
    assert "please" not in said["bug"]


def test_the_report_sets_the_two_models_of_the_verdict_side_by_side(study):
    found, gold, test, _ = study
    results = {"slices": slices(found, gold, [test])}
    pair = [Entry(1, "small()", False, 1, {}), Entry(2, "large()", True, 0, {})]
    shop = next(t for t in tables(results, pair) if t.title == "By 'shop'")
    assert shop.head == ("", "texts", "1 · small()", "2 · large()", "difference")
    assert shop.rows[0][:2] == ("north", "42")
    assert shop.rows[1][-1].startswith("−")
    assert all("[" in cell for row in shop.rows for cell in row[2:])
