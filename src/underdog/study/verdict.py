"""The decision, in one sentence with the numbers, and the reasons for and against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..evaluate.bill import ASSUMED_VOLUME, worth_a_ratio
from ..evaluate.forecast import Forecast
from ..runtime.formatting import dollars, percent, points, ratio, seconds
from .rows import RECALL_DROP, Standing
from .test_set import TestSet

SHIP, DEFER, KEEP, UNDECIDED = (
    "ship",
    "ship with deferral",
    "keep the large model",
    "not enough evidence",
)
SURE = 0.05


@dataclass(frozen=True)
class Verdict:
    """Whether a small model could do the job, and why.

    ``decision`` is one of ship, ship with deferral, keep the large model, not enough evidence;
    ``contestant`` is the one it speaks of.
    """

    decision: str
    contestant: str | None
    sentence: str
    reasons: tuple[str, ...]
    against: tuple[str, ...]
    margin: float
    deferral: str = "not yet certified"

    def __str__(self) -> str:
        return self.sentence


def verdict(
    found: Sequence[Standing],
    incumbent: str,
    gold: TestSet,
    margin: float,
    forecast: Forecast | None = None,
    refused: str = "",
    volume: float = ASSUMED_VOLUME,
) -> Verdict:
    """Judge the contestants (most accurate first) against the incumbent.

    A contestant is shippable when it is non-inferior at ``margin``, after Holm's correction for
    the number of contestants (one-sided, 5 %), and no label certainly loses more than five points
    of recall: accuracy alone hides a collapse of a rare label. Else one that defers with a
    certificate is, and ``refused`` says why there is none. The large model is kept when every
    contestant is certainly worse, by accuracy and ``margin`` or by a label's recall. Anything
    between is not enough evidence. ``volume`` texts a month decide whether a ratio of prices is
    worth telling.
    """
    large = next(s for s in found if s.spec == incumbent)
    if not large.calls_out:
        return _without_large(found, large, gold, margin)
    rivals = [s for s in found if s.versus is not None and not s.calls_out]
    shippable = [s for s in rivals if _known(s.holm_noninferior_p) < SURE and not s.lost]
    defers = [s for s in found if s.certificate is not None and s.coverage > 0 and not s.lost]
    promised = _promised(defers, refused)
    if shippable:
        best, decision, opening = shippable[0], SHIP, f"Ship {shippable[0].spec}"
    elif defers:
        best = max(defers, key=lambda s: s.coverage)
        decision = DEFER
        opening = f"Ship {best.spec}, which answers {percent(best.coverage)} itself"
    elif not rivals:
        return Verdict(UNDECIDED, None, "No small model was in the race.", (), (), margin)
    elif all(s.lost or (s.versus is not None and s.versus.high < -margin) for s in rivals):
        best, decision = rivals[0], KEEP
        why = f" finds less of {best.lost[0]!r}" if best.lost else " is worse"
        opening = f"Keep {incumbent}: {best.spec}, the best small model,{why}"
    else:
        best, decision = rivals[0], UNDECIDED
        opening = f"Not enough evidence to replace {incumbent}"
    sentence = f"{opening}: {_duel(best, large, gold, volume)}."
    seen = _evidence(best, large, margin, forecast)
    against_it = decision == KEEP  # what speaks against the small model speaks for keeping
    reasons = [line for good, line in seen if good is None or good != against_it]
    against = [line for good, line in seen if good is not None and good == against_it]
    against += [*_doubts(best, large), *_missing(decision, best, gold, margin)]
    return Verdict(decision, best.spec, sentence, tuple(reasons), tuple(against), margin, promised)


def _known(p: float | None) -> float:
    return 1.0 if p is None else p


def _promised(defers: Sequence[Standing], refused: str) -> str:
    """What may be said of deferral: the promise with the best coverage, or why there is none."""
    if defers:
        best = max(defers, key=lambda s: s.coverage)
        assert best.certificate is not None
        return f"certified: {best.certificate.sentence}"
    return f"not certified: {refused}" if refused else "not yet certified"


def _duel(small: Standing, large: Standing, gold: TestSet, volume: float) -> str:
    duel = small.versus
    assert duel is not None
    price = ""
    worth = worth_a_ratio(small.dollars, large.dollars, volume)
    if worth and small.dollars and large.dollars and large.dollars > small.dollars:
        price = f", {ratio(large.dollars, small.dollars)} cheaper per answer"
    return (
        f"{percent(small.accuracy)} {gold.says} against {percent(large.accuracy)} on"
        f" {len(gold.texts):,} held-out texts (difference {points(duel.difference)} points,"
        f" 95 % interval {points(duel.low)} to {points(duel.high)}){price}"
    )


def _evidence(
    small: Standing, large: Standing, margin: float, forecast: Forecast | None
) -> Iterator[tuple[bool | None, str]]:
    """What was found, and whether it speaks for the small model; None is what both should know."""
    duel = small.versus
    assert duel is not None
    if small.certificate is not None:
        yield True, f"certified: {small.certificate.sentence}"
    safe = _known(small.holm_noninferior_p) < SURE
    yield (
        safe,
        f"non-inferiority at a margin of {100 * margin:g} points{'' if safe else ' is not shown'}:"
        f" p {_p(small.holm_noninferior_p)} (one-sided, Holm-adjusted)",
    )
    differs = _known(small.holm_p) < SURE
    yield (
        duel.difference > 0 if differs else None,
        f"exact McNemar: {duel.wins} texts only the small model got right, {duel.losses} only the"
        f" large one, p {_p(small.holm_p)} (Holm-adjusted)",
    )
    if small.dollars is not None and large.dollars is not None:
        yield (
            small.dollars < large.dollars,
            f"1,000 answers cost {dollars(_thousand(small.dollars))}, with the large model"
            f" {dollars(_thousand(large.dollars))}",
        )
    if small.latency:
        theirs = f", the large one {seconds(large.latency['p50'])}" if large.latency else ""
        yield None, f"an answer takes {seconds(small.latency['p50'])} (median){theirs}"
    if forecast is not None:
        yield None, forecast.sentence


def _doubts(small: Standing, large: Standing) -> tuple[str, ...]:
    drops = sorted((d, label) for label, d in (small.recall_differences or {}).items())
    said = [
        f"recall of {label!r} is {points(d)} points from the large model's"
        for d, label in drops[:3]
        if d < -RECALL_DROP
    ]
    if len(small.rows) == 1 and small.fit.seconds:
        said.append("one seed only: how much the fit varies is not known (--seeds 5)")
    error = small.scores.get("calibration_error")
    if error is not None and error > 0.05:
        said.append(f"its confidence is off by {100 * error:.1f} points on average")
    if large.dollars is None:
        said.append("the large model's price is not known: recorded('COLUMN', price=DOLLARS)")
    return tuple(said)


def _missing(decision: str, small: Standing, gold: TestSet, margin: float) -> tuple[str, ...]:
    """How many test texts would settle what these could not, at the difference that was seen."""
    duel = small.versus
    if decision != UNDECIDED or duel is None:
        return ()
    room = duel.difference + margin
    width = (duel.high - duel.low) / 2
    if room <= 0 or width <= 0:
        return ("the small model looks worse than the margin allows, though not for certain",)
    needed = round(
        len(gold.texts) * (0.84 * width / 1.96 / room + 1.645 * width / 1.96 / room) ** 2
    )
    return (
        f"about {max(needed, len(gold.texts)):,} test texts would settle it with 80 % power if the"
        " difference stays as it is",
    )


def _without_large(
    found: Sequence[Standing], strongest: Standing, gold: TestSet, margin: float
) -> Verdict:
    """No large model ran: name the strongest, chosen inside the training part."""
    low, high = strongest.intervals["accuracy"]
    score = (
        f"{percent(strongest.accuracy)} {gold.says} ({percent(low)} to {percent(high)}) on"
        f" {len(gold.texts):,} held-out texts"
    )
    constant = Counter(gold.values).most_common(1)[0][0]
    commonest = float(gold.grade([constant] * len(gold.values)).mean())
    if low <= commonest:
        sentence = (
            f"Nothing was learned for certain: {strongest.spec} is {score}, and always saying the"
            f" commonest label {percent(commonest)}."
        )
        against = ("no contestant is clearly better than the commonest label",)
        return Verdict(UNDECIDED, strongest.spec, sentence, (), against, margin)
    sentence = (
        f"Ship {strongest.spec}, the strongest of the small models: {score}, at"
        f" {dollars(_thousand(strongest.dollars))} per 1,000 answers."
    )
    reasons = ["chosen inside the training part, before the test part was looked at"]
    if strongest.latency:
        reasons.append(f"an answer takes {seconds(strongest.latency['p50'])} (median)")
    beaten = [s.spec for s in found if s.versus is not None and s.versus.high < 0]
    if beaten:
        reasons.append(f"better than {', '.join(beaten)} (95 % interval)")
    doubts = ("no large model was in the race: name one with --against COLUMN",)
    return Verdict(SHIP, strongest.spec, sentence, tuple(reasons), doubts, margin)


def _thousand(price: float | None) -> float | None:
    return None if price is None else 1000 * price


def _p(value: float | None) -> str:
    if value is None:
        return "is unknown"
    return "< .001" if value < 0.001 else f"= {value:.3f}".replace("= 0", "= ")
