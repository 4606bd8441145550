"""Where no large model took part: the best small model so far, and what is left to try."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ...runtime.formatting import dollars, percent, points, seconds
from ..rows import Summary
from ..runs.lineup import Absent, suited
from ..test_set import TestSet
from .evidence import thousand
from .words import BEST, FEWEST, UNDECIDED, Verdict

SHOWN = 3
"""Contestants left to try that are named."""


def best_so_far(
    found: Sequence[Summary],
    strongest: Summary,
    gold: TestSet,
    margin: float,
    absent: Sequence[Absent],
) -> Verdict:
    """What can be said of ``strongest``, which was chosen inside the training part.

    It is never shipped: there is no large model that it beats or matches.
    """
    low, high = strongest.intervals["accuracy"]
    label, n = Counter(gold.values).most_common(1)[0][0], len(gold.values)
    commonest = float(gold.grade([label] * n).mean())
    score = (
        f"{percent(strongest.accuracy)} {gold.says} ({percent(low)} to {percent(high)}) on {n:,}"
        " held-out texts"
    )
    against = ["no large model was in the race: name one with --against COLUMN"]
    if low <= commonest or n < FEWEST:
        few = f"{n:,} held-out texts are too few" if n < FEWEST else "nothing was learned for sure"
        sentence = (
            f"Not enough evidence: {few}: {strongest.spec} is {score}, and always saying"
            f" {label!r} {percent(commonest)}."
        )
        return Verdict(UNDECIDED, strongest.spec, sentence, (), tuple(against), margin)
    ahead = points(strongest.accuracy - commonest).lstrip("+")
    sentence = (
        f"Best so far: {strongest.spec}: {score}, {ahead} points above always saying {label!r}"
        f" ({percent(commonest)}). Left to try: {_left(found, absent, gold)}."
    )
    reasons = ["chosen inside the training part, before the test part was looked at"]
    notes = [f"1,000 answers cost {dollars(thousand(strongest.dollars))}"]
    if strongest.latency:
        notes.append(f"an answer takes {seconds(strongest.latency['p50'])} (median)")
    beaten = [s.spec for s in found if s.versus is not None and s.versus.high < 0]
    if beaten:
        reasons.append(f"better than {', '.join(beaten)} (95 % interval)")
    better = [s for s in found if s.versus is not None and s.versus.low > 0]
    against += [f"{s.spec} did better on the held-out texts (95 % interval)" for s in better]
    lists = (tuple(reasons), tuple(against))
    return Verdict(BEST, strongest.spec, sentence, *lists, margin, notes=tuple(notes))


def _left(found: Sequence[Summary], absent: Sequence[Absent], gold: TestSet) -> str:
    """The contestants of the default line-up that did not take part, and a large model."""
    ran = {s.spec for s in found} | {"majority()"}  # the commonest label is told beside it
    lacking = [one.spec for one in absent if not one.part]
    named = dict.fromkeys([*lacking, *(spec for spec in suited(gold.data) if spec not in ran)])
    shown = [*named][:SHOWN] + (["…"] if len(named) > SHOWN else [])
    return ", ".join([*shown, "a large model (--against COLUMN)"])
