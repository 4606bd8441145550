import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer.main
from conftest import CLOCK, attentive, moods

import underdog
from underdog.fronts.cli.app import app
from underdog.models.baselines import Majority
from underdog.runtime.cache import training
from underdog.runtime.registry import register
from underdog.runtime.store import Store
from underdog.study.runs import lineup


@register("sleepy_for_tests")
@dataclass(frozen=True)
class Sleepy:
    """Takes a fifth of a second for every example, on the tests' clock."""

    def fit(self, data, seed=0):
        CLOCK.ahead += len(data) / 5
        return Majority().fit(data, seed)


SMALL = ("majority()", "bayes()", "linear()")


def write(path: Path, n: int = 200, **extra) -> Path:
    data = moods(n)
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(["text", "label", *extra])
        for i, (text, label) in enumerate(zip(data.texts, data.labels, strict=True)):
            lines.writerow([text, label, *(make(i, label) for make in extra.values())])
    return path


def llm(i, label):
    return {"pos": "neg", "neg": "pos"}[label] if i % 11 == 0 else label


def test_compare_ends_with_a_table_a_verdict_and_the_path_of_the_report(sh, tmp_path):
    write(tmp_path / "logs.csv", llm_answer=llm, llm_cost=lambda i, y: 0.01)
    code, out, err = sh("compare", "logs.csv", *SMALL, "--against", "llm_answer")
    assert code == 0, err
    for word in ("linear()", "bayes()", "majority()", "recorded('llm_answer', price='llm_cost')"):
        assert word in out
    assert "$10.00" in out
    assert out.rstrip().endswith("logs-report/report.html")
    assert (tmp_path / "logs-report" / "report.html").stat().st_size > 10_000
    assert "guessed" in err


def test_the_line_up_and_its_time_are_announced_and_who_is_late_is_named(
    sh, tmp_path, monkeypatch, clock
):
    late = "sleepy_for_tests()"
    monkeypatch.setattr(lineup, "LINE_UP", {"majority()": (), late: ()})
    write(tmp_path / "logs.csv")
    code, out, err = sh("compare", "logs.csv", "--budget", "6s")
    assert code == 0, err
    assert f"contestants: majority(), {late}" in " ".join(err.split())
    assert "time for everything: 6 s, up to 5 s more (--budget)" in " ".join(err.split())
    assert f"skipped: {late}: about " in out
    assert "; --budget " in out.partition("skipped: ")[2]
    assert "Skipped: " in (tmp_path / "logs-report" / "report.html").read_text()


def test_named_contestants_have_all_the_time_they_need_unless_told(sh, tmp_path):
    write(tmp_path / "logs.csv")
    _code, out, err = sh("compare", "logs.csv", "majority()", "--json")
    assert "time: " not in err
    assert json.loads(out)["budget"] is None
    code, out, err = sh("compare", "logs.csv", "majority()", "--json", "--budget", "1m")
    assert code == 0, err
    assert "time for everything: 1 min, up to 6 s more" in err
    assert json.loads(out)["budget"]["seconds"] == 60
    assert json.loads(out)["absent"] == []


def test_compare_as_json_prints_nothing_else(sh, tmp_path):
    write(tmp_path / "logs.csv")
    code, out, _err = sh("compare", "logs.csv", "majority()", "--json", "--quiet")
    found = json.loads(out)
    assert code == 0
    assert found["rows"][0]["spec"] == "majority()"
    assert found["verdict"]["decision"]
    assert json.loads((tmp_path / "logs-report" / "results.json").read_text())["rows"]


def test_quiet_means_no_notes(sh, tmp_path):
    write(tmp_path / "logs.csv")
    _code, _out, err = sh("compare", "logs.csv", "majority()", "--quiet")
    assert err == ""


def test_a_second_file_is_the_test_part(sh, tmp_path):
    write(tmp_path / "train.csv", 120)
    data = moods(200)
    with (tmp_path / "test.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["text", "label"], *zip(data.texts[120:], data.labels[120:], strict=True)]
        )
    code, out, err = sh("compare", "train.csv", "majority()", "--test", "test.csv", "--json")
    assert code == 0, err
    assert json.loads(out)["task"]["test"] == 80


def test_fit_answer_and_report_follow_one_another(sh, tmp_path):
    write(tmp_path / "logs.csv")
    assert sh("fit", "logs.csv", "linear()", "--out", "models/moods")[0] == 0
    code, out, _ = sh("answer", "models/moods", "a great film and a hero number 7000")
    assert (code, out) == (0, "pos\n")
    code, out, _ = sh("answer", "models/moods", "an awful song", "--json")
    assert json.loads(out)["path"] == ["linear"]
    sh("compare", "logs.csv", "majority()")
    code, out, _ = sh("report", "logs-report", "--markdown")
    assert code == 0
    assert "majority()" in out
    (tmp_path / "logs-report" / "report.html").unlink()
    assert sh("report", "logs-report")[0] == 0
    assert (tmp_path / "logs-report" / "report.html").exists()


def test_audit_says_what_is_wrong(sh, tmp_path):
    with (tmp_path / "bad.csv").open("w") as file:
        file.write(
            "text,label\n" + "the same words,a\nthe same words,b\n" * 20 + "other words here,a\n"
        )
    code, out, err = sh("audit", "bad.csv")
    assert code == 0, err
    assert "51.2 %" in out.replace("51.2%", "51.2 %")
    assert json.loads(sh("audit", "bad.csv", "--json")[1])["ceiling"] == pytest.approx(21 / 41)


def test_list_and_doctor_name_what_there_is(sh):
    code, out, _ = sh("list")
    assert code == 0
    assert "linear" in out
    assert set(json.loads(sh("list", "--json")[1])) >= {"linear", "majority", "recorded"}
    code, out, _ = sh("doctor")
    assert code == 0
    assert "numpy" in out
    assert "llm" in json.loads(sh("doctor", "--json")[1])["extras"]


@pytest.mark.parametrize(
    ("content", "args", "problem", "hint"),
    [
        (None, [], "nofile.csv", ""),
        ("", [], "empty", ""),
        ("text,label\n", [], "", ""),
        ("text,label\n" + "a,x\nb,x\n" * 30, [], "label", ""),
        ("text,label\na,x\nb,y,z\n", [], "line 3", ""),
        ("text,text\na,x\n", [], "column", ""),
        ("text,label\na,x\nb,y\n", ["--label", "lable"], "lable", "label"),
        ("text,label\na,x\nb,y\n", ["--text", "txt"], "txt", "text"),
        ("text,label\na\0b,x\n", [], "NUL", ""),
        ("text,label\n" + "a,x\nb,y\n" * 40, ["linaer()"], "linaer", "linear"),
        ("text,label\n" + "a,x\nb,y\n" * 40, ["__import__('os')"], "__import__", ""),
        ("text,label\n" + "a,x\nb,y\n" * 40, ["--against", "gpt"], "gpt", ""),
        ("text,label\n" + "a,x\nb,y\n" * 40, ["--budget", "soon"], "'soon' is no time", "5m"),
    ],
)
def test_bad_input_is_one_sentence_a_remedy_and_exit_code_one(
    sh, tmp_path, content, args, problem, hint
):
    if content is not None:
        (tmp_path / "nofile.csv").write_text(content)
    code, out, err = sh("compare", "nofile.csv", *args, "--quiet")
    assert code == 1
    assert out == ""
    assert "Traceback" not in err
    assert err.startswith("error: ")
    assert "hint: " in err
    assert problem in err
    assert hint in err.partition("hint: ")[2]


def test_an_output_folder_that_cannot_be_written_is_an_error(sh, tmp_path):
    write(tmp_path / "logs.csv")
    (tmp_path / "taken").write_text("a file")
    code, _, err = sh("compare", "logs.csv", "majority()", "--out", "taken/report", "--quiet")
    assert code == 1
    assert "cannot write" in err
    assert "--out" in err


def test_a_model_that_could_not_be_written_is_not_fitted_first(sh, tmp_path):
    write(tmp_path / "logs.csv")
    (tmp_path / "taken").write_text("a file")
    before = CLOCK.ahead
    code, _, err = sh("fit", "logs.csv", "sleepy_for_tests()", "--out", "taken/model")
    assert code == 1
    assert "cannot write taken/model" in err
    assert before == CLOCK.ahead


def test_what_auto_chose_is_said_when_it_is_fitted(sh, tmp_path):
    write(tmp_path / "logs.csv")
    recipe = "auto('1m', [majority(), bayes()])"
    code, out, _ = sh("fit", "logs.csv", recipe, "--out", "model")
    assert code == 0
    assert "chose bayes(): bayes() gave " in out


def test_an_option_is_explained_by_its_type_and_range(sh):
    _, output, _ = sh("list", "ensemble")
    assert "  n: a whole number, from 1 to" in output
    _, output, _ = sh("list", "bilstm", "--json")
    assert json.loads(output)["options"]["rate"] == "a number, 0 or more"


def test_an_option_that_wants_one_value_takes_no_list(sh):
    code, _, told = sh("fit", "x.csv", "sklearn(['a'])", "--out", "m")
    assert code == 1
    assert "Traceback" not in told


def test_a_recipe_is_explained_with_its_options(sh):
    code, out, _ = sh("list", "ensemble")
    assert code == 0
    assert out.startswith("ensemble(recipe, n=5, how='seeds', pool='geometric')\n  recipe: ")
    assert "bootstrap samples of the data" in " ".join(out.split())
    code, out, _ = sh("list", "ensemble", "--json")
    assert set(json.loads(out)) == {"spec", "options", "about"}
    code, _, err = sh("list", "ensembel")
    assert code == 1
    assert "did you mean 'ensemble'" in err


def test_a_wrong_option_is_a_usage_error(sh):
    assert sh("compare", "x.csv", "--sedes", "3")[0] == 2


def test_an_interrupt_keeps_what_was_done_and_says_how_to_continue(tmp_path):
    write(tmp_path / "logs.csv", 400)
    slow = "sklearn('ensemble.RandomForestClassifier', {'n_estimators': 30000})"
    command = [sys.executable, "-m", "underdog", "compare", "logs.csv", "majority()", slow]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=attentive,
    )
    partial = tmp_path / "logs-report" / "partial"
    deadline = time.monotonic() + 120
    while not (partial.is_dir() and len(list(partial.glob("[0-9a-f]*"))) >= 2):
        assert time.monotonic() < deadline, "the first contestant was never kept"
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=120)
    # A shell shows 130 for both: where the interrupt passes through an exec of a string, as in the
    # making of a dataclass, CPython ends by the signal itself whatever exit code it was given.
    assert process.returncode in (130, -signal.SIGINT), err
    assert "type the same command again to continue" in err
    assert "Traceback" not in err
    assert len(list(partial.glob("[0-9a-f]*"))) >= 2


@pytest.mark.filterwarnings("default")
def test_a_warning_for_the_user_is_said_once_and_without_code(sh, tmp_path):
    write(tmp_path / "logs.csv", llm_answer=llm, length=lambda i, y: i % 7)
    code, _, err = sh("compare", "logs.csv", "boosted()", "majority()")
    assert code == 0, err
    assert err.count("note: boosted() uses the columns 'length' and leaves out 'llm_answer'") == 1
    assert "Warning" not in err


def test_help_and_version_have_their_usual_options(sh):
    code, out, _ = sh("--version")
    assert (code, out) == (0, f"underdog {underdog.__version__}\n")
    assert sh("compare", "-h")[1] == sh("compare", "--help")[1]
    assert "--install-completion" in sh("-h")[1]


def test_the_list_of_commands_says_of_each_in_a_line_what_it_does():
    for name, command in typer.main.get_command(app).commands.items():
        assert not command.get_short_help_str(64).endswith("..."), name


@pytest.mark.parametrize(
    ("typed", "offered"), [("lin", r"linear\(\)"), ("'lin", "linear()"), ('"lin', "linear()")]
)
def test_bash_completes_a_spec_to_what_it_can_read(typed, offered, monkeypatch, capsys):
    monkeypatch.setenv("_UNDERDOG_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"underdog fit tickets.csv {typed}")
    monkeypatch.setenv("COMP_CWORD", "3")
    with pytest.raises(SystemExit):
        typer.main.get_command(app)(prog_name="underdog")
    assert offered in capsys.readouterr().out.split()


@pytest.mark.filterwarnings("default")
def test_quiet_hides_warnings_and_fit_prints_nothing(sh, tmp_path):
    write(tmp_path / "logs.csv", llm_answer=llm, length=lambda i, y: i % 7)
    assert sh("fit", "logs.csv", "boosted()", "--out", "model", "--quiet") == (0, "", "")


def test_the_old_order_of_fit_works_with_a_note(sh, tmp_path):
    write(tmp_path / "logs.csv")
    code, _, err = sh("fit", "linear()", "logs.csv", "--out", "model")
    assert code == 0
    assert "note: the file comes first now: underdog fit logs.csv" in " ".join(err.split())
    code, _, err = sh("fit", "nofile.csv", "linear()", "--out", "other")
    assert (code, "nofile.csv" in err) == (1, True)


def test_a_saved_model_is_replaced_only_with_yes(sh, tmp_path):
    write(tmp_path / "logs.csv")
    command = ("fit", "logs.csv", "majority()", "--out", "model")
    assert sh(*command)[0] == 0
    before = (tmp_path / "model" / "model.json").read_bytes()
    code, _, err = sh("fit", "logs.csv", "linear()", "--out", "model")
    assert (code, "--yes" in err) == (1, True)
    assert (tmp_path / "model" / "model.json").read_bytes() == before
    assert sh("fit", "logs.csv", "linear()", "--out", "model", "--yes")[0] == 0


def test_a_report_on_other_data_is_replaced_only_with_yes(sh, tmp_path):
    write(tmp_path / "logs.csv")
    write(tmp_path / "other.csv")
    assert sh("compare", "logs.csv", "majority()")[0] == 0
    code, _, err = sh("compare", "logs.csv", "majority()")
    assert (code, "will be replaced" in " ".join(err.split())) == (0, True)
    other = ("compare", "other.csv", "majority()", "--out", "logs-report")
    code, _, err = sh(*other)
    assert (code, "--yes" in err) == (1, True)
    assert sh(*other, "--yes")[0] == 0


def test_the_exit_code_tells_the_verdict_where_it_is_asked_for(sh, tmp_path):
    write(tmp_path / "logs.csv", llm_answer=lambda i, y: y if i % 3 else "neg")
    command = ("compare", "logs.csv", "majority()", "--against", "llm_answer", "--json")
    code, out, _ = sh(*command, "--exit-code")
    decision = json.loads(out)["verdict"]["decision"]
    assert (decision, code) == ("keep the large model", 11)
    assert sh(*command)[0] == 0


def test_audit_exits_with_ten_on_a_serious_finding(sh, tmp_path):
    (tmp_path / "bad.csv").write_text("text,label\n" + "the same,a\nthe same,b\n" * 20)
    assert sh("audit", "bad.csv", "--exit-code")[0] == 10
    assert sh("audit", "bad.csv")[0] == 0


@pytest.mark.parametrize(
    "command",
    [
        ("fit", "logs.csv", "linear()", "--out", "model"),
        ("report", "logs-report"),
        ("clean", "--dry-run"),
    ],
)
def test_json_is_all_that_is_printed(sh, tmp_path, command):
    write(tmp_path / "logs.csv")
    sh("compare", "logs.csv", "majority()")
    code, out, _ = sh(*command, "--json")
    assert code == 0
    json.loads(out)


def test_clean_says_what_it_deletes_and_keeps_what_was_paid_for(sh, tmp_path, monkeypatch):
    training, answers = tmp_path / "training", tmp_path / "answers.sqlite"
    monkeypatch.setenv("UNDERDOG_TRAINING", str(training))
    monkeypatch.setenv("UNDERDOG_STORE", str(answers))
    training.mkdir()
    (training / ("a" * 24)).write_bytes(bytes(2_000_000))
    with Store(answers).open() as store:
        assert not len(store)
    assert "would delete" in sh("clean", "--dry-run")[1]
    assert training.exists()
    code, out, _ = sh("clean")
    assert code == 0
    assert "deleted" in out
    assert "unfinished training, 2.0 MB" in out
    assert not training.exists()
    code, _, err = sh("clean", "--answers")
    assert (code, "--answers --yes" in err, answers.exists()) == (1, True, True)
    assert sh("clean", "--answers", "--yes")[0] == 0
    assert not answers.exists()


def test_clean_deletes_nothing_that_others_put_where_a_variable_points(sh, tmp_path, monkeypatch):
    thesis = tmp_path / "work" / "thesis.txt"
    monkeypatch.setenv("UNDERDOG_TRAINING", str(thesis.parent))
    monkeypatch.setenv("UNDERDOG_STORE", str(thesis))
    thesis.parent.mkdir()
    thesis.write_text("ten years of work")
    (thesis.parent / ("a" * 24)).mkdir()
    for one in thesis.parent.iterdir():
        os.utime(one, (0, 0))
    assert training() == thesis.parent
    assert [one.name for one in thesis.parent.iterdir()] == ["thesis.txt"]
    assert sh("clean")[0] == 0
    code, _, err = sh("clean", "--answers", "--yes")
    assert (code, "is no store of answers" in err) == (1, True)
    assert thesis.read_text() == "ten years of work"


def test_show_says_how_a_model_was_made_and_answer_labels_a_file(sh, tmp_path):
    write(tmp_path / "logs.csv")
    sh("fit", "logs.csv", "linear()", "--out", "model")
    code, out, _ = sh("show", "model")
    assert code == 0
    for part in (
        "model: linear()",
        "logs: 200 rows",
        "neg, pos",
        " held-out rows (fitted on the other ",
    ):
        assert part in out
    assert "underdog fit logs.csv 'linear()' --out model" in out
    assert json.loads(sh("show", "model", "--json")[1])["data"]["rows"] == 200
    code, out, err = sh("answer", "model", "logs.csv", "--out", "labelled.jsonl")
    assert (code, out) == (0, "")
    assert "wrote 200 rows to labelled.jsonl" in err
    assert sh("answer", "model", "logs.csv", "--out", "labelled.jsonl")[0] == 1
    code, out, _ = sh("answer", "model", "logs.csv")
    assert out.startswith("text,label,value,confidence,path,cost\n")
    assert len(out.splitlines()) == 201


def test_a_deferred_text_is_said_to_be_deferred(sh, tmp_path):
    write(tmp_path / "logs.csv", 600, llm_answer=llm)
    recipe = "frugal(linear(), recorded('llm_answer'), risk=0.2)"
    assert sh("fit", "logs.csv", recipe, "--out", "model")[0] == 0
    code, out, err = sh("answer", "model", "???")
    assert (code, out) == (0, "deferred\n")
    assert "--defer-to" in err
    live = ("--defer-to", "scripted([['?', 'pos']])")
    assert sh("answer", "model", "???", *live)[1] == "pos\n"
