from report.cases import INCUMBENT, alone, intents, tickets, unknown
from underdog.report.board import board
from underdog.report.entries import far, numbered_entries


def cells(results, key):
    table = board(results, numbered_entries(results))
    j = [column.key for column in table.columns].index(key)
    return {entry.spec: row[j] for entry, row in table.rows}


def test_the_order_of_the_results_numbers_the_contestants_and_the_incumbent_has_no_colour():
    entries = numbered_entries(tickets())
    assert [entry.number for entry in entries] == list(range(1, 8))
    assert [entry.colour for entry in entries] == [1, 2, 0, 3, 4, 5, 6]
    assert [entry.spec for entry in entries if entry.incumbent] == [INCUMBENT]


def test_a_contestant_that_only_a_curve_knows_is_numbered_too_but_has_no_row():
    results = tickets()
    results["curve"]["points"].append({"spec": "static()", "examples": 9, "accuracy": 0.5})
    assert numbered_entries(results)[-1].spec == "static()"
    assert len(board(results, numbered_entries(results)).rows) == 7


def test_the_best_of_a_column_is_marked_whichever_way_is_better():
    results = tickets()
    assert [spec for spec, c in cells(results, "accuracy").items() if c.best] == [
        "ensemble(linear(), n=5)"
    ]
    assert [spec for spec, c in cells(results, "p50").items() if c.best] == ["majority()"]
    assert not any(cell.best for cell in cells(results, "once").values())


def test_one_contestant_is_not_the_best_of_anything():
    table = board(alone(), numbered_entries(alone()))
    assert not any(cell.best for _, row in table.rows for cell in row)


def test_a_cell_has_the_number_its_words_are_about_and_its_interval():
    results = tickets()
    first = results["contestants"][0]
    first["scores"]["accuracy"], first["intervals"]["accuracy"] = 0.9142, [0.9, 0.93]
    cell = cells(results, "accuracy")[first["spec"]]
    assert (cell.text, cell.value) == ("91.4\N{NO-BREAK SPACE}%", 0.9142)
    assert cell.note == "[90.0,\N{NO-BREAK SPACE}93.0\N{NO-BREAK SPACE}%]"


def test_the_worst_change_of_recall_names_its_label():
    results = tickets()
    falls = {"billing": 0.02, "delivery": -0.125, "bug": None, "other": -0.01}
    results["contestants"][0]["versus"]["recall_differences"] = falls
    cell = cells(results, "recall")["ensemble(linear(), n=5)"]
    assert (cell.text, cell.value, cell.note) == (
        "−12.5\N{NO-BREAK SPACE}points",
        -0.125,
        "delivery",
    )


def test_the_incumbent_is_not_compared_with_itself():
    assert cells(tickets(), "difference")[INCUMBENT].text == "–"
    assert cells(tickets(), "break_even")[INCUMBENT].value is None


def test_abstentions_are_averaged_over_the_seeds():
    results = tickets()
    for row in results["rows"]:
        row["abstained"] = {0: 3, 1: 4}[row["seed"]] if row["spec"] == INCUMBENT else None
    found = cells(results, "abstained")
    assert (found[INCUMBENT].text, found["linear()"].text) == ("3.5", "unknown")


def test_what_nobody_knows_is_unknown_in_the_summary_and_no_column_elsewhere():
    table = board(unknown(), numbered_entries(unknown()))
    assert {column.views.split()[0] for column in table.columns} == {"summary"}
    assert {cell.text for _, row in table.rows for cell in row} == {"unknown", "–"}
    assert all(cell.value is None for _, row in table.rows for cell in row)


def test_the_baseline_that_would_squash_the_plots_starts_switched_off():
    for results in (tickets(), intents()):
        entries = numbered_entries(results)
        assert [entry.spec for entry in entries if entry.number in far(entries)] == ["majority()"]
    assert far(numbered_entries(alone())) == set()
    assert far(numbered_entries(unknown())) == set()


def test_not_worse_goes_by_the_corrected_p_value_as_the_verdict_does():
    results = tickets()
    versus = results["contestants"][0]["versus"]
    versus |= {"noninferior": True, "noninferior_p": 0.03, "holm_noninferior_p": 0.09}
    results["contestants"][1]["versus"] |= {"noninferior": None, "noninferior_p": None}
    found = cells(results, "noninferior")
    assert (found["ensemble(linear(), n=5)"].text, found["ensemble(linear(), n=5)"].note) == (
        "not shown",
        "p = 0.090",
    )
    assert found["linear()"].text == "unknown"
    assert found[INCUMBENT].text == "–"
