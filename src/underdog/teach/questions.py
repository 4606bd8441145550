"""A dozen questions about a text as features: a decision model answers, a small model weighs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..combine.forms import VOID
from ..core.answer import Answers
from ..core.cost import Floats
from ..core.data import Dataset, Text
from ..core.description import Fact, describe
from ..core.errors import UnderdogError
from ..core.given import Data, dataset
from ..core.protocols import Chooser, Learner, Model, Scorer
from ..core.reading import reader
from ..models.decide.model import Decide
from ..models.decide.questions import SCORE, YES_NO, Question
from ..models.training.examples import softmax
from ..runtime.out_of_fold import out_of_fold
from ..runtime.registry import register
from ..runtime.schema import Array, Number
from .proposals import proposed
from .weighing import FOLDS, Weighing, fit_weights, worth

Asked = str | tuple[str, ...]
"""A yes/no question; or a question, and its levels from low to high."""

YES, NO = "yes", "no"
LEAST = 1e-6
"""The probability that stands for 0, of which there is no logarithm."""


@register("questions", sample="questions(scripted([['great', 'yes'], ['dull', 'no']]), ['Good?'])")
@dataclass(frozen=True)
class Questions:
    """Asks ``model`` the questions ``asked`` about each text, and learns what the answers weigh.

    A question is answered by yes or no, or by a level: ``['How angry?', 'calm', 'annoyed',
    'furious']``. A decision model (`decide`) answers all questions of a text in one request, with
    probabilities; a language model on this machine, such as `llama('smollm2')`, by the likelihood
    of the options, less what they owe to the question alone; of any other model one answer is read
    per question. A multinomial logistic regression weighs them, beside the probabilities of
    ``beside`` where that is given, which is a recipe that reads the text itself;
    `linear(extra=questions(…))` means the same.

    What a question is worth is how much log loss it saves on texts that were not learned from.
    Questions that save nothing beyond chance are dropped, and are not asked when the model answers.
    Without ``asked`` the model ``proposer``, which writes, proposes up to twelve from the labels,
    their descriptions and a few training texts.
    """

    model: Model
    asked: tuple[Asked, ...] = ()
    beside: Learner | None = None
    proposer: Model | None = None

    def __post_init__(self) -> None:
        if isinstance(self.asked, str):
            object.__setattr__(self, "asked", (self.asked,))
        if not self.asked and self.proposer is None:
            raise UnderdogError(
                "questions needs a question", "as in: questions(decide('m'), ['Is it urgent?'])"
            )
        for one in self.asked:
            words = (one,) if isinstance(one, str) else one
            if not all(word.strip() for word in words) or len(words) == 2:
                raise UnderdogError(
                    f"{one!r} is neither a question nor a question with two levels or more",
                    "as in: ['How angry?', 'calm', 'furious']",
                )

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `QuestionsModel`; asks the model about every labelled text of ``data``.

        Raises `UnderdogError` where there are not two labels to tell apart.
        """
        data = dataset(data)
        data = data.take(np.flatnonzero(data.targets >= 0))
        if len(set(data.labels)) < 2:
            raise UnderdogError(
                "there are not two labels to tell apart", "name the column: --label COLUMN"
            )
        if not self.asked and self.proposer is not None:
            return replace(self, asked=proposed(self.proposer, data, seed)).fit(data, seed)
        labels = data.task.labels
        if self.beside is None:
            base, z = None, np.zeros((len(data), len(labels)))
        else:
            parts = out_of_fold(self.beside, data, FOLDS, seed, labels=2)
            data = Dataset.join([fold.test for fold in parts]) if parts else data
            z = _logits(Answers.join([fold.answers for fold in parts]), labels)
            base = self.beside.fit(data, seed)
        answered, _ = ask(self.model, data.texts, self.asked)
        scale = Scale.of(answered)
        x, y = scale(answered), data.targets
        gains, kept = worth(x, z, y, seed)
        told = _fact(self.asked, gains, kept)
        made = fit_weights(x[:, kept], z, y)
        some = tuple([self.asked[k] for k in kept])
        part = Scale(scale.middle[kept], scale.spread[kept])
        return QuestionsModel(base, self.model, some, labels, *made.parts, *part.parts, told)

    def fit_beside(self, recipe: Learner, data: Dataset, seed: int) -> Model:
        """The model of the answers and of ``recipe`` together; raises like `fit`."""
        return replace(self, beside=recipe).fit(data, seed)


@dataclass(frozen=True, eq=False)
class Scale:
    """Answers to questions on one scale: ``middle`` and ``spread``, both ``[questions]``."""

    middle: Floats
    spread: Floats

    @classmethod
    def of(cls, answered: Floats) -> Scale:
        """The mean and the standard deviation of each column, without unknown answers."""
        known = ~np.isnan(answered)
        n = np.maximum(known.sum(axis=0), 1)
        filled = np.where(known, answered, 0.0)
        middle = filled.sum(axis=0) / n
        spread = np.sqrt((np.where(known, answered - middle, 0.0) ** 2).sum(axis=0) / n)
        return cls(middle, np.where(spread > 0, spread, 1.0))

    @property
    def parts(self) -> tuple[Floats, Floats]:
        """Both, in order."""
        return self.middle, self.spread

    def __call__(self, answered: Floats) -> Floats:
        """The answers, ``[texts, questions]``, scaled; one that is unknown is in the middle."""
        scaled: Floats = np.nan_to_num((answered - self.middle) / self.spread)
        return scaled


@register(
    "questions.model",
    holds={
        "factor": Number(0, 1e6),
        "weights": Array("asked", "labels"),
        "bias": Array("labels"),
        "middle": Array("asked"),
        "spread": Array("asked", low=1e-12),
    },
)
@dataclass(frozen=True, eq=False)
class QuestionsModel:
    """The softmax of the logits of ``base`` times ``factor``, the scaled answers times ``weights``
    ``[questions, labels]``, and ``bias`` ``[labels]``.
    """

    base: Model | None
    model: Model
    asked: tuple[Asked, ...]
    labels: tuple[str, ...]
    factor: float
    weights: Floats
    bias: Floats
    middle: Floats
    spread: Floats
    facts: tuple[Fact, ...] = ()

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The most likely labels, with probabilities ``[texts, labels]``."""
        weighed = Weighing(self.factor, self.weights, self.bias)
        answered, costs = ask(self.model, texts, self.asked)
        z = np.zeros((len(texts), len(self.labels)))
        paths: tuple[tuple[str, ...], ...] = (("questions",),) * len(texts)
        if self.base is not None:
            read = self.base.answer(texts)
            z, costs = _logits(read, self.labels), costs + read.costs
            paths = tuple([(*path, "questions") for path in read.paths])
        x = Scale(self.middle, self.spread)(answered)
        probs = softmax(weighed.logits(x, z)) if len(texts) else z
        return replace(Answers.likeliest(self.labels, probs, costs, "questions"), paths=paths)

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """What each question is worth, and what the recipe beside it tells."""
        return (*self.facts, *(describe(self.base, texts) if self.base is not None else ()))


def ask(model: Model, texts: Sequence[Text], asked: Sequence[Asked]) -> tuple[Floats, Floats]:
    """The answers to each question about each text, ``[texts, questions]``, and the receipts.

    Of yes or no the probability of yes, of levels their mean from 0 to 1; NaN without an answer.
    """
    if isinstance(model, Decide) and asked and len(texts):
        return model.probabilities(texts, [_question(one) for one in asked])
    columns, costs = np.full((len(texts), len(asked)), np.nan), np.zeros((len(texts), 6))
    for k, one in enumerate(asked):
        columns[:, k], more = _one(model, texts, one)
        costs = costs + more
    return columns, costs


def _question(one: Asked) -> Question:
    if isinstance(one, str):
        return Question(YES_NO, one, (YES, NO), ("", ""))
    return Question(SCORE, one[0], one[1:], ("",) * (len(one) - 1))


def _one(model: Model, texts: Sequence[Text], one: Asked) -> tuple[Floats, Floats]:
    """The answers of a model that writes to one question, ``[texts]``, and the receipts."""
    words, options = (one, (NO, YES)) if isinstance(one, str) else (one[0], one[1:])
    prompts = [_prompt(words, options, text) for text in texts]
    levels = np.linspace(0, 1, len(options))
    if isinstance(model, Scorer):
        logprobs, costs = model.score(prompts, options)
        return softmax(logprobs - _prior(model, words, options)) @ levels, costs
    if isinstance(model, Chooser):
        said = model.choose(prompts, options)
        values: Sequence[str] = said.values
    else:
        said, by = model.answer(prompts), reader(options)
        values = [by.read(value).label for value in said.values]
    place = {option: level for option, level in zip(options, levels.tolist(), strict=True)}
    found = np.array([place.get(value, np.nan) for value in values], np.float64)
    if said.probs is not None and said.labels == options:
        mean = said.probs @ levels
        found = np.where(np.isnan(mean), found, mean)
    return found, said.costs


@lru_cache(maxsize=1024)
def _prior(model: Scorer, words: str, options: tuple[str, ...]) -> Floats:
    """What each option owes to the question alone: its mean log-probability after void texts."""
    logprobs, _ = model.score([_prompt(words, options, text) for text in VOID], options)
    owed: Floats = np.log(np.maximum(softmax(logprobs), LEAST)).mean(axis=0)
    return owed


def _prompt(words: str, options: Sequence[str], text: Text) -> str:
    listed = ", ".join(options)
    return f"{words}\nAnswer with one of these words: {listed}\n\n{_shown(text)}\nAnswer:"


def _shown(text: Text) -> str:
    if isinstance(text, str):
        return f"Text: {text}"
    return f"First text: {text[0]}\nSecond text: {text[1]}"


def _logits(answers: Answers, labels: tuple[str, ...]) -> Floats:
    z: Floats = np.log(np.maximum(answers.matrix(labels), LEAST))
    return z


def _fact(
    asked: Sequence[Asked], gains: Sequence[tuple[float, float]], kept: NDArray[np.intp]
) -> tuple[Fact, ...]:
    names = [one if isinstance(one, str) else one[0] for one in asked]
    order = sorted(range(len(names)), key=lambda k: -gains[k][0])
    used = set(kept.tolist())
    told = [f"{names[k]!r} {gains[k][0]:.3f} ± {gains[k][1]:.3f}" for k in order if k in used]
    left = [repr(names[k]) for k in order if k not in used]
    says = f"log loss that each question saves: {', '.join(told)}" if told else "no question helps"
    if left:
        says += f"; dropped, since they save nothing beyond chance: {', '.join(left)}"
    data = [
        {"question": names[k], "gain": gains[k][0], "error": gains[k][1], "kept": k in used}
        for k in order
    ]
    return (Fact("questions", says, data),)
