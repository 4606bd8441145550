"""The map of the field: every example runs, every number of ours stands in a document."""

import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from underdog.core.errors import UnderdogError
from underdog.fronts.chapters import CHAPTERS, PREAMBLE, cells
from underdog.fronts.chapters.page import markdown

ROOT = Path(__file__).parents[2]
CELLS = cells()


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_the_example_runs(cell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        exec(compile(PREAMBLE + cell.code, cell.name, "exec"), {})
    except UnderdogError as error:
        if "pip install" not in error.hint:
            raise
        pytest.skip(error.hint)


def test_every_row_of_the_survey_has_cells_of_at_most_ten_lines():
    assert {cell.chapter for cell in CELLS} == set(CHAPTERS)
    assert len({cell.name for cell in CELLS}) == len(CELLS)
    for cell in CELLS:
        assert len(cell.code.splitlines()) <= 10, cell.name
        assert "assert " in cell.code, cell.name


def test_at_least_thirty_cards_have_a_number_that_a_document_quotes():
    found = [cell for cell in CELLS if cell.found]
    assert len(found) >= 30
    for cell in found:
        page = (ROOT / cell.found.page).read_text("utf-8").replace("\xa0", " ")
        for number in (cell.found.number, cell.found.interval):
            assert number in page, f"{cell.name}: {cell.found.page} does not say {number}"


def test_the_command_of_every_number_is_there():
    make = (ROOT / "Makefile").read_text("utf-8")
    for cell in CELLS:
        if not cell.found:
            continue
        module = re.match(r"python -m (\S+)", cell.found.command)
        target = re.match(r"make (\S+)", cell.found.command)
        file = re.match(r"pytest (\S+)", cell.found.command)
        there = (
            (module and find_spec(module[1]))
            or (target and f"\n{target[1]}:" in make)
            or (file and (ROOT / file[1]).is_file())
        )
        assert there, cell.name


def test_a_technique_without_a_result_says_so_or_claims_nothing():
    for cell in CELLS:
        assert cell.found or cell.note or not cell.claimed, cell.name


def test_the_page_is_as_the_cells_say():
    written = (ROOT / "docs" / "chapters.md").read_text("utf-8")
    assert written == "\n".join(markdown()), "python -m tools.chapters > docs/chapters.md"


def test_the_command_prints_the_table_a_card_and_data(sh, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = sh("chapters")
    assert code == 0
    assert all(chapter in out for chapter in CHAPTERS if len(chapter) < 22)
    assert "rests on: scipy" in sh("chapters", "frugal")[1]
    found = json.loads(sh("chapters", "--json")[1])
    assert [cell["name"] for cell in found] == [cell.name for cell in CELLS]
    code, _, said = sh("chapters", "frug")
    assert code == 1
    assert "underdog chapters frugal" in said
