"""Pieces of a text in files: lists of places, objects, exports of tools, and CoNLL."""

import json

import pytest

from underdog.core.errors import UnderdogError
from underdog.core.values import pieces
from underdog.data.read import read
from underdog.study import compare

TEXT = "Ada Lovelace went to London."
GOLD = (("person", "Ada Lovelace"), ("place", "London"))
SPANS = [[0, 12, "person"], [21, 27, "place"]]
NAMED = [{"start": a, "end": b, "label": k} for a, b, k in SPANS]


def written(tmp_path, name, rows, wrap=False):
    path = tmp_path / name
    lines = [json.dumps(row) for row in rows]
    path.write_text(json.dumps(rows) if wrap else "\n".join(lines), encoding="utf-8")
    return path


STUDIO = {
    "id": 1,
    "data": {"text": TEXT},
    "annotations": [
        {
            "result": [
                {"from_name": "ner", "value": {"start": a, "end": b, "labels": [k], "text": "…"}}
                for a, b, k in SPANS
            ]
        }
    ],
}
EMPTY = {"id": 2, "data": {"text": "Nothing."}, "annotations": [{"result": []}]}
FILES = {
    "lists": ([{"text": TEXT, "spans": SPANS}, {"text": "Nothing.", "spans": []}], False),
    "objects": ([{"text": TEXT, "entities": NAMED}, {"text": "Nothing.", "entities": []}], False),
    "pairs": (
        [{"text": TEXT, "gold": list(map(list, GOLD))}, {"text": "Nothing.", "gold": []}],
        False,
    ),
    "doccano": (
        [{"id": 1, "text": TEXT, "label": SPANS}, {"id": 2, "text": "Nothing.", "label": []}],
        False,
    ),
    "prodigy": (
        [
            {"text": TEXT, "spans": NAMED, "answer": "accept", "_input_hash": 1, "tokens": []},
            {"text": "Nothing.", "spans": [], "answer": "accept", "_input_hash": 2, "tokens": []},
            {"text": "No.", "spans": [], "answer": "reject", "_input_hash": 3, "tokens": []},
        ],
        False,
    ),
    "studio": ([STUDIO], True),
}


@pytest.mark.parametrize("name", FILES)
def test_spans_are_read_from_every_format(name, tmp_path):
    rows, wrap = FILES[name]
    table = read(written(tmp_path, f"{name}.json" if wrap else f"{name}.jsonl", rows, wrap))
    assert table.data.task.kind == "text"
    assert pieces(table.data.labels[0]) == GOLD
    assert table.data.texts[0] == TEXT
    assert [pieces(y) for y in table.data.labels[1:]] == [()] * (len(table.data) - 1)
    assert any("person, place; 2" in note or "person, place; 1" in note for note in table.notes)


def test_places_outside_the_text_are_no_spans(tmp_path):
    rows = [{"text": "short", "spans": [[0, 99, "person"]], "kind": "a"}] * 3
    table = read(written(tmp_path, "odd.jsonl", rows), text=["text"], label="spans", kind="text")
    assert pieces(table.data.labels[0]) is None


def test_spans_that_a_model_found_are_not_taken_for_the_right_ones(tmp_path):
    row = {"text": TEXT, "spans": NAMED, "gpt4_answer": json.dumps(NAMED[:1])}
    found = read(written(tmp_path, "both.jsonl", [row] * 4))
    assert found.columns.label == "spans"
    assert found.data.archive.columns["gpt4_answer"][0] == '[["person", "Ada Lovelace"]]'


def test_conll_in_its_schemes(tmp_path):
    path = tmp_path / "x.conll"
    blocks = [
        "-DOCSTART- -X- O O",
        "EU NNP B-NP B-ORG\nrejects VBZ O O\nGerman JJ B-MISC B-MISC\n. . O O",
        "Peter I-PER\nBlackburn I-PER\n# I-X\nParis U-LOC",
        "A B-ORG\nB B-ORG\nC L-ORG\nD I-ORG",
        "nothing O",
    ]
    path.write_text("\n\n".join(blocks), encoding="utf-8")
    data = read(path).data
    assert data.texts[0] == "EU rejects German ."
    assert [pieces(y) for y in data.labels] == [
        (("ORG", "EU"), ("MISC", "German")),
        (("PER", "Peter Blackburn"), ("X", "#"), ("LOC", "Paris")),
        (("ORG", "A"), ("ORG", "B C"), ("ORG", "D")),
        (),
    ]
    path.write_text("EU B-ORG\nrejects verb\n", encoding="utf-8")
    with pytest.raises(UnderdogError, match="line 2: 'verb' is no tag"):
        read(path)


def test_a_study_of_extraction_has_a_line_up_of_its_own(tmp_path):
    rows = []
    for i in range(300):
        text, place = f"Item {i} went to Rome at {i}.", ("London", "Rome", "Oslo")[i % 3]
        text = text.replace("Rome", place)
        said = json.dumps({"place": [place] if i % 5 else []})
        spans = [[text.index(place), text.index(place) + len(place), "place"]]
        rows.append({"text": text, "spans": spans, "gpt4_answer": said})
    data = read(written(tmp_path, "s.jsonl", rows)).data
    study = compare(None, data, against="gpt4_answer")
    assert {s.spec.partition("(")[0] for s in study.summaries} == {"majority", "tagger", "recorded"}
    assert study.verdict.decision == "ship"
    assert "entity F1" in study.verdict.sentence
