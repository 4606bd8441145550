"""The columns of scores, each with its interval."""

from __future__ import annotations

from collections.abc import Callable

from .. import formatting
from ..entries import Entry, Results, sequence
from .cell import Cell, Column


def _score(key: str, tell: formatting.Say) -> Callable[[Entry], Cell]:
    def cell(entry: Entry) -> Cell:
        value = formatting.known(entry.score(key))
        note = "" if value is None else formatting.interval(*entry.bounds(key), tell)
        return Cell(tell(value), value, note)

    return cell


def _column(
    key: str,
    title: str,
    help_: str,
    tell: formatting.Say = formatting.percent,
    better: str = "high",
) -> Column:
    views = {"accuracy": "summary quality against", "macro_f1": "summary quality"}
    return Column(key, title, help_, views.get(key, "quality"), _score(key, tell), better)


FIRST = (
    _column("accuracy", "Accuracy", "share of right answers"),
    _column("macro_f1", "Macro-F1", "F1 averaged over the labels, each counting the same"),
)
"""The scores that stand first."""

REST = (
    _column("weighted_f1", "Weighted F1", "F1 averaged over the labels by how common they are"),
    _column("macro_precision", "Precision", "macro average over the labels"),
    _column("macro_recall", "Recall", "macro average over the labels"),
    _column("mcc", "MCC", "Matthews' correlation of answers and right labels", formatting.decimal),
    _column("auroc", "AUROC", "one label against the rest, macro average", formatting.decimal),
    _column(
        "log_loss", "Log loss", "natural logarithm; lower is better", formatting.decimal, "low"
    ),
    _column(
        "calibration_error",
        "Calibration error",
        "mean gap between confidence and accuracy; lower is better",
        formatting.percent,
        "low",
    ),
)
"""The scores after the comparison columns."""


def abstained(results: Results) -> Column:
    """Number of answers without a label, averaged over the seeds."""

    def cell(entry: Entry) -> Cell:
        runs = [row for row in sequence(results, "rows") if row.get("spec") == entry.spec]
        counts = [n for row in runs if (n := formatting.known(row.get("abstained"))) is not None]
        mean = sum(counts) / len(counts) if counts else None
        return Cell(formatting.count(mean), mean)

    help_ = "answers without a label; they count as wrong"
    return Column("abstained", "Abstained", help_, "quality", cell)
