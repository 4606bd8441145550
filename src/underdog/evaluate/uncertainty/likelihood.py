"""How likely a model found what it wrote: from log-probabilities, and from asking it again."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from ...core.cost import Floats
from ...core.errors import UnderdogError
from ...core.protocols import Scorer

QUESTION = (
    "Question: {question}\n{brainstormed}Proposed answer: {answer}\n"
    "Is the proposed answer True or False?\nThe proposed answer is:"
)
"""Kadavath et al., Language models (mostly) know what they know, 2022."""

SHOWN = 5
"""Samples that are shown in the question."""


def token_logprobs(cell: object) -> Floats:
    """The log-probabilities of an answer's tokens, ``[tokens]``, from a list, or JSON that is one.

    A bare number is the sum over all tokens: one token of that log-probability. Blank is no token.
    Raises `UnderdogError` for what is none of these, and for values above 0.
    """
    try:
        values = json.loads(cell) if isinstance(cell, str) and cell.strip() else cell
        if isinstance(values, dict):
            values = [step["logprob"] for step in values["content"]]
        found = np.array([] if values in (None, "", []) else values, np.float64).ravel()
    except (ValueError, TypeError, KeyError) as error:
        raise UnderdogError(
            f"{str(cell)[:60]!r} is no list of log-probabilities",
            "give each token's natural logarithm, as in [-0.1, -2.3]",
        ) from error
    if found.size and (np.isnan(found).any() or found.max() > 1e-6):
        raise UnderdogError(
            f"log-probabilities are at most 0, and {str(cell)[:60]!r} is not",
            "give natural logarithms of probabilities, as in [-0.1, -2.3]",
        )
    return found


def mean_probability(logprobs: Floats) -> float:
    """One over the perplexity: the geometric mean of the tokens' probabilities; NaN without any."""
    return float(np.exp(logprobs.mean())) if logprobs.size else np.nan


def least_probability(logprobs: Floats) -> float:
    """The probability of the least likely token; NaN without any."""
    return float(np.exp(logprobs.min())) if logprobs.size else np.nan


def p_true(
    model: Scorer,
    questions: Sequence[str],
    answers: Sequence[str],
    samples: Sequence[Sequence[str]] = (),
) -> Floats:
    """How likely ``model`` continues with True, not False, asked about each answer, ``[answers]``.

    Up to `SHOWN` ``samples`` of a question stand before the answer. The model scores two words, and
    writes nothing; its bill is charged. NaN for a blank answer.
    """
    prompts = []
    shown = samples or [()] * len(answers)
    for question, answer, some in zip(questions, answers, shown, strict=True):
        others = "".join(f"Possible answer: {one}\n" for one in some[:SHOWN])
        prompts.append(QUESTION.format(question=question, brainstormed=others, answer=answer))
    scored, _ = model.score(prompts, ["True", "False"])
    chance: Floats = 1.0 / (1.0 + np.exp(np.clip(scored[:, 1] - scored[:, 0], -500, 500)))
    return np.where([bool(answer.strip()) for answer in answers], chance, np.nan)
