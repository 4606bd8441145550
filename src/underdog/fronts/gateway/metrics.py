"""What Prometheus can read of a gateway: requests, who answered, how long it took, what waits."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from functools import cache
from typing import Any

from ...runtime.extras import require

BUCKETS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
"""Upper limits of the classes of duration, in seconds."""

LATEST = 1000
"""How many durations are kept for the dashboard."""


class Metrics:
    """Counters of one gateway, in a registry of its own."""

    def __init__(self) -> None:
        library: Any = require("prometheus_client", "serve")
        self._library = library
        self._registry = library.CollectorRegistry()
        kwargs = {"registry": self._registry}
        self._requests = library.Counter(
            "underdog_requests", "Requests by who answered and status.", ["by", "status"], **kwargs
        )
        self._seconds = library.Histogram(
            "underdog_request_seconds", "Time to answer.", ["by"], buckets=BUCKETS, **kwargs
        )
        self._dollars = library.Counter(
            "underdog_dollars", "What the upstream was paid, as far as known.", **kwargs
        )
        self._saved = library.Counter(
            "underdog_saved_dollars", "What local answers would have cost.", **kwargs
        )
        self._unlearned = library.Counter(
            "underdog_unlearned", "Replies that taught nothing, since too many waited.", **kwargs
        )
        self._skipped = False
        self._served = Counter[str]()
        self._latest: dict[str, deque[float]] = {}
        self.requests = cache(self._requests.labels)
        self.seconds = cache(self._seconds.labels)

    def count(self, by: str, status: int, seconds: float) -> None:
        """Enter a request that ``by`` answered with ``status`` within ``seconds``."""
        self.requests(by, status).inc()
        self.seconds(by).observe(seconds)
        self._served[by] += 1
        self._latest.setdefault(by, deque(maxlen=LATEST)).append(seconds)

    def skip(self) -> bool:
        """Count a reply that teaches nothing, since too many wait; whether it is the first."""
        self._unlearned.inc()
        first, self._skipped = not self._skipped, True
        return first

    def served(self, by: str) -> tuple[int, list[float]]:
        """How many requests ``by`` answered since the start, and the seconds of the latest."""
        return self._served[by], list(self._latest.get(by, ()))

    def money(self, paid: float, saved: float) -> None:
        """Enter dollars that were paid, and dollars that local answers saved."""
        if paid:
            self._dollars.inc(paid)
        if saved:
            self._saved.inc(saved)

    def gauge(self, name: str, what: str, value: Callable[[], float]) -> None:
        """Show ``value()`` under ``name`` whenever the metrics are read."""
        self._library.Gauge(name, what, registry=self._registry).set_function(value)

    def page(self) -> bytes:
        """All of it in the text format of Prometheus."""
        return bytes(self._library.generate_latest(self._registry))
