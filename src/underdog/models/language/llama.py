"""A language model in this process, run by llama.cpp from a GGUF file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core.answer import Answers
from ...core.cost import FIELDS, Floats, charge
from ...core.data import Text, plain
from ...core.errors import UnderdogError
from ...runtime import progress
from ...runtime.meter import Meter
from ...runtime.registry import register
from ...runtime.schema import Number
from .engine import Engine, engine
from .spelling import Spelling, forks, spelled_apart
from .weights import checksum, located, verified

IN, OUT, CALLS = (FIELDS.index(name) for name in ("tokens_in", "tokens_out", "calls"))


@register(
    "llama",
    holds={
        "max_tokens": Number(1, 1 << 20),
        "temperature": Number(0, 100),
        "seed": Number(0, (1 << 31) - 1),
        "context": Number(64, 1 << 20),
        "threads": Number(1, 1024),
    },
)
@dataclass(frozen=True)
class Llama:
    """Writes what a language model on this machine writes, by llama.cpp.

    ``model`` is 'smollm2', 'gemma3' or a FILE.gguf (`underdog doctor` tells which are here). A
    prompt is a user's turn in the model's chat template; with ``chat=False`` it is continued as it
    stands. A completion ends after ``max_tokens`` tokens; prompt and completion share a
    ``context`` of so many tokens. With a ``temperature`` above 0, another ``seed`` is another draw.
    ``lookup`` lets the runtime draft tokens from what it has read, which is faster where a
    completion copies from its prompt. A saved model holds the name of the weights and their
    ``checksum``, never the weights.

    As a labelling model, `fewshot(llama('smollm2'))`, it writes nothing: the likelihood of every
    label is computed. It needs the extra `llama`. Does not stream or hold a conversation.
    """

    model: str = "smollm2"
    max_tokens: int = 256
    temperature: float = 0.0
    seed: int = 0
    chat: bool = True
    context: int = 4096
    threads: int = 1
    lookup: bool = False
    checksum: str = ""

    def answer(self, texts: Sequence[Text]) -> Answers:
        """A completion for each prompt, with the log-probability of each as a whole.

        Raises `UnderdogError` if the weights are missing or have no chat template, or if a prompt
        does not fit the context.
        """
        if not texts:
            return Answers.said((), np.zeros((0, len(FIELDS))))
        running = self._engine()
        values, costs, logprobs = [], [], []
        with progress.step(f"asking {self.model}", len(texts)) as advance:
            for ids in self._prompts(running, texts):
                meter = Meter()
                said = running.complete(
                    ids,
                    max_tokens=self.max_tokens,
                    temperature=self.temperature,
                    seed=self.seed,
                    n_probs=1,
                    samplers=["temperature"],
                )
                choice = said["choices"][0]
                steps = (choice.get("logprobs") or {}).get("content") or []
                values.append(str(choice["text"]))
                logprobs.append(float(sum(step["logprob"] for step in steps)))
                costs.append(_bill(meter, len(ids), int(said["usage"]["completion_tokens"])))
                advance(1)
        written = Answers.said(values, np.concatenate(costs), self.model)
        return replace(written, logprobs=np.array(logprobs))

    def score(self, texts: Sequence[Text], continuations: Sequence[str]) -> tuple[Floats, Floats]:
        """The log-probability of each continuation after each text, in nats: ``[texts,
        continuations]``; and the receipts, ``[texts, 6]``.

        What a text shares with the one before is computed once; so is what continuations share.
        Raises `UnderdogError` as `answer` does.
        """
        found = np.zeros((len(texts), len(continuations)))
        costs = np.zeros((len(texts), len(FIELDS)))
        if not texts:
            return found, costs
        running = self._engine()
        ways = self._spelled(running, continuations)
        with progress.step(f"asking {self.model}", len(texts)) as advance:
            for row, ids in enumerate(self._prompts(running, texts)):
                meter = Meter()
                for prefix, options in forks(ways).items():
                    tokens = list(options)
                    logprobs = running.next_logprobs([*ids, *prefix], tokens)
                    for token, logprob in zip(tokens, logprobs, strict=True):
                        found[row, options[token]] += logprob
                costs[row] = _bill(meter, len(ids), 0)
                advance(1)
        return found, costs

    def counted(self, texts: Sequence[Text]) -> int:
        """How many tokens the model would read in all prompts, by its own tokenizer."""
        return sum(map(len, self._prompts(self._engine(), texts)))

    def environment(self) -> Mapping[str, str]:
        """The checksum of the weights, which the name alone does not tell."""
        return {"weights": checksum(located(self.model))}

    def pinned(self) -> Llama:
        """The same model, bound to the weights that are here now by their SHA-256."""
        return replace(self, checksum=checksum(located(self.model)))

    def _engine(self) -> Engine:
        path = verified(self.model, self.checksum)
        running = engine(self.model, path, self.context, self.threads, self.lookup)
        if self.chat and not running.has_template:
            raise UnderdogError(
                f"{self.model} has no chat template: it was never taught to converse",
                f"let it continue prompts as they stand: llama({self.model!r}, chat=False)",
            )
        return running

    def _prompts(self, running: Engine, texts: Sequence[Text]) -> Iterator[list[int]]:
        for text in texts:
            prompt = plain(text)
            if self.chat:
                yield running.tokens(running.templated(prompt), special=True)
            else:  # words that look like control tokens are words of the user's here
                yield running.start + running.tokens(prompt) or [running.end]

    def _spelled(self, running: Engine, continuations: Sequence[str]) -> list[Spelling]:
        space = "" if self.chat else " "
        spelled = [tuple(running.tokens(space + one)) for one in continuations]
        return spelled_apart(spelled, running.end)


def _bill(meter: Meter, tokens_in: int, tokens_out: int) -> Any:
    """The receipt of one text, shape ``[1, 6]``, charged: what the meter saw, and its tokens."""
    counted = np.zeros((1, len(FIELDS)))
    counted[0, [IN, OUT, CALLS]] = tokens_in, tokens_out, 1
    charge(counted)
    return meter.bill(1) + counted
