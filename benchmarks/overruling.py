"""OVERRULING, five folds, against the answers that GPT-4 gave and their price.

``python -m benchmarks.overruling`` prints the report's table and the verdict.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import underdog as ud
from benchmarks.data import root, table
from underdog.report import markdown
from underdog.runtime.formatting import dollars, percent, points, ratio


def tables() -> Iterator[str]:
    """The leaderboard as a user gets it, and the line that the target is about."""
    read = ud.read(root() / "optllm_overruling" / "overruling_12llms.csv", label="label")
    with tempfile.TemporaryDirectory() as folder:
        study = ud.compare(
            ["majority()", "bayes()", "linear()"],
            read.data,
            against="gpt-4_answer",
            folds=5,
            folder=Path(folder) / "report",
        )
    yield markdown(study.results())
    small = next(s for s in study.summaries if s.spec == "linear()")
    large = next(s for s in study.summaries if s.spec == study.incumbent)
    duel, found = small.versus, study.results()
    assert duel is not None
    mine = next(c for c in found["contestants"] if c["spec"] == "linear()")
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


def main() -> None:
    """Print the tables."""
    for shown in tables():
        print(shown, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
