"""Plots as small SVG files, which follow the reader's light or dark scheme."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDE, LEFT, RIGHT, TOP, LINE = 800, 350, 24, 16, 28
LONGEST = 50
"""Characters of a name that are shown."""

Place = tuple[float, float]
STYLE = """<style>
.plot { --ink: #1b1d20; --soft: #5a5f66; --line: #dcdcd6; --accent: #0b6e63; --paper: #fcfcfa; }
@media (prefers-color-scheme: dark) {
  .plot { --ink: #e7e8ea; --soft: #a2a8b0; --line: #33383e; --accent: #4fc7b5; --paper: #15171a; }
}
.plot text { font: 12px system-ui, "Segoe UI", "Liberation Sans", sans-serif; fill: var(--ink); }
.plot .soft { fill: var(--soft); }
.plot .grid { stroke: var(--line); }
.plot .zero { stroke: var(--ink); }
.plot .rule { stroke: var(--soft); stroke-dasharray: 4 4; }
.plot .mark { stroke: var(--accent); stroke-width: 2; fill: var(--accent); }
.plot .hollow { fill: var(--paper); }
.plot .curve { fill: none; }
</style>"""


@dataclass(frozen=True)
class Mark:
    """A point at ``x`` with its interval; a hollow one is the lesser of two on the same line."""

    x: float
    low: float
    high: float
    hollow: bool = False


def dots(
    title: str, axis: str, rows: Sequence[tuple[str, Sequence[Mark]]], zero: bool = False
) -> str:
    """A line per row, its marks along one axis; ``zero`` draws where nothing differs."""
    every = [edge for _, marks in rows for mark in marks for edge in (mark.low, mark.high)]
    scale = Scale.of([*every, *([0.0] if zero else [])], LEFT, WIDE - RIGHT)
    bottom = TOP + LINE * len(rows)
    parts = []
    for tick in scale.ticks:
        at = scale(tick)
        parts.append(_line("grid", (at, TOP), (at, bottom)))
        words = _points(tick) if zero else _share(tick)
        parts.append(_text(words, (at, bottom + 18), "middle", "soft"))
    if zero:
        parts.append(_line("zero", (scale(0), TOP), (scale(0), bottom)))
    for i, (name, marks) in enumerate(rows):
        y = TOP + LINE * (i + 0.5)
        parts.append(_text(_short(name), (LEFT - 14, y + 4), "end"))
        for k, mark in enumerate(marks):
            at = y + 7 * (k - (len(marks) - 1) / 2)  # side by side, so that none hides another
            parts.append(_line("mark", (scale(mark.low), at), (scale(mark.high), at)))
            parts.append(_dot((scale(mark.x), at), mark.hollow))
    parts.append(_text(axis, (LEFT, bottom + 38), kind="soft"))
    return _svg(title, bottom + 48, parts)


def curve(
    title: str,
    axis: tuple[str, str],
    points: Sequence[tuple[float, float]],
    rules: Sequence[tuple[str, float]] = (),
) -> str:
    """One line through ``points``, and named heights to compare it with."""
    left, right, bottom = 56, WIDE - LEFT + 10, TOP + 260
    numbers = [x for x, _ in points]
    across = Scale(min(numbers), max(numbers), left + 10, right - 10)
    up = Scale.of([*(y for _, y in points), *(y for _, y in rules)], bottom, TOP)
    parts = []
    for tick in up.ticks:
        parts.append(_line("grid", (left, up(tick)), (right, up(tick))))
        parts.append(_text(_share(tick), (left - 8, up(tick) + 4), "end", "soft"))
    parts += [_text(f"{x:g}", (across(x), bottom + 20), "middle", "soft") for x in numbers]
    below = 0.0
    for name, y in sorted(rules, key=lambda rule: -rule[1]):
        below = max(up(y) + 4, below + 14)  # names do not touch
        parts.append(_line("rule", (left, up(y)), (right, up(y))))
        parts.append(_text(_short(name), (right + 8, below)))
    path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in points)
    parts.append(f'<polyline class="mark curve" points="{path}"/>')
    parts += [_dot((across(x), up(y))) for x, y in points]
    parts.append(_text(f"{axis[0]} →   (upwards: {axis[1]})", (left, bottom + 42), kind="soft"))
    return _svg(title, bottom + 52, parts)


@dataclass(frozen=True)
class Scale:
    """From numbers between ``low`` and ``high`` to places between ``start`` and ``end``."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def of(cls, values: Sequence[float], start: float, end: float) -> Scale:
        """One that holds ``values``, with a little room at both ends."""
        room = 0.05 * (max(values) - min(values)) or 0.01
        return cls(min(values) - room, max(values) + room, start, end)

    def __call__(self, value: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + share * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        """Round numbers, three to seven of them."""
        rough = (self.high - self.low) / 7
        power = 10.0 ** math.floor(math.log10(rough))
        step = min(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [i * step for i in range(first, last + 1)]


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 {WIDE} {height:g}"'
            f' width="{WIDE}" height="{height:g}" role="img" aria-label="{escape(title)}">',
            STYLE,
            *parts,
            "</svg>\n",
        ]
    )


def _line(kind: str, start: Place, end: Place) -> str:
    (x1, y1), (x2, y2) = start, end
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _dot(at: Place, hollow: bool = False) -> str:
    kind = "mark hollow" if hollow else "mark"
    return f'<circle class="{kind}" cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="4"/>'


def _text(words: str, at: Place, anchor: str = "start", kind: str = "name") -> str:
    place = f'x="{at[0]:.1f}" y="{at[1]:.1f}"'
    return f'<text class="{kind}" {place} text-anchor="{anchor}">{escape(words)}</text>'


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def _share(value: float) -> str:
    return f"{100 * value:.3g} %"


def _points(value: float) -> str:
    return f"{100 * value:+.3g}".replace("-", "−") if abs(value) > 1e-9 else "0"
