"""The two studies, run for real on tiny files, and once in a first look at the real data."""

import csv
import json
import lzma
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from conftest import moods
from tiny_encoders import tiny_encoder, tiny_writer

from examples import command, plots
from examples.david_vs_goliath import __main__ as david
from examples.david_vs_goliath import questions
from examples.david_vs_goliath.leakage import leakage, seen
from examples.nli_study import __main__ as nli
from examples.sheet import amount, decimal
from examples.summary import auroc, correctness
from examples.trial import FULL, Desk, Piece, Question
from tools import studies
from underdog.core.data import Archive
from underdog.evaluate.metrics import scores
from underdog.models.linear.recipe import Bayes
from underdog.runtime.cache import Cache


def pairs_of(tmp_path, **rows):
    """Two files of pairs; of the second, half the rows have an answer on record."""
    rng = np.random.default_rng(0)
    for name, n in ((f"{part}.csv", n) for part, n in rows.items()):
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["premise", "hypothesis", "label", "llm_answer"])
            for i in range(n):
                holds = int(rng.integers(2))
                said = "it is so" if holds else "it is never so"
                answer = (holds if rng.random() < 0.8 else 1 - holds) if i % 2 else ""
                writer.writerow([f"case {name} {i}", f"{said}, {i}", holds, answer])
    return ["--train", str(tmp_path / "train.csv"), "--test", str(tmp_path / "test.csv")]


@pytest.fixture(name="pairs")
def _pairs(tmp_path):
    return pairs_of(tmp_path, train=200, test=120)


@pytest.fixture(name="reviews")
def _reviews(tmp_path):
    data = moods(400)
    path = tmp_path / "reviews.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = zip(data.texts, data.labels, strict=True)
        csv.writer(file).writerows([["text", "label"], *rows])
    return ["--train", str(path)]


def describe(folder):
    return json.loads((folder / "records.json").read_text("utf-8"))


ENSEMBLE = "ensemble(bayes(), n=3, how='bag')"


def test_the_nli_study_prints_its_tables_and_does_nothing_twice(
    pairs, tmp_path, capsys, monkeypatch
):
    out = tmp_path / "out"
    asked = [*pairs, "--large", "llm_answer", "--out", str(out), "majority()", "bayes()", ENSEMBLE]
    assert nli.main(asked) == 0
    said = capsys.readouterr().out
    for title in ("Six metrics", "against the large model", f"Members of {ENSEMBLE}"):
        assert title in said
    assert "On the 60 of 120 texts that the large model answered" in said
    assert "published" not in said  # these are not the study's pairs
    found = {one["contestant"]: one for one in describe(out)["records"]}
    assert found["majority()"]["mcc"] == 0.0
    assert found["bayes()"]["accuracy"] > found["majority()"]["accuracy"]
    assert describe(out)["missing"] == 0
    monkeypatch.setattr(Piece, "done", lambda piece: pytest.fail(f"{piece.name} was done twice"))
    assert nli.main([*pairs, "--out", str(out), "majority()", "bayes()", ENSEMBLE]) == 0


def test_full_and_quarter_data_are_told_apart_and_priced(reviews, tmp_path, capsys):
    out = tmp_path / "out"
    asked = [*reviews, "--euros-per-hour", "0.36", "--out", str(out), "--json", "bayes()"]
    assert david.main([*asked, "--seeds", "2"]) == 0
    full, quarter = json.loads(capsys.readouterr().out)["records"]
    assert (full["share"], quarter["share"], full["seeds"]) == ("full", "quarter", 2)
    assert quarter["learned_from"] == pytest.approx(full["learned_from"] / 4, abs=2)
    assert full["auroc"] > 0.7
    assert full["euros_per_million_tokens"] == pytest.approx(100 / full["tokens_per_second"])
    ElementTree.parse(out / "reviews-quarter.svg")
    assert "prefers-color-scheme" in (out / "study.html").read_text("utf-8")
    assert "reviews: full and quarter data" in (out / "tables.md").read_text("utf-8")


def test_a_large_model_stands_beside_the_small_ones(reviews, tmp_path, capsys):
    large = "fewshot(scripted([['great', 'pos'], ['', 'neg']]), k=0)"
    asked = [*reviews, "--out", str(tmp_path / "out"), "--large", large, "majority()"]
    assert david.main(asked) == 0
    assert "reviews: against the large model" in capsys.readouterr().out


def test_the_study_can_be_done_in_pieces(reviews, tmp_path, capsys):
    asked = [*reviews, "--out", str(tmp_path / "out"), "majority()", "bayes()"]
    assert david.main([*asked, "--minutes", "0"]) == 0
    assert "4 trials are missing" in capsys.readouterr().err
    assert david.main([*asked, "--only", "quarter: bayes"]) == 0
    captured = capsys.readouterr()
    assert "reviews, quarter: bayes(), seed 0" in captured.err
    assert "3 trials are missing" in captured.err
    assert david.main(asked) == 0
    assert "missing" not in capsys.readouterr().err


def test_encoders_are_an_argument_away():
    parser = command.parser("x", "")
    asked = parser.parse_args(["--encoders", "a,b", "--lora", "c", "--seq2seq", ""])
    found = [repr(one) for one in command.line_up(asked, ["linear()"])]
    assert found == ["linear()", "encoder(name='a')", "encoder(name='b')",
                     "encoder(name='c', lora=8)"]  # fmt: skip


@pytest.mark.parametrize("study", [nli, david])
def test_other_encoders_take_the_place_of_minilm(study, tmp_path, capsys):
    """The studies' own architectures, tiny and drawn at random: the code that a hub would feed."""
    pytest.importorskip("transformers")
    pairs = pairs_of(tmp_path, train=40, test=30)
    encoders = [tiny_encoder(kind, tmp_path) for kind in ("bert", "xlnet", "distilbert")]
    lora, writer = tiny_encoder("roberta", tmp_path), tiny_writer("t5", tmp_path)
    asked = [*pairs, "--encoders", ",".join(encoders), "--lora", lora, "--seq2seq", writer]
    assert study.main([*asked, "--out", str(tmp_path / "out"), "--only", "full: encoder(n"]) == 0
    assert study.main([*asked, "--out", str(tmp_path / "out"), "--only", "full: seq2seq("]) == 0
    found = {one["contestant"]: one for one in describe(tmp_path / "out")["records"]}
    assert len(found) == 5
    assert 0 < found[f"encoder(name={lora!r}, lora=8)"]["parameters_moved"] < 1
    assert found[f"encoder(name={encoders[0]!r})"]["parameters_moved"] == 1


@pytest.mark.parametrize(
    ("asked", "problem", "remedy"),
    [
        (["--train", "nowhere.csv"], "no file nowhere.csv", "ls"),
        (["--train", "{train}", "--label", "colour"], "colour", "columns"),
        (["--train", "{train}", "lineer()"], "no model or learner is called 'lineer'", "linear"),
        (["--train", "{train}", "--large", "gpt9"], "no column 'gpt9'", "--large COLUMN: "),
        (["--test", "{train}"], "none to learn from", "--train FILE"),
        (["--train", "{train}", "--seeds", "0"], "0 seeds cannot be", "--seeds 3"),
        ([], "no data in", "export UNDERDOG_DATA=FOLDER"),
    ],
)
@pytest.mark.parametrize("study", [nli, david])
def test_what_cannot_be_done_is_said_with_the_remedy(
    study, asked, problem, remedy, pairs, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNDERDOG_DATA", str(tmp_path / "none"))
    words = [word.format(train=pairs[1]) for word in asked]
    contestants = [] if any("(" in word for word in words) else ["majority()"]
    assert study.main([*words, *contestants]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert problem in said
    assert remedy in said
    assert "Traceback" not in said


def test_ctrl_c_leaves_what_was_done(reviews, tmp_path, capsys, monkeypatch):
    done = Piece.done

    def stopped(piece):
        if piece.share != FULL:
            raise KeyboardInterrupt
        return done(piece)

    monkeypatch.setattr(Piece, "done", stopped)
    asked = [*reviews, "--out", str(tmp_path / "out"), "majority()"]
    assert david.main(asked) == 130
    assert "type the same command" in capsys.readouterr().err
    assert len([*(tmp_path / "out" / "kept").iterdir()]) == 1


@pytest.fixture(name="notes")
def _notes(tmp_path):
    """Sixty notes, half of them with two specialties, a row for each."""
    folder = tmp_path / "mtsamples"
    folder.mkdir()
    lines = ["medical_specialty,transcription"]
    for i in range(60):
        organ, kind = ("heart", "Cardiology") if i % 2 else ("bone", "Orthopedics")
        lines.append(f"{kind},the {organ} of patient {i}")
        if i < 30:
            lines.append(f"Surgery,the {organ} of patient {i}")
    with lzma.open(folder / "mtsamples.csv.xz", "wt", encoding="utf-8") as file:
        file.write("\n".join(lines))
    return tmp_path


def test_a_note_with_several_specialties_has_several_right_answers(notes):
    grouped, torn = questions.medical(notes), questions.by_row(notes)
    assert len(grouped.train) + len(grouped.test) == 60
    assert len(torn.train) + len(torn.test) == 90
    assert not set(grouped.train.texts) & set(grouped.test.texts)
    assert seen(grouped) == 0.0 < seen(torn)
    assert torn.train.soft is None
    assert grouped.several
    twice = [i for i, row in enumerate(grouped.accepted) if row.sum() == 2]
    labels = grouped.test.task.labels
    assert {labels[k] for k in np.flatnonzero(grouped.accepted[twice[0]])} > {"Surgery"}
    sheet = leakage(grouped, *_trials(grouped), torn, *_trials(torn))
    [(name, rows, _, texts, _, _)] = sheet.rows
    assert name == "bayes()"
    ceiling = len(grouped.test) / grouped.accepted.sum()
    assert float(rows) == pytest.approx(float(texts) * ceiling, abs=0.002)


def _trials(question):
    trial = Desk(Cache()).trial(Piece(question, Bayes()))
    return [{"bayes()": [trial]}]


def test_auroc_of_one_right_answer_is_the_judges_own():
    data = moods(300)
    train, test = data.split(0.5)
    question = Question.of("moods", "", train, test)
    answers = Bayes().fit(train).answer(test.texts)
    expected = scores(answers, [str(label) for label in test.labels], test.task.labels)
    assert auroc(question, answers) == pytest.approx(expected["auroc"])
    right = correctness(question, [Piece(question, Bayes()).done()])
    assert right.mean() == pytest.approx(expected["accuracy"])


def test_answers_on_record_are_found_from_either_part():
    one = Archive(("a",), {"old": ("1",), "both": ("x",)})
    other = Archive(("b",), {"both": ("y",), "new": ("2",)})
    both = one.joined(other)
    assert both.texts == ("a", "b")
    assert both.columns == {"old": ("1", None), "both": ("x", "y"), "new": (None, "2")}


def test_a_plot_shows_names_as_text():
    hostile = "<script>&"
    drawn = plots.dots("a & b", "axis", [(hostile, [plots.Mark(0.5, 0.4, 0.6)])])
    texts = [element.text for element in ElementTree.fromstring(drawn).iter() if element.text]
    assert hostile in texts
    level = plots.curve("t", ("x", "y"), [(1, 0.5)], [(hostile, 0.5)])  # one point, no room
    assert ElementTree.fromstring(level) is not None


def test_numbers_are_short():
    assert [amount(x) for x in (None, 0.000123, 7.25, 1234567.0)] == [
        "unknown", "0.00012", "7.2", "1,230,000",
    ]  # fmt: skip
    assert [decimal(x) for x in (None, 0.7543, 1.0, -0.02)] == ["–", ".754", "1.000", "−.020"]


def test_the_program_starts_from_a_shell(tmp_path):
    words = ["-m", "examples.nli_study", "--train", "nowhere.csv"]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True)
    assert done.returncode == 1
    assert "hint:" in done.stderr


@pytest.mark.data
@pytest.mark.parametrize(
    ("study", "start"),
    [(nli, ("Six", "nli", "Members", "Beside")), (david, ("sen", "stars", "medical", "The price"))],
)
def test_a_first_look_at_the_real_data_fills_the_page(
    study, start, real_data, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("UNDERDOG_DATA", str(real_data))
    asked = ["--quick", "--out", str(tmp_path / "out"), "majority()", ENSEMBLE]
    assert study.main(asked) == 0
    capsys.readouterr()
    page = studies.PAGE.read_text("utf-8")
    mine = [m.group(2) for m in studies.PLACE.finditer(page) if m.group(2).startswith(start)]
    printed = studies.tables((tmp_path / "out" / "tables.md").read_text("utf-8"))
    assert len(mine) > 4
    for place in mine:
        table, _, _ = place.partition("(")  # whose table it is, whoever runs the study decides
        assert any(title.startswith(table) for title in printed), place


def test_tables_find_their_places():
    page = "<!-- table: One -->\nold\n<!-- end -->\n<!-- table: Two -->\nkept\n<!-- end -->\n"
    printed = studies.tables("## One of many\n\n| a |\n\nA note.\n\n## Other\n\n| b |\n")
    assert printed == {"One of many": "| a |\n\nA note.", "Other": "| b |"}
    filled = studies.filled(page, printed)
    assert filled == page.replace("old", "| a |\n\nA note.")
    assert studies.filled(filled, printed) == filled
