"""The columns of scores, each with its interval."""

from __future__ import annotations

from collections.abc import Callable

from .. import say
from ..roster import Results, Who, sequence
from .cell import Cell, Column


def _score(key: str, tell: say.Say) -> Callable[[Who], Cell]:
    def cell(who: Who) -> Cell:
        value = say.known(who.score(key))
        note = "" if value is None else say.interval(*who.bounds(key), tell)
        return Cell(tell(value), value, note)

    return cell


def _column(
    key: str, title: str, help_: str, tell: say.Say = say.percent, better: str = "high"
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
    _column("mcc", "MCC", "Matthews' correlation of answers and right labels", say.decimal),
    _column("auroc", "AUROC", "one label against the rest, macro average", say.decimal),
    _column("log_loss", "Log loss", "natural logarithm; lower is better", say.decimal, "low"),
    _column(
        "calibration_error",
        "Calibration error",
        "mean gap between confidence and accuracy; lower is better",
        say.percent,
        "low",
    ),
)
"""The scores that come after the comparison with the incumbent."""


def abstained(results: Results) -> Column:
    """How many answers named no label, averaged over the seeds."""

    def cell(who: Who) -> Cell:
        runs = [row for row in sequence(results, "rows") if row.get("spec") == who.spec]
        counts = [n for row in runs if (n := say.known(row.get("abstained"))) is not None]
        mean = sum(counts) / len(counts) if counts else None
        return Cell(say.count(mean), mean)

    help_ = "answers that named no label; they count as wrong"
    return Column("abstained", "Abstained", help_, "quality", cell)
