"""Which decision the evidence supports, and about which contestant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...evaluate.bill import ASSUMED_VOLUME
from ...evaluate.forecast import Forecast
from ...runtime.formatting import percent
from ..rows import Summary
from ..runs.lineup import Absent
from ..test_set import TestSet
from .evidence import doubts, duel, evidence, falls, known, missing
from .without_large import best_so_far
from .words import DEFER, FEWEST, FOLDS, KEEP, LABELS, SHIP, SURE, UNDECIDED, Verdict


@dataclass(frozen=True)
class Context:
    """What a verdict says besides the summaries.

    ``refused`` is why no deferral is certified, ``absent`` what did not take part; ``trained_on``
    texts could be tested on in turn; ``volume`` texts a month decide whether a ratio of prices is
    worth telling.
    """

    forecast: Forecast | None = None
    refused: str = ""
    absent: Sequence[Absent] = ()
    trained_on: int = 0
    volume: float = ASSUMED_VOLUME


def verdict(
    found: Sequence[Summary],
    incumbent: str,
    gold: TestSet,
    margin: float,
    context: Context = Context(),
) -> Verdict:
    """Judge the contestants (most accurate first) against the incumbent.

    A contestant is shipped when it is non-inferior at ``margin`` (a share), by tests in the order
    of the training part (one-sided, 5 % in all), on `FEWEST` texts or more, and no label certainly
    loses more than five points of recall: accuracy alone hides a collapse of a rare label. Else
    one that defers with a certificate is. The large model is kept when every contestant is
    certainly worse by more than ``margin``. Anything between is not enough evidence.
    """
    large = next(s for s in found if s.spec == incumbent)
    if not large.calls_out:
        return best_so_far(found, large, gold, margin, context.absent).without(context.absent)
    rivals = [s for s in found if s.versus is not None and not s.calls_out]
    defers = [s for s in found if s.spec != incumbent and s.defers and not s.lost]
    promised = _promised(defers, context.refused)
    if not rivals and not defers:
        none = f"Not enough evidence to replace {incumbent}: no small model was in the race."
        return Verdict(UNDECIDED, None, none, (), (), margin).without(context.absent)
    best, decision, opening = _decided(found, rivals, defers, incumbent, gold, margin)
    seen = list(evidence(best, large, gold, margin, context.forecast))
    seen += [(False, line) for line in falls(best)]
    kept = decision == KEEP  # what speaks against the small model speaks for keeping
    reasons = [line for good, line in seen if good is not None and good != kept]
    against = [line for good, line in seen if good is not None and good == kept]
    notes = [line for good, line in seen if good is None]
    (notes if kept else against).extend(doubts(best, large))
    settled_by = ""
    if decision == UNDECIDED:
        against += missing(best, gold, margin, context.trained_on)
        settled_by = FOLDS if context.trained_on and not best.lost else LABELS
    sentence = f"{opening}: {duel(best, large, gold, context.volume)}."
    rest = (tuple(reasons), tuple(against), margin, promised, tuple(notes), settled_by)
    said = Verdict(decision, best.spec, sentence, *rest)
    return said.without(context.absent)


def _decided(
    found: Sequence[Summary],
    rivals: Sequence[Summary],
    defers: Sequence[Summary],
    incumbent: str,
    gold: TestSet,
    margin: float,
) -> tuple[Summary, str, str]:
    """The contestant that the verdict speaks of, the decision, and how the sentence begins."""
    enough = len(gold.texts) >= FEWEST
    safe = [s for s in rivals if known(s.sequence_p) < SURE]
    shippable = [s for s in safe if not s.lost and enough]
    if shippable:
        return shippable[0], SHIP, f"Ship {shippable[0].spec}"
    if defers and enough:
        best = max(defers, key=lambda s: s.coverage)
        return best, DEFER, f"Ship {best.spec}, which answers {percent(best.coverage)} itself"
    best = (safe or rivals or defers)[0]
    others = [s for s in found if s.versus is not None and s.coverage]
    if rivals and all(s.versus is not None and s.versus.high < -margin for s in others):
        opening = f"Keep {incumbent}: {best.spec}, the best small model, is worse"
        return best, KEEP, opening
    if not enough:
        few = (
            f"{len(gold.texts):,} held-out texts are too few to replace {incumbent} by {best.spec}"
        )
        return best, UNDECIDED, f"Not enough evidence: {few}"
    if best.lost:
        lost = " and ".join(repr(label) for label in best.lost[:2])
        opening = (
            f"Not enough evidence to replace {incumbent} for every label: {best.spec} certainly"
            f" finds less of {lost}, and no deferral that prevents it is certified"
        )
        return best, UNDECIDED, opening
    return best, UNDECIDED, f"Not enough evidence to replace {incumbent} by {best.spec}"


def _promised(defers: Sequence[Summary], refused: str) -> str:
    """What may be said of deferral: the promise with the best coverage, or why there is none."""
    certified = [s for s in defers if s.certificate is not None]
    if certified:
        best = max(certified, key=lambda s: s.coverage)
        assert best.certificate is not None
        return f"certified: {best.certificate.sentence}"
    if any(s.runs[0].deferral for s in defers):
        return "shown on the held-out texts; `underdog fit` certifies the model that it saves"
    return f"not certified: {refused}" if refused else "not yet certified"
