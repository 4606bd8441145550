"""What labelling a file with a large model would cost, before a cent is spent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..combine.prompted import FewShot, Prompted, labelling
from ..core.cost import Cost
from ..core.data import Dataset
from ..core.errors import UnderdogError
from ..core.protocols import Learner, Model, fitted
from ..models.chat import Chat
from ..models.decide import Decide
from ..runtime import prices
from ..runtime.formatting import dollars
from ..runtime.registry import spec


@dataclass(frozen=True)
class Plan:
    """An estimate: the ``cost`` of asking ``llm`` about ``texts`` texts, and one prompt as sent.

    What the open store holds already counts as nothing. Tokens are estimated from bytes, answers
    as a few tokens each; a model that reasons before it answers writes many times more.
    """

    llm: str
    texts: int
    cost: Cost
    dated: str
    prompt: str

    def lines(self) -> Iterator[str]:
        """The plan in words."""
        yield f"{self.llm} on {self.texts:,} texts: about {dollars(self.cost.dollars)}"
        each = None if self.cost.dollars is None else self.cost.dollars / max(self.texts, 1)
        yield f"  {dollars(each)} a text; {self.cost.calls or 0:,} prompts not answered yet"
        read, written = self.cost.tokens_in or 0, self.cost.tokens_out or 0
        yield f"  about {read:,} tokens to read and {written:,} to write"
        yield f"  {self.dated}"
        yield "one prompt, as it would be sent:"
        yield from (f"  | {line}" for line in self.prompt.splitlines())


def plan(llm: Learner | Model, data: Dataset) -> Plan:
    """Estimate what it costs to have ``llm`` answer every text of ``data``; asks nothing."""
    asked = labelling(llm)
    model = fitted(asked, data) if isinstance(asked, FewShot) else asked
    if isinstance(model, Prompted) and isinstance(model.model, Decide):
        judge, task = model.model, model.question()
        shown = judge.shown(data.texts[0], task) if data.texts else ""
        cost = judge.estimate(data.texts, task)
        return Plan(spec(llm), len(data), cost, prices.dated(), shown)
    if not isinstance(model, Prompted) or not isinstance(model.model, Chat):
        raise UnderdogError(
            f"{spec(llm)} is no language model behind an endpoint, so it costs no tokens",
            "name one: --llm \"chat('gpt-5-mini')\"",
        )
    prompts = [model.prompt(text) for text in data.texts]
    cost = model.model.estimate(prompts)
    return Plan(spec(llm), len(data), cost, prices.dated(), prompts[0] if prompts else "")
