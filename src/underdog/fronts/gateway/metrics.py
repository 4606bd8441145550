"""What Prometheus can read of a gateway: requests, who answered, how long it took, what waits."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from threading import Lock
from typing import Any

from ...runtime.extras import require

BUCKETS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
"""Upper limits of the classes of duration, in seconds."""

SUMS = (
    ("dollars", "underdog_dollars", "What the upstream was paid, as far as known."),
    ("saved", "underdog_saved_dollars", "What local answers would have cost."),
    ("unlearned", "underdog_unlearned", "Replies that taught nothing, since too many waited."),
)

LATEST = 1000
"""How many durations are kept for the dashboard."""

Tally = dict[str, Any]
"""The counts of one process as plain data, to be written by one worker and added by another."""


class Metrics:
    """Counters of one gateway. Counting takes about a microsecond; the library only writes them.

    ``siblings`` gives the `tally` of each other worker that serves the same address.
    """

    def __init__(self, siblings: Callable[[], Iterable[Tally]] = tuple) -> None:
        library: Any = require("prometheus_client", "serve")
        self._library = library
        self._families: Any = require("prometheus_client.core", "serve")
        self._siblings = siblings
        self._requests = Counter[tuple[str, int]]()
        self._buckets: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}
        self._dollars = self._saved = 0.0
        self._money = Lock()
        self._unlearned = 0
        self._latest: dict[str, deque[float]] = {}
        self._gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        self._registry = library.CollectorRegistry()
        self._registry.register(self)

    def count(self, by: str, status: int, seconds: float) -> None:
        """Enter a request that ``by`` answered with ``status`` within ``seconds``."""
        if by not in self._buckets:
            self._buckets[by] = [0] * (len(BUCKETS) + 1)
            self._latest[by] = deque(maxlen=LATEST)
        self._requests[by, status] += 1
        self._buckets[by][bisect_left(BUCKETS, seconds)] += 1
        self._seconds[by] = self._seconds.get(by, 0.0) + seconds
        self._latest[by].append(seconds)

    def skip(self) -> bool:
        """Count a reply that teaches nothing, since too many wait; whether it is the first."""
        self._unlearned += 1
        return self._unlearned == 1

    def served(self, by: str) -> tuple[int, list[float]]:
        """How many requests ``by`` answered since the start, and the seconds of the latest."""
        told = self._all()
        latest = [seconds for one in told for seconds in one["latest"].get(by, ())]
        return sum(n for one in told for who, _, n in one["requests"] if who == by), latest

    def money(self, paid: float, saved: float) -> None:
        """Enter dollars that were paid, and dollars that local answers saved."""
        with self._money:
            self._dollars += paid
            self._saved += saved

    def gauge(self, name: str, what: str, value: Callable[[], float]) -> None:
        """Show ``value()`` under ``name`` whenever the metrics are read."""
        self._gauges[name] = what, value

    def page(self) -> bytes:
        """All of it in the text format of Prometheus; of all workers together."""
        return bytes(self._library.generate_latest(self._registry))

    def tally(self) -> Tally:
        """The counts of this process."""
        return {
            "requests": [[by, status, n] for (by, status), n in list(self._requests.items())],
            "buckets": {by: list(counts) for by, counts in list(self._buckets.items())},
            "seconds": dict(self._seconds),
            "dollars": self._dollars,
            "saved": self._saved,
            "unlearned": self._unlearned,
            "latest": {by: list(found) for by, found in list(self._latest.items())},
            "gauges": {name: value() for name, (_, value) in self._gauges.items()},
        }

    def resume(self, tally: Tally) -> None:
        """Go on counting from the ``tally`` of a worker in whose place this one came."""
        self._requests.update({(by, status): n for by, status, n in tally["requests"]})
        self._buckets.update(tally["buckets"])
        self._seconds.update(tally["seconds"])
        self._latest.update({by: deque(one, LATEST) for by, one in tally["latest"].items()})
        self.money(tally["dollars"], tally["saved"])
        self._unlearned += tally["unlearned"]

    def collect(self) -> Iterator[Any]:
        """The counts as the library's registry wants them."""
        told = self._all()
        yield from self._counted(told)
        family = self._families.HistogramMetricFamily(
            "underdog_request_seconds", "Time to answer.", labels=["by"]
        )
        for by in sorted({by for one in told for by in one["buckets"]}):
            mine = [one for one in told if by in one["buckets"]]
            sums = map(sum, zip(*(one["buckets"][by] for one in mine), strict=True))
            limits = [*(str(float(limit)) for limit in BUCKETS), "+Inf"]
            pairs = list(zip(limits, accumulate(sums), strict=True))
            family.add_metric([by], pairs, sum(one["seconds"][by] for one in mine))
        yield family
        for name, (what, _) in self._gauges.items():
            value = sum(one["gauges"].get(name, 0.0) for one in told)
            yield self._families.GaugeMetricFamily(name, what, value)

    def _all(self) -> list[Tally]:
        return [self.tally(), *self._siblings()]

    def _counted(self, told: list[Tally]) -> Iterator[Any]:
        counter = self._families.CounterMetricFamily
        requests = Counter[tuple[str, int]]()
        for one in told:
            requests.update({(by, status): n for by, status, n in one["requests"]})
        family = counter(
            "underdog_requests", "Requests by who answered and status.", labels=["by", "status"]
        )
        for (by, status), n in sorted(requests.items()):
            family.add_metric([by, str(status)], n)
        yield family
        for key, name, what in SUMS:
            yield counter(name, what, sum(one[key] for one in told))
