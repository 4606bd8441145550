"""What cannot work, typed at the command line: one sentence, one thing to type, no traceback."""

import csv
import gzip
import io
import json

import pytest
from conftest import flat
from rich.table import Table

from underdog.fronts.terminal import Screen, visible


@pytest.fixture(name="sh")
def _sh(sh, tmp_path, moods):
    """Type a command beside a file of single texts and one of pairs: exit code, output, error."""
    rows = [*zip(moods.texts, moods.labels, strict=True), ("a strange thing", "odd")]
    for name, header, lines in (
        ("single.csv", ["text", "label"], rows),
        ("pairs.csv", ["premise", "hypothesis", "label"], [(t, t[::-1], y) for t, y in rows]),
    ):
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *lines])

    return flat(sh)


QUICK = ["linear()", "bilstm(hidden=8, epochs=1)", "ensemble(bayes(), n=2)"]


@pytest.mark.parametrize("recipe", QUICK)
def test_a_pair_given_to_a_model_of_single_texts_and_the_other_way_round(sh, recipe):
    if "bilstm" in recipe:
        pytest.importorskip("torch")
    for file, asked, problem in (
        (
            "single.csv",
            ("--pair", "one\tother"),
            "fitted on single texts and is asked about a pair",
        ),
        ("pairs.csv", ("one",), "fitted on pairs and is asked about a single text"),
    ):
        assert sh("fit", file, recipe, "--out", "model", "--yes")[0] == 0
        code, out, err = sh("answer", "model", *asked)
        assert (code, out) == (1, "")
        assert problem in err
        assert "hint: give it the kind it was fitted on" in err


@pytest.mark.parametrize("recipe", QUICK)
def test_a_label_with_one_example_is_learned_and_has_a_probability(sh, recipe):
    if "bilstm" in recipe:
        pytest.importorskip("torch")
    assert sh("fit", "single.csv", recipe, "--out", "model")[0] == 0
    _, out, _ = sh("answer", "model", "a strange thing", "--json")
    assert 0 < json.loads(out)["probs"]["odd"] < 1


@pytest.mark.parametrize("recipe", ["encoder('no/such-model')", "static('no/such-model')"])
def test_an_unknown_encoder_without_a_hub_is_named_with_one_that_is_there(sh, recipe):
    pytest.importorskip("torch")
    code, _, err = sh("fit", "single.csv", recipe, "--out", "folder")
    assert code == 1
    assert "there is no encoder 'no/such-model'" in err
    assert "encoder('minilm')" in err
    code, out, err = sh("compare", "single.csv", recipe, "majority()", "--out", "folder")
    assert code == 0, "the other model takes part"
    assert "there is no encoder 'no/such-model'" in " ".join((out + err).split())


def test_a_training_that_comes_apart_says_at_which_rate_it_would_not(sh):
    pytest.importorskip("torch")
    code, _, err = sh("fit", "single.csv", "bilstm(hidden=8, epochs=1, rate=1e30)", "--out", "m")
    assert code == 1
    assert "training diverged" in err
    assert "rate=0.001" in err


def test_a_model_that_makes_paid_calls_wants_a_yes(sh, tmp_path, monkeypatch):
    from underdog import Chat, Prompted, Task, save

    save(Prompted(Chat("gpt-5-mini"), Task("t", ("a", "b"))), tmp_path / "paid")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://user:hunter22@api.example/v1")
    code, out, err = sh("answer", str(tmp_path / "paid"), "text")
    assert (code, out) == (1, "")
    assert "gpt-5-mini at https://api.example/v1, which costs money" in err
    assert "--yes" in err
    assert "hunter22" not in err


def test_escape_sequences_are_shown_and_not_sent():
    assert visible("a\x1b[2Jb\x9b").plain == "a\u241b[2Jb\ufffd"


def test_a_table_cannot_steer_the_terminal():
    page = io.StringIO()
    table = Table("column\x1b[2J", title="\x1b]0;owned\x07")
    table.add_row("cell\x9b2J")
    Screen(file=page, force_terminal=True, color_system=None).print(table)
    assert not {"\x07", "\x9b"} & set(page.getvalue())
    assert "\x1b[2J" not in page.getvalue()
    assert "column\u241b" in page.getvalue()


def test_a_record_that_is_no_record_is_refused_in_a_sentence(sh, tmp_path):
    assert sh("fit", "single.csv", "majority()", "--out", "m")[0] == 0
    kept = json.loads((tmp_path / "m" / "model.json").read_text())
    for record in (
        *({"text": 5}, {"labels": "pos"}, [1], {"data": {"rows": "many"}}),
        {"score": {"accuracy": 2.0, "rows": 5, "how": ""}},
        {"score": {"accuracy": 0.5, "rows": 0, "how": ""}},
        {"score": {"groups": [{"by": "x", "value": "y", "texts": 0, "right": 0}]}},
    ):
        (tmp_path / "m" / "model.json").write_text(json.dumps({**kept, "record": record}))
        for typed in (("show", "m", "--card"), ("answer", "m", "single.csv")):
            code, _, err = sh(*typed)
            assert code == 1, record
            assert "m is damaged: its record" in err


def test_what_the_system_refuses_is_told_in_a_sentence(sh, tmp_path):
    long = "n" * 300
    for typed in (("search", long, "film"), ("index", long), ("curate", long, "--by", "length()")):
        code, _, err = sh(*typed)
        assert code == 1, typed
        assert "file name too long" in err or "no file" in err or "no index" in err
    (tmp_path / "loop").symlink_to("loop")
    code, _, err = sh("fit", "single.csv", "majority()", "--out", "loop")
    assert code == 1
    assert "symbolic links" in err


@pytest.mark.parametrize("verb", ["curate", "index"])
def test_what_underdog_did_not_write_is_refused_before_the_work(sh, tmp_path, verb):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.txt").write_text("ten years")
    more = ("--by", "length()", "--yes") if verb == "curate" else ()
    code, _, err = sh(verb, "single.csv", *more, "--out", "thesis")
    assert code == 1
    assert "thesis holds 'thesis.txt', which underdog did not write" in err
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["pairs.csv", "single.csv", "thesis"]


@pytest.mark.parametrize("name", ["cut.csv.gz", "wrong.csv.gz"])
def test_a_packed_file_that_is_damaged_is_told_by_every_verb(sh, tmp_path, name):
    whole = gzip.compress((tmp_path / "single.csv").read_bytes() * 9)
    cut = whole[: len(whole) // 2]
    (tmp_path / name).write_bytes(cut if name.startswith("cut") else cut[:12] + b"\xff" * 99)
    assert sh("fit", "single.csv", "majority()", "--out", "m")[0] == 0
    for typed in (
        ("answer", "m", name, "--out", "o.csv"),
        ("curate", name, "--by", "length()", "--text", "text"),
        ("label", name, "--by", "majority()", "--out", "o.csv"),
    ):
        code, _, err = sh(*typed)
        assert code == 1, typed
        assert name in err


def test_a_recipe_of_another_kind_is_told(sh, tmp_path):
    code, _, err = sh("fit", "single.csv", "augmented(linear(), bayes())", "--out", "m")
    assert code == 1
    assert "bayes() gives no further texts" in err
    assert sh("fit", "single.csv", "ngram(order=2)", "--out", "m")[0] == 0
    code, _, err = sh("answer", "m", "a text")
    assert code == 1
    assert "not a model" in err
