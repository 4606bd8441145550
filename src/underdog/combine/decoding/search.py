"""Weak-to-strong search: a small tuned model steers what a large one writes, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.answer import Answers
from ...core.cost import Floats
from ...core.data import Text
from ...core.language import (
    Ids,
    LanguageModel,
    complete,
    log_softmax,
    missing,
    same_tokenizer,
)
from ...runtime.registry import register
from ...runtime.schema import Number
from .joint import Joint, read
from .sampling import Cut, Draw, drawn, draws
from .writers import WRITING, Written, completed


@dataclass(frozen=True)
class _Beam:
    """Tokens written so far, how much the tuned model prefers them, and how likely the base finds
    them.
    """

    tokens: tuple[int, ...] = ()
    reward: float = 0.0
    logprob: float = 0.0


@register(
    "searched",
    holds={
        **WRITING,
        "width": Number(1, 256),
        "branches": Number(1, 256),
        "chunk": Number(1, 1024),
    },
)
@dataclass(frozen=True)
class Searched:
    """Writes with ``base`` what a small ``tuned`` model prefers to its ``untuned`` self (Zhou et
    al., NeurIPS 2024).

    Each of the ``width`` best texts so far is continued in ``branches`` ways by ``chunk`` tokens,
    drawn from the base; those with the largest log tuned - log untuned stay. The base is never
    changed and need not be open to training. All three share a tokenizer. With one text and one
    branch it is `sampled(base)`.
    """

    base: LanguageModel
    tuned: LanguageModel
    untuned: LanguageModel
    width: int = 2
    branches: int = 4
    chunk: int = 8
    max_tokens: int = 64
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0
    chat: bool = False

    def answer(self, texts: Sequence[Text]) -> Answers:
        """A completion for each prompt, with its log-probability by the base.

        Raises `UnderdogError` if the tokenizers differ.
        """
        same_tokenizer(self.base, self.tuned, self.untuned)
        complete("a model that judges what was written", self.tuned, self.untuned)
        return completed(self, self.base.tokenizer, texts, self.chat, self.write)

    def write(self, prompt: Sequence[int]) -> Written:
        """The completion of the tokens ``prompt``."""
        draw = draws(self.seed, str(prompt))
        beams, memory = [_Beam()], None
        new: Ids = np.array([prompt], np.int64)
        finished: list[_Beam] = []
        written = calls = 0
        while beams and written < self.max_tokens:
            rows = [i for i in range(len(beams)) for _ in range(self.branches)]
            size = min(self.chunk, self.max_tokens - written)
            if memory is not None:
                memory, new = memory.select(rows), new[rows]
            grown, memory, new = self._grow([beams[i] for i in rows], memory, new, size, draw)
            written, calls = written + size, calls + size
            candidates = [
                *((beam, -1) for beam in finished),
                *zip(grown, range(len(grown)), strict=True),
            ]
            candidates.sort(key=lambda one: -one[0].reward)  # stable: of equals the first stays
            chosen = candidates[: self.width]
            ended = [self._ended(beam) for beam, _ in chosen]
            finished = [beam for (beam, _), end in zip(chosen, ended, strict=True) if end]
            going = [(beam, i) for (beam, i), end in zip(chosen, ended, strict=True) if not end]
            beams = [beam for beam, _ in going]
            if going:
                places = [i for _, i in going]
                memory, new = memory.select(places), new[places]
        best = max([*finished, *beams], key=lambda beam: beam.reward)
        return Written(best.tokens, best.logprob, calls, missing=missing(memory))

    def _ended(self, beam: _Beam) -> bool:
        return bool(beam.tokens) and beam.tokens[-1] == self.base.tokenizer.end

    def _grow(
        self, beams: list[_Beam], memory: Joint | None, new: Ids, size: int, draw: Draw
    ) -> tuple[list[_Beam], Joint, Ids]:
        """``beams`` with ``size`` more tokens each, fewer where a text ends."""
        cut = Cut(self.temperature, self.top_k, self.top_p)
        models = (self.base, self.tuned, self.untuned)
        for _ in range(size):
            found, memory = read(models, new, memory)
            if len(new) < len(beams):  # the prompt was read once for all branches
                memory = memory.select([0] * len(beams))
                found = [np.repeat(logits, len(beams), axis=0) for logits in found]
            base, tuned, untuned = (log_softmax(logits[:, -1]) for logits in found)
            wanted = cut.probabilities(found[0][:, -1])
            beams = [
                beam if self._ended(beam) else _step(beam, row, base, tuned - untuned, wanted, draw)
                for row, beam in enumerate(beams)
            ]
            new = np.array([[beam.tokens[-1]] for beam in beams], np.int64)
        assert memory is not None
        return beams, memory, new


def _step(beam: _Beam, row: int, base: Floats, gain: Floats, wanted: Floats, draw: Draw) -> _Beam:
    token = drawn(wanted[row], draw)
    reward = beam.reward + float(gain[row, token])
    return _Beam((*beam.tokens, token), reward, beam.logprob + float(base[row, token]))
