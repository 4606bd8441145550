"""Ratings of outputs: numbers, shares such as 4/5, or one of two words, as numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.cost import Floats
from ..core.data import Column
from ..core.errors import UnderdogError
from ..core.values import number
from .guess import listed, quoted
from .sheet import shown

GOOD = frozenset(
    {"good", "right", "correct", "yes", "true", "pass", "passed", "ok", "accept", "accepted"}
    | {"faithful", "supported", "factual", "consistent", "better", "positive", "up", "helpful"}
)
BAD = frozenset(
    {"bad", "wrong", "incorrect", "no", "false", "fail", "failed", "reject", "rejected"}
    | {"unfaithful", "unsupported", "hallucinated", "inconsistent", "worse", "negative", "down"}
    | {"unhelpful", "hallucination"}
)
NEUTRAL = frozenset({"yes", "no", "true", "false"})
"""Words that say what the name of the column asks: in "hallucination", yes is bad."""

UNKNOWN = frozenset({"nan", "na", "n/a", "null", "none", "-", "?"})
"""What stands for a rating that is not known."""

OF_ERRORS = re.compile(r"halluc|error|wrong|incorrect|unfaith|unsupp|toxic|harm|bad|fail")
"""Names of columns that ask whether an output is bad."""

SHARE = re.compile(r"\s*([\d.,]+)\s*(?:/|out of)\s*([\d.]+)\s*|\s*([\d.,]+)\s*%\s*")
APART, CLUMP = 3.0, 0.1
"""Ratings of which a tenth are `APART` times all others look like two scales."""


@dataclass(frozen=True, eq=False)
class Ratings:
    """How good outputs are, ``values`` of shape ``[outputs]``: higher is better, NaN unknown.

    An output is bad below ``good``; ``said`` is that in words. ``notes`` tell how they were read.
    """

    column: str
    values: Floats
    good: float
    said: str
    notes: tuple[str, ...] = ()

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which outputs are rated, ``[outputs]``."""
        return ~np.isnan(self.values)

    @property
    def bad(self) -> NDArray[np.bool_]:
        """Which outputs are rated and bad, ``[outputs]``."""
        return self.known & (np.nan_to_num(self.values, nan=np.inf) < self.good)

    @property
    def two(self) -> bool:
        """Whether there are but two different ratings."""
        return len(np.unique(self.values[self.known])) == 2


def read_ratings(column: Column, name: str, good: str | None = None) -> Ratings:
    """The ratings in ``column``; blank cells, and words such as "nan", are unknown.

    Raises `UnderdogError` for ratings on different scales, for words of which it is not known which
    one is good, and for a column without any.
    """
    cells = [shown(cell).strip() for cell in column]
    cells = ["" if cell.casefold() in UNKNOWN else cell for cell in cells]
    filled = [cell for cell in cells if cell]
    if not filled:
        raise UnderdogError(
            f"the column {name!r} holds no ratings", "name another: --rating COLUMN"
        )
    shares = [SHARE.fullmatch(cell) for cell in cells]
    numbers = np.array([number(cell) for cell in cells])
    kinds = {
        "numbers": int((~np.isnan(numbers)).sum()),
        "shares such as 4/5": sum(match is not None for match in shares),
    }
    words = sorted(
        {c for c, n, s in zip(cells, numbers, shares, strict=True) if c and n != n and not s}
    )
    if (words and any(kinds.values())) or all(kinds.values()):
        strange = words[0] if words else next(c for c, s in zip(cells, shares, strict=True) if s)
        plain = next((c for c, n in zip(cells, numbers, strict=True) if n == n), filled[0])
        raise UnderdogError(
            f"the ratings in {name!r} are on different scales: {plain!r} and {strange!r}",
            "put them on one scale, or name another column: --rating COLUMN",
        )
    if words:
        return _words(name, cells, words, good)
    if kinds["shares such as 4/5"]:
        return _numbers(name, np.array([_share(match) for match in shares]), good)
    return _numbers(name, numbers, good)


def _share(match: re.Match[str] | None) -> float:
    if match is None:
        return float("nan")
    part, whole, percent = match.groups()
    return number(percent) / 100 if percent else number(part) / number(whole)


def _numbers(name: str, values: Floats, good: str | None) -> Ratings:
    known = values[~np.isnan(values)]
    low, high = float(known.min()), float(known.max())
    notes = []
    if good is None:
        least = (low + high) / 2 if high > low else low
        if len(np.unique(known)) > 2:
            notes.append(
                f"an output is bad if its rating is below {least:g}, the middle of {low:g} to "
                f"{high:g}; another limit: --good NUMBER"
            )
        if OF_ERRORS.search(name.casefold()) and len(np.unique(known)) == 2:
            notes.append(f"{name!r} counts errors: {high:g} is bad")
            return Ratings(name, -values, -low, f"{name} {low:g}", tuple(notes))
    else:
        least = number(good)
        if least != least:
            raise UnderdogError(
                f"the ratings in {name!r} are numbers, and {good!r} is none",
                f"give the least rating that is good: --good {(low + high) / 2:g}",
            )
    if scales := _two_scales(known):
        notes.append(scales.format(name=name))
    return Ratings(name, values, least, f"{name} at least {least:g}", tuple(notes))


def _two_scales(known: Floats) -> str:
    """A remark if the ratings fall into two clumps that are far from each other."""
    ordered = np.sort(known[known > 0])
    if len(np.unique(ordered)) < 4:
        return ""
    ratios = ordered[1:] / ordered[:-1]
    at = int(ratios.argmax()) + 1
    share = min(at, len(ordered) - at) / len(known)
    if ratios.max() < APART or share < CLUMP:
        return ""
    return (
        f"the ratings in {{name!r}} look like two scales: up to {ordered[at - 1]:g}, and from "
        f"{ordered[at]:g} on; put them on one scale if they are"
    )


def _likely(words: list[str]) -> str:
    return quoted(next((word for word in words if word.casefold() in GOOD), words[0]))


def _words(name: str, cells: list[str], words: list[str], good: str | None) -> Ratings:
    errors = bool(OF_ERRORS.search(name.casefold()))
    spelt = {word: word.casefold() for word in words}
    if good is not None:
        if good.casefold() not in spelt.values():
            raise UnderdogError(
                f"no rating in {name!r} is {good!r}; there are: {listed(words)}",
                f"name the one that is good: --good {_likely(words)}",
            )
        means = {word: float(plain == good.casefold()) for word, plain in spelt.items()}
    else:
        strange = [word for word, plain in spelt.items() if plain not in GOOD | BAD]
        if strange or len(set(spelt.values())) > 2:
            raise UnderdogError(
                f"it is not known which ratings in {name!r} are good: {listed(words)}",
                f"name the one that is: --good {_likely(words)}",
            )
        swapped = errors and set(spelt.values()) <= NEUTRAL
        means = {word: float((plain in GOOD) != swapped) for word, plain in spelt.items()}
    values = np.array([means.get(cell, np.nan) for cell in cells])
    best = " or ".join(repr(word) for word, value in means.items() if value)
    notes = (f"{name} {best} is good",) if good is None else ()
    return Ratings(name, values, 0.5, f"{name} {best}", notes)
