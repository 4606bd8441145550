"""The default contestants of a study, and its default time budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...core.data import Dataset
from ...core.graders import is_extraction
from ...runtime import formatting
from ...runtime.extras import incomplete
from ...runtime.limit import seconds

LINE_UP: dict[str, tuple[str, ...]] = {
    "majority()": (),
    "linear()": (),
    "static()": ("torch", "offline"),
    "frozen()": ("offline",),
    "ensemble(bilstm())": ("torch",),
    "encoder()": ("torch", "offline"),
}
"""The default line-up, quickest first, and the extras that each one needs.

They range from a constant answer to a fine-tuned encoder. None needs a download, a key or a GPU.
`bayes` is left out: it is hardly quicker than `linear`, which is more accurate.
"""

BUDGET = "5m"
"""The time that the default line-up is given."""


def tolerance(budget: float) -> float:
    """Seconds that a study may take beyond its budget, to end the step of work that it is in."""
    return max(5.0, budget / 10)


@dataclass(frozen=True)
class Absent:
    """A contestant that was skipped: why, and what to type to include it.

    ``part`` names what of it is missing, if not all: a seed, or its learning curve.
    """

    spec: str
    why: str
    remedy: str
    part: str = ""


ROWS: dict[str, tuple[str, ...]] = {"majority()": (), "boosted()": ()}
"""The line-up for rows of a table."""

WORDS = ("linear()", "bayes()", "static()", "frozen()", "ensemble(bilstm())", "encoder()")
"""What reads words alone."""


def suited(data: Dataset | None) -> Mapping[str, tuple[str, ...]]:
    """What can learn the task of ``data``, with the extras that each needs."""
    if data is not None and data.task.columns and data.task.kind != "text":
        return ROWS
    if data is None or data.task.kind != "text":
        return LINE_UP
    return {"majority()": (), **({"tagger()": ()} if is_extraction(data) else {})}


def default(data: Dataset | None = None) -> tuple[list[str], list[Absent]]:
    """The specs of default contestants whose extras are installed, and the others as absent."""
    missing = set(incomplete())
    lacking = {name: missing.intersection(extras) for name, extras in suited(data).items()}
    extras = ",".join(sorted(set().union(*lacking.values())))
    remedy = f"pip install 'underdog[{extras}]'"
    absent = [Absent(name, "not installed", remedy) for name, those in lacking.items() if those]
    if data is not None and data.task.columns:
        why = "reads words, and the rows of this table have numbers and categories"
        name = "name it to see how it does: underdog compare FILE 'boosted()' 'linear()'"
        absent += [Absent(word, why, name) for word in WORDS]
    return [name for name, those in lacking.items() if not those], absent


def announced(
    specs: Sequence[str] | None, budget: str | None, data: Dataset | None = None
) -> list[str]:
    """Notes before a study begins: the default contestants, if none are named, and the time."""
    said = [f"contestants: {', '.join(default(data)[0])}"] if not specs else []
    if budget or not specs:
        time = seconds(budget or BUDGET)
        more = formatting.seconds(tolerance(time))
        said.append(
            f"time for everything: {formatting.seconds(time)}, up to {more} more (--budget)"
        )
    return said
