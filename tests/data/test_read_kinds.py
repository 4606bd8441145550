"""What a column of right answers is recognised as, and how it is read."""

import json

import pytest

from underdog.core.errors import UnderdogError
from underdog.data.kinds import guess_kind
from underdog.data.read import read


def sheet(tmp_path, header, rows):
    path = tmp_path / "file.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("cells", "name", "kind"),
    [
        (["a", "b", "a", "b"] * 5, "label", "label"),
        (["0", "1", "2", "1"] * 5, "label", "label"),
        (["1", "2", "3", "4", "5"] * 5, "stars", "label"),
        (["1", "2", "3", "4", "5"] * 5, "rating", "number"),
        (["0.5", "1", "2.5"] * 5, "label", "number"),
        (["0.0", "1.0"] * 5, "label", "label"),
        ([str(i) for i in range(40)], "words", "number"),
        (["a;b", "a", "b", "b;a"] * 5, "labels", "labels"),
        (["a|b", "c|a", "b|c"] * 5, "labels", "labels"),
        (['["a", "b"]', '["a"]'] * 5, "labels", "labels"),
        (["a, b", "a", "b"] * 5, "labels", "labels"),
        (["a / b", "a", "b"] * 5, "labels", "labels"),
        (["a + b", "b", "a"] * 5, "labels", "labels"),
        (["CI/CD", "CI", "other"] * 5, "labels", "label"),
        (["C", "C++", "C#"] * 5, "labels", "label"),
        ([f"the answer to question {i} is yes" for i in range(40)], "reference", "text"),
        ([f"first; second part of {i}" for i in range(40)], "reference", "text"),
        ([f'["name{i}", "other{i}"]' for i in range(9)], "answers", "text"),
        ([f'["one answer of {i}", "another answer of {i}"]' for i in range(9)], "refs", "text"),
    ],
)
def test_a_column_tells_its_kind(cells, name, kind):
    assert guess_kind(tuple(cells), name) == kind


def test_sets_are_read_in_one_order_and_the_empty_set_is_an_answer(tmp_path):
    rows = [f"text {i},{cell}" for i, cell in enumerate(["b;a", "a", "", "a;b"] * 5)]
    table = read(sheet(tmp_path, "text,labels", rows))
    assert table.data.task.kind == "labels"
    assert table.data.labels == ("a|b", "a", "a|b") * 5
    assert any("sets of labels" in note for note in table.notes)
    assert any("left out: 5 rows" in note for note in table.notes)
    path = tmp_path / "lists.jsonl"
    lines = [f'{{"text": "t{i}", "labels": {cell}}}' for i, cell in
             enumerate(['["x", "y"]', "[]", '["y"]'] * 4)]  # fmt: skip
    path.write_text("\n".join(lines), "utf-8")
    assert read(path).data.labels == ("x|y", "|", "y") * 4


def test_rows_of_equal_texts_are_joined_into_sets(tmp_path):
    rows = [f"note {i // 2},{'heart' if i % 2 else 'lung'}" for i in range(20)] + ["x,lung"]
    table = read(sheet(tmp_path, "text,label", rows), kind="labels")
    assert table.data.labels == ("heart|lung",) * 10 + ("lung",)
    assert any("21 rows hold 11 texts" in note for note in table.notes)


def test_a_sign_inside_the_name_of_a_label_does_not_part_it(tmp_path):
    names = ["Cosmetic / Plastic", "Heart / Lung", "Surgery"] * 6
    path = sheet(tmp_path, "text,label", [f"note {i},{name}" for i, name in enumerate(names)])
    assert read(path, kind="labels").data.task.labels == tuple(sorted(set(names)))
    names = ["heart / lung", "lung / skin", "skin / heart"] * 6
    path = sheet(tmp_path, "text,label", [f"note {i},{name}" for i, name in enumerate(names)])
    assert read(path, kind="labels").data.task.labels == ("heart", "lung", "skin")


def test_a_named_kind_overrides_the_guess(tmp_path):
    path = sheet(tmp_path, "text,stars", [f"text {i},{i % 5}" for i in range(40)])
    assert read(path).data.task.kind == "label"
    assert read(path, kind="number").data.task.kind == "number"
    assert read(path, kind="labels").data.task.labels == ("0", "1", "2", "3", "4")


@pytest.mark.parametrize(
    ("cells", "kind", "says"),
    [
        (["x", "y"] * 9, "number", "no numbers"),
        (["4"] * 18, "number", "only the label '4'"),
        (["a|b", "c"] * 9, "labels;", "stands between"),
        (["a", "b"] * 9, "sets", "no kind"),
    ],
)
def test_what_is_not_of_the_kind_is_refused(tmp_path, cells, kind, says):
    if kind == "labels;":
        cells, kind = [f"{cell};d" for cell in cells], "labels"
    path = sheet(tmp_path, "text,label", [f"text {i},{cell}" for i, cell in enumerate(cells)])
    with pytest.raises(UnderdogError, match=says):
        read(path, kind=kind)


def test_cells_without_a_number_have_no_answer(tmp_path):
    cells = ["1.5", "2.5", "nan", "3.5", "inf", "4.5"] * 4
    path = sheet(tmp_path, "text,label", [f"text {i},{cell}" for i, cell in enumerate(cells)])
    table = read(path, kind="number")
    assert len(table.data) == 16
    assert any("8 rows have no number" in note for note in table.notes)


def test_a_file_of_questions_holds_right_answers_beside_those_of_a_model(tmp_path):
    rows = [f"which is number {i},{'odd' if i % 2 else 'even'},odd" for i in range(20)]
    table = read(sheet(tmp_path, "question,answer,gpt4_answer", rows))
    assert table.columns.label == "answer"
    assert not any("agreement" in note for note in table.notes)
    rows = [f"""who wrote book {i},"['name{i}', 'other{i}']" """.strip() for i in range(20)]
    table = read(sheet(tmp_path, "question,answers", rows))
    assert table.data.task.kind == "text"
    assert table.data.references[3] == ("name3", "other3")


def test_answers_alone_are_those_of_a_model(tmp_path):
    rows = [f"which is number {i},{'odd' if i % 2 else 'even'}" for i in range(20)]
    with pytest.raises(UnderdogError, match="looks like the answers of a model"):
        read(sheet(tmp_path, "question,answer", rows))


def test_a_scale_that_is_read_as_labels_is_told(tmp_path):
    path = sheet(tmp_path, "text,stars", [f"text {i},{i % 5 + 1}" for i in range(20)])
    assert any("1 to 5, each a label" in note for note in read(path).notes)
    assert not any("each a label" in note for note in read(path, kind="label").notes)
    two = sheet(tmp_path, "text,stars", [f"text {i},{i % 2}" for i in range(20)])
    assert not any("each a label" in note for note in read(two).notes)


def test_lists_of_a_text_and_what_is_said_of_it_are_read(tmp_path):
    """What spaCy learns from; each object became a label of its own."""
    path = tmp_path / "spacy.json"
    said = [[f"text {i}", {"cats": {"POS": i % 2, "NEG": 1 - i % 2}}] for i in range(10)]
    path.write_text(json.dumps(said), "utf-8")
    assert read(path).data.labels[:2] == ("NEG", "POS")
    path.write_text(json.dumps([[f"text {i}", {"entities": [[0, 4, "X"]]}] for i in range(10)]))
    assert read(path).data.labels[0] == '[["X", "text"]]'
