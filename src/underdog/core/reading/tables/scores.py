"""The label of the highest score, in prose that gives a score to several labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ..mentions import Mention

NAMED = re.compile(r"([^\n,:;=|]{1,60}?)\s*[:=|(]\s*(\d*\.\d+|\d+(?:\.\d+)?\s?%|\d+(?![\d/.]))")
"""A name and its score: "billing: 0.8" or "billing (80 %)"."""

SCORE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s?(?:%|/\s?100?\b)|(?<![\w.])([01]?\.\d+)(?![\w%])")


def scored(
    text: str, bare: Callable[[str], frozenset[str]], found: Sequence[Mention], labels: int
) -> frozenset[str]:
    """The label of the highest score in ``text``; none if it does not score labels.

    ``found`` are the mentions of labels in it; the task has so many ``labels``.
    """
    told: dict[frozenset[str], float] = {}
    for name, score in NAMED.findall(text):
        if (label := bare(name)) and not any(one.isdigit() for one in label):
            told[label] = float(score.rstrip("% "))
    silent = {m.label for m in found} - {one for label in told for one in label}
    if len(told) < 2 or len(told) * 2 < labels or silent:
        told = _beside(text, found)
    best = max(told.values(), default=0.0)
    tops = [label for label, score in told.items() if score == best]
    return frozenset[str]().union(*tops) if len(told) > 1 else frozenset()


def _beside(text: str, found: Sequence[Mention]) -> dict[frozenset[str], float]:
    """The score of each mention, where each has one, all of them before it or all behind it."""
    if len({m.label for m in found}) < max(2, len(found)):
        return {}
    ends = [0, *(m.end for m in found)]
    starts = [*(m.start for m in found), len(text)]
    gaps = [SCORE.findall(text[a:b]) for a, b in zip(ends, starts, strict=True)]
    for empty, filled in ((gaps[0], gaps[1:]), (gaps[-1], gaps[:-1])):
        if not empty and all(len(scores) == 1 for scores in filled):
            values = [float(share or part) for (share, part), *_ in filled]
            return {frozenset({m.label}): v for m, v in zip(found, values, strict=True)}
    return {}
