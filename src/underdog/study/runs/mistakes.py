"""Why the best small model is wrong: explanations of its surest mistakes, for the report."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.errors import UnderdogError
from ...core.protocols import fitted
from ...evaluate.explanation import explain
from ..outcome import Outcome
from .race import Race

SHOWN = 3
"""Mistakes that are explained."""

QUICK, ASKED = 10.0, 2_000
"""Seconds of fitting, and of answering `ASKED` single texts, up to which it is done."""


def mistakes(race: Race, study: Outcome, left: float) -> dict[str, Any]:
    """The best model that calls no service, and explanations of the mistakes it is surest of.

    A model of an earlier run is fitted once more for that, where it is quick and there are enough
    seconds ``left``. Empty elsewhere, where answers are no single labels, and where nothing is
    wrong.
    """
    free = [s for s in study.summaries if not s.calls_out and s.spec in race.entered]
    best = max(free, key=lambda s: s.accuracy, default=None)
    if best is None or study.gold.kind != "label":
        return {}
    first = best.runs[0]
    known = race.leader[2] if race.leader and race.leader[1] == best.spec else None
    fit = first.fit.seconds if known is None else 0.0
    slow = ASKED * float(np.median(first.latencies)) if len(first.latencies) else np.inf
    if fit is None or fit + slow > min(QUICK, left):
        return {}
    train, test = race.pairs[-1]
    try:
        model = known if known is not None else fitted(race.entered[best.spec], train, first.seed)
        answers = model.answer(test.texts)
        pairs = zip(answers.values, test.labels, strict=True)
        wrong = [i for i, (said, gold) in enumerate(pairs) if gold is not None and said != gold]
        worst = sorted(wrong, key=lambda i: -answers.confidence[i])[:SHOWN]
        found = explain(model, [test.texts[i] for i in worst], train)
    except UnderdogError:  # it was measured, and that stands: only the explanations are missing
        return {}
    told = [{**one.as_dict(), "gold": test.labels[i]} for one, i in zip(found, worst, strict=True)]
    return {"spec": best.spec, "explanations": told} if told else {}
