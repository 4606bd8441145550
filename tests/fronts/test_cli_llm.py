"""The command line with a live language model: a real server process behind it."""

import csv
import json
import subprocess
import sys
from dataclasses import dataclass

import pytest
from conftest import moods

REPLIES = [["great", "pos"], ["lovely", "pos"], ["good", "pos"], ["brilliant", "pos"]]
PRICED = "chat('tiny', price=[1.0, 2.0])"


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(name="here")
def _here(sh, tmp_path, monkeypatch):
    """Type a command in a folder of files, with variables of the environment."""
    data = moods(160)
    with (tmp_path / "tickets.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["text", "label"], *zip(data.texts, data.labels, strict=True)])
    with (tmp_path / "unlabelled.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["text"], *([text] for text in data.texts)])

    def run(*args, env=()):
        with monkeypatch.context() as patch:
            for name, value in dict(env).items():
                patch.setenv(name, value)
            return Done(*sh(*args))

    return run


def alone(*args):
    """The same in a process of its own."""
    return subprocess.run([sys.executable, "-m", "underdog", *args], capture_output=True, text=True)


def test_a_live_model_is_the_incumbent_and_no_prompt_is_paid_for_twice(here, llm):
    server = llm(replies=REPLIES, otherwise="neg")
    command = ["compare", "tickets.csv", "linear()", f"fewshot({PRICED}, k=2)", "--json"]
    first = json.loads(here(*command).stdout)
    paid = len(server.log)
    assert first["incumbent"] == "fewshot(chat('tiny', price=(1.0, 2.0)), k=2)" or paid
    assert paid == first["task"]["test"]
    large = next(c for c in first["contestants"] if c["incumbent"])
    assert large["spec"].startswith("fewshot(chat('tiny'")
    assert large["dollars_per_1000"] > 0
    assert large["latency"]["samples"] == paid
    again = json.loads(alone(*command).stdout)
    assert len(server.log) == paid
    same = next(c for c in again["contestants"] if c["incumbent"])
    assert same["dollars_per_1000"] == pytest.approx(large["dollars_per_1000"])


def test_a_bare_model_that_writes_is_asked_for_labels(here, llm):
    llm(replies=REPLIES, otherwise="neg")
    done = here("compare", "tickets.csv", "linear()", "chat('tiny')", "--json")
    assert done.returncode == 0, done.stderr
    assert any(
        c["spec"] == "fewshot(chat('tiny'), k=0)" for c in json.loads(done.stdout)["contestants"]
    )


def test_a_model_that_names_no_label_is_quoted(here, llm):
    llm(otherwise="I would rather not.")
    done = here("compare", "tickets.csv", "majority()", f"fewshot({PRICED}, k=0)", "--quiet")
    assert done.returncode == 0
    said = " ".join(done.stdout.split())
    assert "skipped: fewshot(chat('tiny'" in said
    assert "named none of the labels" in said
    assert "I would rather not." in said


def test_a_missing_key_and_a_refused_connection_are_told_with_the_remedy(here):
    no_key = {"OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""}
    done = here("compare", "tickets.csv", "chat('gpt-5-mini')", "--quiet", env=no_key)
    assert done.returncode == 1
    assert "export OPENAI_API_KEY" in done.stderr
    closed = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    done = here("compare", "tickets.csv", "chat('tiny', retries=0)", "--quiet", env=closed)
    assert done.returncode == 1
    assert "127.0.0.1:9" in done.stderr


def test_what_was_computed_before_a_failure_is_kept(here, llm, tmp_path):
    llm(replies=REPLIES, otherwise="neg", key="the-right-one")
    done = here("compare", "tickets.csv", "linear()", "chat('tiny')", "--quiet")
    assert done.returncode == 0
    assert "skipped: fewshot(chat('tiny'), k=0)" in done.stdout
    assert any((tmp_path / "tickets-report" / "partial").iterdir())
    right = {"OPENAI_API_KEY": "the-right-one"}
    done = here("compare", "tickets.csv", "linear()", "chat('tiny')", "--quiet", env=right)
    assert "skipped" not in done.stdout
    assert not (tmp_path / "tickets-report" / "partial").exists()


def test_a_plan_tells_the_price_and_pays_nothing(here, llm, tmp_path):
    server = llm(replies=REPLIES)
    asked = ["plan", "unlabelled.csv", "--labels", "pos,neg", "--llm", PRICED]
    done = here(*asked)
    assert done.returncode == 0, done.stderr
    assert "on 160 texts: about $0." in done.stdout
    assert "one prompt, as it would be sent" in done.stdout
    assert json.loads(here(*asked, "--json").stdout)["cost"]["calls"] == 160
    done = here(*asked[:-1], "chat('tiny')")
    assert "the price is unknown" in done.stdout
    assert "price=[" in done.stdout
    (tmp_path / "half.csv").write_text("text,label\n" + "a,pos\nb,neg\nc,\nd,\n")
    done = here("plan", "half.csv", "--label", "label", "--llm", PRICED)
    assert "on 4 texts" in done.stdout, done.stderr
    assert server.log == []


def test_a_plan_needs_a_language_model(here):
    done = here("plan", "unlabelled.csv", "--labels", "pos,neg", "--llm", "linear()")
    assert done.returncode == 1
    assert "--llm" in done.stderr


def test_labels_can_be_learned_from_a_live_model_that_is_asked_once(here, llm):
    server = llm(replies=REPLIES, otherwise="neg")
    recipe = f"frugal(linear(), fewshot({PRICED}, k=0), risk=0.2)"
    done = here("fit", "unlabelled.csv", recipe, "--labels", "pos,neg", "--out", "model")
    assert done.returncode == 0, done.stderr
    assert len(server.log) == 160
    assert here("answer", "model", "a great film and a plot number 3").stdout == "pos\n"
