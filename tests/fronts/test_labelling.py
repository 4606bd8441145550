"""Whole files labelled by a saved model: every format, resumed, and never a blank."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import moods

import underdog as ud
from underdog.core.cost import Cost
from underdog.core.errors import UnderdogError
from underdog.data.read import Columns, Table
from underdog.fronts import record
from underdog.fronts.labelling import answer_file
from underdog.fronts.labelling.replace import deferring_to, labels_of
from underdog.models.chat import Chat
from underdog.models.recorded import RecordedModel
from underdog.runtime.registry import build, register

TEXTS = [f"a good film {i}" if i % 2 else f"a bad film {i}" for i in range(1300)]


@register("stopping_for_tests")
@dataclass
class Stopping:
    """Answers by the word "good" and stops once, at the text ``at``."""

    at: str = ""
    asked: int = 0

    def answer(self, texts: Sequence[str]) -> ud.Answers:
        if self.at in texts:
            self.at = ""
            raise KeyboardInterrupt
        self.asked += len(texts)
        return ud.Answers.of([ud.Answer("pos" if "good" in t else "neg") for t in texts])


def rows_of(path: Path):
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return pq.read_table(path).to_pylist()
    if path.suffix == ".xlsx":
        openpyxl = pytest.importorskip("openpyxl")
        head, *cells = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        return [dict(zip(head, line, strict=True)) for line in cells]
    with path.open(encoding="utf-8", newline="") as file:
        mark = "\t" if path.suffix == ".tsv" else ","
        return list(csv.DictReader(file, delimiter=mark))


@pytest.fixture(name="source")
def _source(tmp_path):
    path = tmp_path / "texts.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["id", "text"], *([i, t] for i, t in enumerate(TEXTS))])
    return path


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet", "xlsx"])
def test_every_format_has_the_rows_of_the_file_and_four_more_columns(tmp_path, source, ending):
    if ending == "xlsx":
        pytest.importorskip("openpyxl")
    out = tmp_path / f"labelled.{ending}"
    found = answer_file(Stopping(), str(source), str(out))
    rows = rows_of(out)
    assert found.rows == len(rows) == len(TEXTS)
    assert list(rows[0]) == ["id", "text", "value", "confidence", "path", "cost"]
    assert [row["value"] for row in rows] == ["pos" if "good" in t else "neg" for t in TEXTS]
    # What was written can be labelled again, in the same format.
    if ending in ("csv", "tsv", "jsonl", "parquet"):
        answer_file(Stopping(), str(out), str(tmp_path / "again.csv"), text=["text"])
        assert "underdog_value" in rows_of(tmp_path / "again.csv")[0]


def test_a_stopped_run_continues_where_it_was(tmp_path, source):
    out, model = tmp_path / "labelled.csv", Stopping(at=TEXTS[600])
    with pytest.raises(KeyboardInterrupt):
        answer_file(model, str(source), str(out), identity="m")
    assert not out.exists()
    journal = tmp_path / ".labelled.csv.underdog-rows"
    with journal.open("ab") as file:
        file.write(b'{"id": "cut off')
    found = answer_file(model, str(source), str(out), identity="m")
    assert found.resumed == 512
    assert model.asked == len(TEXTS)
    assert [row["text"] for row in rows_of(out)] == TEXTS
    assert not journal.exists()


def test_rows_of_another_model_or_file_are_not_continued(tmp_path, source):
    out = tmp_path / "labelled.csv"
    with pytest.raises(KeyboardInterrupt):
        answer_file(Stopping(at=TEXTS[600]), str(source), str(out), identity="one")
    assert answer_file(Stopping(), str(source), str(out), identity="two").resumed == 0


def test_an_output_that_exists_is_kept_without_yes(tmp_path, source):
    out = tmp_path / "labelled.csv"
    out.write_text("mine")
    with pytest.raises(UnderdogError, match="already"):
        answer_file(Stopping(), str(source), str(out))
    assert out.read_text() == "mine"
    answer_file(Stopping(), str(source), str(out), yes=True)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.csv", "text,label\none\n", "line 2: 1 cells, but the header has 2"),
        ("a.jsonl", '{"text": "one"}\n[1]\n', "line 2: not a JSON object"),
        ("a.parquet", "no", "no Parquet file"),
        ("a.csv", "text\n", "no rows"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(tmp_path, name, content, problem):
    (tmp_path / name).write_text(content)
    with pytest.raises(UnderdogError, match=problem):
        answer_file(Stopping(), str(tmp_path / name), str(tmp_path / "out.csv"))
    assert not (tmp_path / "out.csv").exists()


def cascade():
    large = ud.Recorded("gpt").fit(ud.read(_frame()).data)
    small = ud.Bayes().fit(ud.Dataset.of(["a good film", "a bad film"] * 4, ["pos", "neg"] * 4))
    return ud.Cascade((small, large), (2.0,))


def _frame():
    import pandas as pd

    return pd.DataFrame(
        {
            "text": ["a good film", "a bad film"],
            "label": ["pos", "neg"],
            "gpt": ["pos", "neg"],
        }
    )


def test_a_deferral_without_a_recorded_answer_is_written_as_deferred(tmp_path, source):
    out = tmp_path / "labelled.csv"
    found = answer_file(cascade(), str(source), str(out))
    assert found.deferred == len(TEXTS)
    assert {row["value"] for row in rows_of(out)} == {"deferred"}
    assert {row["path"] for row in rows_of(out)} == {"bayes > gpt"}


def test_what_is_no_table_is_said_and_the_likely_column_is_named(sh, tmp_path):
    (tmp_path / "none.csv").write_text("")
    (tmp_path / "other.csv").write_text("id,body\n1,a good film\n2,a bad film of old\n")
    ud.save(ud.Bayes().fit(moods(40)), tmp_path / "m", {"text": ["text"], "labels": ["neg", "pos"]})
    code, _, err = sh("answer", "m", "none.csv", "--out", "o.csv")
    assert code == 1
    assert "none.csv is empty" in err
    code, _, err = sh("answer", "m", "other.csv", "--out", "o.csv")
    assert code == 1
    assert "--text body" in err


def test_a_dash_is_standard_input(sh, tmp_path, monkeypatch):
    ud.save(ud.Bayes().fit(moods(40)), tmp_path / "m")
    monkeypatch.setattr("sys.stdin", io.StringIO("a great film\na dull plot\n"))
    code, out, err = sh("answer", "m", "-")
    assert code == 0, err
    assert [line.split(",")[:2] for line in out.splitlines()] == [
        ["text", "value"],
        ["a great film", "pos"],
        ["a dull plot", "neg"],
    ]


@pytest.mark.parametrize(
    ("typed", "columns"),
    [
        ('id,body\n1,"a great, film"\n2,a dull plot\n', ["id", "body", "value"]),
        ("id\tbody\n1\ta great film\n2\ta dull plot\n", ["id", "body", "value"]),
        ('{"body": "a great film"}\n{"body": "a dull plot"}\n', ["body", "value"]),
        ("a great film\na dull plot\n", ["body", "value"]),
    ],
    ids=["csv", "tsv", "jsonl", "lines"],
)
def test_a_table_on_standard_input_is_read_as_one(typed, columns, sh, tmp_path, monkeypatch):
    ud.save(ud.Bayes().fit(moods(40)), tmp_path / "m", {"text": ["body"], "labels": ["neg", "pos"]})
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    code, out, err = sh("answer", "m", "-", "--out", "-")
    assert code == 0, err
    rows = [*csv.DictReader(io.StringIO(out))]
    assert [*rows[0]][: len(columns)] == columns
    assert [row["value"] for row in rows] == ["pos", "neg"]


def test_defer_to_puts_another_model_in_the_place_of_the_recorded_one():
    model = cascade()
    assert labels_of(model) == ("neg", "pos")
    live = deferring_to(model, "scripted([['film', 'pos']])", ("neg", "pos"))
    assert not any(isinstance(stage, RecordedModel) for stage in live.stages)
    assert live.answer(["a new film"]).values == ("pos",)
    with pytest.raises(UnderdogError, match="recorded"):
        deferring_to(live, "scripted([])", ("neg", "pos"))


def test_the_score_of_a_recipe_that_would_call_a_paid_service_is_not_measured(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    for method in ("answer", "choose"):
        monkeypatch.setattr(Chat, method, lambda *_: pytest.fail("a paid call"))
    recipe = build("fewshot(chat('gpt-5-mini'), k=2)")
    data = moods(60)
    table = Table(data, None, None, Columns(("text",), "label", None, None), ())
    made = record.record(recipe, table, 0, Cost(seconds=0.1), 0.1)
    assert made["score"] == {
        "accuracy": None,
        "why": "it would cost money; underdog compare measures it",
    }


def test_links_that_lead_to_each_other_are_refused(sh, tmp_path):
    (tmp_path / "d.csv").write_text("text,label\na film,p\nb film,n\n")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    assert sh("fit", "d.csv", "bayes()", "--out", "m")[0] == 0
    code, _, error = sh("answer", "m", "loop.csv", "--out", "new.csv")
    assert code == 1
    assert "loop.csv" in error


@pytest.mark.parametrize(
    "command",
    [
        "answer model {} --yes --out {}",
        "label {} --by keywords('p',['good']) --yes --out {}",
        "repair {} --by keywords('p',['good']) --yes --out {}",
        "sheet {} --yes --out {}",
    ],
)
def test_the_file_that_is_read_is_never_replaced(command, sh, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = "text,label\n" + "a good film,p\na bad film,n\n" * 10
    Path("d.csv").write_text(rows)
    Path("same.csv").symlink_to("d.csv")
    assert sh("fit", "d.csv", "bayes()", "--out", "model")[0] == 0
    for out in ("d.csv", "./d.csv", "same.csv"):
        code, _, err = sh(*command.format("d.csv", out).split())
        assert code == 1
        assert "is the file that is read" in err
    assert Path("d.csv").read_text() == rows
