"""Explanations of any model by asking it again: occlusion, and sampled Shapley values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..answer import ABSTAIN, Answers
from ..cost import Floats
from ..protocols import Model
from ..task import Text
from .explanation import Explanation, Token
from .target import Target
from .tokens import keep, tokens_of, without_each

MOST, MOST_SAMPLED = 64, 32
"""Tokens that are deleted one by one, and those that are drawn in random orders, at most."""

READ = 200_000
"""Characters that the texts which a model is asked about may have together."""

LEAST = 4
"""Tokens that even the longest text is divided into."""


def occlusion(model: Model, texts: Sequence[Text]) -> list[Explanation]:
    """A word contributes what the score of a label loses when the word is deleted.

    (Zeiler & Fergus, ECCV 2014; Li, Monroe & Jurafsky, 2016.) Asks the model once for each word;
    in long texts, for runs of words. The contributions do not add up to the score.
    """
    return [_occluded(model, text) for text in texts]


def _occluded(model: Model, text: Text) -> Explanation:
    tokens, notes = divided(text, MOST)
    answers = model.answer([text, *keep(text, tokens, np.zeros((1, len(tokens)), bool))])
    target = Target.of(answers[0])
    output, base = target.read(answers)
    edited = model.answer(without_each(text, tokens))
    drops = output - target.read(edited).reshape(len(tokens), len(target.labels))
    return _explanation(
        text, answers.values[0], target, tokens, (drops, base, output), "occlusion",
        _read(answers), effects=drops, notes=notes, path=answers.paths[0],
    )  # fmt: skip


def shapley(
    model: Model, texts: Sequence[Text], rounds: int = 8, seed: int = 0
) -> list[Explanation]:
    """A word contributes its Shapley value: the mean, over orders, of what it adds.

    The text without any word is the base, from which the contributions add up to the score. Each
    of the ``rounds`` is a random order and its reverse (Castro et al., 2009; Mitchell et al.,
    JMLR 2022); the standard error is that of their mean. Asks the model ``2 * rounds`` times for
    each word; in long texts, for runs of words.
    """
    return [_sampled(model, text, max(2, rounds), seed) for text in texts]


def _sampled(model: Model, text: Text, rounds: int, seed: int) -> Explanation:
    tokens, notes = divided(text, MOST_SAMPLED)
    n, rng = len(tokens), np.random.default_rng(seed)
    answers = model.answer([text, *keep(text, tokens, np.zeros((1, n), bool))])
    target = Target.of(answers[0])
    output, base = target.read(answers)
    drawn = np.zeros((rounds, n, len(target.labels)))
    for each in drawn:
        order = rng.permutation(n)
        for way in (order, order[::-1]):
            kept = np.zeros((max(0, n - 1), n), bool)
            for k in range(n - 1):
                kept[k:, way[k]] = True
            between = target.read(model.answer(keep(text, tokens, kept)))
            scores = np.concatenate([base[None], between.reshape(-1, len(base)), output[None]])
            each[way] += np.diff(scores[: n + 1] if n else scores[:1], axis=0) / 2
    spread = drawn.std(axis=0, ddof=1) / np.sqrt(rounds)
    return _explanation(
        text, answers.values[0], target, tokens, (drawn.mean(axis=0), base, output),
        "Shapley values, sampled", _read(answers), error=spread, notes=notes, path=answers.paths[0],
    )  # fmt: skip


def _read(answers: Answers) -> tuple[str, ...]:
    """What a model that writes wrote about the first text, and how that was read."""
    how, wrote = answers.readings[0] if answers.readings else ("", "")
    return (f"{answers.paths[0][-1]} wrote {wrote!r}, read as {how}",) if wrote else ()


def divided(text: Text, most: int) -> tuple[tuple[Token, ...], tuple[str, ...]]:
    """The tokens of ``text``, fewer the longer it is; and what has to be said of that."""
    length = len(text) if isinstance(text, str) else len(text[0]) + len(text[1])
    at_most = max(LEAST, min(most, READ // max(1, length)))
    words, tokens = tokens_of(text), tokens_of(text, at_most)
    if len(tokens) == len(words):
        return tokens, ()
    return tokens, (f"{len(words):,} words are explained in {len(tokens)} runs",)


def _explanation(
    text: Text,
    value: str,
    target: Target,
    tokens: tuple[Token, ...],
    scores: tuple[Floats, Floats, Floats],
    method: str,
    reasons: tuple[str, ...],
    **more: object,
) -> Explanation:
    contributions, base, output = scores
    scale = "number" if target.scale == "number" else "probability"
    if value == ABSTAIN:
        reasons = ("the model gave no answer: what is explained is that it abstains", *reasons)
    return Explanation(
        text, value, target.labels, tokens, contributions, base, output, method, scale,
        reasons=reasons, **more,  # type: ignore[arg-type]
    )  # fmt: skip
