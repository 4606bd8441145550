"""Has the traffic changed? Tests that may be looked at after every answer."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field

from ...runtime.registry import register

SUSPICIONS = (0.05, 0.15, 0.35, 0.7)
"""The shares of the large model's replies that may have turned, on which there are bets."""

SLOPES = (-1.9, -1.2, -0.6, 0.6, 1.2, 1.9)
ALARMS = ("broken promise", "worse than rehearsed", "changed texts")

TOLERANCE = 1.25
"""How many times as often as rehearsed the small model may differ: rehearsals are estimates."""

ASKED = 0.25
"""The share of texts about which the large model is asked for want of confidence, roughly."""


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
    """Watches losses that should be at most so frequent: are they more, now?

    Bets on every loss as if it had one of several higher probabilities (Waudby-Smith and Ramdas,
    JRSS-B 2024): capital grows by the likelihood ratio, whose mean is at most 1 as long as the
    loss's conditional probability is at most ``rate``, which may be another for every text;
    whatever the order of the texts.
    """

    capital: Capital

    @classmethod
    def of(cls, horizon: float) -> Rate:
        """A watch that sees ``horizon`` losses in a period."""
        return cls(Capital(max(1, round(horizon)), [0.0] * len(SUSPICIONS)))

    def see(self, loss: bool, rate: float, suspected: list[float]) -> float:
        """The evidence, an e-value, after one more loss that was, or was not."""
        return self.capital.bet(
            [
                1.0 if q <= rate else q / rate if loss else (1.0 - q) / (1.0 - rate)
                for q in suspected
            ]
        )


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

    `kept`: of texts taken at random, do more than ``risk`` get an answer of the small model that
    differs from the large one's? `rehearsed`: where the large model is asked, does the small one
    differ more than `TOLERANCE` times as often as rehearsals led to expect at its confidence?
    `texts`: have the beliefs of a small model that is not refitted ceased to be exchangeable, on
    all texts? Each has a third of ``alpha``. The first two need no more than that what they ask
    is not so; in return they do not see changes to the better.
    """

    risk: float
    alpha: float
    kept: Rate
    rehearsed: Rate
    texts: Change
    evidence: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @classmethod
    def of(cls, risk: float, audit: float, alpha: float = 0.01, period: int = 10_000) -> Watch:
        """A watch over a promise of ``risk`` that is audited at the rate ``audit``."""
        kept, rehearsed = Rate.of(period * audit), Rate.of(period * (audit + ASKED))
        return cls(risk, alpha, kept, rehearsed, Change.of(period))

    def see_text(self, belief: float, coin: float) -> None:
        """What a small model believes of a text, answered by whomever."""
        self._note(2, self.texts.see(belief, coin))

    def see_reply(self, differs: bool, doubt: float) -> None:
        """Whether a reply of the large model differs, which was to be expected with ``doubt``."""
        rate = max(0.02, TOLERANCE * doubt)
        suspected = [doubt + s * (1.0 - 2.0 * doubt) for s in SUSPICIONS]
        self._note(1, self.rehearsed.see(differs, rate, suspected))

    def see_audit(self, differs: bool) -> None:
        """Whether, of a text taken at random, the small model's answer would have differed."""
        suspected = [self.risk + s * (1.0 - self.risk) for s in SUSPICIONS]
        self._note(0, self.kept.see(differs, self.risk, suspected))

    @property
    def alarm(self) -> str:
        """What has changed, or an empty string."""
        strongest = max(self.evidence)
        return ALARMS[self.evidence.index(strongest)] if strongest >= 3.0 / self.alpha else ""

    def _note(self, i: int, value: float) -> None:
        kept = list(self.evidence)
        kept[i] = min(value, 1e300)
        self.evidence = (kept[0], kept[1], kept[2])
