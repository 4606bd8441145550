"""How many more labels are worth their price: a learning curve carried on, beside a price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...core.protocols import Learner
from ...evaluate.forecast import Gain, gains
from ...runtime.formatting import dollars, points
from ...runtime.registry import spec
from ..runs.learning_curve import curve

FLAT = 0.005
"""The gain from half again as many labels below which a curve is called flat."""

STEP, STEPS = 1.5, 8
"""Sizes that are looked at: each half again as large as the one before."""

TEST, SEEDS = 0.25, 3
"""Share of the labelled rows that tests, and how many times it is drawn."""

ENOUGH = 40
"""Labelled rows below which no curve is measured."""


@dataclass(frozen=True)
class LabelBudget:
    """What further labels are expected to bring a student that has learned from ``labelled``.

    ``offers`` has one for each larger size; ``price`` is dollars for a label, None if unknown.
    """

    student: str
    labelled: int
    accuracy: float
    price: float | None
    offers: tuple[Gain, ...]

    @property
    def best(self) -> Gain | None:
        """The last size that still adds `FLAT` to the one before it; None if the first does not."""
        found, before = None, 0.0
        for offer in self.offers:
            if offer.likely - before < FLAT:
                break
            found, before = offer, offer.likely
        return found

    def lines(self) -> Iterator[str]:
        """The budget in words: the advice, then every size."""
        yield f"{self.student} with {self.labelled:,} labels: {100 * self.accuracy:.1f} % right"
        best = self.best
        if best is None:
            yield "no more labels: the curve is flat"
        else:
            last = best is self.offers[-1]
            end = "no forecast goes further" if last else "after that the curve is flat"
            yield f"{self._offer(best)} expected; {end}"
        for offer in self.offers:
            yield f"  {self._offer(offer)} ({offer.examples:,} in all)"

    def _offer(self, offer: Gain) -> str:
        more = offer.examples - self.labelled
        cost = None if self.price is None else self.price * more
        spread = (offer.high - offer.low) / 2
        gain = f"{points(offer.likely)} ± {100 * spread:.1f} points"
        return f"{more:,} more labels, {dollars(cost)}, {gain}"


def label_budget(
    student: Learner, data: Dataset, price: float | None, left: int, seed: int = 0
) -> LabelBudget:
    """What more labels would bring ``student``, from its learning curve inside ``data``.

    ``left`` texts could still be labelled, each for ``price`` dollars. Raises `UnderdogError` where
    too few rows have a label.
    """
    known = data.take(data.targets >= 0)
    if len(known) < ENOUGH:
        raise UnderdogError(
            f"{len(known)} labelled rows are too few for a learning curve",
            f"label {ENOUGH} or more first: underdog label FILE --by SPEC --out labelled.csv",
        )
    shares, accuracy, tests = _measured(student, known, seed)
    examples = [round(share * len(known) * (1 - TEST)) for share in shares]
    offers = _offers(examples, accuracy, tests, (len(known), left))
    return LabelBudget(spec(student), len(known), accuracy[-1], price, tuple(offers))


def _measured(student: Learner, known: Dataset, seed: int) -> tuple[list[float], list[float], int]:
    """Shares of the training rows, the accuracy with each over all draws, and tests in a draw."""
    hits: dict[float, float] = {}
    asked = 0
    for n in range(seed, seed + SEEDS):
        train, test = known.split(TEST, n)
        asked += len(test)
        for point in curve(student, train, test, n).points:
            hits[point.share] = hits.get(point.share, 0) + point.hits
        said = student.fit(train, n).answer(test.texts).indices(known.task.labels)
        hits[1.0] = hits.get(1.0, 0) + int((said == test.targets).sum())
    shares = sorted(hits)
    return shares, [hits[share] / asked for share in shares], asked // SEEDS


def _offers(
    examples: Sequence[int], accuracy: Sequence[float], tests: int, counts: tuple[int, int]
) -> list[Gain]:
    """The gains from sizes that can be reached, counted from all labelled rows on."""
    labelled, left = counts
    sizes = [min(round(labelled * STEP**k), labelled + left) for k in range(1, STEPS + 1)]
    larger = sorted({size for size in sizes if size > labelled})
    return gains(examples, accuracy, tests, larger, labelled)
