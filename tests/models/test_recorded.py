"""Answers on record: which one counts, and what is not there."""

from dataclasses import replace

import numpy as np
import pytest

from underdog.core.data import Archive, Dataset, Task
from underdog.core.errors import UnderdogError
from underdog.models import recorded
from underdog.models.recorded import Recorded, price_column
from underdog.runtime.persist import load, save


def test_of_equal_texts_the_first_answer_that_is_not_empty_counts():
    archive = Archive(("a", "b", "a", "a"), {"said": (None, "neg", "pos", "neg")})
    data = replace(Dataset.of(["a", "b"], ["pos", "neg"]), archive=archive)
    answers = Recorded("said", price=0.5).fit(data).answer(["a", "b", "c"])
    assert answers.values == ("pos", "neg", "")
    assert answers.costs[:2, 2].tolist() == [0.5, 0.5]


def column(cells, **more):
    texts = tuple(f"text {i}" for i in range(len(cells)))
    archive = Archive(texts, {"said": tuple(cells), **more})
    return replace(Dataset.of(texts, ["neg", "pos"] * (len(cells) // 2)), archive=archive)


def test_an_answer_is_read_as_a_live_one_would_be_and_says_how():
    data = column(["<think>pos?</think>neg", '{"label": "pos"}', "I can't help with pos", "Neg."])
    answers = Recorded("said").fit(data).answer(data.texts)
    assert answers.values == ("neg", "pos", "", "neg")
    assert [how for how, _ in answers.readings] == [
        "extracted",
        "extracted",
        "refusal",
        "normalised",
    ]
    assert answers.readings[2][1] == "I can't help with pos"


def test_further_spellings_of_a_task_are_read():
    data = column([0.0, 1.0])
    data = replace(data, task=replace(data.task, spellings=(("0", "neg"), ("1", "pos"))))
    assert Recorded("said").fit(data).answer(data.texts).values == ("neg", "pos")


def test_a_recorded_model_and_its_readings_are_saved(tmp_path):
    data = column(["Neg.", "pos"])
    save(Recorded("said").fit(data), tmp_path / "model")
    again = load(tmp_path / "model").answer(data.texts)
    assert again.values == ("neg", "pos")
    assert again.readings == (("normalised", "Neg."), ("exact", ""))


@pytest.mark.parametrize(
    ("cells", "dollars"),
    [
        (["0.0021", "0.0042"], [0.0021, 0.0042]),
        (["0,0021", "0,0042"], [0.0021, 0.0042]),
        (["$0.0021", "USD 0.0042"], [0.0021, 0.0042]),
        (["0.21¢", "0.42 ct"], [0.0021, 0.0042]),
        (["1,002.50", "1.002,50"], [1002.5, 1002.5]),
        (["1,002", "2,004"], [1002.0, 2004.0]),
        (["N/A", ""], [np.nan, np.nan]),
    ],
)
def test_costs_are_read_as_people_write_them(cells, dollars):
    data = column(["neg", "pos"], cost=tuple(cells))
    costs = Recorded("said", price="cost").fit(data).answer(data.texts).costs
    np.testing.assert_allclose(costs[:, 2], dollars)


@pytest.mark.parametrize("cell", ["-0.002", "inf"])
def test_a_cost_that_cannot_be_is_refused_at_reading(cell):
    data = column(["neg", "pos"], said_cost=("0.1", cell))
    with pytest.raises(UnderdogError, match=f"said_cost holds {cell}"):
        price_column("said", data.archive.columns)


def test_a_cost_column_that_was_only_guessed_and_cannot_be_read_leaves_the_price_unknown():
    data = column(["neg", "pos"], said_cost=("cheap", "dear"))
    with pytest.warns(UserWarning, match="price of 'said' is taken as unknown"):
        assert price_column("said", data.archive.columns) is None


def test_a_column_is_read_once_for_all_folds_and_again_for_other_labels(monkeypatch):
    texts = tuple(f"text {i}" for i in range(20))
    columns = {"llm": ("The answer is a.", "The answer is b.") * 10}
    whole = Dataset(
        Task("t", ("a", "b")), texts, ("a", "b") * 10, columns=columns,
        archive=Archive(texts, columns),
    )  # fmt: skip
    read = []
    count = recorded.read_column
    monkeypatch.setattr(
        recorded, "read_column", lambda wrote, by: read.append(len(wrote)) or count(wrote, by)
    )
    first = Recorded("llm").fit(whole.take(range(10))).answer(texts)
    again = Recorded("llm").fit(whole.take(range(10, 20))).answer(texts)
    assert first.values == again.values == ("a", "b") * 10
    assert read == [20]
    other = replace(whole, task=Task("t", ("a", "c")))
    assert Recorded("llm").fit(other).answer(texts).values == ("a", "") * 10
    assert read == [20, 20]
