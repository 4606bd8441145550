"""What labelling a file with a large model would cost, before a cent is spent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...combine.prompted import FewShot, Prompted, labelling
from ...core import given
from ...core.cost import FIELDS, Cost
from ...core.errors import UnderdogError
from ...core.given import Data
from ...core.protocols import Learner, Model, fitted
from ...models.chat import Chat
from ...models.decide import Decide
from ...models.language.llama import Llama
from ...runtime import prices
from ...runtime.formatting import dollars, seconds
from ...runtime.registry import contestant, spec
from ...runtime.tariff import Tariff

OFF, FEW, MANY = 1.33, 2, 32
"""How far a count of tokens from bytes may be off, and the tokens in a short and a long label."""

HERE = "on this machine: no provider's bill; tokens counted by the model's own tokenizer"
BATCHED = "; as a batch: half the price, answered within a day"


@dataclass(frozen=True)
class Plan:
    """An estimate: the ``cost`` of asking ``llm`` about ``texts`` texts, and one prompt as sent.

    What the open store holds already counts as nothing, and shows what the rest will cost: with
    ``basis`` such answers the dollars, from ``low`` to ``high``, and the ``minutes`` are learned
    from theirs. Without, tokens are estimated from bytes, answers as a few tokens each; a model
    that reasons before it answers writes many times more.
    """

    llm: str
    texts: int
    cost: Cost
    dated: str
    prompt: str
    low: float | None = None
    high: float | None = None
    minutes: float | None = None
    basis: int = 0

    def __repr__(self) -> str:
        return f"<Plan: {next(self.lines())}>"

    def lines(self) -> Iterator[str]:
        """The plan in words."""
        left = f"{self.cost.calls or 0:,} prompts not answered yet"
        if self.cost.dollars is None:
            yield f"{self.llm} on {self.texts:,} texts: the price is unknown"
            yield f"  tell it, in dollars a million tokens: price=[0.25, 2.0]; {left}"
        else:
            yield f"{self.llm} on {self.texts:,} texts: about {dollars(self.cost.dollars)}"
        if self.low is not None and self.high is not None:
            source = f"from {self.basis:,} answers on file" if self.basis else "a rough estimate"
            yield f"  between {dollars(self.low)} and {dollars(self.high)}, {source}"
        if self.cost.dollars is not None:
            yield f"  {dollars(self.cost.dollars / max(self.texts, 1))} a text; {left}"
        if self.minutes is not None:
            yield f"  about {seconds(60 * self.minutes)}"
        read, written = self.cost.tokens_in or 0, self.cost.tokens_out or 0
        yield f"  about {read:,} tokens to read and {written:,} to write"
        yield f"  {self.dated}"
        yield "one prompt, as it would be sent:"
        yield from (f"  | {line}" for line in self.prompt.splitlines())


def plan(llm: Learner | Model | str, data: Data) -> Plan:
    """Estimate what it costs to have ``llm`` answer every text of ``data``; asks nothing.

    ``llm`` may be a spec, ``data`` what `underdog.read` reads. Raises `UnderdogError` for a model
    that pays for no tokens.
    """
    llm = contestant(llm) if isinstance(llm, str) else llm
    asked, data = labelling(llm), given.dataset(data)
    model = fitted(asked, data) if isinstance(asked, FewShot) else asked
    if isinstance(model, Prompted) and isinstance(model.model, Decide):
        judge, task = model.model, model.question()
        shown = judge.shown(data.texts[0], task) if data.texts else ""
        cost = judge.estimate(data.texts, task)
        return Plan(spec(llm), len(data), cost, prices.dated(), shown)
    if not isinstance(model, Prompted) or not isinstance(model.model, Chat | Llama):
        raise UnderdogError(
            f"{spec(llm)} is no language model behind an endpoint, so it costs no tokens",
            "name one: --llm \"chat('gpt-5-mini')\"",
        )
    prompts = [model.prompt(text) for text in data.texts]
    if isinstance(model.model, Llama):  # it weighs the labels, and writes none
        read = model.model.counted(prompts)
        local = Cost(None, None, 0.0, read, 0, len(prompts))
        return Plan(spec(llm), len(data), local, HERE, prompts[0] if prompts else "")
    return _of_chat(model.model, spec(llm), prompts, data.task.labels)


def _of_chat(chat: Chat, name: str, prompts: Sequence[str], labels: Sequence[str]) -> Plan:
    """The plan of asking ``chat`` the ``prompts``, learned from those that were asked already."""
    cost = chat.estimate(prompts, labels=labels)
    dated = f"{prices.dated()}{BATCHED if chat.batch else ''}"
    rough = Plan(name, len(prompts), cost, dated, prompts[0] if prompts else "")
    paid = chat.on_file(prompts, labels)
    sizes = np.array([len(prompt.encode("utf-8", "replace")) for prompt in prompts])
    left = sizes[np.isnan(paid[:, FIELDS.index("calls")])]
    bills, waits = (Tariff.learn(sizes, paid[:, FIELDS.index(x)]) for x in ("dollars", "seconds"))
    minutes = None
    if waits is not None and not chat.batch:
        minutes = waits.total(left)[0] / 60 / chat.concurrency
    if bills is None or cost.dollars is None:
        few, many = (chat.estimate(prompts, n, labels).dollars for n in (FEW, MANY))
        low, high = (None, None) if few is None or many is None else (few / OFF, many * OFF)
        return replace(rough, low=low, high=high, minutes=minutes)
    likely, low, high = bills.total(left)
    known = replace(cost, dollars=likely)
    return replace(rough, cost=known, low=low, high=high, minutes=minutes, basis=bills.answers)
