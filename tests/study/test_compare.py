import csv
import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import moods

from underdog.core.cost import Ledger
from underdog.core.data import Archive, Dataset, Task
from underdog.core.errors import UnderdogError
from underdog.data.read import read
from underdog.models.baselines import Majority
from underdog.models.linear.recipe import Bayes, Linear
from underdog.study import compare
from underdog.study.compare import _incumbent_of

LARGE = "recorded('llm_answer', price='llm_cost')"


def logs(n: int = 300, llm_noise: int = 13) -> Dataset:
    """Reviews with the answers of a large model that errs on every ``llm_noise``-th of them."""
    data = moods(n)
    swap = {"pos": "neg", "neg": "pos"}
    said = tuple(swap[y] if i % llm_noise == 0 else y for i, y in enumerate(map(str, data.labels)))
    columns = {"llm_answer": said, "llm_cost": tuple("0.01" for _ in said)}
    return replace(data, columns=columns, archive=Archive(data.texts, columns))


def split_mind(n: int) -> Dataset:
    """Reviews of which a third is a riddle, which the large model alone can solve."""
    data = moods(n, noise=10**6)
    texts = tuple(
        f"riddle {i * 7919 % 10007}" if i % 3 == 0 else text for i, text in enumerate(data.texts)
    )
    wrong = "pos" if data.labels[0] == "neg" else "neg"  # on one row, as labels are no copies
    said = (wrong, *map(str, data.labels[1:]))
    columns = {"llm_answer": said, "llm_cost": tuple("0.01" for _ in said)}
    return replace(data, texts=texts, columns=columns, archive=Archive(texts, columns))


@pytest.fixture(scope="module")
def study():
    return compare(["majority()", "linear()"], logs(), against="llm_answer", seeds=range(2))


def test_the_incumbent_named_by_its_column_brings_its_prices(study):
    assert study.incumbent == LARGE
    large = next(s for s in study.summaries if s.spec == LARGE)
    assert large.dollars == pytest.approx(0.01)
    assert large.versus is None


def test_there_is_a_row_for_every_contestant_and_seed(study):
    rows = [(row.spec, row.seed) for row in study.rows]
    assert len(rows) == len(set(rows)) == 6
    for row in study.rows:
        low, high = row.intervals["accuracy"]
        assert low <= row.scores["accuracy"] <= high


def test_accuracies_are_shares_of_the_test_part(study):
    for run in study.runs:
        hits = np.mean([a == y for a, y in zip(run.answers.values, study.gold.values, strict=True)])
        row = next(r for r in study.rows if (r.spec, r.seed) == (run.spec, run.seed))
        assert row.scores["accuracy"] == pytest.approx(hits)


def test_results_are_json_with_the_promised_keys(study):
    found = json.loads(json.dumps(study.results(), allow_nan=False))
    assert {"rows", "verdict", "audit", "versions", "machine", "contestants"} <= set(found)
    assert {"spec", "seed", "scores", "fit", "answer", "latency"} <= set(found["rows"][0])
    assert {"decision", "sentence", "reasons"} <= set(found["verdict"])
    assert found["versions"]["underdog"]


def test_a_folder_holds_report_results_predictions_and_table(tmp_path):
    study = compare(["majority()", "linear()"], logs(), against="llm_answer", folder=tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "leaderboard.md",
        "predictions.parquet",
        "report.html",
        "results.json",
    ]
    table = pq.read_table(tmp_path / "predictions.parquet").to_pylist()
    assert len(table) == 3 * len(study.gold.texts)
    mine = [line for line in table if line["spec"] == "linear()"]
    linear = next(s for s in study.summaries if s.spec == "linear()")
    right = np.mean([line["answer"] == line["label"] for line in mine])
    assert right == pytest.approx(linear.accuracy)


def test_folds_test_every_row_once():
    data = logs(150)
    study = compare(["majority()"], data, against="llm_answer", folds=3)
    assert sorted(study.gold.texts) == sorted(data.texts)
    assert "3 folds" in study.protocol


def test_a_stopped_study_continues_where_it_was(tmp_path, monkeypatch):
    data, fitted = logs(), []
    honest = Majority.fit

    def counted(self, part, seed=0):
        fitted.append(len(part))
        return honest(self, part, seed)

    def interrupted(self, part, seed=0):
        raise KeyboardInterrupt

    monkeypatch.setattr(Majority, "fit", counted)
    with monkeypatch.context() as patch:
        patch.setattr(Linear, "fit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            compare(["majority()", "linear()"], data, folder=tmp_path)
    before = len(fitted)
    assert before
    study = compare(["majority()", "linear()"], data, folder=tmp_path)
    assert len(fitted) == before
    assert {s.spec for s in study.summaries} == {"majority()", "linear()"}
    assert not (tmp_path / "partial").exists()


def test_without_a_large_model_the_strongest_is_named_and_the_gap_admitted():
    study = compare(["majority()", "linear()"], moods(300))
    assert study.incumbent == "linear()"
    assert study.verdict.decision == "best so far"
    assert study.verdict.sentence.startswith("Best so far: linear(): ")
    assert "points above always saying" in study.verdict.sentence
    assert "Left to try: static(), frozen()" in study.verdict.sentence
    assert any("no large model" in line for line in study.verdict.against)


def test_answers_already_paid_for_show_the_recorded_price_and_the_ledger_agrees():
    with Ledger() as bill:
        study = compare(["majority()"], logs(120), against="llm_answer")
    row = next(row for row in study.rows if row.spec == LARGE)
    assert row.answer.dollars == pytest.approx(0.01 * len(study.gold.texts))
    assert bill.total.dollars >= sum(row.answer.dollars for row in study.rows)


def test_a_small_model_that_knows_when_it_knows_ships_with_a_certificate():
    data = split_mind(1200)
    study = compare(["linear()"], data, against="llm_answer", margin=0.02)
    said = study.verdict
    assert said.decision == "ship with deferral"
    assert (
        said.contestant == "frugal(linear(), recorded('llm_answer', price='llm_cost'), drop=0.02)"
    )
    assert said.deferral.startswith("certified: accuracy at most 2.0% below")
    found = study.results()["deferral"][0]
    shares = [point["coverage"] for point in found["points"]]
    assert (min(shares), max(shares)) == (0.0, 1.0)
    assert [point["certified"] for point in found["points"]].count(True) == 1
    everything = next(p for p in found["points"] if p["coverage"] == 0.0)
    large = next(s for s in study.summaries if s.spec == study.incumbent)
    assert everything["accuracy"] == pytest.approx(large.accuracy)


def test_where_nothing_can_be_promised_the_reason_is_given():
    study = compare(["majority()"], logs(120), against="llm_answer")
    assert study.verdict.deferral.startswith("not certified: ")


def test_labels_unseen_in_training_are_refused_when_the_test_part_was_given():
    train = Dataset.of(["a", "b", "c", "d"], ["x", "y", "x", "y"])
    test = Dataset.of(["e"], ["z"])
    with pytest.raises(UnderdogError, match="never occur in training: z"):
        compare(["majority()"], train, test)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (Dataset.of([f"t{i}" for i in range(50)], ["x"] * 50), "one label only"),
        (Dataset.of(["only"], ["x"]), "too few"),
        (Dataset.of([], []), "too few"),
    ],
)
def test_data_that_cannot_be_learned_from_is_refused(data, problem):
    with pytest.raises(UnderdogError, match=problem):
        compare(["majority()"], data)


def test_an_unknown_incumbent_is_refused_with_the_columns():
    with pytest.raises(UnderdogError, match="llm_answr") as caught:
        compare(["majority()"], logs(50), against="llm_answr")
    assert "llm_answer" in caught.value.hint


CHANGES = {
    "answers": lambda row: {**row, "llm": "neg" if row["llm"] == "pos" else "pos"},
    "prices": lambda row: {**row, "llm_cost": "0.5"},
    "groups": lambda row: {**row, "author": f"a{len(row['text']) % 7}"},
    "labels": lambda row: {**row, "label": "neg" if "3" in row["text"] else row["label"]},
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_stopped_study_whose_file_changed_is_that_of_a_fresh_folder(tmp_path, monkeypatch, what):
    data = logs(200)
    answers, prices = data.columns["llm_answer"], data.columns["llm_cost"]
    cells = zip(data.texts, data.labels, answers, prices, strict=True)
    names = ("text", "label", "llm", "llm_cost", "author")
    rows = [dict(zip(names, (*row, f"a{i % 9}"), strict=True)) for i, row in enumerate(cells)]

    def study(file, folder, rows):
        with (tmp_path / file).open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        table = read(tmp_path / file, label="label", text=["text"], group="author").data
        recipes = [
            "majority()",
            "route([majority(), recorded('llm', price='llm_cost')])",
            "bayes()",
        ]
        return compare(recipes, table, against="llm", folder=tmp_path / folder)

    def interrupted(self, part, seed=0):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Bayes, "fit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            study("logs.csv", "stopped", rows)
    assert list((tmp_path / "stopped" / "partial").iterdir())
    changed = [CHANGES[what](row) for row in rows]
    resumed = study("logs.csv", "stopped", changed)
    fresh = study("logs.csv", "fresh", changed)
    for one, other in zip(resumed.runs, fresh.runs, strict=True):
        assert (one.spec, one.answers.values) == (other.spec, other.answers.values)
        np.testing.assert_array_equal(
            one.answers.costs[:, 2] > 0.1, other.answers.costs[:, 2] > 0.1
        )
    assert resumed.gold == fresh.gold
    assert resumed.incumbent == fresh.incumbent


def test_folds_and_deferral_claim_no_certificate_of_a_single_fold():
    study = compare(["linear()"], split_mind(1600), against="llm_answer", margin=0.02, folds=2)
    cascade = next(s for s in study.summaries if s.spec.startswith("frugal"))
    assert cascade.certificate is None
    assert study.results()["deferral"][0]["points"] == []
    assert study.verdict.decision in ("ship with deferral", "not enough evidence")
    assert "certified: accuracy" not in study.verdict.deferral
    assert not any("certified: accuracy" in line for line in study.verdict.reasons)


@pytest.mark.parametrize(
    ("columns", "hint"),
    [
        ((), "leave --against out"),
        (("gpt4_answer", "id"), "did you mean --against gpt4_answer?"),
        (("id",), "name one of 'id': --against COLUMN; or leave it out"),
    ],
)
def test_a_missing_column_of_answers_is_told_with_what_there_is(columns, hint):
    with pytest.raises(UnderdogError) as told:
        _incumbent_of("gpt4_answers", {name: () for name in columns}, Task("t", ("a", "b")))
    assert hint in told.value.hint
