"""A scripted model for tests, demonstrations and dry runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.answer import Answers
from ..core.cost import Cost, charge
from ..core.data import Text
from ..runtime.registry import register
from ..runtime.schema import Number


@register(
    "scripted",
    sample="scripted([['great', 'pos'], ['dull', 'neg']])",
    holds={"dollars_per_word": Number(0, 1e6)},
)
@dataclass(frozen=True)
class Scripted:
    """Gives scripted replies like a large language model, at a price in dollars per word.

    ``replies`` are pairs (cue, reply): the cue that occurs last in a text decides, and
    ``otherwise`` is the reply without a cue.
    """

    replies: tuple[tuple[str, str], ...]
    otherwise: str = "I cannot say."
    dollars_per_word: float = 1e-6

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The scripted reply to each text. Tokens are counted as words."""
        values, receipts = [], []
        for text in texts:
            prompt = text if isinstance(text, str) else "\n".join(text)
            cues = [(prompt.rfind(cue), reply) for cue, reply in self.replies]
            position, reply = max(cues, default=(-1, ""), key=lambda match: match[0])
            values.append(reply if position >= 0 else self.otherwise)
            words = len(prompt.split()), len(values[-1].split())
            price = self.dollars_per_word * sum(words)
            cost = Cost(dollars=price, tokens_in=words[0], tokens_out=words[1], calls=1)
            receipts.append(cost.row())
        costs = np.array(receipts).reshape(len(values), 6)
        charge(costs)
        return Answers.said(values, costs, "scripted")
