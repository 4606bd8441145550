"""Has the traffic changed? Tests that may be looked at after every answer."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field

from ..wiring.registry import register

FRACTIONS = (0.05, 0.15, 0.35, 0.7)
SLOPES = (-1.9, -1.2, -0.6, 0.6, 1.2, 1.9)
ALARMS = ("broken promise", "changed replies", "changed texts")


@register("online.capital")
@dataclass
class Capital:
    """What gamblers own who bet against "nothing changed", a new one starting at every step.

    Of each period of ``horizon`` steps a share 1/horizon of the money is staked at every step,
    so that a change is found wherever in the period it begins. While nothing has changed the
    sum of stakes and reserve is a martingale that starts at 1: it reaches 1/alpha in a period
    with probability at most ``alpha`` (Ville; the recursion is that of Shiryaev and Roberts,
    as e-detector: Shin, Ramdas and Rinaldo, NEJSDS 2023). ``staked`` holds one account for
    each way to bet; all get the same.
    """

    horizon: int
    staked: list[float]
    step: int = 0

    def __post_init__(self) -> None:
        self.staked = list(self.staked)

    def bet(self, factors: list[float]) -> float:
        """Multiply each account by its factor, whose mean is at most 1 if nothing changed."""
        if self.step == self.horizon:
            self.step, self.staked = 0, [0.0] * len(self.staked)
        self.step += 1
        stake = 1.0 / self.horizon
        self.staked = [(m + stake) * f for m, f in zip(self.staked, factors, strict=True)]
        return sum(self.staked) / len(self.staked) + 1.0 - self.step * stake


@register("online.rate")
@dataclass
class Rate:
    """Watches a rate that was promised to be at most ``rate``: is it more, now?

    Bets c/rate on every loss (Waudby-Smith and Ramdas, JRSS-B 2024): capital grows by the factor
    1 + c (x/rate - 1), whose mean is at most 1 as long as the losses' conditional mean is at most
    ``rate``, whatever the order of the texts.
    """

    rate: float
    capital: Capital

    @classmethod
    def of(cls, rate: float, horizon: int) -> Rate:
        """A watch that sees ``horizon`` losses in a period."""
        return cls(rate, Capital(horizon, [0.0] * len(FRACTIONS)))

    def see(self, loss: float) -> float:
        """The evidence, an e-value, after one more loss in [0, 1]."""
        excess = loss / self.rate - 1.0
        return self.capital.bet([1.0 + c * excess for c in FRACTIONS])


@register("online.change")
@dataclass
class Change:
    """Watches a stream of numbers: have they ceased to be exchangeable?

    A conformal test martingale (Vovk et al., COPA 2021): the rank of each number among those
    before it, ties broken by a coin, is uniform while they are exchangeable; the bets are
    1 + e (rank - 1/2). Needs no level to compare with: it learns what is usual from the numbers
    since `forget`.
    """

    capital: Capital
    past: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.past = list(self.past)

    @classmethod
    def of(cls, horizon: int) -> Change:
        """A watch that sees ``horizon`` numbers in a period."""
        return cls(Capital(horizon, [0.0] * len(SLOPES)))

    def see(self, number: float, coin: float) -> float:
        """The evidence, an e-value, after one more number; ``coin`` is uniform on [0, 1]."""
        low, high = bisect_left(self.past, number), bisect_right(self.past, number)
        rank = (low + coin * (high - low + 1)) / (len(self.past) + 1)
        insort(self.past, number)
        return self.capital.bet([1.0 + e * (rank - 0.5) for e in SLOPES])

    def forget(self) -> None:
        """Numbers that follow are not comparable with those before; the capital stays."""
        self.past = []


@register("online.watch")
@dataclass
class Watch:
    """Three tests at once; sounds a false alarm in ``period`` answers with chance <= ``alpha``.

    `audited`: do the small model's answers, as far as audited, differ from the large one's more
    often than promised? `replies`: has what the large model says changed, given what the small
    one believed? `texts`: have the small model's beliefs changed, on all texts, which takes no
    audits? Each has a third of ``alpha``. The first needs no assumption; the other two take the
    traffic, while nothing has changed, to be exchangeable.
    """

    alpha: float
    audited: Rate
    replies: Change
    texts: Change
    evidence: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @classmethod
    def of(cls, rate: float, audit: float, alpha: float = 0.01, period: int = 10_000) -> Watch:
        """A watch over ``rate``, of which a share ``audit`` is seen."""
        often = max(1, round(period * audit))
        return cls(alpha, Rate.of(rate, often), Change.of(period), Change.of(period))

    def see_text(self, belief: float, coin: float) -> None:
        """What the small model believes of a text, answered by whomever."""
        self._note(2, self.texts.see(belief, coin))

    def see_reply(self, surprise: float, coin: float) -> None:
        """How little the small model believed what the large one then said."""
        self._note(1, self.replies.see(surprise, coin))

    def see_audit(self, differs: bool) -> None:
        """Whether the coin found an answer of the small model that differs."""
        self._note(0, self.audited.see(float(differs)))

    @property
    def alarm(self) -> str:
        """What has changed, or an empty string."""
        strongest = max(self.evidence)
        return ALARMS[self.evidence.index(strongest)] if strongest >= 3.0 / self.alpha else ""

    def forget(self) -> None:
        """The small model is another: its beliefs are not comparable with those before."""
        self.replies.forget()
        self.texts.forget()

    def _note(self, i: int, value: float) -> None:
        kept = list(self.evidence)
        kept[i] = min(value, 1e300)
        self.evidence = (kept[0], kept[1], kept[2])
