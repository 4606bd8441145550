"""The monthly bill of keeping a large model, and of three ways to run a small one instead."""

from __future__ import annotations

import math
from dataclasses import dataclass

HOURS = 730.0
"""Hours in a month."""

ASSUMED_VOLUME = 100_000.0
"""Texts a month where neither the user nor the dates of the log say."""

AUDITED = 0.01
"""The share of the texts that the large model is asked about as a check; they are new labels."""

RETRAININGS = 4.0
"""Fits a year after the first one, on the labels that the audits bring."""

BUSY = 0.25
"""The share of a shared machine's hours that is in use, and so bears the whole price."""

PEAK = 4.0
"""How many times the mean traffic the busiest hour brings, for which an own machine is sized."""

WORTH = 50.0
"""Dollars a month below which a sum is small: no reason to change anything, and no headline."""

IN_PROCESS, SHARED, OWN = "inside your process", "on a shared machine", "on a machine of its own"


@dataclass(frozen=True)
class Job:
    """What is to be priced. Sums are dollars.

    ``volume`` counts texts a month, ``large`` is the price of an answer of the large model, and
    ``seconds`` the time that the small one takes for an answer. ``deferred`` is the share of the
    texts that still go to the large model. ``labels`` and ``training`` are paid once; every
    re-training costs ``training`` again. ``machine_hour`` is the price of an hour of a machine.
    """

    volume: float
    large: float
    seconds: float
    machine_hour: float
    deferred: float = 0.0
    labels: float = 0.0
    training: float = 0.0


@dataclass(frozen=True)
class Way:
    """One way to run the small model.

    ``fixed`` dollars a month, whatever the volume, and ``per_text`` for each text; ``total`` for
    the job's volume, which needs ``machines`` of its own. From ``cheaper_from`` texts a month on it
    costs less than the large model; None means never.
    """

    name: str
    fixed: float
    per_text: float
    machines: int
    total: float
    saves: float
    cheaper_from: float | None


@dataclass(frozen=True)
class Bill:
    """A month in the first year: the ``large`` model's price, and the three ways, by name.

    ``shares`` are what all ways have in common: texts passed on, audits, re-training, and a
    twelfth of what labels and the first training cost.
    """

    job: Job
    large: float
    shares: dict[str, float]
    ways: tuple[Way, ...]

    @property
    def best(self) -> Way:
        """The cheapest way."""
        return min(self.ways, key=lambda way: way.total)

    @property
    def pays(self) -> bool:
        """Whether the saving alone is a reason to change: `WORTH` or more a month."""
        return self.best.saves >= WORTH


def bill(job: Job) -> Bill:
    """Price a month of ``job``: with the large model, and with the small one in three ways.

    Does not know the time of people, discounts, or what a wrong answer costs.
    """
    shares = {
        "texts passed on": job.volume * job.deferred * job.large,
        "audits": job.volume * AUDITED * job.large,
        "re-training": RETRAININGS * job.training / 12,
        "labels": job.labels / 12,
        "first training": job.training / 12,
    }
    large = job.volume * job.large
    fixed = shares["re-training"] + shares["labels"] + shares["first training"]
    asked = (job.deferred + AUDITED) * job.large
    second = job.machine_hour / 3600
    machines = machines_needed(job.volume, job.seconds)
    rates = (
        (IN_PROCESS, fixed, asked + job.seconds * second, 0),
        (SHARED, fixed, asked + job.seconds * second / BUSY, 0),
        (OWN, fixed + machines * HOURS * job.machine_hour, asked, machines),
    )
    return Bill(job, large, shares, tuple(_way(job, *rate) for rate in rates))


def machines_needed(volume: float, seconds: float) -> int:
    """How many machines answer ``volume`` texts a month at the busiest hour; one at least."""
    return max(1, math.ceil(round(PEAK * volume * seconds / (HOURS * 3600), 9)))


def worth_a_ratio(small: float | None, large: float | None, volume: float) -> bool:
    """Whether one of two prices per answer is a sum that matters at ``volume`` texts a month.

    "2,000 times cheaper" says nothing where both sums are small.
    """
    return max(small or 0.0, large or 0.0) * volume >= WORTH


def _way(job: Job, name: str, fixed: float, per_text: float, machines: int) -> Way:
    total = fixed + per_text * job.volume
    return Way(
        name,
        fixed,
        per_text,
        machines,
        total,
        job.volume * job.large - total,
        _cheaper_from(job, fixed, per_text, machines),
    )


def _cheaper_from(job: Job, fixed: float, per_text: float, machines: int) -> float | None:
    """The volume from which a way costs less: it is where its fixed part is earned back.

    Machines of its own are counted as often as that volume needs them.
    """
    if per_text >= job.large:
        return None
    if not machines:
        return fixed / (job.large - per_text)
    other = fixed - machines * HOURS * job.machine_hour
    room = PEAK * job.seconds / (HOURS * 3600)
    n = 1
    while n < 1000:
        volume = (other + n * HOURS * job.machine_hour) / (job.large - per_text)
        needed = machines_needed(volume, job.seconds)
        if needed <= n:
            return volume
        if room * HOURS * job.machine_hour >= job.large - per_text:
            return None  # every further machine costs more than the texts it answers
        n = needed
    return None
