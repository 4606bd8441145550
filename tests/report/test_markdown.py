import re

import pytest

from report.cases import CASES, INCUMBENT, hostile, tickets, unknown
from underdog.report import markdown


def test_it_says_the_verdict_then_the_reasons_then_the_leaderboard_then_how_to_repeat_it():
    said = markdown(tickets())
    order = [
        "### tickets.csv: ship",
        "**Ship ensemble(linear(), n=5):",
        "For shipping it:",
        "Against:",
        "| model |",
        "95 % intervals in brackets",
        "Reproduce: `underdog compare",
    ]
    found = [said.index(part) for part in order]
    assert found == sorted(found)


def test_it_has_one_line_for_each_contestant_with_as_many_cells_as_headings():
    rows = [line for line in markdown(tickets()).splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 7
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert f"| 3 | `{INCUMBENT}` (large model) |" in rows[4]


def test_the_best_of_a_column_is_bold():
    assert re.search(r"\| 1 \| `ensemble.*\| \*\*\d\d\.\d\s% \\\[", markdown(tickets()))


def test_who_was_left_out_is_listed_with_what_to_type():
    said = markdown(CASES["made"]())
    assert "- `encoder()`, `ensemble(linear(), n=5)` (learning curve): about 12 min" in said
    assert "- `frozen()`: not installed; `pip install 'underdog[offline]'`" in said
    assert "Skipped" not in markdown(tickets())


def test_unknown_is_said():
    rows = [line for line in markdown(unknown()).splitlines() if re.match(r"\| \d", line)]
    assert all(row.count("unknown") >= 5 for row in rows)


@pytest.mark.parametrize("name", CASES)
def test_every_case_can_be_pasted(name):
    said = markdown(CASES[name]())
    assert said.startswith("### ")
    assert said.endswith("\n")


def test_no_text_of_a_user_can_make_markup_a_mention_or_a_link():
    said = markdown(hostile())
    outside = re.sub(r"(`+).*?\1", "", said)
    assert not re.search(r"(?<!\\)<(?!/?sub>|!-- -->)", outside)
    assert "https://" not in outside
    assert not re.search(r"@\w", outside)
    rows = [line for line in said.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1


def test_back_ticks_and_bars_in_a_spec_stay_in_its_code_span():
    results = tickets()
    results["contestants"][1]["spec"] = "recorded('a|b``c`')"
    assert "```recorded('a\\|b``c`')```" in markdown(results)


def test_nothing_at_all_is_still_a_verdict():
    assert markdown({}).startswith("### underdog: not enough evidence")
