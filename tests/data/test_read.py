"""A user's file, read; every guess told, every broken input refused with its remedy."""

import gzip
import json
import lzma
import os

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from underdog.core.errors import UnderdogError
from underdog.data.read import Columns, read

ROWS = [("the door is stuck", "broken"), ("thanks a lot", "praise"), ("it fell off", "broken")]


def written(tmp_path, content, name="tickets.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def csv_of(rows, header="text,label", delimiter=","):
    return "\n".join([header.replace(",", delimiter), *(delimiter.join(row) for row in rows)])


def refusal(source, **options):
    with pytest.raises(UnderdogError) as caught:
        read(source, **options)
    assert caught.value.hint, "an error ends in what to type"
    return str(caught.value)


# --- formats --------------------------------------------------------------------------------


def assert_tickets(table):
    assert list(zip(table.data.texts, table.data.labels, strict=True)) == ROWS
    assert table.data.task.labels == ("broken", "praise")
    assert (table.train, table.test) == (None, None)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_csv_file_is_read_whatever_its_delimiter(tmp_path, delimiter):
    table = read(written(tmp_path, csv_of(ROWS, delimiter=delimiter)))
    assert_tickets(table)
    assert table.data.task.name == "tickets"
    assert table.columns == Columns(("text",), "label")


def test_a_semicolon_file_may_have_commas_in_its_texts(tmp_path):
    path = written(tmp_path, "text;label\nno, never, no;bad\nyes, please;good\n")
    assert read(path).data.texts == ("no, never, no", "yes, please")


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [
        (".gz", gzip.compress),
        (".xz", lzma.compress),
        (".zst", lambda data: pa.compress(data, "zstd", asbytes=True)),
    ],
)
def test_packed_files_are_unpacked(tmp_path, suffix, pack):
    path = written(tmp_path, pack(csv_of(ROWS).encode()), f"tickets.csv{suffix}")
    assert_tickets(read(path))
    assert read(path).data.task.name == "tickets"


def test_json_lines_json_parquet_and_a_data_frame_give_the_same_data(tmp_path):
    objects = [{"text": text, "label": label} for text, label in ROWS]
    lines = "\n".join(map(json.dumps, objects)) + "\n\n"
    assert_tickets(read(written(tmp_path, lines, "tickets.jsonl")))
    assert_tickets(read(written(tmp_path, lines, "tickets.ndjson")))
    assert_tickets(read(str(written(tmp_path, json.dumps(objects), "tickets.json"))))
    pq.write_table(pa.Table.from_pylist(objects), tmp_path / "tickets.parquet")
    assert_tickets(read(tmp_path / "tickets.parquet"))
    assert_tickets(read(pd.DataFrame(objects)))


def test_quotes_line_breaks_and_quotation_marks_in_cells_survive(tmp_path):
    text = 'she said "no",\nand left'
    quoted = text.replace('"', '""')
    path = written(tmp_path, f'text,label\r\n"{quoted}",a\r\nfine,b\r\n')
    assert read(path).data.texts == (text, "fine")


def test_quotation_marks_escaped_by_backslashes_are_understood(tmp_path):
    table = read(written(tmp_path, 'text,label\n"she said \\"no\\", twice",a\nfine,b\n'))
    assert table.data.texts == ('she said "no", twice', "fine")
    assert "quotes: escaped by backslashes" in table.notes


def test_a_lone_quotation_mark_in_a_tab_separated_file_is_text(tmp_path):
    table = read(written(tmp_path, 'text\tlabel\n"oh\ta\n5" nail\tb\n', "t.tsv"))
    assert table.data.texts == ('"oh', '5" nail')


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be-with-mark"])
def test_byte_order_marks_are_no_part_of_the_first_name(tmp_path, encoding):
    rows = csv_of([("très bien", "a"), ("schön", "b")])
    wide = b"\xfe\xff" + rows.encode("utf-16-be")
    data = wide if "mark" in encoding else rows.encode(encoding)
    table = read(written(tmp_path, data))
    assert table.columns.text == ("text",)
    assert table.data.texts == ("très bien", "schön")


def test_a_10_mb_text_is_read(tmp_path):
    huge = "word " * 2_000_000
    assert read(written(tmp_path, csv_of([(huge, "a"), ("b", "b")]))).data.texts[0] == huge


def test_words_that_elsewhere_mean_missing_are_texts_and_labels_here(tmp_path):
    rows = [("n/a", "NA"), ("null", "None"), ("NaN", "nan"), ("", "NULL")]
    data = read(written(tmp_path, csv_of(rows))).data
    assert list(zip(data.texts, data.labels, strict=True)) == rows


def test_numbers_as_labels_are_shown_plainly(tmp_path):
    texts = ["a", "b", "c", "d"]
    frame = pd.DataFrame({"text": texts, "label": [1.0, 0.0, None, 2.5]})
    assert read(frame).data.labels == ("1", "0", "2.5")
    table = pa.table({"text": texts, "label": [1, 0, 1, 10**6]})
    pq.write_table(table, tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet").data.labels == ("1", "0", "1", "1000000")
    lines = "\n".join(json.dumps({"text": t, "label": t > "b"}) for t in texts)
    assert read(written(tmp_path, lines, "t.jsonl")).data.labels == (
        *("False", "False"),
        *("True", "True"),
    )


def test_missing_values_of_pandas_are_none_and_whole_floats_whole():
    frame = pd.DataFrame(
        {
            "text": ["a", "b", "c"],
            "label": ["x", "y", "x"],
            "answer": pd.array([1, None, 0], dtype="Int64"),
            "cost": [0.5, float("nan"), 2.0],
            "when": [pd.Timestamp("2024-01-02"), pd.NaT, pd.NaT],
        }
    )
    columns = read(frame).data.columns
    assert columns["answer"] == (1, None, 0)
    assert columns["cost"] == (0.5, None, 2)
    assert columns["when"] == ("2024-01-02 00:00:00", None, None)


def test_a_text_that_no_file_could_hold_is_made_writable(tmp_path):
    path = written(
        tmp_path, '{"text": "a\\ud800b", "label": "x"}\n{"text": "c", "label": "y"}', "t.jsonl"
    )
    assert read(path).data.texts[0] == "a?b"


def test_objects_that_lack_a_key_have_a_missing_cell_and_lists_become_json(tmp_path):
    lines = '{"text": "a", "label": "x", "tags": [1, "é"]}\n{"label": "y", "text": "b"}\n'
    assert read(written(tmp_path, lines, "t.jsonl")).data.columns["tags"] == ('[1, "é"]', None)


# --- a data set from the hub, through the real library ---------------------------------------


@pytest.fixture
def hub_folder(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "letters"
    folder.mkdir()
    features = datasets.Features(
        {"sentence": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])}
    )
    for part, words in (("train", ["aye aye sir", "nay my lord"]), ("test", ["aye", "nay"])):
        rows = datasets.Dataset.from_dict({"sentence": words, "label": [1, 0]}, features=features)
        rows.to_parquet(folder / f"{part}.parquet")
    return folder


def test_a_hub_data_set_shows_class_names_and_brings_its_parts(hub_folder):
    table = read(f"hf:{hub_folder}")
    assert table.data.labels == ("yes", "no", "yes", "no")
    assert table.train.texts == ("aye aye sir", "nay my lord")
    assert table.test.texts == ("aye", "nay")
    assert table.data.task.name == "letters"


def test_a_hub_data_set_that_is_not_there_is_a_sentence(tmp_path):
    pytest.importorskip("datasets")
    assert "cannot load the data set" in refusal(f"hf:{tmp_path / 'absent'}")


# --- guessing -------------------------------------------------------------------------------


def guessed(columns, **options):
    return read(pd.DataFrame(columns), **options).columns


def test_what_was_guessed_is_told_and_what_was_named_is_not(tmp_path):
    path = written(tmp_path, csv_of(ROWS, "headline,direction"))
    notes = read(path).notes
    assert "text column: 'headline' (guessed; name it with --text)" in notes
    assert "label column: 'direction' (guessed; name it with --label)" in notes
    assert read(path, text=["headline"], label="direction").notes == ()


@pytest.mark.parametrize(
    ("first", "second"),
    [("premise", "hypothesis"), ("Claim", "Evidence"), ("sentence1", "sentence2")],
)
def test_pairs_are_known_by_their_names(first, second):
    made = guessed({first: ["a b", "c d"], second: ["e f", "g h"], "label": ["1", "0"]})
    assert made.text == (first, second)
    table = read(pd.DataFrame({first: ["a"], second: ["b"]}), labelled=False)
    assert table.data.texts == (("a", "b"),)


def test_without_telling_names_the_shapes_decide():
    n = 20
    made = guessed(
        {
            "nr": [str(i) for i in range(n)],
            "what was said": [f"a rather long remark number {i} on the matter" for i in range(n)],
            "kind": ["question", "complaint"] * (n // 2),
            "gpt4_answer": ["question"] * n,
            "cost": [0.25] * (n - 1) + [0.5],
        }
    )
    assert made == Columns(("what was said",), "kind")


def test_recorded_answers_ids_and_costs_are_never_taken_for_labels():
    columns = {"text": ["so be it", "never mind"] * 5}
    for name in ("gpt-4_answer", "prediction", "llama2_70b", "query_id", "cost_usd", "latency"):
        message = refusal(pd.DataFrame({**columns, name: ["1", "0"] * 5}))
        assert "holds the label: none looks like one" in message, name
        assert "--label COLUMN" in message


def test_two_columns_that_could_both_be_meant_are_left_to_the_user():
    frame = pd.DataFrame({"text": ["a", "b"], "intent": ["x", "y"], "topic": ["u", "v"]})
    message = refusal(frame)
    assert "could be 'intent', 'topic'" in message
    assert message.endswith("--label intent")
    message = refusal(pd.DataFrame({"message": ["a", "b"], "comment": ["c", "d"], "y": [0, 1]}))
    assert message.endswith("--text message")


def test_all_other_columns_are_kept_and_the_archive_shows_no_labels(tmp_path):
    header = "text,label,gpt4_answer,split"
    rows = [("a", "x", "y", "train"), ("b", "y", "", "train"), ("c", "x", "x", "test")]
    table = read(written(tmp_path, csv_of(rows, header)))
    assert table.data.columns == {
        "gpt4_answer": ("y", "", "x"),
        "split": ("train",) * 2 + ("test",),
    }
    assert table.train.archive is table.test.archive is table.data.archive
    assert table.train.archive.texts == ("a", "b", "c")
    assert set(table.train.archive.columns) == {"gpt4_answer", "split"}


def test_groups_are_read_when_named_and_never_guessed(tmp_path):
    path = written(tmp_path, csv_of([("a", "x", "p1"), ("b", "y", "p2")], "text,label,group"))
    assert read(path).data.groups is None
    assert read(path, group="group").data.groups == ("p1", "p2")


# --- labels ---------------------------------------------------------------------------------


def test_rows_without_a_label_are_left_out_and_counted(tmp_path):
    path = written(tmp_path, csv_of([*ROWS, ("hm", ""), ("so", "  ")]))
    table = read(path)
    assert len(table.data) == 3
    assert "left out: 2 rows without a label" in table.notes
    assert len(table.data.archive.texts) == 5
    assert read(path, labelled=False).data.labels[3:] == (None, None)


def test_an_unlabelled_file_takes_its_labels_from_the_user(tmp_path):
    path = written(tmp_path, "text\nhello there\nbye now\n")
    table = read(path, labels=["greeting", "parting"], labelled=False)
    assert table.data.task.labels == ("greeting", "parting")
    assert table.data.labels == (None, None)
    assert "holds the label: none looks like one" in refusal(path)


def test_labels_that_the_user_did_not_name_are_refused(tmp_path):
    message = refusal(written(tmp_path, csv_of(ROWS)), labels=["broken", "other"])
    assert "'praise', which is none of the labels given" in message
    assert message.endswith("--labels broken,other,praise")


def test_one_class_only_is_refused(tmp_path):
    path = written(tmp_path, csv_of([("a", "x"), ("b", "x")]))
    assert "holds only the label 'x'" in refusal(path)
    assert read(path, labelled=False).data.task.labels == ("x",)
    assert "holds no labels" in refusal(written(tmp_path, csv_of([("a", ""), ("b", "")])))


# --- parts ----------------------------------------------------------------------------------


def split_file(tmp_path, rows):
    return written(tmp_path, csv_of(rows, "text,label,split"))


def test_a_split_column_gives_the_parts_and_validation_rows_train(tmp_path):
    rows = [("a", "x", "train"), ("b", "y", "dev"), ("c", "x", "Test"), ("d", "y", "spare")]
    table = read(split_file(tmp_path, rows))
    assert (table.train.texts, table.test.texts) == (("a", "b"), ("c",))
    assert len(table.data) == 4
    assert "1 validation rows join the training part" in table.notes
    assert "1 rows are in neither part" in table.notes
    assert read(split_file(tmp_path, rows), split="").train is None


def test_without_a_test_part_the_validation_part_is_it(tmp_path):
    rows = [("a", "x", "train"), ("b", "y", "train"), ("c", "x", "validation")]
    assert read(split_file(tmp_path, rows)).test.texts == ("c",)


def test_training_rows_whose_text_is_also_in_the_test_part_are_refused(tmp_path):
    rows = [("A  b", "x", "train"), ("c", "y", "train"), ("d", "x", "train"), ("a b", "x", "test")]
    table = read(split_file(tmp_path, rows))
    assert table.train.texts == ("c", "d")
    assert "refused: 1 training rows whose text is also in the test part" in table.notes


def test_training_rows_whose_group_is_also_in_the_test_part_are_refused(tmp_path):
    rows = [("a", "x", "train", "1"), ("b", "y", "train", "2"), ("e", "x", "train", "2")]
    rows += [("c", "x", "test", "1")]
    path = written(tmp_path, csv_of(rows, "text,label,split,who"))
    assert read(path, group="who").train.texts == ("b", "e")


def test_a_label_never_seen_in_training_is_refused(tmp_path):
    rows = [("a", "x", "train"), ("b", "y", "train"), ("c", "z", "test")]
    assert any("is not used to split" in note for note in read(split_file(tmp_path, rows)).notes)
    message = refusal(split_file(tmp_path, rows), split="split")
    assert "1 test rows have a label that no training row has, such as 'z'" in message
    assert message.endswith("--split ''")


def test_a_column_of_fold_numbers_is_no_split_unless_the_user_says_so(tmp_path):
    path = written(tmp_path, csv_of([("a", "x", "1"), ("b", "y", "2")], "text,label,fold"))
    assert read(path).columns.split is None
    assert "names no training and test part; it holds: '1', '2'" in refusal(path, split="fold")


def test_a_split_column_that_leaves_most_rows_out_is_not_guessed(tmp_path):
    rows = [("a", "x", "train"), ("b", "y", "test"), *[(f"t{i}", "x", "") for i in range(9)]]
    assert read(split_file(tmp_path, rows)).columns.split is None


def test_a_part_without_rows_is_refused(tmp_path):
    rows = [("a", "x", "train"), ("b", "y", "train"), ("A", "x", "test"), ("B", "y", "test")]
    assert "the training part is empty" in refusal(split_file(tmp_path, rows), split="split")
    assert read(split_file(tmp_path, rows)).train is None  # a guess is given up, and told


# --- bad input, one by one --------------------------------------------------------------------


def test_a_missing_file_names_the_one_that_was_probably_meant(tmp_path):
    written(tmp_path, csv_of(ROWS), "tickets.csv")
    message = refusal(tmp_path / "tikets.csv")
    assert "no file" in message
    assert message.endswith(str(tmp_path / "tickets.csv"))
    assert "no file" in refusal(tmp_path / "nowhere" / "tickets.csv")


def test_a_folder_is_not_a_file(tmp_path):
    written(tmp_path, csv_of(ROWS), "tickets.csv")
    message = refusal(tmp_path)
    assert "is a folder" in message
    assert message.endswith(str(tmp_path / "tickets.csv"))


@pytest.fixture
def nobody():
    """Not root, who may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


def test_a_file_without_permission_says_which(tmp_path, request):
    path = written(tmp_path, csv_of(ROWS))
    path.chmod(0)
    request.getfixturevalue("nobody")
    assert f"no permission to read {path}" in refusal(path)


def test_an_unknown_kind_of_file_lists_the_known_ones(tmp_path):
    assert ".csv, .tsv, .jsonl" in refusal(written(tmp_path, "x", "tickets.doc"))


def test_a_missing_column_names_a_near_one_and_all(tmp_path):
    path = written(tmp_path, csv_of(ROWS))
    message = refusal(path, label="lable")
    assert "has no column 'lable'; its columns: 'text', 'label'" in message
    assert message.endswith("did you mean --label label")
    assert refusal(path, text=["zzz"]).endswith("name one of them: --text COLUMN")


def test_one_column_cannot_be_text_and_label_at_once(tmp_path):
    assert "cannot be the text" in refusal(
        written(tmp_path, csv_of(ROWS)), text=["text"], label="text"
    )


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl", "t.json", "t.parquet"])
def test_an_empty_file_says_so(tmp_path, name):
    message = refusal(written(tmp_path, "", name))
    assert "is empty" in message or "not a whole Parquet file" in message


def test_a_header_without_rows_says_so(tmp_path):
    assert "has a header but no rows" in refusal(written(tmp_path, "text,label\n"))
    assert "is empty" in refusal(written(tmp_path, "[]", "t.json"))
    assert "has a header but no rows" in refusal(pd.DataFrame({"text": [], "label": []}))


def test_text_in_an_encoding_of_old_is_read_and_told_or_else_refused(tmp_path):
    table = read(written(tmp_path, "text,label\nfine,a\ncaf\xe9,b\n".encode("latin-1")))
    assert table.data.texts == ("fine", "café")
    assert any("Windows-1252 (guessed: line 3" in note for note in table.notes)
    message = refusal(written(tmp_path, b"text,label\n\xff\xfe\xf7\xd7,a\n\xb2\xb3\xb9,b\n"))
    assert "line 2: byte 11 is not UTF-8" in message
    assert "iconv -f WINDOWS-1251 -t UTF-8" in message


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Здравствуйте, верните деньги за заказ"),
        ("koi8-r", "Здравствуйте, верните деньги за заказ"),
        ("shift_jis", "これは返金についての問い合わせです"),
        ("euc_jp", "これは返金についての問い合わせです"),
        ("gb18030", "请问我的订单什么时候退款，谢谢"),
        ("euc_kr", "안녕하세요 환불 문의 드립니다"),
        ("cp1250", "Proszę o zwrot pieniędzy. Źle działa"),
        ("iso8859-2", "Proszę o zwrot pieniędzy. Źle działa"),
        ("cp1253", "Καλημέρα, θέλω επιστροφή χρημάτων"),
        ("cp1252", "“Schöne Grüße” – 5 € für den café"),
    ],
)
def test_an_encoding_is_told_by_its_commonest_letters(tmp_path, encoding, text):
    lines = ["text,label", *(f'"{i} {text}",{"ab"[i % 2]}' for i in range(6))]
    table = read(written(tmp_path, "\n".join(lines).encode(encoding)))
    assert table.data.texts[0] == f"0 {text}"
    assert any("encoding: " in note for note in table.notes)


def test_a_nul_byte_names_its_line(tmp_path):
    assert "line 2: a NUL byte" in refusal(written(tmp_path, "text,label\na\0b,x\n"))


def test_a_ragged_row_names_its_line_and_both_counts(tmp_path):
    path = written(tmp_path, 'text,label\n"two\nlines",a\nwell, well,b\n')
    assert "line 4: 3 cells where the header has 2" in refusal(path)
    assert "line 2: 1 cells" in refusal(written(tmp_path, "text,label\nshort\nlong,b\nx,a\n"))


def test_a_quotation_mark_never_closed_names_the_line_where_it_opens(tmp_path):
    path = written(tmp_path, 'text,label\nfine,a\n"open,b\nfine,a\n')
    assert "line 3: a quotation mark is opened and never closed" in refusal(path)
    path = written(tmp_path, 'text,label\n"a" b,x\nc,y\n')
    assert "line 2: a quotation mark stands inside a quoted cell" in refusal(path)


def test_duplicate_column_names_are_refused(tmp_path):
    path = written(tmp_path, "text,label,label\na,b,c\n")
    assert "has the column name 'label' twice" in refusal(path)
    frame = pd.DataFrame([["a", "b", "c"]], columns=["text", "label", "label"])
    assert "has the column name 'label' twice" in refusal(frame)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", ["t.json", "t.jsonl"])
def test_json_objects_may_follow_each_other_anyhow(tmp_path, indent, name):
    objects = [json.dumps({"text": t, "label": y}, indent=indent) for t, y in ROWS]
    assert_tickets(read(written(tmp_path, " ".join(objects), name)))


def test_broken_json_names_its_line(tmp_path):
    path = written(tmp_path, '{"text": "a", "label": "x"}\n{"text": oops}\n', "t.jsonl")
    assert "line 2, column 10: not JSON" in refusal(path)
    assert "item 1: a int, not an object" in refusal(written(tmp_path, "[1]\n", "t.jsonl"))
    assert "not a list of objects" in refusal(written(tmp_path, '{"a": 1}', "t.json"))
    deep = "[" * 100_000
    assert "nested too deeply" in refusal(written(tmp_path, deep, "t.json"))


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst"])
def test_a_packed_file_that_is_broken_says_so(tmp_path, suffix):
    path = written(tmp_path, b"not packed at all", f"t.csv{suffix}")
    assert f"is not a whole {suffix} file" in refusal(path)
    pack = {".gz": gzip.compress, ".xz": lzma.compress}.get(suffix)
    if pack:
        whole = pack((csv_of(ROWS) * 50).encode())
        assert f"is not a whole {suffix} file" in refusal(
            written(tmp_path, whole[: len(whole) // 2], f"t.csv{suffix}")
        )


def test_a_broken_parquet_file_says_so(tmp_path):
    assert "not a whole Parquet file" in refusal(written(tmp_path, b"PAR1 no", "t.parquet"))


def test_a_source_of_the_wrong_kind_is_refused():
    assert "cannot read a int" in refusal(3)


# --- real files -------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize(
    ("file", "columns", "rows", "labels"),
    [
        ("frugalgpt/headlines.csv", Columns(("text",), "label", None, "split"), 10_000, 4),
        ("optllm_overruling/overruling_12llms.csv", Columns(("text",), "label"), 2_160, 2),
        ("comp34812_nli/dev_2024.csv", Columns(("premise", "hypothesis"), "label"), 6_737, 2),
        ("yelp10k/yelp_10k_5star.csv.xz", Columns(("text",), "stars"), 10_000, 5),
        ("mtsamples/mtsamples.csv.xz", Columns(("transcription",), "medical_specialty"), 4_998, 40),
    ],
)
def test_real_files_are_read_as_their_readme_says(real_data, file, columns, rows, labels):
    table = read(real_data / file)
    assert table.columns == columns
    assert (len(table.data), len(table.data.task.labels)) == (rows, labels)


@pytest.mark.data
def test_the_literal_texts_n_a_of_the_nli_data_are_kept(real_data):
    data = read(real_data / "comp34812_nli" / "dev_2024.csv").data
    assert sum(hypothesis == "n/a" for _, hypothesis in data.texts) == 2
