from hypothesis import given
from hypothesis import strategies as st

from report.cases import INCUMBENT, alone, intents, pairs, tickets, unknown
from underdog.report.charts import (
    charts,
    confusion,
    coverage,
    curve,
    deferral,
    latency,
    recall,
    reliability,
    tradeoff,
    versus,
)
from underdog.report.entries import numbered_entries

KEYS = {"tradeoff", "versus", "recall", "curve", "confusion", "reliability", "coverage", "latency"}


def drawn(module, results):
    return module.chart(results, numbered_entries(results))


def keys(results):
    return {
        chart.key
        for found in charts(results, numbered_entries(results)).values()
        for chart in found
    }


def test_every_chart_that_there_are_numbers_for_is_made():
    assert keys(tickets()) == KEYS
    assert keys(pairs()) == KEYS | {"deferral"}
    assert keys(alone()) == KEYS - {"versus", "recall", "tradeoff"}  # a single point is no plot
    assert keys(unknown()) == {"confusion"}
    assert keys({}) == set()


def test_an_axis_on_which_one_model_alone_has_a_place_is_not_offered():
    results = tickets()
    for one in results["contestants"][1:]:
        one["dollars_per_1000"] = None
    assert list(drawn(tradeoff, results).data["axes"]) == ["seconds", "joules"]
    assert list(drawn(tradeoff, tickets()).data["axes"]) == ["dollars", "seconds", "joules"]


def test_a_chart_is_complete_without_being_seen():
    for results in (tickets(), intents(), pairs()):
        for found in charts(results, numbered_entries(results)).values():
            for chart in found:
                assert chart.title
                assert chart.about
                assert len(chart.alt) > 20
                assert chart.rows
                assert all(len(row) == len(chart.head) for row in chart.rows)


costs = st.none() | st.sampled_from([0.0, 0.5, 1.0, 2.0])
points = st.lists(st.tuples(costs, st.none() | st.sampled_from([0.1, 0.2, 0.3])), max_size=9)


@given(points)
def test_the_frontier_is_what_nobody_beats(found):
    named = [{"entry": i, "cost": c, "quality": q} for i, (c, q) in enumerate(found)]
    known = [p for p in named if p["cost"] is not None and p["quality"] is not None]

    def beaten(p):
        return any(
            o["cost"] <= p["cost"]
            and o["quality"] >= p["quality"]
            and ((o["cost"], o["quality"]) != (p["cost"], p["quality"]) or o["entry"] < p["entry"])
            for o in known
        )

    front = tradeoff.frontier(named, "cost", "quality")
    assert set(front) == {p["entry"] for p in known if not beaten(p)}
    assert front == sorted(front, key=lambda entry: named[entry]["cost"])


def test_whose_cost_is_unknown_is_named_and_not_drawn_at_zero():
    chart = drawn(tradeoff, tickets())
    at = {p["entry"]: p["dollars"] for p in chart.data["points"]}
    assert (at[6], at[7]) == (None, 0.0)
    assert "fewshot(chat('small-model'), k=8)" in chart.data["missing"]["dollars"]
    assert chart.data["missing"]["seconds"] == ""


def test_the_table_says_who_is_on_which_frontier():
    rows = {row[0]: row[-1] for row in drawn(tradeoff, tickets()).rows}
    assert rows["1 · ensemble(linear(), n=5)"].startswith("Accuracy by dollars, latency")
    assert rows["4 · sklearn('ensemble.RandomForestClassifier', n_es…"] == "none"


def test_mistakes_are_what_lies_off_the_diagonal_most_frequent_first():
    counts = {"labels": ["a", "b"], "columns": ["a", "b", ""], "counts": [[5, 2, 1], [4, 0, 0]]}
    found = [(m.gold, m.answer, m.count, m.of) for m in confusion.mistakes(counts)]
    assert found == [("b", "a", 4, 4), ("a", "b", 2, 8), ("a", "(no label)", 1, 8)]


def test_mistakes_of_many_labels_come_without_a_matrix():
    many = {"labels": ["a", "b"], "columns": ["a", "b", ""], "mistakes": [["a", "", 3, 4]]}
    assert [(m.gold, m.answer, m.count, m.of) for m in confusion.mistakes(many)] == [
        ("a", "(no label)", 3, 4)
    ]
    results = intents()
    for contestant in results["contestants"]:
        del contestant["confusion"]["counts"]
        contestant["confusion"]["mistakes"] = many["mistakes"]
    assert all(len(c["pairs"]) == 1 for c in drawn(confusion, results).data["models"].values())


def test_a_matrix_leaves_out_abstention_when_nobody_abstained():
    found = drawn(confusion, tickets()).data["models"]
    labels = tickets()["task"]["labels"]
    assert found["1"]["matrix"]["columns"] == labels
    assert found["3"]["matrix"]["columns"] == [*labels, "(no label)"]
    assert sum(cell["count"] for cell in found["3"]["matrix"]["cells"]) == 1000


def test_many_labels_are_shown_as_pairs_and_as_the_labels_that_fall_deepest():
    chart = drawn(confusion, intents())
    assert all(c["matrix"] is None for c in chart.data["models"].values())
    assert {len(c["pairs"]) for c in chart.data["models"].values()} == {25}
    falls = drawn(recall, intents())
    assert len(falls.data["labels"]) == 20
    assert len(falls.rows) == 77
    deepest = [row[0] for row in falls.rows[:20]]
    assert falls.data["labels"] == deepest


def test_recall_falls_are_ordered_by_contestants_in_the_running():
    results = tickets()
    for contestant in results["contestants"]:
        if contestant["versus"]:
            low = contestant["spec"] == "majority()"
            contestant["versus"]["recall_differences"] = {
                "billing": -0.9 if low else 0.1,
                "bug": 0.2 if low else -0.3,
            }
    assert drawn(recall, results).data["labels"] == ["bug", "billing"]


def test_the_forest_has_everybody_but_the_incumbent_and_fills_who_is_not_worse():
    chart = drawn(versus, tickets())
    assert INCUMBENT not in {row[0].partition(" · ")[2] for row in chart.rows}
    fine = {p["entry"] for p in chart.data["points"] if p["fine"]}
    told = {c["spec"]: c["versus"]["noninferior"] for c in tickets()["contestants"] if c["versus"]}
    assert fine == {entry.number for entry in numbered_entries(tickets()) if told.get(entry.spec)}
    assert chart.data["margin"] == 0.01


def test_a_forecast_that_will_not_be_reached_is_only_said():
    results = tickets()
    results["curve"]["forecast"] |= {"needed": None, "low": None, "sentence": "It will not."}
    chart = drawn(curve, results)
    assert chart.note == "It will not."
    assert chart.data["forecast"]["needed"] is None
    results["curve"]["forecast"] = None
    assert drawn(curve, results).data["forecast"] is None


def test_only_contestants_that_say_how_sure_they_are_have_confidence_plots():
    for module in (reliability, coverage):
        entry = {row[0] for row in drawn(module, tickets()).rows}
        assert not any("recorded" in name or "fewshot" in name for name in entry)
        assert len(entry) == 5


def test_empty_bins_are_left_out():
    bins = tickets()["contestants"][0]["reliability"]
    assert any(b["count"] == 0 for b in bins)
    assert all(p["count"] for p in drawn(reliability, tickets()).data["points"])


def test_percentiles_without_samples_are_still_drawn():
    results = tickets()
    for contestant in results["contestants"]:
        contestant["latency_samples"] = None
    chart = drawn(latency, results)
    assert chart.data["samples"] == []
    assert len(chart.data["points"]) == 21


def test_deferral_marks_only_what_is_certified():
    chart = drawn(deferral, pairs())
    assert [p["certified"] for p in chart.data["points"]] == [True] * 3 + [False] * 3
    assert [row[-1] for row in chart.rows] == ["yes"] * 3 + ["no"] * 3
    assert drawn(deferral, tickets()) is None


def test_whose_latency_is_unknown_is_named_and_equal_percentiles_are_named_once():
    results = tickets()
    results["contestants"][0]["latency"] = None
    results["contestants"][0]["latency_samples"] = []
    results["contestants"][1]["latency"] = dict.fromkeys(("p50", "p95", "p99"), 0.001)
    chart = drawn(latency, results)
    assert chart.data["missing"].endswith("unknown: 1 · ensemble(linear(), n=5).")
    assert [p["words"] for p in chart.data["points"] if p["entry"] == 2] == ["p50 to p99", "", ""]
    assert [p["words"] for p in chart.data["points"] if p["entry"] == 3] == ["p50", "", "p99"]
