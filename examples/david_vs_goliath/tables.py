"""The tables and plots of full and quarter data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from examples.plots import Mark, dots
from examples.sheet import NONE, Sheet, amount, decimal, gap, within
from examples.summary import Record
from examples.tables import by_contestant, how_often
from examples.trial import Question
from underdog.evaluate.stats import Paired
from underdog.runtime.extras import installed
from underdog.runtime.prices import Usage, dated
from underdog.runtime.prices import price as listed

GOLIATH = "claude-3-opus-20240229"
"""The large model of the study, by the name that price lists know it by."""


def reached(question: Question, told: Sequence[Record], lost: Mapping[str, Paired]) -> Sheet:
    """Accuracy and AUROC on full and quarter data, and what the missing three quarters cost."""
    full, less = by_contestant(told, "full"), by_contestant(told, "quarter")
    head = ["", "accuracy", "95 %", "on a quarter", "points lost", "AUROC", "on a quarter"]
    rows = [
        [
            name,
            decimal(one["accuracy"]),
            within(one["accuracy_low"], one["accuracy_high"]),
            decimal(less.get(name, {}).get("accuracy")),
            gap(-lost[name].difference, -lost[name].high, -lost[name].low)
            if name in lost
            else NONE,
            decimal(one["auroc"]),
            decimal(less.get(name, {}).get("auroc")),
        ]
        for name, one in full.items()
    ]
    right = "An answer is right if it is one of the text's labels. " * question.several
    notes = (
        f"{len(question.train):,} texts to learn from or a quarter of them, drawn label by label; "
        f"{len(question.test):,} to test on ({question.about}). {right}Intervals: 95 %, of the "
        f"loss paired. {how_often(told)}"
    )
    plots = {f"{question.name}-quarter": dumbbells(told)} if full else {}
    return Sheet(f"{question.name}: full and quarter data", head, rows, notes, plots)


def dumbbells(told: Sequence[Record]) -> str:
    """The accuracies of `reached` as a plot: quarter data hollow, full data filled."""
    full, less = by_contestant(told, "full"), by_contestant(told, "quarter")
    rows = [
        (name, [_mark(one), *([_mark(less[name], hollow=True)] if name in less else [])])
        for name, one in full.items()
    ]
    axis = "accuracy with 95 % intervals; hollow: learned from a quarter"
    return dots("Accuracy on full and quarter data", axis, rows)


def list_price() -> list[Sheet]:
    """What the study's large model is sold for, if a price list is installed."""
    if not installed("genai_prices"):
        return []
    million = 10**6
    rates = [
        listed(GOLIATH, usage, "anthropic") for usage in (Usage(million, 0), Usage(0, million))
    ]
    row = [GOLIATH, *(NONE if rate is None else amount(rate, "$") for rate in rates)]
    head = ["", "per M tokens in", "per M tokens out"]
    notes = f"{dated()}. A prompt's own words are billed with each text, and so is the answer."
    return [Sheet("The price of Goliath", head, [row], notes)]


def _mark(one: Record, hollow: bool = False) -> Mark:
    return Mark(one["accuracy"], one["accuracy_low"], one["accuracy_high"], hollow)
