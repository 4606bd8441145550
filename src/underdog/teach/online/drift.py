"""Tests for changes of the traffic that are valid after every answer."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field

from ...runtime.registry import register

SUSPICIONS = (0.05, 0.15, 0.35, 0.7)
"""Alternatives that are tested: this share of the large model's replies has changed."""

SLOPES = (-1.9, -1.2, -0.6, 0.6, 1.2, 1.9)
ALARMS = ("guarantee violated", "more errors than estimated", "texts changed")

TOLERANCE = 1.25
"""The small model may differ this many times as often as estimated, before it counts."""

ASKED = 0.25
"""Roughly the share of texts that go to the large model because confidence is low."""


@register("online.capital")
@dataclass
class Capital:
    """The capital of a test by betting against "nothing changed", with new bets at every step.

    In each period of ``horizon`` steps, a share 1/horizon of the capital is newly staked at every
    step, so that a change is detected wherever it begins. While nothing has changed, stakes plus
    reserve are a martingale that starts at 1: it reaches 1/alpha within a period with probability
    at most ``alpha`` (Ville's inequality; the recursion is that of Shiryaev and Roberts, as
    e-detector: Shin, Ramdas and Rinaldo, NEJSDS 2023). ``staked`` holds the stake of each
    alternative; all get equal shares.
    """

    horizon: int
    staked: list[float]
    step: int = 0

    def __post_init__(self) -> None:
        self.staked = list(self.staked)

    def bet(self, factors: list[float]) -> float:
        """Multiply each stake by its factor, of mean at most 1 if nothing changed; the e-value."""
        if self.step == self.horizon:
            self.step, self.staked = 0, [0.0] * len(self.staked)
        self.step += 1
        stake = 1.0 / self.horizon
        self.staked = [(m + stake) * f for m, f in zip(self.staked, factors, strict=True)]
        return sum(self.staked) / len(self.staked) + 1.0 - self.step * stake


@register("online.rate")
@dataclass
class Rate:
    """Tests whether errors are more frequent than a given rate, which may differ by text.

    Bets on each outcome with several higher error probabilities (Waudby-Smith and Ramdas, JRSS-B
    2024): the capital is multiplied by the likelihood ratio, whose mean is at most 1 as long as
    the error's conditional probability is at most ``rate``, whatever the order of the texts.
    """

    capital: Capital

    @classmethod
    def of(cls, horizon: float) -> Rate:
        """A test that sees ``horizon`` outcomes in a period."""
        return cls(Capital(max(1, round(horizon)), [0.0] * len(SUSPICIONS)))

    def see(self, loss: bool, rate: float, suspected: list[float]) -> float:
        """The e-value after one more outcome; ``loss`` says whether it was an error."""
        return self.capital.bet(
            [
                1.0 if q <= rate else q / rate if loss else (1.0 - q) / (1.0 - rate)
                for q in suspected
            ]
        )


@register("online.change")
@dataclass
class Change:
    """Tests whether a stream of numbers is no longer exchangeable.

    A conformal test martingale (Vovk et al., COPA 2021): the rank of each number among the earlier
    ones, with random tie-breaking, is uniform while they are exchangeable; the bets are
    1 + e (rank - 1/2). The reference is the numbers since `forget`.
    """

    capital: Capital
    past: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.past = list(self.past)

    @classmethod
    def of(cls, horizon: int) -> Change:
        """A test that sees ``horizon`` numbers in a period."""
        return cls(Capital(horizon, [0.0] * len(SLOPES)))

    def see(self, number: float, coin: float) -> float:
        """The e-value after one more number; ``coin`` is uniform on [0, 1] and breaks ties."""
        low, high = bisect_left(self.past, number), bisect_right(self.past, number)
        rank = (low + coin * (high - low + 1)) / (len(self.past) + 1)
        insort(self.past, number)
        return self.capital.bet([1.0 + e * (rank - 0.5) for e in SLOPES])

    def forget(self) -> None:
        """Drop the earlier numbers, with which later ones cannot be compared; keep the capital."""
        self.past = []


@register("online.watch")
@dataclass
class Watch:
    """Three tests at once; a false alarm within ``period`` answers has probability <= ``alpha``.

    `kept`: on texts drawn at random, does the small model's answer differ from the large model's
    in more than ``risk`` of the cases? `rehearsed`: where the large model is asked, does the small
    one differ more than `TOLERANCE` times as often as cross-validation estimated at its
    confidence? `texts`: are the probabilities of a small model that is not refitted no longer
    exchangeable, over all texts? Each test has a third of ``alpha``. The first two do not detect
    improvements.
    """

    risk: float
    alpha: float
    kept: Rate
    rehearsed: Rate
    texts: Change
    evidence: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @classmethod
    def of(cls, risk: float, audit: float, alpha: float = 0.01, period: int = 10_000) -> Watch:
        """The tests for a guarantee of ``risk`` that is audited at the rate ``audit``."""
        kept, rehearsed = Rate.of(period * audit), Rate.of(period * (audit + ASKED))
        return cls(risk, alpha, kept, rehearsed, Change.of(period))

    def see_text(self, belief: float, coin: float) -> None:
        """Record the sentinel's probability for a text, whichever model answers it."""
        self._note(2, self.texts.see(belief, coin))

    def see_reply(self, differs: bool, doubt: float) -> None:
        """Record whether the small model differs from a reply; ``doubt`` was the estimate."""
        rate = max(0.02, TOLERANCE * doubt)
        suspected = [doubt + s * (1.0 - 2.0 * doubt) for s in SUSPICIONS]
        self._note(1, self.rehearsed.see(differs, rate, suspected))

    def see_audit(self, differs: bool) -> None:
        """Record whether, on a text drawn at random, the small model's answer differs."""
        suspected = [self.risk + s * (1.0 - self.risk) for s in SUSPICIONS]
        self._note(0, self.kept.see(differs, self.risk, suspected))

    @property
    def alarm(self) -> str:
        """Which change was detected; empty if none."""
        strongest = max(self.evidence)
        return ALARMS[self.evidence.index(strongest)] if strongest >= 3.0 / self.alpha else ""

    def _note(self, i: int, value: float) -> None:
        kept = list(self.evidence)
        kept[i] = min(value, 1e300)
        self.evidence = (kept[0], kept[1], kept[2])
