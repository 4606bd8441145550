"""Tables without texts: read as rows, learned by boosted trees, compared, explained and saved."""

import csv
import json

import numpy as np
import pytest

import underdog as ud
from underdog.core.data import Dataset, Task
from underdog.core.errors import UnderdogError
from underdog.core.values import as_row, row_cells
from underdog.data.read import read
from underdog.models.boosted import Boosted
from underdog.models.boosted.rows import RowsModel
from underdog.runtime.persist import load, save
from underdog.study.runs.lineup import default
from underdog.testing import check_model


def loans(n=400, seed=0):
    """Rows of which amount and plan decide; one in ten of the recorded answers is wrong."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        amount, plan = round(float(rng.uniform(0, 100)), 1), str(rng.choice(["basic", "gold"]))
        good = amount < (70 if plan == "gold" else 40)
        said = good if rng.random() < 0.9 else not good
        rows.append(
            {
                "id": f"L{i}",
                "amount": amount,
                "plan": "" if i % 23 == 0 else plan,
                "credit_score": int(rng.integers(300, 850)),
                "opened": f"2024-01-{i % 28 + 1:02} 10:00",
                "decision": "approve" if good else "refuse",
                "gpt4_answer": "approve" if said else "refuse",
                "cost": 0.002,
            }
        )
    return rows


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "loans.csv"
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, list(loans(1)[0]))
        writer.writeheader()
        writer.writerows(loans())
    return path


@pytest.fixture(scope="module")
def table(file):
    return read(file, label="decision")


@pytest.fixture(scope="module")
def fitted(table):
    train, _ = table.data.split(0.25)
    return Boosted().fit(train)


def test_a_file_without_texts_is_read_as_rows_without_what_a_model_said(table):
    names = ("amount", "plan", "credit_score", "opened")
    assert table.columns.text == table.data.task.columns == names
    assert json.loads(table.data.texts[1])["plan"] in ("basic", "gold")
    assert "plan" not in json.loads(table.data.texts[0]), "a blank cell is left out"
    notes = " ".join(table.notes)
    assert "'id' (named like ids)" in notes
    assert "'gpt4_answer', 'cost' (named like recorded answers and what they cost)" in notes
    assert "gpt4_answer" in table.data.archive.columns, "the recorded answers are kept"


def test_the_label_is_the_column_whose_values_a_recorded_model_answers(file):
    assert read(file).columns.label == "decision"


def test_columns_that_are_named_make_the_row(file):
    for said in (["*", "plan", "amount"], ["plan", "amount", "opened"]):
        read_so = read(file, text=said, label="decision")
        assert read_so.data.task.columns == tuple(name for name in said if name != "*")
        assert read(file, text=read_so.columns.typed, label="decision").data.texts == (
            read_so.data.texts
        )
    with pytest.raises(UnderdogError, match="no column 'plam'"):
        read(file, text=["*", "plam"], label="decision")


def test_a_word_column_is_no_table(tmp_path):
    path = tmp_path / "words.csv"
    path.write_text("word,label\n" + "".join(f"w{chr(97 + i)},{i % 2}\n" for i in range(26)))
    with pytest.raises(UnderdogError, match="holds the text: none looks like one"):
        read(path)


def test_rows_say_what_their_cells_are():
    row = {"a b": "12.50", "n": 3, "code": "007", 'q"': 'say "no"\n', "none": None, "x": "NaN"}
    assert {name: value for name, value, *_ in row_cells(as_row(row))} == {
        "a b": "12.50", "n": "3", "code": "007", 'q"': 'say "no"', "x": "NaN",
    }  # fmt: skip
    assert json.loads(as_row(row))["a b"] == 12.5
    assert row_cells('{"a": null, "b": "c\\q"}')[0][1] == ""


def test_trees_learn_rows_and_keep_the_contract(table, fitted, tmp_path):
    _, test = table.data.split(0.25)
    said = fitted.answer(test.texts)
    right = np.mean([a == b for a, b in zip(said.values, test.labels, strict=True)])
    assert right > 0.85
    check_model(fitted, [*test.texts[:5], "", "{}", '{"amount": 3}'])
    save(fitted, tmp_path / "m")
    assert load(tmp_path / "m").answer(test.texts).values == said.values
    with pytest.raises(UnderdogError, match="this is none: 'a plain sentence'"):
        fitted.answer(["a plain sentence"])


def test_an_explanation_adds_up_and_names_the_cells(table, fitted):
    [one] = fitted.explain(table.data.texts[1:2])
    assert [token.text.split(":")[0] for token in one.tokens][:2] == ['"amount"', '"plan"']
    assert np.allclose(one.base + one.contributions.sum(axis=0), one.output)
    strongest = one.tokens[int(np.abs(one.toward()).argmax())].text
    assert strongest.startswith(('"amount"', '"plan"'))


def test_numbers_and_sets_of_rows_are_learned_too():
    rng = np.random.default_rng(0)
    amounts = rng.uniform(0, 10, 200)
    texts = tuple(as_row({"amount": round(float(x), 3)}) for x in amounts)
    numbers = Dataset(
        Task("n", (), kind="number", columns=("amount",)),
        texts,
        tuple(f"{3 * x:.2f}" for x in amounts),
    )
    model = Boosted().fit(numbers)
    off = [abs(float(v) - 3 * x) for v, x in zip(model.answer(texts).values, amounts, strict=True)]
    assert np.mean(off) < 2
    sure = model.answer(texts).confidence
    assert 0 < sure.min() <= sure.max() < 1, "numbers come with an expected error"
    [one] = model.explain(texts[:1])
    assert one.scale == "number"
    assert abs(one.output[0] - float(model.answer(texts[:1]).values[0])) < 0.1
    sets = tuple("|".join(["low"] * (x < 6) + ["high"] * (x > 4)) for x in amounts.tolist())
    task = Task("s", ("high", "low"), kind="labels", columns=("amount",))
    said = Boosted().fit(Dataset(task, texts, sets)).answer(texts).values
    agree = [set(a.split("|")) == set(b.split("|")) for a, b in zip(said, sets, strict=True)]
    assert np.mean(agree) > 0.8


def test_a_column_that_copies_the_label_is_left_out(table):
    data = table.data
    texts = tuple(
        as_row({"amount": i, "code": "A" if y == "approve" else "B"})
        for i, y in enumerate(data.labels)
    )
    task = Task("t", data.task.labels, columns=("amount", "code"))
    with pytest.warns(UserWarning, match="'code' .determines the label on its own"):
        model = Boosted().fit(Dataset(task, texts, data.labels))
    assert isinstance(model, RowsModel)
    assert model.columns.names == ("amount",)


def test_the_default_line_up_says_why_readers_of_words_are_left_out(table):
    names, absent = default(table.data)
    assert names == ["majority()", "boosted()"]
    assert {"linear()", "bayes()"} <= {one.spec for one in absent}
    assert all("reads words" in one.why for one in absent)


def test_a_table_is_compared_with_recorded_answers(table, monkeypatch):
    monkeypatch.setattr("underdog.models.boosted.trees.MAX_ROUNDS", 12)
    study = ud.compare(["boosted()"], table.data.sample(0.3), against="gpt4_answer")
    assert "boosted()" in {row.spec for row in study.summaries}
    assert "near duplicates" not in {finding.kind for finding in study.audit.findings}
