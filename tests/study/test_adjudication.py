"""A study is settled by blind judgements: from a page, or from a spreadsheet."""

import csv
import json
import shutil
import threading
import urllib.error
import urllib.request
from dataclasses import replace

import pytest
from conftest import moods

import underdog as ud
from underdog.core.errors import UnderdogError
from underdog.fronts.adjudication import AdjudicationServer
from underdog.fronts.cli.studies.next_step import next_command
from underdog.study.labels.adjudication import FILE, concluded, docket


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A folder of a study whose large model is wrong about a third of the texts."""
    data = moods(600)
    swap = {"pos": "neg", "neg": "pos"}
    column = tuple(swap[y] if i % 3 == 0 else y for i, y in enumerate(data.labels))
    folder = tmp_path_factory.mktemp("study") / "report"
    archive = ud.core.data.Archive(data.texts, {"llm": column})
    whole = ud.Dataset(data.task, data.texts, data.labels, columns={"llm": column}, archive=archive)
    ud.compare(["linear()", "majority()"], whole, against="llm", folder=folder)
    return folder


@pytest.fixture(name="case")
def _case(study):
    (study / FILE).unlink(missing_ok=True)
    return docket(study, "linear()")


def rights(case):
    """For each row of the docket, the choice that a perfect judge makes."""
    import pyarrow.parquet as pq

    table = pq.read_table(case.folder / "predictions.parquet").to_pydict()
    gold = dict(zip(table["row"], table["label"], strict=True))
    return {
        c.row: "1" if c.answers[0] == gold[c.row] else "2" if c.answers[1] == gold[c.row] else "n"
        for c in case.cases
    }


def test_only_texts_that_differ_are_asked_and_sides_are_mixed(case):
    assert 0 < case.question.differing == len(case.cases) < case.question.texts
    assert {c.small for c in case.cases} == {0, 1}
    assert case.next == case.cases[0]


def test_judging_to_the_end_ships_the_better_model(case, study):
    gold = rights(case)
    while case.next is not None:
        case = case.judge(case.next.row, gold[case.next.row])
    assert case.decision == "ship"
    assert len(case.judged) < len(case.cases)
    state = concluded(case)
    found = json.loads((study / "results.json").read_text("utf-8"))
    assert found["verdict"]["decision"] == "ship"
    assert found["verdict"]["sentence"] == state["sentence"]
    assert state["sentence"] in (study / "leaderboard.md").read_text("utf-8")


def test_a_model_that_defers_stays_the_verdict_unless_the_small_one_ships(case, study, tmp_path):
    folder = shutil.copytree(study, tmp_path / "report")
    found = json.loads((folder / "results.json").read_text("utf-8"))
    open_ = "20 texts differ: underdog adjudicate report"
    deferring = {"decision": "ship with deferral", "contestant": "frugal()", "against": [open_]}
    found["verdict"] |= deferring
    (folder / "results.json").write_text(json.dumps(found))
    case = replace(case, folder=folder)
    for one in case.cases:
        case = case.judge(one.row, "neither")
    sentence = concluded(case)["sentence"]
    found = json.loads((folder / "results.json").read_text("utf-8"))["verdict"]
    assert (found["decision"], found["contestant"]) == ("ship with deferral", "frugal()")
    assert found["against"] == [sentence]


def test_judgements_are_found_again_and_gaps_do_not_count(case, study):
    first, second, third = case.cases[:3]
    case.judge(first.row, "1").judge(third.row, "neither")
    again = docket(study, "linear()")
    assert [c.row for c in again.judged] == [first.row]
    assert again.early == 1
    assert again.next is not None
    assert again.next.row == second.row


def test_a_spreadsheet_may_fill_the_file_and_mistakes_are_named(case, study):
    case.save()
    with (study / FILE).open(newline="", encoding="utf-8") as file:
        header, *lines = csv.reader(file)
    assert header == ["row", "text", "answer_1", "answer_2", "right"]
    lines[0][-1] = " Both "
    with (study / FILE).open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([header, *lines])
    assert docket(study, "linear()").seen.ties == 1
    lines[0][1] = "caf\xe9 " * 30_000
    with (study / FILE).open("w", newline="", encoding="cp1252") as file:
        csv.writer(file, delimiter=";").writerows([header, *lines])
    assert docket(study, "linear()").seen.ties == 1
    lines[1][-1] = "maybe"
    with (study / FILE).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *lines])
    with pytest.raises(UnderdogError, match="line 3: 'maybe'"):
        docket(study, "linear()")


def test_judgements_of_another_model_are_refused(case, study):
    case.save()
    with pytest.raises(UnderdogError, match="another study or another small model"):
        docket(study, "majority()")


def test_an_unknown_small_model_is_refused(study):
    with pytest.raises(UnderdogError, match="not in the study"):
        docket(study, "bayes()")


@pytest.fixture(name="server")
def _server(case):
    server = AdjudicationServer(case)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(address, body=None, host=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Host": host} if host else {})
    with urllib.request.urlopen(request, timeout=10) as reply:
        return reply.read().decode()


def code(address, body=None, host=None):
    """The status of a request that is refused."""
    try:
        fetch(address, body, host)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    return 200


def test_the_page_is_blind_and_saves_each_judgement(server, study):
    shown = json.loads(fetch(server.address + "next"))
    assert set(shown) == {"case", "judged", "differing", "expected", "not_counted"}
    assert set(shown["case"]) == {"row", "text", "answers"}
    assert "linear" not in fetch(server.address)
    after = json.loads(fetch(server.address + "judge", {"row": shown["case"]["row"], "right": "1"}))
    assert after["judged"] == 1
    assert len(docket(study, "linear()").judged) == 1
    back = json.loads(fetch(server.address + "undo", {}))
    assert back["judged"] == 0


@pytest.mark.parametrize(
    ("place", "body", "host", "status"),
    [
        ("judge", {"row": -1, "right": "1"}, None, 400),
        ("judge", {"row": 0, "right": "x"}, None, 400),
        ("judge", [], None, 400),
        ("nowhere", None, None, 404),
        ("next", None, "evil.example:80", 404),
        ("judge", {"row": 0, "right": "1" * 20_000}, None, 413),
    ],
)
def test_what_is_no_judgement_is_refused(server, place, body, host, status):
    assert code(server.address + place, body, host) == status


def test_without_the_token_nothing_is_served(server):
    assert code(f"http://127.0.0.1:{server.server_port}/next") == 404


def test_a_port_in_use_is_a_sentence(server, case):
    with pytest.raises(UnderdogError, match="cannot be used"):
        AdjudicationServer(case, server.server_port)


def test_where_gold_is_partial_the_unlabelled_rows_settle_it(tmp_path):
    data = moods(900, noise=10**6)
    swap = {"pos": "neg", "neg": "pos"}
    wrong = tuple(swap[y] if i % 40 == 0 else y for i, y in enumerate(data.labels))
    archive = ud.core.data.Archive(data.texts, {"llm": wrong})
    whole = ud.Dataset(data.task, data.texts, data.labels, columns={"llm": wrong}, archive=archive)
    study = ud.compare(["linear()"], whole.take(range(0, 300)), against="llm", folder=tmp_path)
    assert study.verdict.decision == "not enough evidence"
    assert len(study.unlabelled.texts) == 600
    assert any("600 rows of the file have no gold label" in said for said in study.verdict.against)
    case = docket(tmp_path, "linear()")
    judged = len(case.judged)
    assert judged  # by the gold labels of the test part
    assert case.question.texts == 600 + len(study.gold.texts)
    gold = dict(zip(data.texts, data.labels, strict=True))
    while (now := case.next) is not None:
        right = now.answers.index(gold[now.text[0]]) + 1
        case = case.judge(now.row, str(right))
    assert len(case.judged) > judged
    assert case.decision == "ship"


@pytest.mark.parametrize(("kind", "says"), [("labels", "sets of labels"), ("number", "numbers")])
def test_answers_that_are_graded_are_not_adjudicated(tmp_path, kind, says):
    (tmp_path / "results.json").write_text(json.dumps({"task": {"kind": kind}}))
    with pytest.raises(UnderdogError, match=says):
        docket(tmp_path)
    verdict = {"decision": "not enough evidence", "contestant": "linear()", "sentence": ""}
    results = {"verdict": verdict, "contestants": [], "task": {"kind": kind}}
    assert not next_command(results, tmp_path, "d.csv", {})
