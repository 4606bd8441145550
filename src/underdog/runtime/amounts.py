"""Amounts of money and time as people write them: currency signs, decimal commas, cents."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ..core.cost import Floats
from ..core.errors import UnderdogError

BLANK = frozenset(
    {
        "",
        "na",
        "n/a",
        "#n/a",
        "nan",
        "null",
        "none",
        "nil",
        "-",
        "–",
        "—",
        "?",
        "unknown",
        "missing",
    }
)
CENTS = re.compile(r"¢|\b(?:cents?|ct)\b", re.I)
FOREIGN = re.compile(
    r"[€£¥₹₽₩]|\b(?:eur|euros?|gbp|pounds?|jpy|yen|inr|rupees?|chf|cny|rmb|cad|aud)\b", re.I
)
"""Currencies that are not converted: the rate of the day of each answer is not known."""

UNITS = re.compile(r"[$¢]|\b(?:usd|us|dollars?|cents?|ct|s|sec|secs|seconds?)\b", re.I)
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+")
POINTED = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+")
BLANKS = str.maketrans("", "", " \u00a0\u202f\u2009'’")


def amounts(cells: Sequence[str | float | None], column: str) -> Floats:
    """The numbers in ``cells``, shape ``[cells]``; NaN where a cell is blank or says "unknown".

    A comma is a decimal comma unless it only ever separates thousands. Cents become dollars.
    Raises UnderdogError for a cell that is not a number, for one in another currency, and for one
    that is negative or infinite.
    """
    texts = ["" if cell is None else str(cell).strip() for cell in cells]
    if foreign := next((text for text in texts if FOREIGN.search(text)), None):
        raise UnderdogError(
            f"column {column!r} holds {foreign!r}, which is not in dollars and is not converted",
            "give the price in dollars: --against \"recorded('ANSWERS', price=0.002)\"",
        )
    bare = [UNITS.sub("", text).translate(BLANKS).replace("∞", "inf") for text in texts]
    decimal = any("," in t and "." not in t and not GROUPED.fullmatch(t) for t in bare)
    found = np.full(len(texts), np.nan)
    for i, (text, number) in enumerate(zip(texts, bare, strict=True)):
        if text.casefold() in BLANK or number.casefold() in BLANK:
            continue
        try:
            value = float(_plain(number, decimal))
        except ValueError as error:
            raise UnderdogError(
                f"column {column!r} should hold numbers: could not read {text!r}",
                "name another: --against \"recorded('ANSWERS', price='COSTS')\"",
            ) from error
        if np.isinf(value) or value < 0:
            raise UnderdogError(
                f"{column} holds {text}: a cost is neither negative nor infinite",
                "mend these cells, or leave them blank where the cost is not known",
            )
        found[i] = value / 100 if CENTS.search(text) else value
    return found


def _plain(number: str, decimal: bool) -> str:
    """``number`` with a decimal point and without separators of thousands."""
    if "," in number and "." in number:
        thousands = "," if number.rfind(",") < number.rfind(".") else "."
        return number.replace(thousands, "").replace(",", ".")
    if decimal and POINTED.fullmatch(number):
        return number.replace(".", "")
    return number.replace(",", "." if decimal else "")
