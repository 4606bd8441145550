"""What was found about a small model, for and against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...evaluate.bill import worth_a_ratio
from ...evaluate.forecast import Forecast
from ...evaluate.stats import Paired
from ...runtime.formatting import dollars, percent, points, ratio, seconds
from ..duels import RECALL_DROP
from ..rows import Summary
from ..test_set import TestSet
from .words import FEWEST, SURE

POWER = 0.842 + 1.645
"""Normal quantiles of 80 % power and a one-sided level of 5 %."""

POWER_OF_KEEP = 0.842 + 1.96
"""The same for the end of a 95 % interval, by which a large model is kept."""


def duel(small: Summary, large: Summary, gold: TestSet, volume: float) -> str:
    """Both accuracies, their difference with its interval, and the ratio of the prices.

    The ratio is told where ``volume`` texts a month make it worth telling.
    """
    found = small.versus
    assert found is not None
    price = ""
    worth = worth_a_ratio(small.dollars, large.dollars, volume)
    if worth and small.dollars and large.dollars and large.dollars > small.dollars:
        price = f", {ratio(large.dollars, small.dollars)} cheaper per answer"
    adjusted = "adjusted " if found.others else ""
    return (
        f"{percent(small.accuracy)} {gold.says} against {percent(large.accuracy)} on"
        f" {len(gold.texts):,} held-out texts ({adjusted}difference"
        f" {points(found.difference)} points, 95 % interval {points(found.low)} to"
        f" {points(found.high)}){price}"
    )


def evidence(
    small: Summary, large: Summary, gold: TestSet, margin: float, forecast: Forecast | None
) -> Iterator[tuple[bool | None, str]]:
    """What was found, and whether it speaks for the small model; None is what both should know."""
    found = small.versus
    assert found is not None
    if small.certificate is not None:
        yield True, f"certified: {small.certificate.sentence}"
    elif not small.calls_out:
        yield _noninferiority(small, margin)
    if gold.binary:
        yield _mcnemar(small, found)
    for label in small.lost:
        drop = (small.recall_differences or {}).get(label)
        fall = "" if drop is None else f": it is {points(drop)} points from the large model's"
        yield (
            False,
            f"the recall of {label!r} falls by more than {100 * RECALL_DROP:g} points for"
            f" certain{fall}",
        )
    if small.dollars is not None and large.dollars is not None:
        yield (
            small.dollars < large.dollars,
            f"1,000 answers cost {dollars(thousand(small.dollars))}, with the large model"
            f" {dollars(thousand(large.dollars))}",
        )
    if small.latency:
        theirs = f", the large one {seconds(large.latency['p50'])}" if large.latency else ""
        yield None, f"an answer takes {seconds(small.latency['p50'])} (median){theirs}"
    if found.others:
        yield (
            None,
            f"adjusted for how the large model does on the {found.others:,} training texts, which"
            " is on record too: an easier or a harder test part counts for less",
        )
    if forecast is not None:
        yield None, forecast.sentence


def _mcnemar(small: Summary, found: Paired) -> tuple[bool | None, str]:
    differs = known(small.holm_p) < SURE
    return (
        found.difference > 0 if differs else None,
        f"exact McNemar: {found.wins} text{'' if found.wins == 1 else 's'} only the small model got"
        f" right, {found.losses} only the"
        f" large one, p {_p(small.holm_p)} (Holm-adjusted)",
    )


def _noninferiority(small: Summary, margin: float) -> tuple[bool, str]:
    safe = known(small.sequence_p) < SURE
    place = "first" if small.place == 1 else f"no. {small.place}"
    return (
        safe,
        f"non-inferiority at a margin of {_margin(margin)}{'' if safe else ' is not shown'}:"
        f" p {_p(small.sequence_p)} (one-sided; tested {place} in the order of the training part)",
    )


def _margin(share: float) -> str:
    return f"{100 * share:g} point{'' if round(100 * share, 9) == 1 else 's'}"


def falls(small: Summary) -> list[str]:
    """The largest losses of recall that may be chance."""
    drops = sorted((d, label) for label, d in (small.recall_differences or {}).items())
    return [
        f"recall of {label!r} is {points(d)} points from the large model's, though not for certain"
        for d, label in drops[:3]
        if d < -RECALL_DROP and label not in small.lost
    ]


def doubts(small: Summary, large: Summary) -> list[str]:
    """What to keep in mind, whatever the decision is."""
    said = []
    if len(small.rows) == 1 and small.fit.seconds:
        said.append("one seed only: how much the fit varies is not known (--seeds 5)")
    error = small.scores.get("calibration_error")
    if error is not None and error > 0.05:
        said.append(f"its confidence is off by {100 * error:.1f} points on average")
    if large.dollars is None:
        said.append(
            "the large model's price is not known: --price-in DOLLARS a million tokens, or "
            "recorded('COLUMN', price=DOLLARS)"
        )
    return said


def missing(small: Summary, gold: TestSet, margin: float, trained_on: int) -> tuple[str, ...]:
    """How many test texts would settle what these could not, at the difference that was seen.

    ``trained_on`` is how many more texts have a label and could be tested on in turn. Where a label
    loses recall for certain, more rows of that label are what the small model lacks.
    """
    if small.lost:
        rows = " and ".join(
            f"{label!r} ({Counter(gold.values)[label]:,} test texts)" for label in small.lost[:2]
        )
        return (
            f"more rows labelled {rows} are what decides: it learns from them, and a deferral"
            " that protects them is certified on them",
        )
    found = small.versus
    if found is None or (known(small.sequence_p) < SURE and len(gold.texts) >= FEWEST):
        return ()
    room, width = found.difference + margin, (found.high - found.low) / 2
    if not room or width <= 0:
        return ()
    reach = POWER if room > 0 else POWER_OF_KEEP
    needed = max(FEWEST, round(len(gold.texts) * (reach * width / 1.96 / room) ** 2))
    needed, whole = max(needed, len(gold.texts) + 1), len(gold.texts) + trained_on
    worse = "" if room > 0 else "it looks worse than the margin allows, though not for certain; "
    said = f"{worse}about {needed:,} test texts would settle it with 80 % power if the difference"
    said += " stays as it is"
    if trained_on:
        said += f": --folds 5 tests on all {whole:,}"
    if needed > whole:
        more = needed - whole
        said += f"{', and then label' if trained_on else ': label'} about {more:,} more rows"
    return (said,)


def known(p: float | None) -> float:
    """``p``, or 1 where it is unknown."""
    return 1.0 if p is None else p


def thousand(price: float | None) -> float | None:
    """The price of 1,000 answers, in dollars; None where it is unknown."""
    return None if price is None else 1000 * price


def _p(value: float | None) -> str:
    if value is None:
        return "is unknown"
    return "< .001" if value < 0.001 else f"= {value:.3f}".replace("= 0", "= ")
