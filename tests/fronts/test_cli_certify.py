"""`underdog certify`: new rows only, and nothing is written unless asked."""

import csv
import json

import pytest
from conftest import flat
from teach.worlds import world

from underdog.runtime.persist import load


def write(path, data):
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label", "llm"])
        rows.writerows(zip(data.texts, data.labels, data.columns["llm"], strict=True))
    return str(path)


@pytest.fixture(name="sh")
def _sh(sh):
    return flat(sh)


def test_certify_takes_new_rows_only_and_writes_only_when_asked(sh, tmp_path):
    whole = world(1500)
    old = write(tmp_path / "old.csv", whole.take(range(800)))
    new = write(tmp_path / "new.csv", whole.take(range(800, 1500)))
    assert sh("fit", old, "frugal(bayes(), recorded('llm'), risk=0.1)", "--out", "it")[0] == 0
    saved = (tmp_path / "it" / "model.json").read_bytes()

    code, _, error = sh("certify", "it", old, "--write")
    assert code not in (0, None)
    assert "took part in fitting this model" in error
    assert (tmp_path / "it" / "model.json").read_bytes() == saved

    code, out, _ = sh("certify", "it", new)
    assert code in (0, None)
    assert "nothing was written: add --write" in out
    assert "note: the threshold" in out
    assert (tmp_path / "it" / "model.json").read_bytes() == saved

    data = json.loads(sh("certify", "it", new, "--write", "--json")[1])
    assert (data["n"], data["rows_left_out"], data["written"]) == (700, 0, True)
    model = load(tmp_path / "it")
    assert model.cascade.thresholds == (data["threshold"],)
    assert len(model.certificate.history) == 1


def test_answers_recorded_in_the_new_file_are_used(sh, tmp_path):
    whole = world(1500)
    old = write(tmp_path / "old.csv", whole.take(range(800)))
    new = write(tmp_path / "new.csv", whole.take(range(800, 1500)))
    spec = "frugal(bayes(), recorded('llm'), total=0.1, against='large')"
    assert sh("fit", old, spec, "--out", "it")[0] == 0
    data = json.loads(sh("certify", "it", new, "--json")[1])
    assert data["bound"] <= 0.1
    assert not any("without a label" in line for line in data["assumes"])
