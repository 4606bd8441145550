"""What people pass from Python: a path, a data frame, a table, one text."""

import pandas as pd
import pytest
from conftest import moods

import underdog as ud
from underdog.core.errors import UnderdogError
from underdog.models.linear.recipe import LinearModel


@pytest.fixture(scope="module", name="frame")
def _frame():
    data = moods(120)
    return pd.DataFrame({"text": data.texts, "label": data.labels})


@pytest.fixture(name="table")
def _table(frame):
    return ud.read(frame, text=["text"], label="label")


def test_fit_takes_a_table_a_frame_and_a_path(frame, table, tmp_path):
    frame.to_csv(tmp_path / "t.csv", index=False)
    texts = list(frame["text"])
    wanted = ud.Bayes().fit(table.data).answer(texts).values
    assert ud.Bayes().fit(table).answer(texts).values == wanted
    with pytest.warns(UserWarning, match="text column: 'text' .guessed"):
        assert ud.Bayes().fit(frame).answer(texts).values == wanted
    with pytest.warns(UserWarning, match="label column"):
        assert ud.Bayes().fit(str(tmp_path / "t.csv"), seed=0).answer(texts).values == wanted
    with pytest.raises(UnderdogError, match="no file"):
        ud.Bayes().fit("nowhere.csv")
    with pytest.raises(UnderdogError, match="cannot read a int"):
        ud.Bayes().fit(3)


def test_compare_audit_and_plan_take_a_table(table):
    study = ud.compare(["majority()", "bayes()"], table)
    assert len(study.gold.texts) < len(table.data)
    assert ud.audit(table).examples == 120
    with pytest.raises(UnderdogError, match="no language model"):
        ud.plan("bayes()", table)


def test_a_table_that_is_split_keeps_its_parts(frame):
    cut = frame.assign(split=["train"] * 90 + ["test"] * 30)
    study = ud.compare(["majority()"], ud.read(cut, label="label"))
    assert (study.trained_on, len(study.gold.texts)) == (90, 30)


def test_one_text_is_one_text_and_a_column_is_its_cells(frame, table):
    model = ud.Bayes().fit(table)
    assert len(model.answer("a great film")) == 1
    assert model.answer("a great film").values == model.answer(["a great film"]).values
    assert model.answer(frame["text"]).values == model.answer(list(frame["text"])).values
    assert ud.Recorded("label") == ud.build("recorded('label')")


def test_models_answers_tables_and_studies_are_shown_in_a_few_words(table):
    model = ud.Bayes().fit(table)
    assert isinstance(model, LinearModel)
    assert repr(model) == "<LinearModel: neg, pos>"
    assert repr(ud.Ensemble((model,), ("neg", "pos"))) == "<Ensemble: neg, pos>"
    twice = ud.Cascade((model, model), (0.5,))
    assert repr(twice) == "<Cascade: <LinearModel: neg, pos>, <LinearModel: neg, pos>>"
    assert len(repr(model.answer(["a", "b"]))) < 60
    assert "<td>" in model.answer(["a"])._repr_html_()
    assert repr(table) == "<<the data frame: 120 examples of 2 labels>, text 'text', label 'label'>"


def test_a_study_is_a_frame_and_a_leaderboard(table):
    study = ud.compare(["majority()", "bayes()"], table)
    rows = study.leaderboard()
    assert [row["model"] for row in rows] == ["bayes()", "majority()"]
    assert rows[0]["accuracy"] == study.results()["contestants"][0]["scores"]["accuracy"]
    assert study.to_frame().shape == (2, len(rows[0]))
    assert repr(study).startswith("<Study of the data frame: ")
    page = study._repr_html_()
    assert page.count("<tr>") == 3
    assert "<td>reference</td>" in page
    assert len(repr(ud.audit(table))) < 300
    assert study.verdict.decision.upper() in page
