"""Cascades: a text goes to the next model while the current one is not confident enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..core.answer import ABSTAIN, Answers
from ..core.cost import Floats
from ..core.data import Text
from ..core.errors import UnderdogError
from ..core.explaining import Explanation, explained
from ..core.protocols import Grader, Model
from ..runtime.registry import register
from ..runtime.schema import Number
from .confidence import Confidence, Probability, Verifier
from .graded import Graded

_DEFAULT_CONFIDENCE = Probability()


@register(
    "cascade",
    sample="cascade([scripted([]), scripted([])], [0.5])",
    holds={"thresholds": Number(0)},
)
@dataclass(frozen=True)
class Cascade:
    """Passes a text to the next stage while the confidence is below the threshold.

    ``thresholds[i]`` is the confidence below which stage ``i`` defers, so there is one threshold
    fewer than stages. 0 keeps every answer; a value above the largest confidence keeps none.
    ``sure[i]`` computes the confidence of stage ``i``, by default the probability of its answer. A
    deferred answer is billed for every stage that ran. The answer of the last stage is final, even
    an abstention.
    """

    fits_parts: ClassVar[bool] = True
    stages: tuple[Model, ...]
    thresholds: tuple[float, ...]
    sure: tuple[Confidence, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.stages, tuple | list) or not isinstance(
            self.thresholds, tuple | list
        ):
            raise UnderdogError(
                "a cascade is a list of stages, and a list of thresholds between them",
                "as in: cascade([small, large], [0.8])",
            )
        if not self.stages or len(self.thresholds) != len(self.stages) - 1:
            raise UnderdogError(
                f"{len(self.thresholds)} thresholds do not match {len(self.stages)} stages",
                "give one fewer than stages, as in: cascade([small, large], [0.8])",
            )
        if self.sure and len(self.sure) != len(self.thresholds):
            raise UnderdogError(
                f"{len(self.sure)} confidences do not match {len(self.thresholds)} thresholds",
                "give one for each threshold: cascade([a, b], [0.8], sure=[margin()])",
            )

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The answers of the first confident stage for each text, with the costs of all stages that
        ran.
        """
        return self._answer_from(0, texts)

    def explain(self, texts: Sequence[Text]) -> list[Explanation]:
        """The explanation of the stage that answered each text, with the reason why it did.

        Runs the stages again, and the one that answered as often as its explanation does.
        """
        sentences, last = self._decisions(texts)
        explanations: dict[int, Explanation] = {}
        for i, stage in enumerate(self.stages):
            rows = [row for row, at in enumerate(last) if at == i]
            for row, one in zip(rows, explained(stage, [texts[r] for r in rows]), strict=True):
                explanations[row] = replace(one, reasons=(sentences[row], *one.reasons))
        return [explanations[row] for row in range(len(texts))]

    def reasons(self, texts: Sequence[Text]) -> tuple[str, ...]:
        """A sentence per text that names the stages that answered, and why; runs the stages
        again.
        """
        return self._decisions(texts)[0]

    def _decisions(self, texts: Sequence[Text]) -> tuple[tuple[str, ...], list[int]]:
        """The sentence of `reasons` for each text, and the stage whose answer is final."""
        last = [0] * len(texts)
        clauses_by_text: list[list[str]] = [[] for _ in texts]
        rows = list(range(len(texts)))
        for i, stage in enumerate(self.stages):
            waiting_texts = [texts[row] for row in rows]
            answers = stage.answer(waiting_texts)
            for row in rows:
                last[row] = i
            if i == len(self.thresholds):
                for at, row in enumerate(rows):
                    clauses_by_text[row].append(_outcome(answers, at))
                break
            answers, sure = self._weigh(i, waiting_texts, answers)
            for at, row in enumerate(rows):
                clauses_by_text[row].append(
                    f"{_outcome(answers, at)} {_reason(sure[at], self.thresholds[i])}"
                )
            rows = [row for row, s in zip(rows, sure, strict=True) if s < self.thresholds[i]]
        return tuple(f"{'; '.join(clauses)}." for clauses in clauses_by_text), last

    def _answer_from(self, i: int, texts: Sequence[Text]) -> Answers:
        """The answers of the cascade that starts at stage ``i``."""
        answers = self.stages[i].answer(texts)
        if i == len(self.thresholds) or not len(answers):
            return answers
        answers, sure = self._weigh(i, texts, answers)
        unsure = sure < self.thresholds[i]
        deferred = int(np.count_nonzero(unsure))
        if not deferred:
            return answers
        if deferred == len(answers):  # all deferred, always so for one text: nothing to merge
            return self._answer_from(i + 1, texts).after(answers)
        rows = np.flatnonzero(unsure)
        next_answers = self._answer_from(i + 1, [texts[row] for row in rows.tolist()])
        return answers.put(rows, next_answers.after(answers.take(rows)))

    def _weigh(self, i: int, texts: Sequence[Text], answers: Answers) -> tuple[Answers, Floats]:
        return (self.sure[i] if self.sure else _DEFAULT_CONFIDENCE).weigh(texts, answers)


@register("verified", sample="verified(scripted([]), scripted([]))", holds={"threshold": Number(0)})
@dataclass(frozen=True)
class Verified:
    """Keeps an answer of ``model`` only if ``verifier`` accepts it; otherwise abstains.

    Self-verification as in AutoMix (Madaan et al., NeurIPS 2024): the verifier judges pairs (text,
    answer); see `Verifier`. ``threshold`` is the least probability, between 0 and 1, that the
    answer is right. A cascade passes abstentions on to its next stage. A grader that needs nothing
    but the text, such as ``nli('models/nli')``, can stand in the verifier's place (`Graded`).
    """

    fits_parts: ClassVar[bool] = True
    model: Model
    verifier: Model | Grader
    threshold: float = 0.5

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The accepted answers, and abstentions elsewhere, with the costs of both models."""
        by = self.verifier
        confidence = Graded(by) if isinstance(by, Grader) else Verifier(by)
        answers, sure = confidence.weigh(texts, self.model.answer(texts))
        return abstain_where(answers, sure < self.threshold)


@register("agreed", sample="agreed([scripted([]), scripted([])])", holds={"least": Number(0, 1)})
@dataclass(frozen=True)
class Agreed:
    """Majority vote of several models; abstains where a smaller share than ``least`` agrees.

    To sample one generative model several times, list it several times. With ``labels`` the answers
    carry vote shares as probabilities, so that a cascade can defer on disagreement, as in
    self-consistency (Wang et al., ICLR 2023). Ties go to the value that was given first. An
    abstention counts for no value.
    """

    fits_parts: ClassVar[bool] = True
    models: tuple[Model, ...]
    labels: tuple[str, ...] = ()
    least: float = 0.0

    def __post_init__(self) -> None:
        if not self.models:
            raise UnderdogError("agreed() needs models", "name at least two: agreed([a, b, c])")

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The winning values, with vote shares ``[texts, labels]`` if there are labels."""
        votes = [model.answer(texts) for model in self.models]
        bill = votes[0]
        for vote in votes[1:]:
            bill = vote.after(bill)
        ballots = [self._valid(given) for given in zip(*(v.values for v in votes), strict=True)]
        winners = [_winner(ballot) for ballot in ballots]
        share = np.array([n / len(self.models) for _, n in winners])
        values = tuple([value for value, _ in winners])
        answers = Answers(values, self.labels, self._shares(ballots), bill.costs, bill.paths)
        return abstain_where(answers, share < self.least)

    def _valid(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """The votes for one text; a value outside ``labels`` counts for no value."""
        return tuple(v if v in self.labels else ABSTAIN for v in given) if self.labels else given

    def _shares(self, ballots: Sequence[tuple[str, ...]]) -> Floats | None:
        """Vote shares ``[texts, labels]``; NaN where no vote names a label."""
        if not self.labels:
            return None
        counts = np.array([[b.count(label) for label in self.labels] for b in ballots], float)
        counts = counts.reshape(len(ballots), len(self.labels))
        total = counts.sum(axis=1, keepdims=True)
        shares: Floats = np.divide(counts, total, out=np.full_like(counts, np.nan), where=total > 0)
        return shares


def abstain_where(answers: Answers, rows: NDArray[np.bool_]) -> Answers:
    """The answers with abstentions, at the same cost, where the mask ``rows``, ``[texts]``, is
    true.
    """
    if not rows.any():
        return answers
    values = tuple([ABSTAIN if r else v for v, r in zip(answers.values, rows, strict=True)])
    probs = answers.probs
    if probs is not None:
        probs = np.where(rows[:, None], np.nan, probs)
    sure = None if answers.sure is None else np.where(rows, np.nan, answers.sure)
    return replace(answers, values=values, probs=probs, sure=sure)


def _winner(ballot: Sequence[str]) -> tuple[str, int]:
    votes = Counter(value for value in ballot if value != ABSTAIN)
    return votes.most_common(1)[0] if votes else (ABSTAIN, 0)


def _outcome(answers: Answers, at: int) -> str:
    name, value = answers.paths[at][-1], answers.values[at]
    return f"{name} abstained" if value == ABSTAIN else f"{name} said {value!r}"


def _reason(sure: float, threshold: float) -> str:
    side = "below" if sure < threshold else "at least"
    return f"with confidence {sure:.3f}, {side} {threshold:.3f}"
