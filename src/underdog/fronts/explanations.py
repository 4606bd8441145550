"""Explanations in a terminal: the coloured text, the strongest words, and what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from ..report.explaining import shown as explanations

STYLES = {"for": ("", "blue", "bold blue", "bold reverse blue")} | {
    "against": ("", "dark_orange3", "bold dark_orange3", "bold reverse dark_orange3")
}
"""The styles of the shades, the faintest first."""

WIDEST = 24
"""Characters of a word in a table."""

TERMS = 5
"""Features that are listed."""

NAME, VALUE = 36, 24
"""Characters of a feature's name, and of its value."""


def lines(found: Mapping[str, Any]) -> Iterator[str | Text]:
    """The lines that show one explanation, which is `Explanation.as_dict`."""
    shown = explanations.shown(found)
    head = Text.assemble((_short(shown.head, 60), "bold"), f"  {shown.sure}  ({found['method']})")
    yield head.append(f"  right: {_short(shown.gold, 40)}" if shown.gold else "")
    for side in shown.sides:
        yield Text("  ").append_text(_coloured(side))
    for reason in shown.reasons:
        yield f"  {reason}"
    if shown.rows:
        yield ""
        wide = max(9, *(len(_short(row[0])) for row in shown.rows))
        for row in (shown.columns, *shown.rows):
            numbers = "".join(f"{cell:>10}" for cell in row[1:])
            yield f"  {_short(row[0]):<{wide}}{numbers}"
    if shown.features:
        yield ""
        yield from _features(shown.features[:TERMS])
    for name, text in (("measured", shown.measured), ("fewest edits", shown.edit)):
        if text:
            yield f"  {name}: {text}"
    for similarity, label, text in shown.nearest:
        yield f"  near: {similarity} {_short(label)}: {_short(text, 50)}"
    yield ""


def closing(
    found: Sequence[Mapping[str, Any]], words: Mapping[str, Any], columns: Mapping[str, Any]
) -> Iterator[str]:
    """The lines on all explanations together: what speaks for each answer."""
    for what, overall in (("words for", words), ("columns for", columns)):
        for label, strongest in overall.items():
            if strongest:
                told = ", ".join(f"{name} {weight:+.2f}" for name, weight in strongest)
                yield f"{what} {label}: {told}"
    if len(found) > 1 and (said := explanations.summary(found)):
        yield f"measured: {said}"


def _coloured(side: Sequence[explanations.Segment]) -> Text:
    text = Text()
    for piece, shade, _ in side:
        way, _, level = shade.partition("-")
        text.append(piece, STYLES[way][int(level) - 1] if shade else "")
    return text


def _features(told: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    """Features with their values and what they add, in columns."""
    table = [("feature", "value", "adds"), *told]
    cells = [(_short(name, NAME), _short(value, VALUE), adds) for name, value, adds in table]
    wide, valued = (max(len(row[k]) for row in cells) for k in (0, 1))
    for name, value, adds in cells:
        yield f"  {name:<{wide}}  {value:<{valued}}{adds:>8}"


def _short(text: str, most: int = WIDEST) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= most else f"{one_line[: most - 1]}…"


def as_dicts(found: Sequence[Any], golds: Sequence[str | None]) -> list[dict[str, Any]]:
    """Explanations as plain data, with the right answers where they are known."""
    told = []
    for one, gold in zip(found, golds, strict=True):
        plain = one.as_dict()
        told.append({**plain, "gold": gold} if gold is not None else plain)
    return told


def mistakes_first(values: Sequence[str], sure: Any, golds: Sequence[str | None]) -> list[int]:
    """The places of the answers: wrong ones first, of these the surest first."""
    wrong = [gold is not None and gold != value for value, gold in zip(values, golds, strict=True)]
    return sorted(range(len(values)), key=lambda i: (not wrong[i], -float(sure[i]) * wrong[i], i))
