"""Files as strangers write them: headers, quotes, names and cells of other kinds, read right."""

import csv
import io
import json
import zipfile

import openpyxl
import pytest

from underdog.core.errors import UnderdogError
from underdog.data.read import read

TEXTS = [f"please help me with my order number {i}" for i in range(12)]
LABELS = ["bill", "refund", "account"] * 4
ROWS = [*zip(TEXTS, LABELS, strict=True)]


def lines(header, rows=ROWS, sep=","):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=sep, lineterminator="\n").writerows(
        [*([header] * bool(header)), *rows]
    )
    return out.getvalue()


PLAIN = lines(["text", "label"])
CSV = {
    "titles": "Export of May,\n,\n" + PLAIN,
    "comment": "# a comment\n" + PLAIN,
    "trailing commas": "text,label\n" + lines(None).replace("\n", ",\n"),
    "nameless column": "text,label,\n" + lines(None),
    "twice": lines(["text", "label", "label"], [(t, y, y) for t, y in ROWS]),
    "marks": "\ufeff\ufeff" + PLAIN + "\x1a",
    "single quotes": "'text','label'\n" + "".join(f"'{t}','{y}'\n" for t, y in ROWS),
    "spaced quotes": '"text", "label"\n' + "".join(f'"{t}", "{y}"\n' for t, y in ROWS),
    "quoted sep": '"sep=;"\n' + lines(["text", "label"], sep=";"),
    "carets": lines(["text", "label"], sep="^"),
    "commas inside": lines(["text", "label"], [(f"{t}, ok, fine", y) for t, y in ROWS], ";"),
    "no header": lines(None),
}
SHOWS = {"commas inside": [f"{text}, ok, fine" for text in TEXTS]}


@pytest.mark.parametrize("kind", CSV)
def test_a_csv_is_read_as_it_is(tmp_path, kind):
    path = tmp_path / "t.csv"
    path.write_text(CSV[kind], "utf-8")
    data = read(path).data
    assert data.texts == tuple(SHOWS.get(kind, TEXTS))
    assert data.labels == tuple(LABELS)


def test_lines_above_a_header_and_a_missing_header_are_told(tmp_path):
    for kind, says in (("titles", "2 lines above the header"), ("no header", "no header")):
        path = tmp_path / "t.csv"
        path.write_text(CSV[kind], "utf-8")
        assert any(says in note for note in read(path).notes)


HEADERS = [
    ("utterance,intent,model_output", "intent"),
    ("prompt,ground_truth,completion", "ground_truth"),
    ("input,expected_output,output", "expected_output"),
    ("user_message,correct_intent,assistant_message", "correct_intent"),
    ("text,human_label,label", "human_label"),
    ("文本,标签,模型回答", "标签"),
    ("texto,etiqueta,respuesta", "etiqueta"),
    ("tweet,score,gpt_label", "score"),
    ("transcript,gt,chatgpt", "gt"),
]


@pytest.mark.parametrize(("header", "label"), HEADERS)
def test_gold_is_told_from_answers_by_name(tmp_path, header, label):
    path = tmp_path / "t.csv"
    path.write_text(lines(header.split(","), [(t, y, "bill") for t, y in ROWS]), "utf-8")
    table = read(path)
    assert table.columns.text == (header.split(",")[0],)
    assert table.columns.label == label
    assert not any("measured is agreement" in note for note in table.notes)


def book(tmp_path, fill):
    made = openpyxl.Workbook()
    fill(made)
    made.save(tmp_path / "t.xlsx")
    return read(tmp_path / "t.xlsx")


def filled(sheet, rows):
    for row in rows:
        sheet.append(list(row))


def test_a_workbook_may_have_titles_groups_an_index_and_other_sheets(tmp_path):
    def fill(made):
        filled(made.active, [["Helpdesk"], ["made by me"]])
        sheet = made.create_sheet("Data")
        filled(sheet, [["Tickets of May"], [None, "Ticket", None, "GPT-4"]])
        sheet.merge_cells("B2:C2")
        filled(sheet, [[None, "text", "label", "answer"]])
        filled(sheet, [[i, t, y, y] for i, (t, y) in enumerate(ROWS)])

    table = book(tmp_path, fill)
    assert (table.data.texts, table.data.labels) == (tuple(TEXTS), tuple(LABELS))
    assert any("sheet 'Data' of 2" in note for note in table.notes)


def test_sheets_that_are_named_after_parts_are_parts(tmp_path):
    def fill(made):
        made.active.title = "train"
        filled(made.active, [["text", "label"], *ROWS])
        filled(made.create_sheet("test"), [["text", "label"], *[(t + "!", y) for t, y in ROWS]])

    table = book(tmp_path, fill)
    assert table.train is not None
    assert (len(table.train), len(table.test)) == (12, 12)


SETS = [["bill", "refund"], ["refund"], ["account", "bill"], ["account"]] * 3
CELLS = {
    "set": lambda s: "{" + ", ".join(map(repr, s)) + "}",
    "tuple": lambda s: repr(tuple(s)),
    "numpy": lambda s: "[" + " ".join(map(repr, s)) + "]",
    "bare": lambda s: "[" + ", ".join(s) + "]",
    "nested": lambda s: json.dumps([s]),
    "objects": lambda s: json.dumps([{"label": one} for one in s]),
    "flags": lambda s: json.dumps({one: one in s for one in ("bill", "refund", "account")}),
}


@pytest.mark.parametrize("kind", CELLS)
def test_several_labels_in_a_cell_are_a_set_however_they_are_written(tmp_path, kind):
    path = tmp_path / "t.csv"
    cells = [CELLS[kind](some) for some in SETS]
    path.write_text(lines(["text", "labels"], [*zip(TEXTS, cells, strict=True)]), "utf-8")
    data = read(path).data
    assert data.task.kind == "labels"
    assert [set(label.split("|")) for label in data.labels] == [set(some) for some in SETS]


JSON = {
    "trailing commas": json.dumps([{"text": t, "label": y} for t, y in ROWS])[:-1] + ",]",
    "commas at ends": "".join(json.dumps({"text": t, "label": y}) + ",\n" for t, y in ROWS),
    "objects": json.dumps([{"text": t, "label": {"name": y, "id": 1}} for t, y in ROWS]),
    "nested": json.dumps([{"example": {"text": t}, "annotation": {"label": y}} for t, y in ROWS]),
    "lists": json.dumps([[t, y] for t, y in ROWS]),
    "contents": "".join(
        json.dumps({"contents": [{"role": "user", "parts": [{"text": t}]},
                                 {"role": "model", "parts": [{"text": y}]}]}) + "\n"
        for t, y in ROWS
    ),
    "chat with gold": "".join(
        json.dumps({"messages": [{"role": "user", "content": t},
                                 {"role": "assistant", "content": "bill"}], "label": y}) + "\n"
        for t, y in ROWS
    ),
    "json answers": json.dumps([
        {"messages": [{"role": "user", "content": t},
                      {"role": "assistant", "content": json.dumps({"label": y})}]}
        for t, y in ROWS
    ]),
}  # fmt: skip


@pytest.mark.parametrize("kind", JSON)
def test_json_is_read_as_it_is(tmp_path, kind):
    path = tmp_path / "t.json"
    path.write_text(JSON[kind], "utf-8")
    data = read(path).data
    assert (data.texts, data.labels) == (tuple(TEXTS), tuple(LABELS))


def test_a_zip_with_one_table_beside_other_files_is_that_table(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as made:
        made.writestr("t.csv", PLAIN)
        made.writestr("README.txt", "hello")
    assert read(tmp_path / "t.zip").data.labels == tuple(LABELS)
    with zipfile.ZipFile(tmp_path / "t.zip", "a") as made:
        made.writestr("u.csv", PLAIN)
    with pytest.raises(UnderdogError, match="3 files"):
        read(tmp_path / "t.zip")


def test_counts_of_tokens_do_not_make_a_langsmith_export(tmp_path):
    path = tmp_path / "t.csv"
    rows = [(t, y, 50, 2) for t, y in ROWS]
    path.write_text(lines(["text", "label", "input_tokens", "output_tokens"], rows), "utf-8")
    assert read(path).columns.text == ("text",)


def test_a_column_of_numbered_folds_is_said_not_to_split(tmp_path):
    path = tmp_path / "t.csv"
    rows = [(t, y, i % 3) for i, (t, y) in enumerate(ROWS)]
    path.write_text(lines(["text", "label", "fold"], rows), "utf-8")
    table = read(path)
    assert table.train is None
    assert any("'fold' is not used to split" in note for note in table.notes)


@pytest.mark.parametrize("sign", [";", "|", "^", "\t"])
def test_a_sign_in_some_texts_of_the_only_column_is_no_delimiter(tmp_path, sign):
    path = tmp_path / "t.csv"
    path.write_text("text\n" + "".join(f"{t}{sign * (i % 3)}x\n" for i, t in enumerate(TEXTS)))
    assert read(path, label="", labelled=False).data.texts[0] == f"{TEXTS[0]}x"


def test_labels_with_a_column_each_are_sets_unless_each_row_has_one(tmp_path):
    path = tmp_path / "t.csv"
    names = ("bill", "refund", "account")
    header = ["id", "text", *names, "gpt4_answer"]
    rows = [
        (i, t, *(int(n in s) for n in names), "bill")
        for i, (t, s) in enumerate(zip(TEXTS, SETS, strict=True))
    ]
    path.write_text(lines(header, rows), "utf-8")
    table = read(path)
    assert table.data.task.kind == "labels"
    assert [set(label.split("|")) for label in table.data.labels] == [set(some) for some in SETS]
    assert any("the columns 'bill', 'refund', 'account'" in note for note in table.notes)
    assert "refund" not in table.data.columns
    assert read(path, label="refund").data.task.labels == ("0", "1")
    rows = [(i, t, *(n == y for n in names), "bill") for i, (t, y) in enumerate(ROWS)]
    path.write_text(lines(header, rows), "utf-8")
    assert read(path).data.labels == tuple(LABELS)


def test_a_file_of_fasttext_is_read(tmp_path):
    path = tmp_path / "t.txt"
    path.write_text("".join(f"__label__{y} {t}\n" for t, y in ROWS), "utf-8")
    data = read(path).data
    assert (data.texts, data.labels) == (tuple(TEXTS), tuple(LABELS))
    path.write_text(
        "".join(
            f"{' '.join(f'__label__{y}' for y in s)} {t}\n"
            for t, s in zip(TEXTS, SETS, strict=True)
        ),
        "utf-8",
    )
    assert [set(y.split("|")) for y in read(path).data.labels] == [set(some) for some in SETS]
