"""`underdog judge` as it is typed: what it prints, writes and refuses."""

import csv
import json

import pytest


@pytest.fixture(name="cases")
def _cases(tmp_path):
    with (tmp_path / "cases.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["source", "output", "rating", "note"])
        for i in range(240):
            made_up = i % 3 == 0
            said = f"Case {i} was closed.{' <b>Unicorns</b> sang.' if made_up else ''}"
            writer.writerow([f"case {i} was closed in spring", said, 1 - made_up, "x"])
    return tmp_path / "cases.csv"


def test_it_prints_a_table_and_a_guarantee_and_writes_three_files(sh, cases, tmp_path):
    code, out, err = sh("judge", "cases.csv", "--score", "overlap()")
    assert code == 0, err
    assert max(map(len, out.splitlines()[:4])) <= 80
    assert "baseline" in out
    assert "at most 5 % are bad" in out
    folder = tmp_path / "cases-judge"
    with (folder / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 240
    assert {"note", "score overlap", "score word_count"} <= set(rows[0])
    page = (folder / "report.html").read_text("utf-8")
    assert "<mark>&lt;b&gt;Unicorns&lt;/b&gt; sang.</mark>" in page
    assert "Content-Security-Policy" in page
    assert json.loads((folder / "results.json").read_text("utf-8"))["leader"] == "overlap"


def test_json_is_the_results_and_quiet_is_silent(sh, cases):
    code, out, err = sh("judge", "cases.csv", "--score", "overlap()", "--json", "--quiet")
    found = json.loads(out)
    assert code == 0
    assert not err
    assert found["judged"] == 240
    assert found["threshold"]["least"] is not None


def test_another_judgement_is_replaced_only_if_told_and_a_file_of_ones_own_never(
    sh, cases, tmp_path
):
    for _ in range(2):  # of the same file it is
        assert sh("judge", "cases.csv", "--score", "overlap()", "--out", "found")[0] == 0
    (tmp_path / "more.csv").write_text(cases.read_text())
    code, _, err = sh("judge", "more.csv", "--score", "overlap()", "--out", "found")
    assert code == 1
    assert "--yes" in err
    assert sh("judge", "more.csv", "--score", "overlap()", "--out", "found", "--yes")[0] == 0
    (tmp_path / "found" / "mine.txt").write_text("keep me")
    code, _, err = sh("judge", "more.csv", "--score", "overlap()", "--out", "found", "--yes")
    assert code == 1
    assert "did not write" in err


def test_a_learned_score_is_kept_and_grades_without_ratings(sh, cases):
    learned = "learned([overlap()])"
    code, out, err = sh("judge", "cases.csv", "--score", learned, "--keep", "kept")
    assert code == 0, err
    code, out, err = sh(
        *("judge", "cases.csv", "--score", "learned(folder='kept')", "--rating", "", "--yes"),
    )
    assert code == 0, err
    assert "learned(folder='kept')" in out
    code, _, err = sh("judge", "cases.csv", "--score", "overlap()", "--keep", "none", "--yes")
    assert code == 1
    assert "no score was learned" in " ".join(err.split())


def test_a_role_may_be_denied_and_a_score_must_be_one(sh, cases):
    code, out, _ = sh("judge", "cases.csv", "--score", "word_count()", "--rating", "")
    assert code == 0
    assert "There are no ratings" in out
    code, _, err = sh("judge", "cases.csv", "--score", "word_count()", "--risk", "0")
    assert code == 1
    assert "percentage between 0 and 100" in " ".join(err.split())
    code, _, err = sh("judge", "cases.csv", "--score", "linear()")
    assert code == 1
    assert "no score of outputs" in " ".join(err.split())
