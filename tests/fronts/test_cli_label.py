"""`underdog label`: files and cards written, budgets kept, stopped runs continued."""

import csv
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import moods

import underdog as ud

MOODS = [["great", "pos"], ["dull", "neg"]]
BY = "fewshot(scripted([['great', 'pos'], ['dull', 'neg']], dollars_per_word=0.001), k=0)"


@pytest.fixture(name="texts")
def _texts(tmp_path):
    """A file of sixty texts, of which the first ten have a label."""
    data = moods(61, noise=99).take(range(1, 61))
    with (tmp_path / "texts.csv").open("w", newline="", encoding="utf-8") as file:
        rows = zip(range(60), data.texts, data.labels, strict=True)
        lines = ([i, text, label if i < 10 else ""] for i, text, label in rows)
        csv.writer(file).writerows([["id", "text", "gold"], *lines])
    return "texts.csv"


def rows_of(name):
    with Path(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def typed(file, out, *more):
    return ["label", file, "--label", "gold", "--labels", "pos,neg", "--out", out, *more]


def test_every_label_says_who_gave_it_at_what_price_from_which_prompt(sh, texts):
    code, said, _ = sh(*typed(texts, "out.csv", "--by", BY, "--licence", "CC0"))
    assert code == 0, said
    rows = rows_of("out.csv")
    new = ["label", "confidence", "annotator", "price", "prompt"]
    assert list(rows[0]) == ["text", "gold", "id", *new]
    first = rows[0]
    assert (first["label"], first["gold"], first["annotator"]) == ("neg", "neg", BY)
    assert float(first["price"]) > 0
    card = Path("out.card.md").read_text("utf-8")
    assert f"### {first['prompt']}" in card
    assert "Text: {text}" in card
    assert "as stated: CC0" in card
    assert "next: underdog fit out.csv 'linear()' --label label" in said
    assert sh(*shlex.split(said.splitlines()[-1])[2:])[0] == 0


@pytest.mark.parametrize("ending", ["parquet", "jsonl", "openai.jsonl"])
def test_every_format_can_be_read_again(sh, texts, ending):
    assert sh(*typed(texts, f"out.{ending}", "--by", BY, "--soft"))[0] == 0
    data = ud.read(f"out.{ending}", label=None if "openai" in ending else "label").data
    said = "a great film" if "openai" not in ending else "great"
    assert {y for t, y in zip(data.texts, data.labels, strict=True) if said in t} == {"pos"}


def test_several_annotators_show_their_votes_and_both_ways_to_combine_them(sh, texts):
    rule = "keywords('neg', ['dull', 'awful', 'bad', 'poor'])"
    code, said, _ = sh(*typed(texts, "out.jsonl", "--by", BY, "--by", rule, "--soft"))
    assert code == 0
    assert "em: 100.0 % of" in said
    assert "majority: 100.0 % of" in said
    rows = [json.loads(line) for line in Path("out.jsonl").read_text("utf-8").splitlines()]
    dull = next(row for row in rows if "dull" in row["text"])
    assert dull["votes"] == {BY: "neg", rule: "neg"}
    assert sum(dull["soft"].values()) == pytest.approx(1, abs=1e-5)


def test_a_budget_stops_the_run_and_a_larger_one_continues_it(sh, texts):
    code, said, _ = sh(*typed(texts, "out.csv", "--by", BY, "--budget", "$0.50"))
    assert code == 0
    assert "the budget is used up" in said
    paid = sum(float(row["price"]) for row in rows_of("out.csv"))
    assert 0.3 < paid <= 0.5
    code, said, _ = sh(*typed(texts, "out.csv", "--by", BY, "--budget", "50"))
    assert code == 0
    assert "of them asked about by an earlier run" in said
    assert all(float(row["price"]) > 0 for row in rows_of("out.csv"))
    assert sh(*typed(texts, "out.csv", "--by", BY))[0] == 1  # finished: it is the user's now


def test_a_paid_model_is_asked_with_consent_only(sh, texts, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    code, _, said = sh(*typed(texts, "out.csv", "--by", "chat('gpt-5-mini')"))
    assert code == 1
    assert "costs money" in said


@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
def test_after_a_kill_no_answer_is_lost_and_none_is_paid_twice(llm, sh, texts, tmp_path):
    server = llm(replies=MOODS, delay=0.02)
    words = typed(texts, "out.csv", "--by", "chat('tiny', concurrency=1)", "--yes")
    run = subprocess.Popen(
        [sys.executable, "-m", "underdog", *words], cwd=tmp_path, stdout=subprocess.DEVNULL
    )
    while len(server.log) < 12:
        assert run.poll() is None, "it ended before it could be killed"
        time.sleep(0.005)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert sh(*words)[0] == 0
    asked = [line["prompt"] for line in server.log]
    assert len(asked) - len(set(asked)) <= 1  # the one on its way at the kill
    assert len(set(asked)) == len(rows_of(tmp_path / "out.csv")) == 60


def test_a_start_without_labels_and_again_when_labels_have_come(sh, texts):
    by = ["--bootstrap", BY, "--text", "text"]
    study = ["compare", "new.csv", "majority()", "bayes()", *by]
    rows = rows_of(texts)
    for known in (0, 40):
        labels = ["pos" if "great" in row["text"] else "neg" for row in rows]
        kept = [label if i < known else "" for i, label in enumerate(labels)]
        with Path("new.csv").open("w", newline="", encoding="utf-8") as file:
            names = ["text", "gold"] if known else ["text"]
            given = [[row["text"], label] for row, label in zip(rows, kept, strict=True)]
            csv.writer(file).writerows([names, *[line[: len(names)] for line in given]])
        more = ["--label", "gold"] if known else ["--labels", "pos,neg"]
        code, said, told = sh(*study, *more, "--yes")
        assert code == 0, said + told
        assert "answered 60 texts" in told
        assert ("no text has a label yet" in told) == (known == 0)
        assert ("texts that have a label" in told) == (known > 0)
        assert "bootstrap_answer" in said
        assert len(rows_of("new-bootstrap.csv")) == 60
    code, said, told = sh(*study, *more, "--against", "gold")
    assert (code, "leave out --against" in said + told) == (1, True)
    code, said, told = sh("compare", "new.csv", *by, "--text", "text", "--yes", "--labels", "pos")
    assert code == 1


def test_the_file_of_answers_is_replaced_only_if_it_was_written_by_a_bootstrap(sh, texts):
    Path("texts-bootstrap.csv").write_text("mine,too\n1,2\n", encoding="utf-8")
    code, said, told = sh("compare", texts, "bayes()", "--bootstrap", BY, "--label", "gold")
    assert code == 1
    assert "texts-bootstrap.csv" in said + told
    assert Path("texts-bootstrap.csv").read_text(encoding="utf-8") == "mine,too\n1,2\n"
