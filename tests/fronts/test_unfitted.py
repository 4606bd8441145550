"""`underdog answer` with a spec in the place of a folder: what needs no fit answers, all else says
what to type.
"""

import csv

import pytest

from underdog.core.errors import UnderdogError
from underdog.fronts.labelling.unfitted import unfitted


@pytest.mark.parametrize(
    ("spec", "labels", "problem"),
    [
        ("linear()", "", "has to be fitted.*\n.*underdog fit FILE"),
        ("fewshot(llama('smollm2'), k=8)", "good,bad", "shows 8 labelled texts.*\n.*k=0"),
        ("fewshot(llama('smollm2'), k=0)", "", "no labels.*\n.*--labels"),
        ("keywords('spam', ['free'])", "spam,ham", "cannot be told which labels"),
        ("lookup()", "", "neither a learner nor a model"),
    ],
)
def test_what_cannot_answer_as_it_stands_says_what_to_type(spec, labels, problem):
    with pytest.raises(UnderdogError, match=f"(?s){problem}"):
        unfitted(spec, tuple(labels.split(",") if labels else ()))


def test_a_model_that_is_not_trained_answers_from_its_spec(sh):
    code, out, _ = sh("answer", "keywords('spam', ['free'])", "a free prize")
    assert (code, out.strip()) == (0, "spam")


def test_a_saved_model_has_its_labels(sh):
    code, _, error = sh("answer", "FOLDER", "a text", "--labels", "a,b")
    assert code == 1
    assert "leave out --labels" in error


def test_a_language_model_chooses_a_label_for_each_row_of_a_file(sh, tmp_path, smollm2):
    (tmp_path / "in.csv").write_text("text\nwhat a good film\nan awful film\n")
    command = ("answer", "llama('smollm2', chat=False)", "in.csv", "--out", "out.csv")
    code, _, _ = sh(*command, "--labels", "positive,negative")
    assert code == 0
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == ["what a good film", "an awful film"]
    assert all(row["value"] in ("positive", "negative") for row in rows)
    assert all(0.5 <= float(row["confidence"]) <= 1 for row in rows)
