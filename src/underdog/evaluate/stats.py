"""Is the small model as good as the large one, can that be chance, and when does it pay?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.cost import Floats
from .resample import places

LEVEL = 0.95


@dataclass(frozen=True)
class Paired:
    """Two models on the same texts: ``difference`` is the small one's accuracy minus the large's.

    ``low`` and ``high`` bound it (95 %). ``wins`` are the texts that only the small one got
    right, ``losses`` those that only the large one did. ``mcnemar_p`` is two-sided.
    ``noninferior_p`` is one-sided: how surprising the data were if the small model were worse
    by ``margin``.
    """

    difference: float
    low: float
    high: float
    wins: int
    losses: int
    mcnemar_p: float
    noninferior_p: float
    margin: float
    others: int = 0
    """Texts that only the large one answered and that sharpen the difference: see `control`."""

    @property
    def noninferior(self) -> bool:
        """Whether the small model is shown to be less than ``margin`` worse, at the 5 % level."""
        return self.noninferior_p < 0.05


@dataclass(frozen=True)
class BreakEven:
    """After how many answers the one-off bill is earned back; None is never, or not known.

    ``sentence`` tells the two apart.
    """

    answers: int | None
    sentence: str


def paired(
    small: Floats,
    large: Floats,
    margin: float = 0.01,
    clusters: Sequence[str] | None = None,
) -> Paired:
    """Compare the correctness of two models on the same texts, both of shape ``[texts]``.

    Values are 0 or 1, or means over seeds in between. The interval and the test of
    non-inferiority come from one statistic, so they never contradict each other:

    - single runs on independent texts: the score test of a paired difference (Tango,
      Statistics in Medicine 1998; recommended by Fagerland, Lydersen & Laake, ibid. 2014),
      which keeps its level with few discordant pairs and has a proper interval with none.
    - means over seeds, or ``clusters``: the adjusted Wald interval, with one win and one loss
      added (Bonett & Price, JEBS 2012), generalised by the sandwich variance of clusters and
      Student's t. With 10 uneven clusters it covers in 92 to 99 % of simulations where a
      percentile bootstrap covers in 77 to 92 %; nothing is drawn, so there is no seed.

    Texts vary, seeds do not: the interval is for the average of these seeds on other texts.

    McNemar's test is the exact binomial one (McNemar, Psychometrika 1947). It counts a model as
    right on a text if it was in more than half of the seeds and wrong if in fewer, and
    takes texts to be independent: with ``clusters`` it is too sure, so trust the interval.
    """
    small, large = np.asarray(small, dtype=np.float64), np.asarray(large, dtype=np.float64)
    if small.shape != large.shape or small.ndim != 1 or not len(small):
        raise ValueError(f"two columns of equal length wanted, not {small.shape}, {large.shape}")
    wins = int(((small > 0.5) & (large < 0.5)).sum())
    losses = int(((small < 0.5) & (large > 0.5)).sum())
    gaps = small - large
    of = np.arange(len(gaps)) if clusters is None else places(clusters)
    independent = int(of.max()) + 1 == len(gaps)
    single = bool(np.isin(small, (0, 1)).all() and np.isin(large, (0, 1)).all())
    if independent and single:
        low, high, p = _tango(wins, losses, len(gaps), margin)
    else:
        low, high, p = _adjusted_wald(gaps, of, margin)
    return Paired(float(gaps.mean()), low, high, wins, losses, mcnemar(wins, losses), p, margin)


def mcnemar(wins: int, losses: int) -> float:
    """The exact two-sided p-value of McNemar's test on the discordant pairs; 1 if none."""
    from scipy.special import bdtr

    return min(1.0, 2.0 * float(bdtr(min(wins, losses), wins + losses, 0.5)))


def wilson(hits: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval for a share of ``hits`` in ``n`` (Wilson, JASA 1927).

    It reaches 0 where there is no hit, and 1 where all are hits, exactly.

    >>> wilson(33, 33)[1], wilson(0, 33)[0]
    (1.0, 0.0)
    """
    z, p = 1.959964, hits / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (centre - half if hits else 0.0), (centre + half if hits < n else 1.0)


def holm(p: Sequence[float]) -> list[float]:
    """P-values adjusted for their number, in the order given (Holm, Scand. J. Statist. 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted, worst = [0.0] * len(p), 0.0
    for rank, i in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        worst = max(worst, min(1.0, (len(p) - rank) * p[i]))
        adjusted[i] = worst
    return adjusted


def in_sequence(p: Sequence[float], tied: float | None = None) -> list[float]:
    """P-values adjusted for tests in the order given, each at the full level until one fails.

    The order must be fixed before the data that the tests look at (Maurer, Hothorn & Lehmacher,
    1995): then the chance of any wrong rejection is the level, however many tests there are.
    Where the first two were too close to be put in order, ``tied`` is the correlation of their
    test statistics: they are tested together by the larger one, which is that of a bivariate
    normal distribution (by Owen's function; Dunnett, JASA 1955), and then one by one.

    >>> in_sequence([0.01, 0.04, 0.03, 0.2])
    [0.01, 0.04, 0.04, 0.2]
    >>> [round(q, 3) for q in in_sequence([0.2, 0.03], tied=0.9)]
    [0.2, 0.042]
    """
    from scipy.special import ndtri, owens_t

    adjusted: list[float] = []
    for value in p:
        adjusted.append(max([value, *adjusted[-1:]]))
    if tied is not None and len(p) > 1 and 0 < min(p[:2]) < 1:
        better, worse = sorted(range(2), key=lambda i: p[i])
        slope = math.sqrt((1 - min(tied, 1.0)) / (1 + max(tied, 0.0)))
        q = min(1.0, p[better] + 2 * float(owens_t(float(ndtri(1 - p[better])), slope)))
        adjusted[better], adjusted[worse] = q, max(q, p[worse])
    return adjusted


def break_even(once: float | None, small: float | None, large: float | None) -> BreakEven:
    """How many answers earn back ``once``, the one-off bill, given the price of an answer each.

    All three in dollars. Does not count the time of people, nor the cost of later retraining.

    >>> break_even(30.0, 0.0001, 0.0061)
    BreakEven(answers=5000, sentence='pays for itself after 5,000 answers')
    """
    bills = {
        "what labelling and training cost": once,
        "what an answer of the small model costs": small,
        "what an answer of the large model costs": large,
    }
    unknown = [name for name, bill in bills.items() if bill is None or math.isnan(bill)]
    if unknown or once is None or small is None or large is None:
        return BreakEven(None, f"break-even unknown: it is not known {' or '.join(unknown)}")
    if small >= large:
        return BreakEven(None, "never pays for itself: its answers cost no less")
    if once <= 0:
        return BreakEven(0, "pays for itself from the first answer")
    # Rounding guards against 30 / 0.006 coming out a hair above 5,000.
    answers = math.ceil(round(once / (large - small), 6))
    return BreakEven(answers, f"pays for itself after {answers:,} answers")


def _tango(wins: int, losses: int, n: int, margin: float) -> tuple[float, float, float]:
    """Interval of ``(wins - losses) / n`` and p of "it is ``-margin`` or less"."""
    from scipy.optimize import brentq
    from scipy.special import ndtr, ndtri

    z = float(ndtri((1 + LEVEL) / 2))
    seen, edge = (wins - losses) / n, 1 - 1e-12

    def excess(difference: float, sign: int) -> float:
        return _score(wins, losses, n, difference) - sign * z

    low = -1.0 if losses == n else brentq(excess, -edge, min(seen, edge), args=(1,))
    high = 1.0 if wins == n else brentq(excess, max(seen, -edge), edge, args=(-1,))
    return float(low), float(high), float(ndtr(-_score(wins, losses, n, -margin)))


def _score(wins: int, losses: int, n: int, difference: float) -> float:
    """Tango's standardised distance between the counts and a true ``difference``."""
    linear = (2 * n - wins + losses) * difference - wins - losses
    constant = -losses * difference * (1 - difference)
    lost = (math.sqrt(max(linear**2 - 8 * n * constant, 0.0)) - linear) / (4 * n)
    variance = n * (2 * lost + difference * (1 - difference))
    distance = wins - losses - n * difference
    if variance <= 0:
        return 0.0 if distance == 0 else math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def _adjusted_wald(
    gaps: Floats, clusters: NDArray[np.intp], margin: float
) -> tuple[float, float, float]:
    """Interval of the mean of ``gaps`` ``[texts]`` and p of "it is ``-margin`` or less"."""
    from scipy.special import stdtr, stdtrit

    n, count = len(gaps) + 2, int(clusters.max()) + 1
    centre = gaps.sum() / n
    # The win and the loss that are added form clusters of their own.
    residuals = np.append(np.bincount(clusters, weights=gaps - centre), [1 - centre, -1 - centre])
    error = math.sqrt(float((residuals**2).sum())) / n
    reach = float(stdtrit(count - 1, (1 + LEVEL) / 2)) * error if count > 1 else math.inf
    low, high = max(-1.0, centre - reach), min(1.0, centre + reach)
    p = float(stdtr(count - 1, -(centre + margin) / error)) if count > 1 else 1.0
    return float(low), float(high), p
