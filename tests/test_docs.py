"""The documentation is run: Python blocks as one program a page, commands in a shell's place."""

import csv
import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from conftest import moods

from tools import house, numbers
from underdog.study.runs import lineup

ROOT = Path(__file__).parents[1]
SKETCHES = {"design.md", "chapters.md"}
"""Pages whose code shows a shape, or is run by tests of its own; the others are programs."""
WRITTEN = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES = [page for page in WRITTEN if page.name not in SKETCHES]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
NOT_RUN = re.compile(r"^(pip|make|git|export) ")
"""What a reader types before there is an underdog to test."""
QUICK = {"majority()": (), "linear()": ()}
"""The line-up of these tests: tests of their own fit each of the others."""


def blocks(page: Path, kind: str) -> list[str]:
    return [body for language, body in BLOCK.findall(page.read_text("utf-8")) if language == kind]


def commands(page: Path) -> list[str]:
    lines = [line for body in blocks(page, "console") for line in body.splitlines()]
    typed = [line[2:].partition("  #")[0].strip() for line in lines if line.startswith("$ ")]
    return [command for command in typed if not NOT_RUN.match(command)]


SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, amount REAL);
INSERT INTO customers VALUES (1, 'Ada'), (2, 'Kurt');
INSERT INTO orders VALUES (1, 1, 10), (2, 1, 20), (3, 2, 99);
"""
"""The tables of the database that the pages speak of."""


@pytest.fixture(name="desk")
def _desk(tmp_path, monkeypatch):
    """A folder with the files that the pages speak of."""
    data = moods(600)
    swap = {"pos": "neg", "neg": "pos"}
    rows = [
        [text, label, swap[label] if i % 11 == 0 else label, "0.009"]
        for i, (text, label) in enumerate(zip(data.texts, data.labels, strict=True))
    ]
    for name, width in (
        ("tickets.csv", 2),
        ("logs.csv", 4),
        ("new-logs.csv", 4),
        ("unlabelled.csv", 1),
    ):
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as file:
            header = ["text", "label", "gpt4_answer", "gpt4_cost"]
            lines = [row[:width] for row in rows]
            if name == "new-logs.csv":  # texts that no model was fitted on
                lines = [[f"{text} indeed", *rest] for text, *rest in lines]
            csv.writer(file).writerows([header[:width], *lines])
    _decided(tmp_path, rows)
    _loans(tmp_path)
    _other_kinds(tmp_path)
    _handbook(tmp_path / "handbook")
    _rated(tmp_path)
    _sampled(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _handbook(folder: Path) -> None:
    """Documents to search."""
    folder.mkdir()
    (folder / "travel.md").write_text(
        "# Travel\n\nTrains are booked in second class.\n\n# Hotels\n\n"
        "A hotel may cost 120 euros a night. Receipts are handed in within 30 days.\n",
        "utf-8",
    )
    database = sqlite3.connect(folder.parent / "shop.db")
    database.executescript(SHOP)
    database.close()
    rates = "city,hotel_cost\nParis,140\nBerlin,120\n"
    (folder / "rates.csv").write_text(rates, "utf-8")
    (folder / "office.txt").write_text("The office opens at seven. Keys are at the desk.\n")


def _loans(folder: Path) -> None:
    """A table without texts: amount and plan decide."""
    with (folder / "loans.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "amount", "plan", "decision", "gpt4_answer"])
        for i in range(120):
            amount, plan = 37 * i % 101 * 20, ("basic", "gold")[i % 2]
            good = amount < (1500 if plan == "gold" else 700)
            said = "approve" if good != (i % 11 == 0) else "refuse"
            writer.writerow([f"L{i}", amount, plan, "approve" if good else "refuse", said])


def _decided(folder: Path, rows: list[list[str]]) -> None:
    """Answers of a decision model with its probabilities, and what the labels mean."""
    with (folder / "decided.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "jev", "jev_probs"])
        for text, label, said, _ in rows[:400]:
            other = {"pos": "neg", "neg": "pos"}[said]
            writer.writerow([text, label, said, json.dumps({said: 0.97, other: 0.03})])
    means = {"pos": "praise, or thanks", "neg": "blame"}
    (folder / "meanings.json").write_text(json.dumps(means), "utf-8")


def _other_kinds(folder: Path) -> None:
    """Files whose answers are sets of labels, numbers and texts."""
    cues = {"billing": "invoice", "refund": "money", "login": "password"}
    tables: dict[str, list[list[object]]] = {
        "tagged.csv": [["text", "labels", "gpt4_answer"]],
        "reviews.csv": [["text", "rating", "gpt4_answer"]],
        "questions.csv": [["question", "reference", "gpt4_answer"]],
    }
    for i in range(240):
        mine = [label for k, label in enumerate(cues) if (i >> k) % 2]
        words = " ".join(cues[label] for label in mine)
        wrote = ", ".join(mine if i % 5 else mine[:1]) or "none"
        tables["tagged.csv"].append([f"please {words} number {i}", ";".join(mine), wrote])
        good = i % 5
        text = f"{'great ' * good}{'awful ' * (4 - good)}film {i}"
        tables["reviews.csv"].append([text, 1 + good, f"Rating: {min(5, 1 + good + i % 2)}/5"])
        answer = f"the sum of both is {i + 7}"
        said = answer if i % 4 else "I do not know"
        tables["questions.csv"].append([f"what is {i} and seven?", answer, said])
    for name, rows in tables.items():
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)


def _sampled(folder: Path) -> None:
    """Outputs with further samples, log-probabilities and ratings."""
    with (folder / "sampled.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "output", "samples", "logprobs", "rating"])
        for i in range(120):
            others = [
                "In Rome.",
                "In Rome." if i % 3 else "In Oslo.",
                "Rome." if i % 3 else "Lima.",
            ]
            logprobs = json.dumps([-0.1 - i % 7 / 20, -0.2 if i % 3 else -1.5])
            row = [f"Where was meeting {i}?", "In Rome.", json.dumps(others), logprobs]
            writer.writerow([*row, int(i % 3 > 0)])


def _rated(folder: Path) -> None:
    """Outputs with what they were made from, right answers and ratings."""
    with (folder / "answers.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["source", "question", "reference", "output", "rating"])
        for i in range(200):
            place = ["Paris", "Rome", "Oslo", "Bern"][i % 4]
            said = place if i % 3 else "Atlantis"
            output = f"The meeting number {i} was held in {said}. {'It rained. ' * (i % 5)}"
            source = (
                f"In {2000 + i % 20} the meeting number {i} was held in {place}, and it rained."
            )
            reference = f"It was held in {place}."
            writer.writerow(
                [source, f"Where was meeting {i}?", reference, output, 5 if i % 3 else 1]
            )


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=lambda p: p.name)
def test_the_python_of_the_page_runs(page, desk, llm):
    server = llm(replies=[["good", "positive"], ["bad", "negative"]], models=["gpt-5-mini"])
    program = "\n".join(blocks(page, "python"))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    if page.name == "llm.md":
        assert len(server.log) == 3  # one label, two completions, and nothing twice


def shell(command: str) -> int:
    """Type ``command`` in a process of its own: the exit code."""
    words = [sys.executable, "-m", *shlex.split(command)]
    return subprocess.run(words, env={**os.environ, "PYTHONPATH": str(ROOT)}).returncode


@pytest.mark.filterwarnings("default")  # they are notes, as in a shell
@pytest.mark.parametrize("page", [p for p in PAGES if commands(p)], ids=lambda p: p.name)
def test_the_commands_of_the_page_run(page, desk, sh, monkeypatch):
    monkeypatch.setattr(lineup, "LINE_UP", QUICK)
    for command in commands(page):
        words = shlex.split(command)
        if words[:2] == ["python", "-m"]:  # a program of the repository
            code, told = import_module(f"{words[2]}.__main__").main(words[3:]), ""
        else:
            assert words[0] == "underdog", f"cannot run {command!r}"
            code, _, told = sh(*words[1:])
        assert code == 0, f"{command}\n{told}"


def test_commands_run_in_a_process_of_their_own(desk):
    for command in (
        "underdog compare logs.csv 'linear()' --against gpt4_answer",
        "underdog fit tickets.csv 'bayes()' --out models/tickets",
    ):
        assert shell(command) == 0, command


def test_the_house_is_as_its_modules_say():
    written = (ROOT / "docs" / "house.md").read_text("utf-8")
    assert written == "\n".join(house.lines()), "python -m tools.house > docs/house.md"


def test_every_module_says_what_it_is_for():
    for module in house.PACKAGE.rglob("*.py"):
        assert house.phrase(module).endswith((".", "?", ":", "`")), f"{module} has no phrase"


def test_the_numbers_of_the_pages_are_those_of_the_results():
    for page in numbers.pages():
        written = page.read_text("utf-8")
        assert numbers.filled(written) == written, f"{page.name}: python -m tools.numbers"


def test_every_result_says_which_command_printed_it_and_when():
    quoted = "".join(page.read_text("utf-8") for page in numbers.pages())
    for path in sorted(numbers.RESULTS.glob("*.json")):
        result = json.loads(path.read_text("utf-8"))
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", result["date"]), path.name
        assert re.match(r"python -m |make ", result["command"]), path.name
        assert f"numbers: {path.stem} -->" in quoted, f"no page quotes {path.name}"
