"""The ways of splitting a question in two, and of joining two answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...core.answer import ABSTAIN
from ...core.reading.numbers import NumberReader
from ...core.values import number

WHOLE = "whole"
"""The plan that asks the question as it is."""

JOINTS = r",?\s+(?:and|or|than|plus|minus|or in|and in)\s+"

PARALLEL = (1, 2, 3, 4)
"""How many words on both sides of a joint are tried as what differs between the two questions."""

FRAMES = (1, 2, 3, 4, 5, 6)
"""How many words of the beginning are tried as what the second question begins with, too."""


@dataclass(frozen=True)
class Split:
    """Two questions. In a chain the second has ``{}`` where the answer to the first belongs."""

    first: str
    second: str
    chain: bool = False


def splits(question: str) -> dict[str, Split]:
    """All ways in which ``question`` can be split, by name.

    >>> found = splits("How many cats and dogs are there?")
    >>> found["parallel 1"]
    Split(first='How many cats are there?', second='How many dogs are there?', chain=False)
    """
    found: dict[str, Split] = {}
    parts = [one.strip() for one in re.split(r"(?<=[?.!])\s+", question) if one.strip()]
    if len(parts) == 2:
        found["sentences"] = Split(parts[0], parts[1])
    for joint in list(re.finditer(JOINTS, question))[:1]:
        left, right = question[: joint.start()].split(), question[joint.end() :].split()
        for m in PARALLEL:
            if len(left) > m and len(right) >= m:
                last = right[:m]
                end = re.search(r"[?.!]+$", last[-1])
                mark = end[0] if end and len(right) == m else ""
                frame, rest = left[:-m], right[m:]
                first = " ".join([*frame, *left[-m:], *rest]) + mark
                found[f"parallel {m}"] = Split(first, " ".join([*frame, *last, *rest]))
        whole = " ".join(left).rstrip("?") + "?"
        found["halves"] = Split(whole, _capital(" ".join(right)))
        for m in FRAMES:
            if len(left) > m:
                found[f"frame {m}"] = Split(whole, " ".join([*left[:m], *right]))
    nested = re.search(
        r"^(.*\b(?:of|in|by|for|from) )(?:the )(.+? (?:with|of|that|in) .+?)\?$", question
    )
    if nested:
        found["chain"] = Split(f"What is the {nested[2]}?", f"{nested[1]}{{}}?", chain=True)
    return found


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _numeric(join: Callable[[float, float], float]) -> Callable[[str, str], str]:
    def joined(one: str, other: str) -> str:
        a, b = (number(NumberReader().read(said).label) for said in (one, other))
        return ABSTAIN if a != a or b != b else f"{join(a, b):.12g}"

    return joined


def _listed(one: str, other: str) -> str:
    return f"{one} and {other}"


JOINS: Mapping[str, Callable[[str, str], str]] = {
    "sum": _numeric(lambda a, b: a + b),
    "difference": _numeric(lambda a, b: abs(a - b)),
    "larger": _numeric(max),
    "smaller": _numeric(min),
    "list": _listed,
}
"""How two answers become one, by name."""


def plans(question: str) -> dict[str, tuple[Split, str]]:
    """Every plan for ``question`` but the whole one: how it is split, and how answers are joined.

    A chain is joined by nothing: its second answer is the answer.
    """
    found: dict[str, tuple[Split, str]] = {}
    for name, split in splits(question).items():
        if split.chain:
            found[name] = (split, "")
        else:
            found |= {f"{name}, {join}": (split, join) for join in JOINS}
    return found
