"""`underdog explain`: in a terminal, as JSON and as a page; nothing in a text is sent or run."""

import csv
import json

import pytest
from conftest import moods

from underdog.models.linear.recipe import Linear
from underdog.report.explaining.shown import features
from underdog.runtime.persist import save
from underdog.runtime.registry import build

EVIL = "great \x1b[31m<script>alert(1)</script> \u202e<img src=x onerror=alert(1)> dull"


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "moods"
    save(Linear().fit(moods(80)), folder)
    return folder


def test_a_text_is_explained_in_the_terminal(sh, folder):
    code, output, _ = sh("explain", folder, "a great film", "one")
    assert code == 0
    assert "pos" in output
    assert "great" in output
    assert "without the first words the score falls by" in output
    assert "fewest edits" in output


def test_the_mistakes_of_a_file_come_first_in_json_and_html(sh, folder, tmp_path):
    with (tmp_path / "new.csv").open("w", newline="") as file:
        rows = [["a great film", "pos"], ["a good song", "neg"], [EVIL, "pos"]]
        csv.writer(file).writerows([["text", "label"], *rows])
    typed = ("explain", folder, "new.csv", "--label", "label", "--rows", "3", "--out", "p.html")
    code, output, error = sh(*typed, "--json", "--data", "new.csv")
    assert code == 0, error
    found = json.loads(output)["explanations"]
    assert (found[0]["text"], found[0]["gold"]) == ("a good song", "neg")
    first = found[0]
    added = [sum(t["contributions"][k] for t in first["tokens"]) for k in (0, 1)]
    assert [b + a for b, a in zip(first["base"], added, strict=True)] == pytest.approx(
        first["output"]
    )
    assert first["faithfulness"]["normalised"] <= 1
    assert first["nearest"]
    page = (tmp_path / "p.html").read_text("utf-8")
    assert "<script>" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "\x1b" not in page
    assert 'class="for-' in page


def test_escape_sequences_are_shown_and_not_sent(sh, folder):
    code, output, _ = sh("explain", folder, EVIL)
    assert code == 0
    assert "\x1b" not in output
    assert "\u241b[31m" in output
    code, output, _ = sh("explain", folder, "")
    assert "there are no words in the text" in output


def test_what_speaks_for_each_label_is_told_of_models_and_of_columns(sh, folder, tmp_path):
    assert "words     for neg: " in sh("show", folder)[1]
    rows = [
        f"order {i},{('web', 'shop')[i % 2]},{('late', 'fine')[(i + (i % 9 == 0)) % 2]}"
        for i in range(90)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["text,via,label", *rows]), "utf-8")
    assert sh("fit", "t.csv", "boosted()", "--label", "label", "--out", "m")[0] == 0
    code, output, error = sh("explain", "m", "t.csv", "--label", "label", "--out", "why.html")
    assert code == 0, error
    assert "columns for fine: " in output
    assert "Columns that speak for each answer" in (tmp_path / "why.html").read_text("utf-8")


def test_what_a_feature_adds_to_one_of_two_labels_is_taken_from_the_other():
    told = [{"name": "size", "value": "3", "contributions": [0.0, -2.0]}]
    found = {"labels": ["neg", "pos"], "explains": "neg", "output": [0.9, 0.1], "features": told}
    assert features({**found, "scale": "probability"}) == [("size", "3", "+2.00")]


def test_what_cannot_be_explained_is_refused_in_a_sentence(sh, folder):
    code, _, error = sh("explain", folder, "one\ttwo", "--pair")
    assert code == 1
    assert "fitted on single texts" in error
    assert "Traceback" not in error


def test_a_model_card_states_data_performance_by_group_and_limits(sh, tmp_path):
    data = moods(120)
    with (tmp_path / "t.csv").open("w", newline="") as file:
        rows = zip(data.texts, data.labels, ["<b>", "|x"] * 60, strict=True)
        csv.writer(file).writerows([["text", "label", "shop"], *rows])
    assert sh("fit", "t.csv", "glassbox()", "--label", "label", "--out", "m")[0] == 0
    code, output, _ = sh("show", "m")
    assert code == 0
    assert "rule      +" in output
    code, card, _ = sh("show", "m", "--card")
    assert code == 0
    for part in ("Intended purpose", "Training data", "Measured performance", "Limits"):
        assert f"## {part}" in card
    assert "| label: pos | " in card
    code, card, _ = sh("show", "m", "--card", "--data", "t.csv", "--label", "label")
    assert code == 0
    assert "Method: exact: the points of a readable model. Measured: over 20 texts" in card
    assert "| shop: &lt;b> | 60 |" in card
    assert "| shop: \\|x | 60 |" in card
    assert "on the 120 labelled rows" in card
    assert "fitted on these rows" in card
    code, _, _ = sh("show", "m", "--card", "--out", "card.html")
    page = (tmp_path / "card.html").read_text("utf-8")
    assert code == 0
    assert "default-src 'none'" in page
    assert "<bdi>shop: &lt;b&gt;</bdi>" in page
    assert "<b>" not in page
    assert "Intended purpose" in json.loads(sh("show", "m", "--card", "--json")[1])["sections"]


@pytest.mark.parametrize(
    ("kind", "labels", "says"),
    [("number", ["1.5", "3", "4.5"], "gives a text like those of t a number"),
     ("labels", ["bad; dull", "good", "good; funny"], "a set of 4 labels")],
)  # fmt: skip
def test_the_card_of_graded_answers_tells_a_mean_grade(sh, tmp_path, kind, labels, says):
    with (tmp_path / "t.csv").open("w", newline="") as file:
        rows = [[f"a {['bad', 'odd', 'good'][i % 3]} film {i}", labels[i % 3]] for i in range(60)]
        csv.writer(file).writerows([["text", "label"], *rows])
    made = sh("fit", "t.csv", "linear()", "--label", "label", "--kind", kind, "--out", "m")
    assert made[0] == 0, made[2]
    for more in ([], ["--data", "t.csv", "--label", "label"]):
        code, card, error = sh("show", "m", "--card", *more)
        assert code == 0, error
        assert says in card
        assert "Mean grade, " in card
        share = float(card.partition("Mean grade, ")[2].partition(" %")[0].rpartition(", ")[2])
        assert share > 50 or kind == "number"
    assert "right on" not in sh("show", "m")[1]


def test_a_study_explains_the_surest_mistakes_of_its_best_model(sh, tmp_path):
    data = moods(120, noise=7)
    with (tmp_path / "t.csv").open("w", newline="") as file:
        texts = [f"{text} <script>x</script>" for text in data.texts]
        csv.writer(file).writerows([["text", "label"], *zip(texts, data.labels, strict=True)])
    code, _, error = sh("compare", "t.csv", "glassbox(features=6)", "majority()", "--out", "r")
    assert code == 0, error
    found = json.loads((tmp_path / "r" / "results.json").read_text("utf-8"))["mistakes"]
    assert found["spec"] == "glassbox(features=6)"
    assert 0 < len(found["explanations"]) <= 5
    assert all(one["answer"] != one["gold"] for one in found["explanations"])
    page = (tmp_path / "r" / "report.html").read_text("utf-8")
    assert "Why the best small model is wrong" in page
    assert "<script>x" not in page


def test_an_abstention_has_no_confidence(sh, tmp_path):
    save(build("keywords('p', ['great'])"), tmp_path / "m")
    code, output, _ = sh("explain", "m", "a dull film")
    assert code == 0
    assert "no answer" in output
    assert "100.0 %" not in output
