"""Pools: every format in, the same format out; what cannot be read is said, not hidden."""

import csv
import gzip
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import underdog as ud
from underdog.curation.keeping import Keep
from underdog.curation.pool.files import Files, Reading
from underdog.curation.pool.formats import opened
from underdog.curation.pool.pieces import raw

DOCUMENTS = [f"document {i} " + "word " * (i % 7) for i in range(40)]


def written(folder, ending):
    path = folder / f"pool{ending}"
    if ending.startswith(".parquet"):
        pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        pq.write_table(pa.table({"text": DOCUMENTS, "n": range(40)}), path, row_group_size=15)
        return path
    if ending.startswith((".csv", ".tsv")):
        rows = [["text", "n"], *([f'{text}, "so"\nthere', i] for i, text in enumerate(DOCUMENTS))]
        with path.open("w", newline="") as file:
            csv.writer(file, delimiter="," if "csv" in ending else "\t").writerows(rows)
        return path
    jsonl = "".join(json.dumps({"text": t, "n": i}) + "\n" for i, t in enumerate(DOCUMENTS))
    content = "\n".join(DOCUMENTS) + "\n" if ending == ".txt" else jsonl
    packing = ending.rpartition(".")[2]
    with opened(path, f".{packing}" if packing in ("gz", "zst", "bz2", "xz") else "", "wb") as file:
        file.write(content.encode())
    return path


@pytest.mark.parametrize(
    "ending", [".txt", ".jsonl", ".jsonl.gz", ".jsonl.zst", ".csv", ".tsv", ".parquet"]
)
def test_the_kept_part_has_the_format_of_the_pool_and_a_score(ending, tmp_path, monkeypatch):
    if ending.endswith("zst"):
        pytest.importorskip("pyarrow")
    monkeypatch.setattr("underdog.curation.pool.files.SMALL", 300)  # several pieces
    path = written(tmp_path, ending)
    found = ud.curate(path, "length()", "25%", out=tmp_path / "out", text=["text"])
    assert found.facts["documents"] == 40
    assert found.facts["kept"] == 10
    again = Files.of(tmp_path / "out" / path.name, tmp_path, Reading(("text",)))
    texts = [text for part in again.parts() for text in part.texts]
    assert len(texts) == 10
    assert min(map(len, texts)) >= np.sort([len(t) for t in DOCUMENTS])[-12]
    if ending == ".txt":
        scores = (tmp_path / "out" / "pool.txt.scores").read_text().split()
        assert len(scores) == 10
    else:
        names = again.pieces[0].columns or tuple(json.loads(_first(again)))
        assert names == ("text", "n", "score")


def _first(pool):
    return raw(pool.pieces[0])[0]


def test_a_folder_of_mixed_files_keeps_its_names_and_says_what_it_did_not_read(tmp_path):
    pool = tmp_path / "pool"
    (pool / "sub").mkdir(parents=True)
    (pool / "sub" / "a.txt").write_text("first text here\n\nsecond text here\n")
    (pool / "b.jsonl").write_text('{"text": "third text"}\nnot json\n[1]\n{"text": ""}\n')
    (pool / "c.csv").write_text("text,n\nfourth text,1\nbroken,2,3\n")
    (pool / "d.txt").write_bytes(b"\x7fELF\0\0\0")
    (pool / "e.docx").write_bytes(b"PK")
    (pool / "f.txt").write_text("")
    found = ud.curate(pool, "random()", out=tmp_path / "out")
    assert found.facts["kept"] == 4
    assert found.facts["dropped"] == {"empty, or not readable": 5}
    assert sorted(found.facts["files"]) == ["b.jsonl", "c.csv", "sub/a.txt"]
    assert [note.split(": ")[1].split()[0] for note in found.notes] == ["d.txt", "e.docx", "f.txt"]
    page = (tmp_path / "out" / "report.html").read_text()
    assert "d.txt is binary" in page
    assert "third text" in page


def test_mixed_encodings_are_read_line_by_line(tmp_path):
    (tmp_path / "a.txt").write_bytes("caf\xe9 au lait\n".encode("cp1252") + "naïve\n".encode())
    (tmp_path / "b.txt").write_bytes("größer\n".encode("utf-16"))
    found = ud.curate(tmp_path, "length()", out=tmp_path / "out")
    kept = (tmp_path / "out" / "a.txt").read_text("utf-8")
    assert kept == "café au lait\nnaïve\n"
    assert (tmp_path / "out" / "b.txt").read_text("utf-8") == "größer\n"
    assert found.facts["kept"] == 3


def test_a_target_in_the_pool_is_a_leak_and_a_small_pool_is_said_to_be_small(tmp_path):
    (tmp_path / "pool.txt").write_text("\n".join(DOCUMENTS) + "\n")
    (tmp_path / "target.txt").write_text("Document 3  word word word \nsomething else\n")
    found = ud.curate(
        tmp_path / "pool.txt", "dsir()", "1M-tokens", target=tmp_path / "target.txt",
        out=tmp_path / "out",
    )  # fmt: skip
    assert found.facts["dropped"]["equal to a target text"] == 1
    assert any(note.startswith("leak: 1 documents") for note in found.notes)
    assert any("only" in note and "can be: all of them are kept" in note for note in found.notes)
    assert "document 3 " not in (tmp_path / "out" / "pool.txt").read_text()


def test_equal_documents_that_are_kept_are_told(tmp_path):
    (tmp_path / "pool.txt").write_text("one text\nOne  text\nanother\n\none text\n")
    found = ud.curate(tmp_path / "pool.txt", "length()", out=tmp_path / "out")
    assert found.facts["duplicates"] == {"documents": 2, "kept": 2}
    assert any("--by 'then(duplicates(), length())'" in note for note in found.notes)
    assert "2 of what is kept" in (tmp_path / "out" / "report.html").read_text()
    found = ud.curate(
        tmp_path / "pool.txt", "then(duplicates(), length())", out=tmp_path / "out", yes=True
    )
    assert found.facts["duplicates"] == {"documents": 2, "kept": 0}
    assert not found.notes


@pytest.mark.parametrize(
    ("source", "options", "problem"),
    [
        ("none.txt", {}, "no file"),
        ("binary.txt", {}, "is binary"),
        ("empty.txt", {}, "is empty"),
        ("blank.txt", {}, "every document is empty"),
        ("pool.txt", {"by": "dsir()"}, "needs texts"),
        ("pool.txt", {"by": "linear()"}, "is no selector"),
        ("pool.txt", {"keep": "much"}, "is no amount to keep"),
        ("pool.txt", {"keep": "200%"}, "more than there is"),
        ("pool.txt", {"by": "rules()"}, "refuses every document"),
        ("pool.csv", {"text": ["none"]}, "has no column 'none'"),
        ("cut.jsonl.gz", {}, "cut.jsonl.gz"),
        ("pool.txt", {"engine": "ray"}, "no cluster is named"),
    ],
)
def test_bad_input_is_refused_with_a_hint(source, options, problem, tmp_path, monkeypatch):
    monkeypatch.delenv("UNDERDOG_RAY", raising=False)
    (tmp_path / "binary.txt").write_bytes(b"\0\1\2")
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "blank.txt").write_bytes(b"\n\n \n")
    (tmp_path / "pool.txt").write_text("a text\n")
    (tmp_path / "pool.csv").write_text("text,n\na,1\n")
    packed = gzip.compress(b'{"text": "' + bytes(range(97, 123)) * 9000 + b'"}\n')
    (tmp_path / "cut.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(ud.UnderdogError) as caught:
        ud.curate(tmp_path / source, **{"by": "random()", **options}, out=tmp_path / "out")
    assert problem in caught.value.problem
    assert caught.value.hint
    assert not (tmp_path / "out").exists()


def test_a_run_that_was_stopped_scores_nothing_twice(tmp_path, monkeypatch):
    monkeypatch.setattr("underdog.curation.pool.files.SMALL", 300)
    path = written(tmp_path, ".jsonl")
    asked = []
    from underdog.curation.selectors import controls

    score = controls.Length.score

    def counted(self, data):
        if len(asked) == 2:
            asked.append(None)
            raise KeyboardInterrupt
        asked.append(data.texts)
        return score(self, data)

    monkeypatch.setattr(controls.Length, "score", counted)
    with pytest.raises(KeyboardInterrupt):
        ud.curate(path, "length()", "25%", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    found = ud.curate(path, "length()", "25%", out=tmp_path / "out")
    seen = [text for part in asked if part for text in part]
    assert sorted(seen) == sorted(DOCUMENTS)
    assert found.facts["kept"] == 10
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "pool.jsonl"]
    first = (tmp_path / "out" / "pool.jsonl").read_bytes()
    with pytest.raises(ud.UnderdogError, match="is there already"):
        ud.curate(path, "length()", "25%", out=tmp_path / "out")
    ud.curate(path, "length()", "25%", out=tmp_path / "out", yes=True)
    assert (tmp_path / "out" / "pool.jsonl").read_bytes() == first


def test_a_full_disk_leaves_no_half_of_a_result(tmp_path, monkeypatch):
    path = written(tmp_path, ".jsonl")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("underdog.curation.pool.writing._row", full)
    with pytest.raises(ud.UnderdogError, match="no space left"):
        ud.curate(path, "length()", "25%", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("said", "number"), [("10%", 4), ("12", 12), ("0.02k", 20), ("1M-tokens", 40), ("6 tokens", 2)]
)
def test_amounts(said, number):
    tokens = np.full(40, 3)
    kept, _ = Keep.of(said).chosen(np.arange(40.0), tokens, 0)
    assert kept.sum() == number
    assert kept[-number:].all()


def test_a_quote_that_never_closes_is_refused_and_takes_no_time_squared(tmp_path):
    for name, start in (("p.csv", b'text,label\n"'), ("h.csv", b'"text,label\n')):
        (tmp_path / name).write_bytes(start + b"a film,p\n" * 200_000)
        with pytest.raises(ud.UnderdogError, match="rows"):
            ud.curate(tmp_path / name, "length()", out=tmp_path / "out")


def test_cells_may_be_long(tmp_path):
    long = "a long film " * 30_000
    (tmp_path / "p.csv").write_text(f"text,label\n{long},p\nshort,n\n")
    found = ud.curate(tmp_path / "p.csv", "length()", "1", out=tmp_path / "out")
    assert found.facts["kept"] == 1
    assert long in (tmp_path / "out" / "p.csv").read_text()


def test_small_groups_of_parquet_are_read_together_and_texts_counted(tmp_path, monkeypatch):
    rows = pa.table({"text": [f"a film {i}" for i in range(300)]})
    pq.write_table(rows, tmp_path / "p.parquet", row_group_size=2)
    pool = Files.of(tmp_path / "p.parquet", tmp_path)
    assert len(pool.pieces) == 1
    found = ud.curate(tmp_path / "p.parquet", "length()", "10%", out=tmp_path / "out")
    assert found.facts["kept"] == 30
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 300), pa.array(["a" * 100_000]))
    long = tmp_path / "long.parquet"
    pq.write_table(pa.table({"text": texts}), long, store_schema=False)
    monkeypatch.setenv("UNDERDOG_MAX_BYTES", "20MB")
    with pytest.raises(ud.UnderdogError, match="unpacked, has 30,000,000 bytes"):
        ud.curate(long, "length()", out=tmp_path / "out2")
    content = bytearray((tmp_path / "p.parquet").read_bytes())
    content[4:40] = bytes(36)
    long.write_bytes(content)
    with pytest.raises(ud.UnderdogError, match=r"long\.parquet is damaged"):
        ud.curate(long, "length()", out=tmp_path / "out3")
