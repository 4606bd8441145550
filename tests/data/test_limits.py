"""Files beyond a limit: refused in a sentence that names the variable to raise."""

import gzip
import json
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from underdog.core.errors import UnderdogError
from underdog.data.formats import excel
from underdog.data.read import read


@pytest.mark.parametrize(
    ("name", "content", "variable"),
    [
        ("t.csv", (",".join(f"c{i}" for i in range(20_000)) + "\n").encode(), "COLUMNS"),
        ("t.json", json.dumps([{f"c{i}": i for i in range(20_000)}]).encode(), "COLUMNS"),
        ("t.csv.gz", gzip.compress(b"text,label\n" + b"a,b\n" * 500_000), "BYTES"),
    ],
)
def test_a_file_beyond_a_limit_names_the_variable_to_raise(
    tmp_path, monkeypatch, name, content, variable
):
    monkeypatch.setenv("UNDERDOG_MAX_BYTES", "1MB")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnderdogError) as caught:
        read(tmp_path / name)
    assert f"export UNDERDOG_MAX_{variable}=" in caught.value.hint


def test_a_whole_number_of_4400_digits_is_text(tmp_path):
    rows = [f'{{"text": "t {i}", "label": "{i % 2}", "n": {"9" * 4400}}}' for i in range(4)]
    (tmp_path / "t.jsonl").write_text("\n".join(rows))
    assert read(tmp_path / "t.jsonl").data.columns["n"][0] == "9" * 4400


def test_texts_of_parquet_are_counted_before_they_are_written_out(tmp_path, monkeypatch):
    """A megabyte, three thousand times, takes some kilobytes in the file."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 3000), pa.array(["a" * 1_000_000]))
    rows = pa.table({"text": texts, "label": ["p", "n"] * 1500})
    pq.write_table(rows, tmp_path / "t.parquet", compression="zstd", store_schema=False)
    with pytest.raises(UnderdogError, match="unpacked") as caught:
        read(tmp_path / "t.parquet")
    assert "UNDERDOG_MAX_BYTES" in caught.value.hint


def test_a_workbook_with_more_inside_than_its_size_allows_is_refused(tmp_path):
    book, path = openpyxl.Workbook(), tmp_path / "t.xlsx"
    for i in range(9):
        book.active.append(["text", "label"] if not i else [f"a film {i}", "pn"[i % 2]])
    book.save(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/more.xml", b" " * 20_000_000)
    with pytest.raises(UnderdogError, match=r"20,.* bytes inside"):
        read(path)


def test_a_sheet_has_no_more_rows_than_excel_allows(tmp_path, monkeypatch):
    monkeypatch.setattr(excel, "ROWS", 20)
    book, path = openpyxl.Workbook(), tmp_path / "t.xlsx"
    book.active.append(["text", "label"])
    book.active.cell(30, 1, "far below")
    book.save(path)
    with pytest.raises(UnderdogError, match="more than 20 rows"):
        read(path)
