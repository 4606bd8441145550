"""The columns of the paired comparison with the large model, or with the reference."""

from __future__ import annotations

from collections.abc import Callable

from .. import formatting
from ..entries import Entry, Results, mapping, reference
from ..margin import noninferior
from .cell import Cell, Column, at, none


def against(results: Results) -> tuple[Column, ...]:
    """Difference, tests and the worst label; a dash in the row of the large model itself."""
    name = reference(results)
    margin = formatting.known(mapping(results, "verdict").get("margin"))
    limit = "" if margin is None else f" (margin {formatting.points(margin).lstrip('+')})"
    return (
        Column(
            "difference",
            f"Against the {name}",
            "paired difference in accuracy, 95 % interval",
            "summary against",
            _difference,
            "high",
        ),
        Column(
            "noninferior",
            f"Not worse{limit}",
            "shown not to be worse by more than the margin, corrected for the number of models",
            "against",
            _noninferior,
        ),
        _plain("wins", "Wins", "texts that only this model got right", formatting.count),
        _plain("losses", "Losses", f"texts that only the {name} got right", formatting.count),
        _plain(
            "mcnemar_p",
            "McNemar p",
            "exact test that wins and losses are equally likely",
            formatting.p_value,
        ),
        _plain(
            "holm_p", "Holm p", "the same, corrected for the number of models", formatting.p_value
        ),
        Column(
            "recall",
            "Worst recall change",
            "the label whose recall falls most",
            "against",
            _recall,
            "high",
        ),
    )


def _plain(key: str, title: str, help_: str, tell: formatting.Say) -> Column:
    number = at(tell, "versus", key)
    return Column(key, title, help_, "against", _compared(number))


def _compared(cell: Callable[[Entry], Cell]) -> Callable[[Entry], Cell]:
    """``cell`` for models that were compared with the incumbent."""
    return lambda entry: cell(entry) if mapping(entry.data, "versus") else none(entry)


@_compared
def _difference(entry: Entry) -> Cell:
    versus = mapping(entry.data, "versus")
    value = formatting.known(versus.get("difference"))
    note = formatting.interval(versus.get("low"), versus.get("high"), formatting.points)
    return Cell(formatting.points(value), value, note)


@_compared
def _noninferior(entry: Entry) -> Cell:
    fine, p = noninferior(mapping(entry.data, "versus"))
    if fine is None:
        return Cell(formatting.UNKNOWN)
    note = "" if p is None else f"p {'' if p < 0.001 else '= '}{formatting.p_value(p)}"
    return Cell("yes" if fine else "not shown", float(fine), note)


@_compared
def _recall(entry: Entry) -> Cell:
    falls = mapping(mapping(entry.data, "versus"), "recall_differences")
    known = {label: d for label, x in falls.items() if (d := formatting.known(x)) is not None}
    if not known:
        return none(entry)
    label = min(known, key=lambda name: known[name])
    return Cell(formatting.points(known[label]), known[label], formatting.clip(label, 24))
