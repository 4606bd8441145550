"""Numbers as people read them. Unknown is said, never shown as zero."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable

UNKNOWN = "unknown"


def percent(share: float | None, digits: int = 1) -> str:
    """A share as a percentage.

    >>> percent(0.8931), percent(None)
    ('89.3 %', 'unknown')
    """
    return UNKNOWN if share is None else f"{100 * share:.{digits}f} %"


def points(difference: float, digits: int = 1) -> str:
    """A difference of two shares in percentage points, with its sign.

    >>> points(-0.0042), points(0.01)
    ('−0.4', '+1.0')
    """
    shown = f"{100 * difference:+.{digits}f}"
    return shown.replace("-", "−") if float(shown) else f"{0:.{digits}f}"


def seconds(value: float | None) -> str:
    """A duration in the unit that fits.

    >>> seconds(0.000113), seconds(0.0042), seconds(75.0), seconds(300.0), seconds(7300)
    ('113 µs', '4.2 ms', '1 min 15 s', '5 min', '2 h 2 min')
    """
    if value is None:
        return UNKNOWN
    if value < 0.0009995:
        return f"{value * 1e6:.3g} µs"
    if value < 0.9995:
        return f"{value * 1e3:.3g} ms"
    if value < 60:
        return f"{value:.3g} s"
    whole, small, large = (value, "s", "min") if value < 3599.5 else (value / 60, "min", "h")
    units, rest = divmod(round(whole), 60)
    return f"{units} {large} {rest} {small}" if rest else f"{units} {large}"


def dollars(value: float | None) -> str:
    """A price; small ones with two significant digits.

    >>> dollars(8.95), dollars(0.000299), dollars(0.0), dollars(12345.6)
    ('$8.95', '$0.00030', '$0', '$12,346')
    """
    if value is None:
        return UNKNOWN
    if value == 0:
        return "$0"
    if value >= 1000:
        return f"${value:,.0f}"
    if value >= 0.1:
        return f"${value:.2f}"
    return f"${value:.{1 - math.floor(math.log10(value))}f}"


def memory(bytes_: float | None) -> str:
    """An amount of memory.

    >>> memory(123_000_000), memory(999_900_000)
    ('123 MB', '1 GB')
    """
    if bytes_ is None:
        return UNKNOWN
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if bytes_ >= 0.9995 * size:
            return f"{bytes_ / size:.3g} {unit}"
    return f"{bytes_:.0f} B"


def ratio(large: float | None, small: float | None) -> str:
    """How many times ``small`` goes into ``large``; two significant digits, one from 1,000 on.

    Prices that come from timings vary from run to run; beyond 100,000 only that is said.

    >>> ratio(9.0, 0.01), ratio(9.0, 0.001), ratio(9.0, 1e-7)
    ('900 times', '9,000 times', 'over 100,000 times')
    """
    if not large or not small:
        return UNKNOWN
    times = large / small
    if times > 100_000:
        return "over 100,000 times"
    if times < 10:
        return f"{times:.2g} times"
    magnitude = 10 ** (len(str(int(times))) - (1 if times >= 1000 else 2))
    return f"{round(times / magnitude) * magnitude:,} times"


def quoted(word: str) -> str:
    """A word as it is typed in a shell: in double quotes if that reads better.

    >>> print(quoted("recorded('gpt4')"), quoted("linear()"))
    "recorded('gpt4')" 'linear()'
    """
    double = "'" in word and not re.search(r'["$`\\!]', word)
    return f'"{word}"' if double else shlex.quote(word)


def shell_command(words: Iterable[str]) -> str:
    """A command as it is typed in a shell.

    >>> print(shell_command(["underdog", "fit", "my logs.csv", "recorded('gpt4')"]))
    underdog fit 'my logs.csv' "recorded('gpt4')"
    """
    return " ".join(map(quoted, words))
