"""What a verdict means in money: the monthly bill with the large model and without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.cost import FIELDS
from ...evaluate.bill import AUDITED, OWN, RETRAININGS, Bill, Job, bill
from ...runtime.formatting import dollars, points, seconds
from ...runtime.meter import machine_hour
from ..verdict import KEEP

if TYPE_CHECKING:
    from ..outcome import Outcome
    from ..rows import Summary

SECONDS, CALLS = FIELDS.index("seconds"), FIELDS.index("calls")


def priced(study: Outcome) -> dict[str, Any] | None:
    """The bill of the small model that the verdict speaks of, as plain data, and in words.

    None where no large model took part or no small one did. ``ways`` is empty where the large
    model's price is not known.
    """
    large = next(s for s in study.summaries if s.spec == study.incumbent)
    small = _small(study)
    if small is None or not large.calls_out:
        return None
    about = {"spec": small.spec, "volume": study.volume.texts, "source": study.volume.source}
    if large.dollars is None:
        says = f"The bill is not known: the price of {large.spec} is not (--price-in DOLLARS)."
        return {**about, "large": None, "shares": {}, "ways": [], "pays": None, "says": [says]}
    found = bill(_job(study, small, large.dollars))
    return {
        **about,
        "job": asdict(found.job),
        "large": found.large,
        "shares": found.shares,
        "ways": [asdict(way) for way in found.ways],
        "pays": found.pays,
        "says": [*_says(study, small, found)],
    }


def _small(study: Outcome) -> Summary | None:
    rivals = [s for s in study.summaries if s.spec != study.incumbent and s.coverage > 0]
    named = study.verdict.contestant
    return next((s for s in rivals if s.spec == named), next(iter(rivals), None))


def _job(study: Outcome, small: Summary, price: float) -> Job:
    costs = small.runs[0].answers.costs
    own = costs[costs[:, CALLS] == 0, SECONDS]
    per_label = price if study.label_price is None else study.label_price
    return Job(
        volume=study.volume.texts,
        large=price,
        seconds=float(np.nanmean(own)) if (~np.isnan(own)).any() else 0.0,
        machine_hour=machine_hour(),
        deferred=1 - small.coverage,
        labels=per_label * study.trained_on,
        training=small.fit.dollars or 0.0,
    )


def _says(study: Outcome, small: Summary, found: Bill) -> Iterator[str]:
    """The bill in three sentences: the sums, what they mean, and what else speaks for it."""
    sums = ", ".join(f"{dollars(way.total)} {way.name}" for way in found.ways)
    yield (
        f"At {found.job.volume:,.0f} texts a month ({study.volume.source}) {study.incumbent} costs"
        f" {dollars(found.large)}; {small.spec} costs {sums}. That includes labels, training,"
        f" audits of {100 * AUDITED:g} % and {RETRAININGS:g} re-trainings a year, with an hour of a"
        f" machine at {dollars(found.job.machine_hour)}."
    )
    best = found.best
    if study.verdict.decision == KEEP and best.saves > 0:
        yield f"That would save {dollars(best.saves)} a month {best.name}, and lose accuracy."
        return
    if found.pays:
        yield f"You would save {dollars(best.saves)} a month {best.name}.{_own(found)}"
    elif best.saves > 0:
        yield f"You would save {dollars(best.saves)} a month: not for the money.{_own(found)}"
    else:
        more = dollars(-best.saves) if best.saves else "nothing"
        yield f"Keeping {study.incumbent} is cheaper by {more} a month: not for the money."
    if reasons := [*_reasons(small, found)]:
        yield f"For {small.spec}: {', '.join(reasons)}."


def _own(found: Bill) -> str:
    """Where a machine of its own is dearer than the large model, and up to which volume."""
    own = next(way for way in found.ways if way.name == OWN)
    if own.saves >= 0:
        return ""
    upto = "always" if own.cheaper_from is None else f"below {own.cheaper_from:,.0f} texts a month"
    return f" A machine of its own costs more than the large model {upto}."


def _reasons(small: Summary, found: Bill) -> Iterator[str]:
    """What speaks for the small model besides money; only what was measured or certainly holds."""
    if small.versus is not None and small.versus.low > 0:
        yield f"{points(small.versus.difference)} points"
    if small.latency and not found.job.deferred:
        yield f"{seconds(small.latency['p50'])} an answer"
    if not found.job.deferred:
        yield "no rate limit"
        yield "nothing leaves the house"
