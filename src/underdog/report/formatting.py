"""Numbers as text: every quantity that a report shows is formatted by one of these.

The numbers are those of `underdog.runtime.formatting`, so that the terminal and the report agree.
Here they are made fit for a page: NaN and infinity are unknown too, and a number and its unit are
joined by a no-break space.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime

from ..runtime import formatting
from ..runtime.formatting import UNKNOWN as UNKNOWN

MINUS, NBSP = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"

Say = Callable[[float | None], str]


def known(x: object) -> float | None:
    """``x`` as a finite number; None for anything else."""
    if isinstance(x, bool) or not isinstance(x, int | float) or not math.isfinite(x):
        return None
    return float(x)


def percent(x: float | None, digits: int = 1) -> str:
    """A share: 0.893 -> 89.3 %."""
    return _joined(formatting.percent(known(x), digits))


def points(x: float | None) -> str:
    """A difference between shares, in percentage points with its sign: -0.012 -> −1.2 points."""
    return UNKNOWN if (x := known(x)) is None else f"{formatting.points(x)}{NBSP}points"


def decimal(x: float | None) -> str:
    """A number that has no unit: 0.9731 -> 0.973."""
    return UNKNOWN if (x := known(x)) is None else f"{x:.3f}".replace("-", MINUS)


def count(x: float | None) -> str:
    """How many: 12345 -> 12,345; a mean over seeds keeps one decimal."""
    if (x := known(x)) is None:
        return UNKNOWN
    return (f"{x:,.0f}" if x == round(x) or x >= 1000 else f"{x:,.1f}").replace("-", MINUS)


def money(x: float | None) -> str:
    """US dollars; small amounts with two significant digits."""
    if (x := known(x)) is None:
        return UNKNOWN
    return f"{MINUS if x < 0 else ''}{formatting.dollars(abs(x))}"


def duration(seconds: float | None) -> str:
    """Seconds in the unit that fits: 110 µs, 3.2 ms, 1.4 s, 2 min 5 s."""
    return _joined(formatting.seconds(known(seconds)))


def size(bytes_: float | None) -> str:
    """Bytes in decimal units: 12 MB."""
    return _joined(formatting.memory(known(bytes_)))


def energy(joules: float | None) -> str:
    """Joules, two significant digits, with a prefix where it helps: 12 mJ, 1.2 J, 3.4 kJ."""
    if (x := known(joules)) is None:
        return UNKNOWN
    prefixes = ((1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"))
    rounded = float(f"{x:.2g}")
    scale, prefix = next((p for p in prefixes if rounded >= p[0]), (1.0, ""))
    return f"{rounded / scale:.3g}{NBSP}{prefix}J"


def ratio(large: float | None, small: float | None) -> str:
    """How many times ``small`` goes into ``large``: 29,000 times."""
    return _joined(formatting.ratio(known(large), known(small)))


def p_value(p: float | None) -> str:
    """A p-value: two significant digits, three decimals at most, < 0.001 below that."""
    if (x := known(p)) is None:
        return UNKNOWN
    if x < 0.001:
        return "< 0.001"
    return f"{x:.2f}" if x >= 0.0995 else f"{x:.3f}"


def interval(low: float | None, high: float | None, say: Say) -> str:
    """[88.1, 90.4 %], unbroken; a bound that is missing is said so, and two make an empty text."""
    if known(low) is None and known(high) is None:
        return ""
    first, last = say(low), say(high)
    unit = NBSP + first.rpartition(NBSP)[2]
    if last.endswith(unit):
        first = first.removesuffix(unit)
    return f"[{first},{NBSP}{last}]"


def when(moment: object) -> str:
    """An ISO 8601 time, readable, in UTC: 21 November 2026, 03:00 UTC."""
    if not isinstance(moment, str) or not moment:
        return UNKNOWN
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    at = read.astimezone(UTC) if read.tzinfo else read
    return f"{at.day} {at:%B %Y, %H:%M}{' UTC' if read.tzinfo else ''}"


def joined(sentence: str) -> str:
    """A sentence in which no line ends between a number and its unit."""
    return re.sub(r"(?<=\d) (?=(%|points?|[µm]?s|times|min|h|[kM]?J)(\W|$))", NBSP, sentence)


def clip(text: str, length: int) -> str:
    """``text``, or its beginning when it has more than ``length`` characters."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _joined(words: str) -> str:
    return words.replace(" ", NBSP)
