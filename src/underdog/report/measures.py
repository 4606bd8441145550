"""What the scores of each kind of task are called, and how they are printed."""

from __future__ import annotations

from . import formatting
from .entries import Results, mapping

SECOND = {
    "label": ("macro_f1", "Macro-F1", "F1 averaged over the labels, each counting the same"),
    "labels": ("macro_f1", "Macro-F1", "F1 averaged over the labels, each counting the same"),
    "number": ("mae", "Mean error", "mean absolute error (MAE) of the answers that are numbers"),
    "text": ("exact_match", "Exact match", "share of answers equal to a reference"),
}
"""The score beside the first one: its key, its title, and what it is."""


def kind(results: Results) -> str:
    """The kind of the task, one of `underdog.core.data.KINDS`."""
    return str(mapping(results, "task").get("kind") or "label")


def first(results: Results) -> str:
    """The title of the first score, the mean grade: "Accuracy", "Set overlap"."""
    measure = str(mapping(results, "task").get("measure") or "accuracy")
    return "Accuracy" if measure == "right" else measure[:1].upper() + measure[1:]


def second(results: Results) -> tuple[str, str, str]:
    """The key of the second score, its title, and what it is."""
    return SECOND.get(kind(results), SECOND["label"])


def told(key: str) -> formatting.Say:
    """How the score called ``key`` is printed: as a share, or as a plain number."""
    plain = ("mae", "rmse", "spearman", "kappa", "mcc", "auroc", "log_loss")
    return formatting.decimal if key in plain else formatting.percent
