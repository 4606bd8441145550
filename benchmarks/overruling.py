"""OVERRULING, five folds, against the answers that GPT-4 gave and their price.

``python -m benchmarks.overruling`` prints the report's table and the verdict; with ``--keep`` it
also writes the result that README quotes. A run that was stopped goes on when it is typed again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import underdog as ud
from benchmarks.data import root, table
from benchmarks.results import keep
from underdog.fronts import views
from underdog.report import markdown
from underdog.runtime.formatting import dollars, percent, points, ratio

FRUGAL = "frugal(linear(), recorded('gpt-4_answer', price='gpt-4_cost'), drop=0.01)"


def tables() -> Iterator[str]:
    """The leaderboard as a user gets it, and the line that the target is about."""
    read = ud.read(root() / "optllm_overruling" / "overruling_12llms.csv", label="label")
    study = ud.compare(
        ["majority()", "bayes()", "linear()", FRUGAL],
        read.data,
        against="gpt-4_answer",
        folds=5,
        folder=Path(tempfile.gettempdir()) / "underdog-overruling",
    )
    yield markdown(study.results())
    small = next(s for s in study.summaries if s.spec == "linear()")
    large = next(s for s in study.summaries if s.spec == study.incumbent)
    duel, found = small.versus, study.results()
    assert duel is not None
    mine = next(c for c in found["contestants"] if c["spec"] == "linear()")
    quoted(study, f"{mine['break_even']['answers']:,.0f}")
    lines = "\n".join(line.plain for line in views.verdict(found))
    keep("verdict", "python -m benchmarks.overruling", {"lines": lines})
    yield table(
        "OVERRULING, 5-fold: linear() beside recorded GPT-4",
        ["what", "target", "reached"],
        [
            ["accuracy of GPT-4", ".9505", percent(large.accuracy, 2)],
            ["accuracy of linear()", "within 1 point", percent(small.accuracy, 2)],
            [
                "difference, points [95 % interval]",
                "≥ −1",
                f"{points(duel.difference, 2)} [{points(duel.low, 2)}, {points(duel.high, 2)}]",
            ],
            ["GPT-4, 1,000 answers", "", dollars(1000 * (large.dollars or 0))],
            ["linear(), 1,000 answers", "", dollars(1000 * (small.dollars or 0))],
            ["GPT-4 costs more by", "", ratio(large.dollars, small.dollars)],
            ["break-even", "", mine["break_even"]["sentence"]],
        ],
    )


def quoted(study: ud.Study, break_even: str) -> None:
    """Keep what README quotes."""
    values = {"break_even": break_even}
    rows = {"frugal": FRUGAL, "linear": "linear()", "bayes": "bayes()", "large": study.incumbent}
    for name, spec in rows.items():
        seen = next(s for s in study.summaries if s.spec == spec)
        values[f"{name}_accuracy"] = f"{seen.accuracy:.3f}".lstrip("0")
        values[f"{name}_price"] = dollars(1000 * (seen.dollars or 0)).lstrip("$")
        if duel := seen.versus:
            low, high = points(duel.low), points(duel.high)
            values[f"{name}_difference"] = f"{points(duel.difference)} [{low}, {high}]"
    keep("overruling", "python -m benchmarks.overruling", values)


def main() -> None:
    """Print the tables."""
    for shown in tables():
        print(shown, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
