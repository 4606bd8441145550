"""Writes what a large language model writes, sooner: a cheap one drafts, the large one verifies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ...core.answer import Answers
from ...core.data import Text
from ...core.errors import UnderdogError
from ...core.language import (
    LanguageModel,
    complete,
    gives_scores,
    log_softmax,
    same_tokenizer,
)
from ...runtime.registry import register
from ...runtime.schema import Number
from .acceptance import RULES
from .drafts import Drafter, Lookup, proposer
from .sampling import Cut, drawn, draws
from .writers import WRITING, Written, completed


@register("speculative", holds={**WRITING, "gamma": Number(1, 64)})
@dataclass(frozen=True)
class Speculative:
    """Writes exactly what `sampled` would write with ``target``: the same distribution, the same
    likeliest tokens.

    ``draft`` proposes ``gamma`` tokens, and the target reads them in one pass: `lookup()`, an
    `ngram` model, or any language model with the same tokenizer. ``rule`` 'block' judges them
    together (Sun et al., ICLR 2025), 'token' one by one (Leviathan et al., ICML 2023). The target
    may be a combination, such as `contrasted`. Whether it is faster here: `underdog speculate`.
    """

    target: LanguageModel
    draft: Drafter | LanguageModel = field(default_factory=Lookup)
    gamma: int = 8
    max_tokens: int = 256
    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0
    chat: bool = False
    rule: str = "block"

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise UnderdogError(f"speculative has no rule {self.rule!r}", "'block' or 'token'")

    def answer(self, texts: Sequence[Text]) -> Answers:
        """A completion for each prompt, with the log-probability of each as a whole.

        Raises `UnderdogError` if the tokenizers differ, or if a model cannot forget.
        """
        complete("a target that checks drafts", self.target)
        if gives_scores(self.draft):
            same_tokenizer(self.target, self.draft)
        return completed(self, self.target.tokenizer, texts, self.chat, self.write)

    def write(self, prompt: Sequence[int]) -> Written:
        """The completion of the tokens ``prompt``."""
        cut, draw = Cut(self.temperature, self.top_k, self.top_p), draws(self.seed, str(prompt))
        tokenizer, judge = self.target.tokenizer, RULES[self.rule]
        drafter = proposer(self.draft, tokenizer.size)
        ids, total, calls, drafted, kept_in_all, memory = list(prompt), 0.0, 0, 0, 0, None
        last = len(prompt) + self.max_tokens
        read = 0
        while len(ids) < last and not (len(ids) > len(prompt) and ids[-1] == tokenizer.end):
            most = min(self.gamma, last - len(ids) - 1)
            tokens, proposed = drafter.propose(ids, most, cut, draw) if most else ([], [])
            new = np.array([[*ids[read:], *tokens]], np.int64)
            logits, memory = self.target.extend(new, memory)
            rows = logits[0, -len(tokens) - 1 :]
            wanted = cut.probabilities(rows)
            if tokens:
                kept, after = judge(wanted, np.asarray(proposed), tokens).decide(draw)
            else:
                kept, after = 0, drawn(wanted[0], draw)
            written = [*tokens[:kept], after]
            if tokenizer.end in written:
                written = written[: written.index(tokenizer.end) + 1]
            total += float(log_softmax(rows)[np.arange(len(written)), written].sum())
            read = len(ids) + min(kept, len(written) - 1)
            ids += written
            memory = memory.crop(read)
            calls, drafted, kept_in_all = calls + 1, drafted + len(tokens), kept_in_all + kept
        return Written(tuple(ids[len(prompt) :]), total, calls, drafted, kept_in_all)
