"""The columns of scores, each with its interval."""

from __future__ import annotations

from collections.abc import Callable

from .. import formatting, measures
from ..entries import Entry, Results, sequence
from .cell import Cell, Column


def _score(key: str, tell: formatting.Say) -> Callable[[Entry], Cell]:
    def cell(entry: Entry) -> Cell:
        value = formatting.known(entry.score(key))
        note = "" if value is None else formatting.interval(*entry.bounds(key), tell)
        return Cell(tell(value), value, note)

    return cell


def _column(
    key: str, title: str, help_: str, better: str = "high", views: str = "quality"
) -> Column:
    return Column(key, title, help_, views, _score(key, measures.told(key)), better)


def first(results: Results) -> tuple[Column, Column]:
    """The scores that stand first: the mean grade, and another one."""
    key, title, help_ = measures.second(results)
    name = measures.first(results)
    share = "share of right answers" if name == "Accuracy" else "mean grade of the answers"
    better = "low" if key in ("mae", "rmse") else "high"
    return (
        _column("accuracy", name, share, views="summary quality against"),
        _column(key, title, help_, better, "summary quality"),
    )


def rest(results: Results) -> tuple[Column, ...]:
    """The scores after the comparison columns."""
    return tuple(column for column in REST if column.key != measures.second(results)[0])


REST = (
    _column("exact_match", "Exact match", "share of answers that are right in every part"),
    _column("micro_f1", "Micro-F1", "F1 over all labels of all texts together"),
    _column("macro_f1", "Macro-F1", "F1 averaged over the labels, each counting the same"),
    _column("token_f1", "Token F1", "F1 of the words shared with the best reference"),
    _column("mae", "Mean error", "mean absolute error; lower is better", "low"),
    _column("rmse", "RMSE", "root of the mean squared error; lower is better", "low"),
    _column("spearman", "Spearman", "rank correlation of answers and right numbers"),
    _column("kappa", "Quadratic kappa", "agreement beyond chance, weighted by squared distance"),
    _column("weighted_f1", "Weighted F1", "F1 averaged over the labels by how common they are"),
    _column("macro_precision", "Precision", "macro average over the labels"),
    _column("macro_recall", "Recall", "macro average over the labels"),
    _column("mcc", "MCC", "Matthews' correlation of answers and right labels"),
    _column("auroc", "AUROC", "one label against the rest, macro average"),
    _column("log_loss", "Log loss", "natural logarithm; lower is better", "low"),
    _column(
        "calibration_error",
        "Calibration error",
        "mean gap between confidence and accuracy; lower is better",
        "low",
    ),
)
"""Every other score; those without a number are dropped from the board."""


def abstained(results: Results) -> Column:
    """Number of answers without a label, averaged over the seeds."""

    def cell(entry: Entry) -> Cell:
        runs = [row for row in sequence(results, "rows") if row.get("spec") == entry.spec]
        counts = [n for row in runs if (n := formatting.known(row.get("abstained"))) is not None]
        mean = sum(counts) / len(counts) if counts else None
        return Cell(formatting.count(mean), mean)

    help_ = "answers without a label; they count as wrong"
    return Column("abstained", "Abstained", help_, "quality", cell)
