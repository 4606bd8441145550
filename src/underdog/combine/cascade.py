"""Ask the small model first; what it is not sure of goes to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..core.answer import ABSTAIN, Answers
from ..core.cost import Floats
from ..core.data import Text
from ..core.errors import UnderdogError
from ..core.protocols import Model
from ..runtime.registry import register
from .confidence import Confidence, Probability, Verdict

_PLAIN = Probability()


@register("cascade", sample="cascade([scripted([]), scripted([])], [0.5])")
@dataclass(frozen=True)
class Cascade:
    """Passes a text on while the stage that answered last was not sure enough.

    ``thresholds[i]`` is the confidence below which stage ``i`` hands over, so there is one
    fewer than stages: 0 keeps everything, anything above the signal's largest value keeps
    nothing. ``sure[i]`` weighs the answers of stage ``i``; by default their probability. An
    answer that was handed over is billed for every stage that it went through. The last stage's
    answer stands, an abstention too.
    """

    stages: tuple[Model, ...]
    thresholds: tuple[float, ...]
    sure: tuple[Confidence, ...] = ()

    def __post_init__(self) -> None:
        if not self.stages or len(self.thresholds) != len(self.stages) - 1:
            raise UnderdogError(
                f"{len(self.thresholds)} thresholds do not go with {len(self.stages)} stages",
                "give one fewer than stages, as in: cascade([small, large], [0.8])",
            )
        if self.sure and len(self.sure) != len(self.thresholds):
            raise UnderdogError(
                f"{len(self.sure)} confidences do not go with {len(self.thresholds)} thresholds",
                "give one for each threshold: cascade([a, b], [0.8], sure=[margin()])",
            )

    def answer(self, texts: Sequence[Text]) -> Answers:
        return self._from(0, texts)

    def explain(self, texts: Sequence[Text]) -> tuple[str, ...]:
        """A sentence for each text that says who answered, and why; asks the stages again."""
        told: list[list[str]] = [[] for _ in texts]
        rows = list(range(len(texts)))
        for i, stage in enumerate(self.stages):
            asked = [texts[row] for row in rows]
            answers = stage.answer(asked)
            if i == len(self.thresholds):
                for at, row in enumerate(rows):
                    told[row].append(_said(answers, at))
                break
            answers, sure = self._weigh(i, asked, answers)
            for at, row in enumerate(rows):
                told[row].append(f"{_said(answers, at)} {_why(sure[at], self.thresholds[i])}")
            rows = [row for row, s in zip(rows, sure, strict=True) if s < self.thresholds[i]]
        return tuple(f"{'; '.join(clauses)}." for clauses in told)

    def _from(self, i: int, texts: Sequence[Text]) -> Answers:
        """The answers of the cascade that begins with stage ``i``."""
        answers = self.stages[i].answer(texts)
        if i == len(self.thresholds) or not len(answers):
            return answers
        answers, sure = self._weigh(i, texts, answers)
        unsure = sure < self.thresholds[i]
        waiting = int(np.count_nonzero(unsure))
        if not waiting:
            return answers
        if waiting == len(answers):  # nothing to pick apart: a batch of one ends here
            return self._from(i + 1, texts).after(answers)
        rows = np.flatnonzero(unsure)
        better = self._from(i + 1, [texts[row] for row in rows.tolist()])
        return answers.put(rows, better.after(answers.take(rows)))

    def _weigh(self, i: int, texts: Sequence[Text], answers: Answers) -> tuple[Answers, Floats]:
        return (self.sure[i] if self.sure else _PLAIN).weigh(texts, answers)


@register("verified", sample="verified(scripted([]), scripted([]))")
@dataclass(frozen=True)
class Verified:
    """Lets an answer of ``model`` pass only if ``verifier`` believes it; else abstains.

    Self-verification in the manner of AutoMix (Madaan et al., NeurIPS 2024): the verifier is
    asked about pairs (text, answer) whether the answer is right; see `Verdict`. A cascade passes
    the abstentions on to its next stage.
    """

    model: Model
    verifier: Model
    threshold: float = 0.5

    def answer(self, texts: Sequence[Text]) -> Answers:
        answers, sure = Verdict(self.verifier).weigh(texts, self.model.answer(texts))
        return silenced(answers, sure < self.threshold)


@register("agreed", sample="agreed([scripted([]), scripted([])])")
@dataclass(frozen=True)
class Agreed:
    """Asks every model and says what most of them say; abstains where fewer than ``least`` agree.

    For samples of a model that writes, name it several times. With ``labels`` the answers carry
    the shares of the votes as probabilities, so that ensemble disagreement, or agreement among
    samples (Wang et al., self-consistency, ICLR 2023), is what a cascade defers on. Of two
    values with as many votes the one said first counts. Abstentions are votes for nothing.
    """

    models: tuple[Model, ...]
    labels: tuple[str, ...] = ()
    least: float = 0.0

    def __post_init__(self) -> None:
        if not self.models:
            raise UnderdogError("nobody to agree", "name two models or more: agreed([a, b, c])")

    def answer(self, texts: Sequence[Text]) -> Answers:
        votes = [model.answer(texts) for model in self.models]
        bill = votes[0]
        for vote in votes[1:]:
            bill = vote.after(bill)
        ballots = [self._valid(said) for said in zip(*(v.values for v in votes), strict=True)]
        winners = [_winner(ballot) for ballot in ballots]
        share = np.array([n / len(self.models) for _, n in winners])
        values = tuple([value for value, _ in winners])
        answers = Answers(values, self.labels, self._shares(ballots), bill.costs, bill.paths)
        return silenced(answers, share < self.least)

    def _valid(self, said: tuple[str, ...]) -> tuple[str, ...]:
        """The votes of one text; a value that is none of ``labels`` is a vote for nothing."""
        return tuple(v if v in self.labels else ABSTAIN for v in said) if self.labels else said

    def _shares(self, ballots: Sequence[tuple[str, ...]]) -> Floats | None:
        """Shares of the votes for labels, ``[texts, labels]``; NaN where nobody named one."""
        if not self.labels:
            return None
        counts = np.array([[b.count(label) for label in self.labels] for b in ballots], float)
        counts = counts.reshape(len(ballots), len(self.labels))
        total = counts.sum(axis=1, keepdims=True)
        shares: Floats = np.divide(counts, total, out=np.full_like(counts, np.nan), where=total > 0)
        return shares


def silenced(answers: Answers, rows: NDArray[np.bool_]) -> Answers:
    """The answers with abstentions, at the same price, in the ``rows`` of a mask."""
    if not rows.any():
        return answers
    values = tuple([ABSTAIN if r else v for v, r in zip(answers.values, rows, strict=True)])
    probs = answers.probs
    if probs is not None:
        probs = np.where(rows[:, None], np.nan, probs)
    return replace(answers, values=values, probs=probs)


def _winner(ballot: Sequence[str]) -> tuple[str, int]:
    said = Counter(value for value in ballot if value != ABSTAIN)
    return said.most_common(1)[0] if said else (ABSTAIN, 0)


def _said(answers: Answers, at: int) -> str:
    who, value = answers.paths[at][-1], answers.values[at]
    return f"{who} abstained" if value == ABSTAIN else f"{who} said {value!r}"


def _why(sure: float, threshold: float) -> str:
    side = "below" if sure < threshold else "at least"
    return f"with confidence {sure:.3f}, {side} {threshold:.3f}"
