"""A small policy, trained by reward, that steers a large language model which cannot be trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..combine.decoding.additive import Adapted
from ..core.data import Dataset, plain
from ..core.errors import UnderdogError
from ..core.language import Ids, LanguageModel, complete, log_softmax
from ..core.protocols import Learner, Model, fitted
from ..models.language.lm import LM, Trained
from ..models.linear.recipe import Linear
from ..runtime.extras import require
from ..runtime.meter import Meter
from ..runtime.progress import step
from ..runtime.registry import register
from ..runtime.schema import Number

GIVEN = 8
"""Tokens of a text that are given as a prompt."""

SAMPLES = 4
"""Continuations of each prompt: each is judged against the mean of the others."""

PROMPTS = 4
"""Prompts a step."""


@register(
    "rewarded",
    holds={
        "steps": Number(1, 1e6),
        "length": Number(1, 4096),
        "rate": Number(1e-8, 1),
        "closeness": Number(0, 100),
    },
)
@dataclass(frozen=True)
class Rewarded:
    """Trains ``policy`` such that ``base`` times the policy writes what the ``judge`` rewards (IPA,
    Lu et al., EMNLP 2023).

    The base is only asked for its next tokens and stays as it is. The reward of a continuation is
    the probability that the judge, a recipe that is fitted on the labelled texts or a Model of
    them, gives the label ``of``. In each of ``steps`` the beginnings of some texts are continued by
    ``length`` tokens; what earned more than the other continuations of the same prompt becomes
    likelier (REINFORCE, each against the mean of the others). ``closeness`` holds it near the
    base: the penalty for each nat of divergence a token. Needs the extra `torch`.
    """

    base: LanguageModel
    of: str
    policy: LM = field(default_factory=lambda: LM(tokenizer="smollm2", width=64, layers=2))
    judge: Model | Learner = field(default_factory=Linear)
    steps: int = 100
    length: int = 16
    rate: float = 2e-3
    closeness: float = 0.02

    def fit(self, data: Dataset, seed: int = 0) -> Adapted:
        """The base with its policy, an `adapted` model; ``data`` has texts with labels.

        Raises `UnderdogError` if no text has the label ``of``, or if tokenizers differ.
        """
        if self.of not in data.task.labels:
            known = ", ".join(map(repr, data.task.labels[:5]))
            raise UnderdogError(
                f"no text has the label {self.of!r} that is to be rewarded", f"one of {known}"
            )
        complete("rewarded", self.base)
        meter = Meter()
        require("torch", "torch")
        judge = fitted(self.judge, data, seed)
        start = _untrained(self.policy, data, seed)
        if start.tokenizer.identity != self.base.tokenizer.identity:
            raise UnderdogError(
                "the policy and the model that it steers have different tokenizers",
                "policy=lm(tokenizer=NAME) with the name of the base, such as 'smollm2'",
            )
        trained = self._trained(start, judge, _prompts(self.base, data), seed)
        meter.bill(1)
        return Adapted(self.base, trained)

    def _trained(self, start: Trained, judge: Model, prompts: Ids, seed: int) -> Trained:
        import torch

        from ..models.language import lm_training

        body = start._body.train()
        optimizer = torch.optim.AdamW(body.parameters(), lr=self.rate, weight_decay=0.0)
        draw = np.random.default_rng(seed)
        with step("training the policy", self.steps) as advance:
            for _ in range(self.steps):
                some = draw.choice(len(prompts), min(PROMPTS, len(prompts)), replace=False)
                given = np.repeat(prompts[some], SAMPLES, axis=0)
                ids, scores = self._written(body, given, draw)
                texts = [self.base.tokenizer.decode(row) for row in ids.tolist()]
                loss = self._loss(body, ids, scores, _rewards(judge, texts, self.of))
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(body.parameters(), 1.0)
                optimizer.step()
                advance(1)
        config, arrays, factors = lm_training.weights(body.eval(), False)
        return Trained(start.tokenizer, config, arrays, factors)

    def _written(self, body: Any, ids: Ids, draw: np.random.Generator) -> tuple[Ids, Any]:
        """``ids`` continued by base times policy, and the base's log-probabilities of each step,
        ``[samples, length, vocabulary]``.
        """
        import torch

        scores, memory, own, new = [], None, None, ids
        for _ in range(self.length):
            logits, memory = self.base.extend(new, memory)
            with torch.no_grad():
                out = body(torch.from_numpy(new), past_key_values=own, use_cache=True)
            own = out.past_key_values
            scores.append(log_softmax(logits[:, -1]).astype(np.float32))
            both = np.exp(log_softmax(scores[-1] + out.logits[:, -1].numpy()).astype(np.float64))
            new = np.array([[draw.choice(len(row), p=row / row.sum())] for row in both])
            ids = np.concatenate([ids, new], axis=1)
        return ids, torch.from_numpy(np.stack(scores, axis=1)).clamp(min=-1e4)

    def _loss(self, body: Any, ids: Ids, scores: Any, rewards: Any) -> Any:
        import torch

        told = torch.from_numpy(np.ascontiguousarray(ids))
        own = body(told[:, :-1], use_cache=False).logits[:, GIVEN - 1 :]
        both = torch.log_softmax(scores + own, -1)
        chosen = both.gather(-1, told[:, GIVEN:, None])[..., 0].sum(dim=1)
        alike = rewards.reshape(-1, SAMPLES)
        others = (alike.sum(axis=1, keepdims=True) - alike) / (SAMPLES - 1)
        gained = torch.from_numpy((alike - others).ravel())
        apart = (both.exp() * (both - scores)).sum(dim=-1).sum(dim=1)
        return (-gained * chosen + self.closeness * apart).mean()


def _untrained(recipe: LM, data: Dataset, seed: int) -> Trained:
    """The policy before it has earned anything: it changes next to nothing."""
    from ..models.language import lm_training
    from ..models.language.ngram import tokenizer_of

    tokenizer = tokenizer_of(recipe.tokenizer)
    config, arrays, _ = lm_training.weights(lm_training.network(recipe, tokenizer, seed), False)
    return Trained(tokenizer, config, arrays, {})


def _prompts(base: LanguageModel, data: Dataset) -> Ids:
    """The beginnings of the texts, ``[texts, GIVEN]``."""
    found = [base.tokenizer.encode(plain(text))[:GIVEN] for text in data.texts]
    if not (kept := [ids for ids in found if len(ids) == GIVEN]):
        raise UnderdogError(f"no text has {GIVEN} tokens to continue", "give longer texts")
    return np.array(kept, np.int64)


def _rewards(judge: Model, texts: list[str], of: str) -> Any:
    """The probability of the label ``of``, ``[texts]``."""
    answers = judge.answer(texts)
    if answers.probs is None:
        raise UnderdogError("the judge gives no probabilities to reward", "judge=linear()")
    return answers.probs[:, answers.labels.index(of)].astype(np.float32)
