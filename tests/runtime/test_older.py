"""What the version of commit 765586e saved, before the rooms were rebuilt, still works.

`saved_at_765586e.zip` was written by that version: models with the answers that they gave then, a
store of paid answers, a study, and the sample of every name that its registry knew.
"""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from underdog.fronts.cli.app import main
from underdog.models.chat.model import Chat
from underdog.runtime.persist import load
from underdog.runtime.registry import build
from underdog.runtime.store import Store

SAVED = Path(__file__).with_name("saved_at_765586e.zip")
TOLD = json.loads(zipfile.ZipFile(SAVED).read("told.json"))


@pytest.fixture
def older(tmp_path):
    """The unpacked folder."""
    with zipfile.ZipFile(SAVED) as archive:
        archive.extractall(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", TOLD["answers"])
def test_a_saved_model_answers_as_it_did(older, name):
    then, now = TOLD["answers"][name], load(older / name).answer(TOLD["texts"])
    assert list(now.values) == then["values"]
    if then["probs"] is not None:
        assert now.probs is not None
        np.testing.assert_allclose(now.probs, then["probs"], atol=1e-4)


@pytest.mark.parametrize("spec", TOLD["specs"].values())
def test_a_spec_is_read(spec):
    build(spec)


def test_what_was_paid_is_not_paid_again(older, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")  # where nothing answers
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with Store(older / "answers.sqlite").open():
        answers = Chat("tiny").answer(["is it old?"])
    assert answers.values == ("it is",)
    assert answers.total.dollars == 0.001


def test_a_study_is_drawn_again(older, capsys, monkeypatch):
    monkeypatch.chdir(older)
    monkeypatch.setattr("sys.argv", ["underdog", "report", "study"])
    with pytest.raises(SystemExit) as left:
        main()
    assert not left.value.code
    assert (older / "study" / "report.html").read_text("utf-8").rstrip().endswith("</html>")
