"""The columns of the paired comparison with the incumbent."""

from __future__ import annotations

from collections.abc import Callable

from .. import formatting
from ..contestants import Results, Who, mapping
from ..margin import noninferior
from .cell import Cell, Column, at, none


def against(results: Results) -> tuple[Column, ...]:
    """Difference, tests and the worst label; empty cells in the incumbent's own row."""
    margin = formatting.known(mapping(results, "verdict").get("margin"))
    limit = "" if margin is None else f" (margin {formatting.points(margin).lstrip('+')})"
    return (
        Column(
            "difference",
            "Against incumbent",
            "paired difference in accuracy, 95 % interval",
            "summary against",
            _difference,
            "high",
        ),
        Column(
            "noninferior",
            f"Not worse{limit}",
            "shown not to be worse by more than the margin, corrected for many contestants",
            "against",
            _noninferior,
        ),
        _plain("wins", "Wins", "texts that only this contestant got right", formatting.count),
        _plain("losses", "Losses", "texts that only the incumbent got right", formatting.count),
        _plain(
            "mcnemar_p",
            "McNemar p",
            "exact test that wins and losses are equally likely",
            formatting.p_value,
        ),
        _plain("holm_p", "Holm p", "the same, corrected for many contestants", formatting.p_value),
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


def _compared(cell: Callable[[Who], Cell]) -> Callable[[Who], Cell]:
    """``cell`` for those who were compared with the incumbent."""
    return lambda who: cell(who) if mapping(who.data, "versus") else none(who)


@_compared
def _difference(who: Who) -> Cell:
    versus = mapping(who.data, "versus")
    value = formatting.known(versus.get("difference"))
    note = formatting.interval(versus.get("low"), versus.get("high"), formatting.points)
    return Cell(formatting.points(value), value, note)


@_compared
def _noninferior(who: Who) -> Cell:
    fine, p = noninferior(mapping(who.data, "versus"))
    if fine is None:
        return Cell(formatting.UNKNOWN)
    note = "" if p is None else f"p {'' if p < 0.001 else '= '}{formatting.p_value(p)}"
    return Cell("yes" if fine else "not shown", float(fine), note)


@_compared
def _recall(who: Who) -> Cell:
    falls = mapping(mapping(who.data, "versus"), "recall_differences")
    known = {label: d for label, x in falls.items() if (d := formatting.known(x)) is not None}
    if not known:
        return none(who)
    label = min(known, key=lambda name: known[name])
    return Cell(formatting.points(known[label]), known[label], formatting.clip(label, 24))
