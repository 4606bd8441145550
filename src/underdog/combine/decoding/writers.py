"""A language model of next tokens as a Model that writes, and that gives likelihoods."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core.answer import Answers
from ...core.cost import FIELDS, Floats, Ledger, charge
from ...core.data import Text, plain
from ...core.errors import UnderdogError
from ...core.language import LanguageModel, Tokenizer, complete, log_softmax, missing
from ...core.protocols import pinned
from ...runtime import progress
from ...runtime.meter import Meter
from ...runtime.registry import register, spec
from ...runtime.schema import Number
from .sampling import Cut, drawn, draws

IN, OUT, CALLS = (FIELDS.index(name) for name in ("tokens_in", "tokens_out", "calls"))

WRITING = {
    "max_tokens": Number(1, 1 << 20),
    "temperature": Number(0, 100),
    "top_k": Number(0, 1 << 24),
    "top_p": Number(1e-6, 1),
}
"""The ranges of the options of what writes."""


UNKNOWN = 0.005
"""The share of a token's probability that may be missing without a warning."""


@dataclass(frozen=True)
class Written:
    """The tokens of one completion, their log-probability as a whole, and how they came about:
    calls of the target, tokens drafted for it, and how many of these were kept. ``missing`` is the
    largest share of a token's probability that a model did not tell.
    """

    tokens: tuple[int, ...]
    logprob: float
    calls: int
    drafted: int = 0
    kept: int = 0
    missing: float = 0.0


@register("sampled", holds=WRITING)
@dataclass(frozen=True)
class Sampled:
    """Writes with ``model``, a language model of next tokens or a combination of such.

    ``chat`` puts a prompt into the chat template of the tokenizer, if it has one. ``temperature``
    0 takes the likeliest token each time; else a token is drawn, after `top_k` and `top_p` cut the
    distribution, and another ``seed`` is another draw. A completion ends with the tokenizer's end,
    or after ``max_tokens``.
    """

    model: LanguageModel
    max_tokens: int = 256
    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0
    chat: bool = False

    def answer(self, texts: Sequence[Text]) -> Answers:
        """A completion for each prompt, with the log-probability of each as a whole."""
        return completed(self, self.model.tokenizer, texts, self.chat, self.write)

    def write(self, prompt: Sequence[int]) -> Written:
        """The completion of the tokens ``prompt``."""
        cut, draw = Cut(self.temperature, self.top_k, self.top_p), draws(self.seed, str(prompt))
        end, total, memory = self.model.tokenizer.end, 0.0, None
        tokens: list[int] = []
        new = list(prompt)
        while len(tokens) < self.max_tokens and (not tokens or tokens[-1] != end):
            logits, memory = self.model.extend(np.array([new], np.int64), memory)
            tokens.append(drawn(cut.probabilities(logits[0, -1]), draw))
            total += float(log_softmax(logits[0, -1])[tokens[-1]])
            new = tokens[-1:]
        return Written(tuple(tokens), total, len(tokens), missing=missing(memory))

    def score(self, texts: Sequence[Text], continuations: Sequence[str]) -> tuple[Floats, Floats]:
        """The log-probability of each continuation, in nats: ``[texts, continuations]``; and the
        receipts, ``[texts, 6]``. The text is read once for all of them.
        """
        complete("the likelihood of a label", self.model)
        tokenizer = self.model.tokenizer
        space = "" if self.chat else " "
        ways = [tokenizer.encode(space + one) for one in continuations]
        found, costs = np.zeros((len(texts), len(ways))), np.zeros((len(texts), len(FIELDS)))
        for i, prompt in enumerate(prompts(tokenizer, texts, self.chat)):
            meter = Meter()
            first, memory = self.model.extend(np.array([prompt], np.int64))
            for k, way in enumerate(ways):
                rows = first[0, -1:]
                if len(way) > 1:
                    again = memory.select([0])
                    more, _ = self.model.extend(np.array([way[:-1]], np.int64), again)
                    rows = np.concatenate([rows, more[0]])
                found[i, k] = log_softmax(rows)[np.arange(len(way)), way].sum()
            costs[i] = bill(meter, len(prompt), 0)
        return found, costs

    def pinned(self) -> Sampled:
        """The same writer, bound to the weights that its model reads by name."""
        return replace(self, model=pinned(self.model))


def completed(
    writer: Any,
    tokenizer: Tokenizer,
    texts: Sequence[Text],
    chat: bool,
    write: Callable[[Sequence[int]], Written],
) -> Answers:
    """What ``write`` makes of each of ``texts``, as answers with receipts.

    Warns where a model did not tell all probabilities.
    """
    values, costs, logprobs, unknown = [], [np.zeros((0, len(FIELDS)))], [], 0.0
    with progress.step("writing", len(texts)) as advance:
        for prompt in prompts(tokenizer, texts, chat):
            meter = Meter()
            with Ledger() as asked:
                written = write(prompt)
            values.append(tokenizer.decode(written.tokens))
            logprobs.append(written.logprob)
            if asked.total.calls == 0:
                costs.append(bill(meter, len(prompt), len(written.tokens)))
            else:  # an API has counted
                costs.append(meter.bill(1) + asked.total.row())
            unknown = max(unknown, written.missing)
            advance(1)
    if unknown >= UNKNOWN:
        warnings.warn(
            f"at some token, {100 * unknown:.0f} % of the probability lay on tokens that a model"
            " did not name: what is written is an approximation",
            stacklevel=2,
        )
    answers = Answers.said(values, np.concatenate(costs), spec(writer))
    return replace(answers, logprobs=np.array(logprobs))


def prompts(tokenizer: Tokenizer, texts: Sequence[Text], chat: bool) -> Iterator[list[int]]:
    """The tokens of each of ``texts``, in the chat template with ``chat``.

    Raises `UnderdogError` if the tokenizer has no template.
    """
    for text in texts:
        prompt = plain(text)
        if not chat:
            yield tokenizer.encode(prompt) or [tokenizer.end]
        elif (turn := getattr(tokenizer, "turn", None)) is not None:
            yield turn(prompt)
        else:
            raise UnderdogError(
                "the model has no chat template: it was never taught to converse",
                "let it continue prompts as they stand: sampled(MODEL, chat=False)",
            )


def bill(meter: Meter, tokens_in: int, tokens_out: int) -> Floats:
    """The receipt of one text, ``[1, 6]``, charged: what the meter saw, and its tokens."""
    counted = np.zeros((1, len(FIELDS)))
    counted[0, [IN, OUT, CALLS]] = tokens_in, tokens_out, 1
    charge(counted)
    return meter.bill(1) + counted
