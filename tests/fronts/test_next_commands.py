"""Every command that a verdict prints runs as it stands, and does what the verdict says."""

import csv
import json
import random
import shlex
from pathlib import Path

import pytest

from underdog.fronts.adjudication import AdjudicationServer
from underdog.fronts.cli.studies.next_step import after_judging
from underdog.fronts.gateway import server

GOOD, BAD = ("great", "lovely", "good", "fine"), ("awful", "dull", "poor", "weak")
OTHER = {"pos": "neg", "neg": "pos"}


def rows(n: int, wrong: float = 0.0, vague: float = 0.0, slip: float = 0.0):
    """Texts, right answers and a large model's; ``wrong`` and ``slip`` of the answers are wrong.

    Of the ``vague`` texts only the large model can tell the answer.
    """
    rng, found = random.Random(0), []
    for i in range(n):
        y = rng.choice(("pos", "neg"))
        word = "thing" if rng.random() < vague else rng.choice(GOOD if y == "pos" else BAD)
        said = OTHER[y] if rng.random() < wrong else y
        gold = OTHER[y] if rng.random() < slip else y
        found.append((f"a {word} film number {i}", gold, said))
    return found


@pytest.fixture(name="study")
def _study(sh, tmp_path, monkeypatch):
    """Compare on a file, and the commands that are printed after the verdict, by their word."""
    monkeypatch.setattr(server, "serve", lambda gateway, ready: ready(8010))
    monkeypatch.setattr(AdjudicationServer, "serve_forever", lambda _: None)

    def run(header: str, lines, *options: str):
        with (tmp_path / "my logs.csv").open("w", newline="") as file:
            csv.writer(file).writerows([header.split(), *lines])
        code, out, err = sh("compare", "my logs.csv", "bayes()", "--text", "text", *options)
        assert code == 0, err
        parts = [line.split(": underdog ") for line in out.splitlines() if ": underdog " in line]
        commands = {part[0]: part[1] for part in parts if part[0] in ("next", "then", "later")}
        done = ""
        for command in commands.values():
            code, done, err = sh(*shlex.split(command))
            assert code == 0, (command, err)
        return json.loads((tmp_path / "my logs-report/results.json").read_text()), commands, done

    return run


def decision(found) -> str:
    return found["verdict"]["decision"]


def test_ship(study):
    found, commands, done = study("text label llm", rows(500, wrong=0.2), "--against", "llm")
    assert decision(found) == "ship"
    assert [*commands] == ["next", "then", "later"]
    assert commands["next"].startswith("fit 'my logs.csv' 'bayes()'")
    assert commands["then"] == "serve 'models/my logs'"
    assert done.startswith("No change was found in 500 texts")
    assert "the very texts that the model was fitted on" in done


def test_ship_with_deferral(study, tmp_path):
    lines = rows(800, vague=0.4, slip=0.01)
    found, commands, _ = study("text label llm", lines, "--against", "llm", "--margin", "5")
    assert decision(found) == "ship with deferral"
    assert commands["then"] == "answer 'models/my logs' 'my logs.csv' --out labelled.csv"
    labelled = (tmp_path / "labelled.csv").read_text("utf-8")
    assert len(labelled.splitlines()) == 801
    assert "deferred" not in labelled


def test_keep(study):
    lines = rows(300, vague=1.0, wrong=0.02)
    found, commands, _ = study("text label llm", lines, "--against", "llm")
    assert (decision(found), commands) == ("keep the large model", {})


def test_best_so_far(study):
    found, commands, _ = study("text team", [row[:2] for row in rows(200)], "--label", "team")
    assert decision(found) == "best so far"
    assert "--label team" in commands["next"]


def test_not_enough_evidence_where_every_row_has_gold_tests_on_all_rows(study):
    lines = rows(150, slip=0.05)
    found, commands, _ = study("text label llm", lines, "--against", "llm")
    assert commands["next"].endswith("--folds 5")
    assert found["task"]["test"] == 150  # by the command that was printed
    assert decision(found) == "not enough evidence"
    assert found["verdict"]["settled_by"] == "labels"
    assert any("more rows" in line for line in found["verdict"]["against"])


def test_not_enough_evidence_where_gold_is_partial_is_adjudicated(study):
    lines = [(text, gold if i < 200 else "", said)
             for i, (text, gold, said) in enumerate(rows(500, wrong=0.02, slip=0.02))]  # fmt: skip
    _, commands, _ = study("text label llm", lines, "--against", "llm", "--label", "label")
    assert commands == {"next": "adjudicate 'my logs-report'"}


def test_after_judging_the_model_is_fitted_as_the_study_was_read():
    results = {
        "command": "underdog compare 'my logs.csv' 'bayes()' --against llm --map=a=b --text text",
        "task": {"protocol": "held out; accuracy means agreement with recorded('llm')"},
        "verdict": {"decision": "ship", "contestant": "bayes()"},
    }
    assert after_judging(results, Path("r-report")) == (
        "underdog fit 'my logs.csv' 'bayes()' --against llm --map a=b --text text --out models/r"
    )
    assert after_judging(results | {"command": None}, Path("r")) == ""


def test_agreement_without_gold(study, tmp_path):
    lines = [(text, f"Label: **{said.title()}**.") for text, _, said in rows(500, wrong=0.2)]
    found, commands, _ = study("text llm", lines, "--against", "llm", "--folds", "5")
    assert decision(found) == "not enough evidence"
    assert commands == {"next": "adjudicate 'my logs-report'"}
    found, commands, _ = study("text llm", lines, "--against", "llm", "--margin", "40")
    assert decision(found) in ("ship", "ship with deferral")
    assert "--against llm" in commands["next"]
    saved = json.loads((tmp_path / "models/my logs/model.json").read_text("utf-8"))
    assert "Label:" not in json.dumps(saved["record"]["labels"] if "record" in saved else saved)
