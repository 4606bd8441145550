"""What it costs to have the student chosen: `frugal(auto(...))` beside the best one by hand.

On the first half of each set; Banking77 on its own split.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, replace
from functools import partial
from time import process_time

from benchmarks.decisions.coverage import ASKED, LIMIT, Found, plain, score
from benchmarks.decisions.sets import embedded, halves, kept
from underdog.core.protocols import Learner
from underdog.models.linear.recipe import Linear
from underdog.models.transformers.frozen import Frozen
from underdog.teach.auto import Auto

BY_HAND: dict[str, Learner] = {"linear()": Linear(), "frozen()": Frozen()}
AUTO = Auto("10m", tuple(BY_HAND.values()))


def chosen(name: str) -> list[str]:
    """The share that is answered locally by what `auto` chose, and by the better of two by hand."""
    with embedded(name):
        split = next(halves(name))

        def reached(recipe: Learner) -> list[object]:
            start = process_time()
            found = score(replace(plain((recipe,)), risk=LIMIT), split)
            return [*astuple(found), process_time() - start]

        shares, seconds = {}, {}
        for student, recipe in {**BY_HAND, "auto": AUTO}.items():
            what = f"chosen {name} {student} {LIMIT}"
            *values, seconds[student] = kept(what, partial(reached, recipe))
            shares[student] = Found(*values).share
    best = max(BY_HAND, key=lambda student: shares[student])
    lost = shares[best] - shares["auto"]
    told = f"{lost:.3f}; {shares['auto']:.3f} beside {shares[best]:.3f} of {best}"
    by_hand = sum(seconds[student] for student in BY_HAND)
    return [
        name,
        "share lost where auto('10m', [linear(), frozen()]) chooses, not the best by hand",
        "≤ .01",
        f"{told}; {seconds['auto']:.0f} CPU s, both by hand {by_hand:.0f}",
    ]


ROWS: dict[str, Callable[[], Sequence[object]]] = {
    f"auto_{name.lower()}": partial(chosen, name) for name in ASKED
}
