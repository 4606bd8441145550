"""How many more labels a small model needs: a learning curve, carried on with honest doubt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.cost import Floats
from ..core.errors import UnderdogError

LEVEL = 0.9
REACH = 100
"""A target that takes more than this many times the labels at hand is out of reach."""

BEND = 0.1
"""How far a real curve strays from a power law: this share of the error for every factor of
e in the number of examples. Chosen, as is the prior, on five sets that `benchmarks.forecast`
names."""

_CELLS = 41


@dataclass(frozen=True)
class Forecast:
    """The labels ``needed`` for accuracy ``target``; None is out of reach, `REACH` times over.

    ``low`` and ``high`` are a 90 % interval; None there is out of reach as well. ``chance`` is
    the probability that the target is within reach. The likeliest curve is
    ``error = floor + scale * examples ** -exponent``.
    """

    target: float
    needed: int | None
    low: int | None
    high: int | None
    sentence: str
    chance: float
    floor: float
    scale: float
    exponent: float

    def accuracy(self, examples: float) -> float:
        """The likeliest curve's accuracy after learning from ``examples``."""
        return float(1 - self.floor - self.scale * examples**-self.exponent)


def forecast(
    examples: Sequence[int], accuracy: Sequence[float], tests: int, target: float
) -> Forecast:
    """Forecast how many labels reach ``target`` from a learning curve of 3 or more points.

    ``accuracy`` was measured on ``tests`` texts after learning from ``examples``. The errors are
    taken to follow a power law with a floor (Hestness et al., arXiv 2017; Viering & Loog, TPAMI
    2022 compare it with others). All curves on a grid are weighed by how well they fit, given
    binomial noise and a slack that grows with the distance from the last point: unlike a best
    fit with a bootstrap, that keeps the curves with a floor that four points cannot
    tell from those without one. Nothing is drawn, so equal curves give equal forecasts.

    Where a measured point reaches the target, the smallest such is the answer, and ``low`` and
    ``high`` equal it. Does not foresee other texts, better labels, or another model. Where the
    smallest sizes have a handful of examples per label, curves speed up later than a power law
    can, and the forecast errs towards too many labels.
    """
    n, error = _measured(examples, accuracy)
    floor, last, exponent = _grid(float(error[-1]), tests)
    weight = _weights(n, error, tests, (floor, last, exponent))
    need = _needed(floor, last, exponent, 1 - target, n[-1])
    best = np.unravel_index(int(weight.argmax()), weight.shape)
    curve = [float(np.broadcast_to(x, weight.shape)[best]) for x in (floor, last, exponent)]
    fitted = curve[0], (curve[1] - curve[0]) * float(n[-1]) ** curve[2], curve[2]
    if len(reached := n[error <= 1 - target]):
        at = int(reached[0])
        sentence = f"reached {_percent(target)} with {at:,} labels, as measured"
        return Forecast(target, at, at, at, sentence, 1.0, *fitted)
    limit = REACH * n[-1]
    chance = float(weight[need <= limit].sum())
    found = [None if x > limit else round(x) for x in _quantiles(need, weight)]
    sentence = _sentence(found, target, n)
    return Forecast(target, found[1], found[0], found[2], sentence, chance, *fitted)


@dataclass(frozen=True)
class Gain:
    """What accuracy ``examples`` labels are expected to add to that of fewer.

    ``low`` and ``high`` are a 90 % interval; all are shares, from -1 to 1.
    """

    examples: int
    likely: float
    low: float
    high: float


def gains(
    examples: Sequence[int],
    accuracy: Sequence[float],
    tests: int,
    sizes: Sequence[int],
    since: int,
) -> list[Gain]:
    """What each of ``sizes`` examples would add to ``since`` examples, by the curves of `forecast`.

    Raises `UnderdogError` for a learning curve of fewer than 3 points.
    """
    n, error = _measured(examples, accuracy)
    floor, last, exponent = _grid(float(error[-1]), tests)
    weight = _weights(n, error, tests, (floor, last, exponent))
    found = []
    for size in sizes:
        drop = (last - floor) * ((since / n[-1]) ** -exponent - (size / n[-1]) ** -exponent)
        low, likely, high = _quantiles(np.broadcast_to(drop, weight.shape), weight)
        found.append(Gain(size, likely, low, high))
    return found


def _measured(examples: Sequence[int], accuracy: Sequence[float]) -> tuple[Floats, Floats]:
    """Sizes and errors of a learning curve, both ``[points]``, fewest examples first."""
    order = np.argsort(examples)
    n = np.asarray(examples, dtype=np.float64)[order]
    error = 1 - np.asarray(accuracy, dtype=np.float64)[order]
    if len(np.unique(n)) < 3 or n[0] <= 0:
        raise UnderdogError(
            f"a forecast wants 3 sizes of training data, not {len(np.unique(n))}",
            "label more examples, so that a learning curve can be measured",
        )
    return n, error


def _grid(error: float, tests: int) -> tuple[Floats, Floats, Floats]:
    """Floor, error at the last point, exponent: three axes of a grid that broadcast together.

    Evenly spaced: the last error, the floor's share of it, the logarithm of the exponent.
    """
    noise = math.sqrt(_variance(np.array([error]), tests)[0])
    last = np.linspace(max(error - 4 * noise, 1e-9), min(error + 4 * noise, 1.0), _CELLS)
    share = np.linspace(0, 1, _CELLS)
    exponent = np.geomspace(0.05, 1, _CELLS)
    return (
        share[:, None, None] * last[:, None],
        last[None, :, None],
        exponent[None, None, :],
    )


def _variance(error: Floats, tests: int) -> Floats:
    """The binomial variance of a measured ``error``; never 0, not even for a perfect model."""
    smooth = (error * tests + 1) / (tests + 2)
    return np.asarray(smooth * (1 - smooth) / tests)


def _weights(n: Floats, error: Floats, tests: int, grid: tuple[Floats, Floats, Floats]) -> Floats:
    """How likely each curve of the grid is, given the points; sums to 1.

    Before any point is seen, floors near the last error are the least likely (a triangular
    prior on the floor's share of it): with equal weight they make forecasts half again too high.
    """
    floor, last, exponent = grid
    variance = _variance(error, tests) + (BEND * error * np.log(n[-1] / n)) ** 2
    log = np.zeros(np.broadcast_shapes(floor.shape, last.shape, exponent.shape))
    for ratio, seen, spread in zip(n / n[-1], error, variance, strict=True):
        log -= (seen - floor - (last - floor) * ratio**-exponent) ** 2 / (2 * spread)
    weight = np.exp(log - log.max()) * (1 - floor / last)
    return np.asarray(weight / weight.sum())


def _needed(floor: Floats, last: Floats, exponent: Floats, error: float, most: float) -> Floats:
    """Examples at which each curve comes down to ``error``, at least ``most``; inf for never.

    The largest measured size was not enough, whatever a smoothed curve says.
    """
    room = error - floor
    with np.errstate(over="ignore"):
        times = np.divide(
            last - floor, room, out=np.full_like(last - floor, np.inf), where=room > 0
        )
        return np.asarray(np.maximum(times ** (1 / exponent), 1.0) * most)


def _quantiles(values: Floats, weight: Floats) -> list[float]:
    """Weighted quantiles: the lower end of the interval, the median, the upper end."""
    order = np.argsort(values, axis=None)
    mass = np.cumsum(weight.ravel()[order])
    at = np.searchsorted(mass, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
    return [float(x) for x in values.ravel()[order][np.minimum(at, len(mass) - 1)]]


def _sentence(found: Sequence[int | None], target: float, n: Floats) -> str:
    low, needed, high = found
    goal, seen = _percent(target), f"extrapolated from {int(n[0]):,} to {int(n[-1]):,} labels"
    if low is None:
        return f"will not reach {goal} with {REACH} times the labels; {seen}"
    if needed is None:
        return (
            f"probably will not reach {goal} with {REACH} times the labels"
            f" (at the very best with {_rough(low)}); {seen}"
        )
    upper = f"to {_rough(high)}" if high is not None else "upwards, perhaps never"
    return (
        f"needs about {_rough(needed)} labels to reach {goal}"
        f" (90 % interval {_rough(low)} {upper}); {seen}"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _rough(count: int) -> str:
    """Two significant digits: more would be a boast."""
    return f"{int(float(f'{count:.1e}')):,}"
