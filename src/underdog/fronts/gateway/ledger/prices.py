"""What a request cost, from the price list; and what a local answer would have cost."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

from ....core.errors import UnderdogError
from ....models.chat.endpoint import LOOPBACK
from ....runtime.prices import Usage, price
from ..door.usage import Used

TIERED = 100_000
"""Prompt tokens from which a price may depend on the length: then the list itself is asked."""

UNIT = 1000
ONES = (
    Usage(UNIT, 0),
    Usage(0, UNIT),
    Usage(UNIT, 0, cached=UNIT),
    Usage(UNIT, 0, written=UNIT),
    Usage(0, UNIT, reasoning=UNIT),
)
"""Usages of which each shows one rate."""

Rates = tuple[float, float, float, float, float]


class PriceList:
    """Prices of one upstream. What is not listed costs nothing on this machine, else is unknown.

    Asking the list takes longer than all else that happens to a request, so the rates of a model
    are asked for once: below `TIERED` a price is a sum of counts times rates.
    """

    def __init__(self, upstream: str) -> None:
        self._url = upstream
        self._free = urlsplit(upstream).hostname in LOOPBACK
        self._rates = cache(self._looked_up)
        self._rates("")  # reads the list now, and not while the first request waits

    def dollars(self, used: Used, requested: str = "") -> float | None:
        """What ``used`` cost in dollars; None where it is not known."""
        if used.dollars is not None:
            return used.dollars
        if used.prompt is None or used.completion is None:
            return None
        found = self._priced(used.model[:200], used, used.prompt, used.completion)
        if found is None and requested != used.model:
            found = self._priced(requested[:200], used, used.prompt, used.completion)
        return found if found is not None or not self._free else 0.0

    def _priced(self, model: str, used: Used, prompt: int, completion: int) -> float | None:
        rates = self._rates(model)
        if rates is None:
            return None
        fresh, spoken = prompt - used.cached - used.written, completion - used.reasoning
        if prompt >= TIERED or fresh < 0 or spoken < 0:
            usage = Usage(prompt, completion, used.cached, used.written, used.reasoning)
            return price(model, usage, url=self._url)
        a, b, c, d, e = rates
        return fresh * a + spoken * b + used.cached * c + used.written * d + used.reasoning * e

    def _looked_up(self, model: str) -> Rates | None:
        try:
            found = [price(model, one, url=self._url) for one in ONES]
        except UnderdogError:  # the price list is not installed
            return None
        if None in found:
            return None
        a, b, c, d, e = [float(x or 0.0) / UNIT for x in found]
        return a, b, c, d, e
