"""`underdog repair` and `underdog fit` with a teacher, as they are typed."""

import csv
import json

import pytest
from conftest import moods


@pytest.fixture(name="logs")
def _logs(tmp_path):
    """Labels of which every eighth is wrong, right ones beside them, and a file of texts alone."""
    noisy, right = moods(120, noise=8), moods(120, noise=300)
    rows = list(zip(noisy.texts, noisy.labels, right.labels, strict=True))
    for name, header, lines in (
        ("logs.csv", ["text", "label", "second"], rows),
        ("texts.csv", ["text", "answer"], [(text, second) for text, _, second in rows]),
    ):
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *lines])


def test_repair_writes_new_labels_beside_the_old_ones(sh, logs):
    words = ["repair", "logs.csv", "--label", "label", "--student", "bayes()"]
    by = "recorded('second', price=0.01)"
    code, said, _ = sh(*words, "--by", by, "--out", "new.csv", "--json")
    assert code == 0
    told = json.loads(said)
    with open("new.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    changed = [row for row in rows if row["label_was"]]
    assert told["asked"] == 18
    assert told["dollars"] == pytest.approx(0.18)
    assert 0 < len(changed) == told["changed"]
    assert all(row["label"] == row["second"] != row["label_was"] for row in changed)
    assert sh(*words, "--by", by, "--out", "new.csv")[0] == 1
    code, said, _ = sh(*words, "--by", by, "--out", "new.csv", "--yes")
    assert "a changed label" in said


def test_what_does_not_learn_cannot_look_for_wrong_labels(sh, logs):
    by = ["--by", "recorded('second')", "--student", "scripted([])"]
    code, _, said = sh("repair", "logs.csv", "--label", "label", *by, "--out", "new.csv")
    assert code == 1
    assert "does not learn" in said


def test_a_file_without_labels_is_distilled(sh, logs):
    spec = "distil(bayes(), recorded('answer', price=0.01), asks=60)"
    code, said, _ = sh("fit", "texts.csv", spec, "--labels", "pos,neg", "--out", "m")
    assert code == 0
    assert "learned from 60 answers of recorded('answer', price=0.01)" in said
    code, said, _ = sh("answer", "m", "a great film")
    assert (code, said) == (0, "pos\n")


def test_a_teacher_that_costs_money_is_asked_with_consent_only(sh, logs, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    spec = "distil(bayes(), chat('gpt-5-mini'))"
    code, _, said = sh("fit", "texts.csv", spec, "--labels", "pos,neg", "--out", "m")
    assert code == 1
    assert "costs money" in said
