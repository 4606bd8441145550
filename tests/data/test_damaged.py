"""Damaged files, and files that are no tables: each is read or refused in one sentence."""

import bz2
import gzip
import io
import lzma
import pickle
import random
import sqlite3
import tarfile
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from underdog.core.errors import UnderdogError
from underdog.data.read import read

ROWS = [
    (f"the door of house {i} is {'stuck' if i % 2 else 'fine'}", f"l{i % 2}") for i in range(60)
]
CSV = "\n".join(["text,label", *(",".join(row) for row in ROWS)]).encode()


def workbook():
    book, stream = openpyxl.Workbook(), io.BytesIO()
    for row in [("text", "label"), *ROWS]:
        book.active.append(row)
    book.save(stream)
    return stream.getvalue()


def zipped():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", CSV)
    return stream.getvalue()


def parquet():
    stream = io.BytesIO()
    texts, labels = zip(*ROWS, strict=True)
    pq.write_table(pa.table({"text": texts, "label": labels}), stream)
    return stream.getvalue()


def sqlite():
    database = sqlite3.connect(":memory:")
    database.execute("create table rows (text text, label text)")
    database.executemany("insert into rows values (?, ?)", ROWS)
    database.commit()
    return database.serialize()


def tar():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        info = tarfile.TarInfo("t.csv")
        info.size = len(CSV)
        archive.addfile(info, io.BytesIO(CSV))
    return stream.getvalue()


WHOLE = {
    "xlsx": workbook,
    "zip": zipped,
    "parquet": parquet,
    "db": sqlite,
    "gz": lambda: gzip.compress(CSV),
    "bz2": lambda: bz2.compress(CSV),
    "xz": lambda: lzma.compress(CSV),
}


def damaged(content, rng):
    """One way in which a file arrives damaged: cut, overwritten, with a hole, or too long."""
    way, content = rng.randrange(5), bytearray(content)
    if way == 0:
        return bytes(content[: rng.randrange(len(content))])
    if way == 1:
        for _ in range(rng.choice([1, 5, 20])):
            content[rng.randrange(len(content))] = rng.randrange(256)
        return bytes(content)
    if way == 2:
        start = rng.randrange(len(content))
        return bytes(content[:start] + content[start + rng.randrange(1, 200) :])
    if way == 3:
        return bytes(content[:16]) + rng.randbytes(300)
    return bytes(content) + rng.randbytes(100)


@pytest.mark.parametrize("kind", WHOLE)
def test_a_damaged_file_is_read_or_refused_in_one_sentence(tmp_path, kind):
    rng, whole = random.Random(kind), WHOLE[kind]()
    (tmp_path / f"whole.{kind}").write_bytes(whole)
    assert len(read(tmp_path / f"whole.{kind}").data) == len(ROWS)
    refused = []
    for _ in range(40):
        path = tmp_path / f"t.{rng.choice([kind, kind, 'csv', 'xlsx', 'parquet'])}"
        path.write_bytes(damaged(whole, rng))
        try:
            read(path)
        except UnderdogError as error:
            refused.append(error)
    assert len(refused) > 10
    assert all(error.hint and "\n" not in error.problem for error in refused)


def test_a_workbook_with_damaged_parts_is_refused(tmp_path):
    whole = zipfile.ZipFile(io.BytesIO(workbook()))
    for bad in ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name in whole.namelist():
                content = whole.read(name)
                archive.writestr(name, content[: len(content) // 2] if name == bad else content)
        (tmp_path / "t.xlsx").write_bytes(stream.getvalue())
        with pytest.raises(UnderdogError, match="not a whole Excel workbook"):
            read(tmp_path / "t.xlsx")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("t.csv", b"<!DOCTYPE html>\n<html><body>Please, sign in</body></html>", "a web page"),
        ("t.csv", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
        ("t.tar.gz", gzip.compress(tar()), "a tar archive"),
        ("t.csv", pickle.dumps([1], 2), "a pickle"),
        ("t.xls", b"\xd0\xcf\x11\xe0" + bytes(600), "an old Excel or Office file"),
        ("t.7z", b"7z\xbc\xaf\x27\x1c" + bytes(60), "a 7z archive"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnderdogError, match=told):
        read(tmp_path / name)


def test_an_open_document_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x/>")
    with pytest.raises(UnderdogError, match="an OpenDocument file"):
        read(tmp_path / "t.ods")
