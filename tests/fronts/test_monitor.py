import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
from conftest import moods

from underdog.core.answer import Answers
from underdog.core.data import Dataset, Task
from underdog.fronts import record
from underdog.fronts.monitoring import look_at


@pytest.fixture(name="model")
def _model(sh, tmp_path):
    data = moods(600)
    rows = [
        f"{t},{y},{y if i % 11 else 'pos'}"
        for i, (t, y) in enumerate(zip(data.texts, data.labels, strict=True))
    ]
    for name, part in (("old.csv", rows[:400]), ("new.csv", rows[400:])):
        (tmp_path / name).write_text("\n".join(["text,label,gpt", *part]) + "\n")
    other = [f"a wholly different matter of tax law and fees number {i},pos" for i in range(200)]
    for name, part in (("other.csv", other), ("half.csv", other[:100]), ("rest.csv", other[100:])):
        (tmp_path / name).write_text("\n".join(["text,label", *part]) + "\n")
    assert sh("fit", "old.csv", "bayes()", "--label", "label", "--out", "m", "--quiet")[0] == 0
    return tmp_path / "m"


def test_rows_like_those_it_was_fitted_on_raise_no_alarm_and_others_do(sh, model, tmp_path):
    code, out, err = sh("monitor", "m", "new.csv", "--label", "label", "--exit-code")
    assert code == 0, out + err
    assert out.startswith("No change was found in 200 texts")
    code, out, _ = sh("monitor", "m", "other.csv", "--exit-code", "--json")
    found = json.loads(out)
    assert code == 10
    assert found["drift"]
    assert {"length", "words", "confidence"} <= {
        c["name"] for c in found["changes"] if c["changed"]
    }
    page = (tmp_path / "other-monitor.html").read_text("utf-8")
    assert "Content-Security-Policy" in page
    assert "tax law" not in page
    assert "tax law" not in (model / "model.json").read_text("utf-8")


def test_a_reference_file_stands_in_for_the_rows_of_the_model(sh, model):
    code, out, err = sh("monitor", "m", "half.csv", "--reference", "rest.csv", "--exit-code")
    assert code == 0, out + err
    assert "the rows of rest.csv" in out


def test_of_a_cascade_the_share_that_is_deferred_is_watched(sh, model):
    spec = "frugal(bayes(), recorded('gpt', price=0.01), risk=0.3)"
    assert sh("fit", "old.csv", spec, "--label", "label", "--out", "f", "--quiet")[0] == 0
    code, out, err = sh("monitor", "f", "new.csv", "--json")
    assert code == 0, err
    assert "deferral" in {c["name"] for c in json.loads(out)["changes"]}


def test_a_page_of_the_user_is_not_replaced(sh, model, tmp_path):
    (tmp_path / "mine.html").write_text("mine")
    code, _, err = sh("monitor", "m", "new.csv", "--out", "mine.html")
    assert code == 1
    assert "mine.html" in err
    assert (tmp_path / "mine.html").read_text() == "mine"


def test_texts_are_known_again_by_numbers_that_tell_none():
    texts = [f"text {i}" for i in range(600)]
    numbers = record.sample(texts)
    assert len(numbers) == record.SAMPLE
    assert record.familiar(texts[::2], numbers) == 1.0
    half = [*texts[:300], *(f"other {i}" for i in range(300))]
    assert 0.3 < record.familiar(half, numbers) < 0.7
    assert record.familiar([f"new {i}" for i in range(600)], numbers) == 0.0
    for damaged in (None, "3f1c", [], [0.1, "x"], [None]):
        assert record.familiar(texts, damaged) == 0.0


def test_an_answer_that_is_graded_is_right_by_more_than_half():
    task = Task("film", (), kind="number")
    data = Dataset(task, ("a", "b", "c"), ("1", "2", "3"))
    found = look_at(Given(("1.2", "2", "9")), data)
    assert found.right.tolist() == [True, True, False]
    assert look_at(Given(("1", "2", "3")), replace(data, labels=("1", None, "3"))).right is None


@dataclass(frozen=True)
class Given:
    """Answers with what it is given."""

    values: tuple[str, ...]

    def answer(self, texts):
        return Answers.said(self.values, np.zeros((len(texts), 6)), "given")
