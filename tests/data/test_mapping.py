"""Other spellings of labels: typed, read from a file, and kept in Parquet."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from underdog.core.errors import UnderdogError
from underdog.data.mapping import label_names, mapped
from underdog.data.read import read

TASK = ["0", "1"]


def test_a_spelling_of_a_label_is_kept_for_the_answers():
    gold, labels, spellings = mapped(("hate", "noHate"), ("hate", "noHate"), {"0": "noHate"})
    assert (gold, labels) == (("hate", "noHate"), ("hate", "noHate"))
    assert spellings == (("0", "noHate"),)


def test_a_label_is_given_another_name():
    gold, labels, _ = mapped(("0", "1", None), ("0", "1"), {"0": "noHate", "1": "hate"})
    assert gold == ("noHate", "hate", None)
    assert labels == ("noHate", "hate")


def test_spellings_of_one_label_in_the_file_are_merged():
    mapping = {"Refund": "refund", "refund ": "refund"}
    gold, labels, _ = mapped(
        ("refund", "Refund", "refund "), ("Refund", "refund", "refund "), mapping
    )
    assert gold == ("refund",) * 3
    assert labels == ("refund",)


def test_labels_that_trade_places_are_spellings_of_answers_only():
    gold, labels, spellings = mapped(("0", "1"), ("0", "1"), {"0": "1", "1": "0"})
    assert (gold, labels) == (("0", "1"), ("0", "1"))
    assert spellings == (("0", "1"), ("1", "0"))


def test_a_pair_without_a_label_is_an_error_that_names_the_labels():
    with pytest.raises(UnderdogError, match="neither 'x' nor 'y' is a label") as error:
        mapped(("a",), ("a", "b"), {"x": "y"})
    assert "'a', 'b'" in error.value.hint


def test_label_names_come_from_a_list_or_a_file_in_which_names_may_hold_commas(tmp_path):
    assert label_names("a, b,c") == ("a", "b", "c")
    lines, listed = tmp_path / "labels.txt", tmp_path / "labels.json"
    lines.write_text("Parks, beaches\nRoads\n\n")
    listed.write_text('["Parks, beaches", "Roads"]')
    assert label_names(str(lines)) == label_names(str(listed)) == ("Parks, beaches", "Roads")


def test_names_of_classes_in_parquet_metadata_are_used(tmp_path):
    features = {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}
    about = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    table = pa.table({"text": ["a b", "c d", "e f"], "label": [0, 1, -1]})
    pq.write_table(table.replace_schema_metadata(about), tmp_path / "t.parquet")
    found = read(tmp_path / "t.parquet", text=["text"], label="label")
    assert found.data.labels == ("neg", "pos")
    assert found.data.task.labels == ("neg", "pos")


def test_a_label_column_that_holds_a_models_answers_is_told(tmp_path):
    (tmp_path / "t.csv").write_text("text,gpt4_answer\n" + "a b c,x\nd e f,y\n" * 3)
    found = read(tmp_path / "t.csv", label="gpt4_answer")
    assert any("agreement with that model, not accuracy" in note for note in found.notes)
    with pytest.raises(UnderdogError) as error:
        read(tmp_path / "t.csv")
    assert "--label gpt4_answer" in error.value.hint


def test_a_file_of_labels_that_is_nested_without_end_is_lines(tmp_path):
    (tmp_path / "deep.json").write_text("[" * 90_000 + "\n")
    assert len(label_names(str(tmp_path / "deep.json"))) == 1
