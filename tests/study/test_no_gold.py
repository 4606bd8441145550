"""Logs without right answers: agreement is what is measured, and no more is claimed."""

import csv
import json

import pytest
from conftest import moods
from typer.testing import CliRunner

import underdog as ud
from underdog.core.data import Archive, Dataset, Task
from underdog.core.errors import UnderdogError
from underdog.core.reading.stated import stated
from underdog.fronts.cli.app import app
from underdog.study.labels.no_gold import from_answers


def log(answers, texts=None):
    texts = tuple(texts or (f"text number {i}" for i in range(len(answers))))
    columns = {"llm": tuple(answers)}
    return Dataset(
        Task("log", ()), texts, (None,) * len(texts), columns=columns,
        archive=Archive(texts, columns),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("billing", "billing"),
        (" **Label: Billing** ", "Billing"),
        ("<think>refund or billing?</think>\n\nAnswer: billing.", "billing"),
        ('"tech support"', "tech support"),
        ('```json\n{"reason": "it says refund", "category": "billing"}\n```', "billing"),
        ('{"choices": [{"message": {"content": "Category: refund"}}]}', "refund"),
        ("They paid twice, so money is owed.\nFinal answer: refund", "refund"),
        ("I am not sure what this customer wants, but it may well be about a late parcel", ""),
    ],
)
def test_a_bare_answer_is_freed_of_what_is_around_it(answer, label):
    assert stated(answer) == label


def test_labels_are_the_answers_that_recur_in_their_commonest_spelling():
    wrote = ["Billing"] * 6 + ["billing"] * 3 + ["refund"] * 5 + ["I cannot tell"] + [""]
    data, notes = from_answers(log(wrote), "llm")
    assert data.task.labels == ("Billing", "refund")
    assert data.labels.count("Billing") == 9
    assert len(data) == 14
    assert any("rows skipped" in note and note.endswith(": 2") for note in notes)


def test_answers_that_hold_several_labels_are_told_to_count_as_wholes():
    _, notes = from_answers(log(["bug", "ux", "bug;ux"] * 20), "llm")
    assert any("20 answers look as if they held several labels" in note for note in notes)
    assert not any("several" in note for note in from_answers(log(["bug", "ux"] * 20), "llm")[1])


def test_a_column_of_sentences_is_refused_until_labels_are_named():
    wrote = [f"It is about {w} number {i}" for i in range(20) for w in ("billing", "refund")]
    with pytest.raises(UnderdogError, match="not a short list of labels"):
        from_answers(log(wrote), "llm")
    data, _ = from_answers(log(wrote), "llm", ("billing", "refund"))
    assert set(data.labels) == {"billing", "refund"}


@pytest.fixture(name="file")
def _file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = moods(400)
    with (tmp_path / "logs.csv").open("w", newline="", encoding="utf-8") as file:
        rows = zip(data.texts, data.labels, ["eu", "us"] * 200, strict=True)
        csv.writer(file).writerows([("text", "gpt4_answer", "region"), *rows])
    return tmp_path / "logs.csv"


def test_the_command_line_says_that_accuracy_is_agreement(file):
    command = ["compare", str(file), "majority()", "bayes()", "--against", "gpt4_answer"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "no column of right answers" in done.stderr
    found = json.loads((file.parent / "logs-report" / "results.json").read_text("utf-8"))
    assert found["task"]["labels"] == ["neg", "pos"]
    assert "agreement with recorded('gpt4_answer')" in found["task"]["protocol"]
    assert found["verdict"]["decision"] != "keep the large model"
    assert "agrees with" in found["verdict"]["sentence"]


def test_a_small_model_that_hardly_differs_ships_without_judgement(file):
    data, _ = from_answers(ud.read(file, labelled=False).data, "gpt4_answer")
    study = ud.compare(["linear()"], data, against="gpt4_answer", folds=2, gold_known=False,
                       margin=0.2)  # fmt: skip
    assert study.verdict.decision == "ship"
    assert "even if it is wrong on all the others" in study.verdict.sentence


def test_a_column_that_holds_the_same_labels_is_gold_and_others_are_not(file):
    data = moods(400)
    with file.open("w", newline="", encoding="utf-8") as out:
        rows = zip(data.texts, data.labels, data.labels, strict=True)
        csv.writer(out).writerows([("text", "gpt4_answer", "checked_by_ann"), *rows])
    command = ["compare", str(file), "majority()", "--against", "gpt4_answer", "--quiet"]
    done = CliRunner().invoke(app, command)
    assert "no column of right answers" not in done.stderr


def test_labels_may_come_from_a_file_and_rows_without_gold_stay_out(file):
    data = moods(400)
    with file.open("w", newline="", encoding="utf-8") as out:
        gold = [y if i % 4 else "" for i, y in enumerate(data.labels)]
        rows = zip(data.texts, gold, data.labels, strict=True)
        csv.writer(out).writerows([("text", "label", "gpt4_answer"), *rows])
    (file.parent / "labels.txt").write_text("neg\npos\n", "utf-8")
    command = ["compare", str(file), "majority()", "bayes()", "--against", "gpt4_answer"]
    done = CliRunner().invoke(app, [*command, "--labels", "labels.txt"])
    assert done.exit_code == 0, done.output
    assert "left out: 100 rows without a label" in " ".join(done.stderr.split())
    found = json.loads((file.parent / "logs-report" / "results.json").read_text("utf-8"))
    assert found["task"]["train"] + found["task"]["test"] == 300


def test_the_labels_of_a_log_without_gold_may_come_from_a_file(file):
    (file.parent / "labels.txt").write_text("neg\npos\n", "utf-8")
    command = ["compare", str(file), "majority()", "--against", "gpt4_answer"]
    done = CliRunner().invoke(app, [*command, "--labels", "labels.txt"])
    assert done.exit_code == 0, done.output
    assert "labels, from the answers: neg, pos" in " ".join(done.stderr.split())
