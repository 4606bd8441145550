"""Spreadsheets as texts: what a text says of a cell is what it holds, and nothing is missing."""

import csv
import json
import re
from datetime import date

import numpy as np
import pytest

import underdog as ud
from underdog.core.errors import UnderdogError
from underdog.data.tables.grid import KINDS, column_name, grids, kind_of


def told(text):
    """What the text of one sheet says: (row, column) -> value, or a set of kinds, or a maybe."""
    values, kinds, maybe = {}, {}, {}
    for line in text.splitlines():
        if not re.match(r"[A-Z]+\d", line):
            continue
        addresses, _, said = line.partition(" ")
        for one in addresses.split(","):
            for place in places(one):
                if said.startswith("<"):
                    where = maybe if said.endswith("?>") else kinds
                    where[place] = said.strip("<?>").split(" or ")
                else:
                    assert place not in values, "a cell is told once"
                    values[place] = json.loads(said) if said.startswith('"') else said
    return values, kinds, maybe


def places(address):
    first, _, last = address.partition(":")
    (r0, c0), (r1, c1) = (place(one) for one in (first, last or first))
    return [(r, c) for r in range(r0, r1 + 1) for c in range(c0, c1 + 1)]


def place(address):
    letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", address).groups()
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - 64
    return int(digits), column


def check_traced(text, cells):
    """Raise AssertionError unless ``text`` covers ``cells`` and says nothing else."""
    values, kinds, maybe = told(text)
    assert set(values) | set(kinds) <= set(cells), "what is told is there"
    assert set(cells) <= set(values) | set(kinds) | set(maybe), "what is there is told"
    for where, said in values.items():
        assert said == cells[where]
    for some in (kinds, maybe):
        for where, said in some.items():
            if where in cells:
                assert where not in values
                assert kind_of(cells[where]) in [*said, *["integer"] * ("number" in said)], where


def written(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def cells_of(rows):
    return {
        (i, j): str(value).strip()
        for i, row in enumerate(rows, 1)
        for j, value in enumerate(row, 1)
        if str(value).strip()
    }


def orders(n=120):
    rng = np.random.default_rng(0)
    body = [
        [
            f"007{i:03}",
            int(rng.integers(1, 99)),
            f"{rng.uniform(1, 9):.2f}" if i % 9 else "",
            f"{i % 60} %",
            "north" if i % 2 else 'south, "far"',
            f"2024-01-{i % 28 + 1:02}",
            i if i % 10 else "n/a",
        ]
        for i in range(n)
    ]
    return [["code", "count", "price", "share", "region", "day", "mixed"], *body]


def test_a_table_is_told_by_address_in_few_tokens(tmp_path):
    rows = orders()
    found = ud.sheet(written(tmp_path / "orders.csv", rows))
    check_traced(found.text, cells_of(rows))
    assert found.saved > 0.8
    assert found.cells == len(cells_of(rows))
    assert 0 < found.told_by_kind < found.cells
    for said in ("A1 code", "<percent>", "<date>", "<number?>", "<integer or text>"):
        assert said in found.text
    assert ud.sheet(tmp_path / "orders.csv", near=0).tokens <= found.tokens


def test_several_tables_and_odd_cells_are_traced_too(tmp_path):
    odd = [
        ["Sales", "", ""], [], ["<b>", '"quoted"', "two\nlines"], ["x", "x", "x"], ["x", "x", 1],
        [], ["", "", "total", "1,204.50", "$3"], *orders(30), ["end"],
    ]  # fmt: skip
    found = ud.sheet(written(tmp_path / "odd.csv", odd))
    check_traced(found.text, cells_of(odd))
    assert "A4:C4,A5:B5 x" in found.text, "equal values are told once, as ranges"


@pytest.mark.parametrize("seed", range(5))
def test_random_sheets_are_traced(tmp_path, seed):
    rng = np.random.default_rng(seed)
    kinds = ["a", "b", "1", "2.5", "3 %", "2024-02-01", "", "", "10:30", "x@y.org"]
    rows = rng.choice(kinds, (40, 6)).tolist()
    rows[0] = ["h"] * 6
    found = ud.sheet(written(tmp_path / "r.csv", rows), near=int(rng.integers(0, 3)))
    check_traced(found.text, cells_of(rows))


def test_a_workbook_is_told_with_its_merged_cells_and_formats(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "Q1"
    book.active.append(["Sales of 2024"])
    book.active.merge_cells("A1:C1")
    for i in range(20):
        book.active.append([f"shop {i}", 0.25 + i / 100, date(2024, 1, i + 1)])
        book.active.cell(i + 2, 2).number_format = "0.0%"
    book.create_sheet("empty")
    book.create_sheet("more").append(["only", 12.5])
    book.save(tmp_path / "book.xlsx")
    text = ud.sheet(tmp_path / "book.xlsx").text
    assert "sheet Q1 A1:C21" in text
    assert "A1:C1 Sales of 2024" in text
    assert "<percent>" in text
    assert "<date>" in text
    assert "sheet more A1:B1\nA1 only\nB1 12.5" in text
    first, _ = grids(tmp_path / "book.xlsx")
    assert first.cells[2, 2] == ("0.25", "percent")
    values, _, _ = told(text.split("sheet more")[0])
    assert all(first.cells[where][0] == said for where, said in values.items())


def test_kinds_and_columns_have_names():
    assert [column_name(n) for n in (1, 26, 27, 703)] == ["A", "Z", "AA", "AAA"]
    said = {"3": "integer", "007": "text", "-1.5e3": "number", "€ 12": "currency", "12:05": "time"}
    assert {shows: kind_of(shows) for shows in said} == said
    assert kind_of("01.02.2024") == "date"
    assert kind_of("2024-01-31 10:00") == "date and time"
    assert set(KINDS) >= set(said.values()) - {"text"}


def test_what_is_no_sheet_is_refused(tmp_path):
    (tmp_path / "blank.csv").write_text(" , ,\n\n")
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 nothing")
    (tmp_path / "a.csv").write_text('x,"never closed\n')
    for name, said in (
        ("blank.csv", "no cell that is not blank"),
        ("broken.xlsx", "not a whole|not a zip|no table"),
        ("a.csv", "cannot be cut into cells"),
        ("absent.csv", "no file"),
    ):
        with pytest.raises(UnderdogError, match=said):
            ud.sheet(tmp_path / name)
    with pytest.raises(UnderdogError, match="near=-1"):
        ud.sheet(tmp_path / "a.csv", near=-1)
