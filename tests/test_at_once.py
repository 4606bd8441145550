"""Two commands at once: on one store, on one output, on one model. Never a mixture."""

import json
import os
import subprocess
import sys
import time
from collections import Counter

import pytest

from underdog import Majority
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.fronts.searching import index, search
from underdog.runtime import files
from underdog.runtime.persist import load_model, save
from underdog.runtime.store import default_store
from underdog.study import compare

pytestmark = pytest.mark.skipif(os.name != "posix", reason="locks of POSIX systems")
STUDY = (sys.executable, "-m", "underdog", "compare", "d.csv", "majority()", "chat('tiny')")


def test_two_studies_on_one_store_ask_each_prompt_once(llm, tmp_path):
    server = llm(replies=[["good", "pos"], ["bad", "neg"]], delay=0.02)
    rows = [f"{w} film {i},{y}" for i in range(40) for w, y in (("good", "pos"), ("bad", "neg"))]
    (tmp_path / "d.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    studies = [
        subprocess.Popen([*STUDY, "--quiet", "--out", name], cwd=tmp_path, stdout=subprocess.PIPE)
        for name in ("a", "b")
    ]
    assert [study.wait(90) for study in studies] == [0, 0]
    for study in studies:
        study.stdout.close()
    asked = Counter(json.dumps([line["prompt"], line["asked"]]) for line in server.log)
    assert set(asked.values()) == {1}
    with default_store().open() as store:
        assert len(store) == len(asked) >= 10
    one, other = (json.loads((tmp_path / n / "results.json").read_text()) for n in "ab")
    scores = [{c["spec"]: c["scores"] for c in found["contestants"]} for found in (one, other)]
    assert scores[0] == scores[1]


def test_an_output_that_is_being_written_is_refused_and_left_alone(sh, tmp_path):
    (tmp_path / "d.csv").write_text("text,label\n" + "good,p\nbad,n\n" * 30)
    data = Dataset.of(["good", "bad"], ["p", "n"])
    save(Majority().fit(data), tmp_path / "m")
    words = "keywords('p', ['good'])"
    for out, *typed in (
        ("o.csv", "answer", "m", "d.csv"),
        ("study", "compare", "d.csv", "majority()"),
        ("new", "fit", "d.csv", "majority()"),
        ("new", "curate", "d.csv", "--by", "length()"),
        ("new", "index", "d.csv"),
        ("l.csv", "label", "d.csv", "--by", words),
        ("l.csv", "repair", "d.csv", "--by", words, "--student", "majority()"),
    ):
        with files.alone(tmp_path / out):
            code, _, told = sh(*typed, "--out", out)
        assert code == 1
        assert f"another underdog is writing {out}" in " ".join(told.split())
    assert not list((tmp_path / "study").iterdir())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.csv", "m", "study"]
    assert sh("answer", "m", "d.csv", "--out", "o.csv")[0] == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.csv", "m", "o.csv", "study"]


def test_what_two_commands_add_to_an_index_is_all_in_it(tmp_path):
    for name in ("first", "second", "third"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.md").write_text(f"The {name} text is about {name} things.")
    index(tmp_path / "first", out=tmp_path / "i")
    with files.alone(tmp_path / "i"), pytest.raises(UnderdogError, match="another underdog"):
        index(tmp_path / "second", out=tmp_path / "i", add=True)
    for name in ("second", "third"):
        index(tmp_path / name, out=tmp_path / "i", add=True)
    found = search(tmp_path / "i", "text", k=9)
    assert {hit.text.split()[1] for hit in found} == {"first", "second", "third"}


def test_a_lock_ends_with_its_block_or_its_process(tmp_path):
    place = tmp_path / "out"
    with files.alone(place), pytest.raises(UnderdogError, match="another"), files.alone(place):
        pass
    if (child := os.fork()) == 0:
        held = files.alone(place)
        held.__enter__()
        os._exit(0)
    os.waitpid(child, 0)
    assert [p.name for p in tmp_path.iterdir()] == [".out.underdog-lock"]
    with files.alone(place):
        pass
    assert not list(tmp_path.iterdir())


def test_a_lock_can_be_waited_for(tmp_path):
    place, (told, tell) = tmp_path / "out", os.pipe()
    if (child := os.fork()) == 0:
        with files.alone(place):
            os.write(tell, b"held")
            time.sleep(0.05)
            place.touch()
        os._exit(0)
    os.read(told, 4)
    with files.alone(place, wait=True):
        assert place.exists()
    os.waitpid(child, 0)


def test_a_model_that_is_replaced_while_it_is_read_is_the_old_or_the_new_one(tmp_path):
    models = [Majority().fit(Dataset.of(["x", "y", "z"], [label, label, "c"])) for label in "ab"]
    save(models[0], tmp_path / "m")
    if (child := os.fork()) == 0:
        for i in range(40):
            save(models[i % 2], tmp_path / "m")
        os._exit(0)
    seen = Counter()
    while not os.waitpid(child, os.WNOHANG)[0]:
        seen[load_model(tmp_path / "m").answer(["x"]).values[0]] += 1
    assert set(seen) <= {"a", "b"}
    assert seen.total() > 3


def test_a_comparison_from_python_is_refused_too_while_another_writes_there(tmp_path):
    data = Dataset.of([f"text {i}" for i in range(40)], ["a", "b"] * 20)
    with files.alone(tmp_path / "study"), pytest.raises(UnderdogError, match="another underdog"):
        compare(["majority()"], data, folder=tmp_path / "study")
    study = compare(["majority()"], data, folder=tmp_path / "study", title="Mine", notes="As told.")
    kept = json.loads((tmp_path / "study" / "results.json").read_text())
    assert (kept["title"], kept["notes"]) == ("Mine", "As told.") == (study.title, study.notes)
