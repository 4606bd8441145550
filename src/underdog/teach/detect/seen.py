"""What a detector sees beside the words: style and likelihoods, or support by a source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.cost import Floats
from ...core.data import Text
from ...core.errors import UnderdogError
from ...core.protocols import Model
from ...models.features.text_pairs import are_pairs
from ...runtime.meter import Meter
from ...runtime.registry import register
from .likelihood import likelihood
from .style import style
from .support import support

KINDS = ("grounded", "answer", "machine")


@register("detector.seen")
@dataclass(frozen=True)
class Seen:
    """Texts as rows of numbers, by the ``kind`` of detector, for trees that heed gaps."""

    kind: str
    models: tuple[Any, ...] = ()
    encoder: str = ""
    nli: Model | None = None

    def rows(self, texts: Sequence[Text]) -> tuple[Floats, Floats]:
        """Rows ``[texts, features]``, NaN where a text has no such number; and receipts, charged,
        ``[texts, 6]``.

        Raises `UnderdogError` unless the texts are pairs (source, answer) for a grounded detector,
        pairs (question, answer) for one of answers, and single texts for one of machine-written
        text.
        """
        of_pairs = self.kind != "machine"
        if (are_pairs(texts) if texts else of_pairs) != of_pairs:
            raise _wrong_texts(self.kind)
        if of_pairs:
            pairs = [(text[0], text[1]) for text in texts]
            rows, costs = support(pairs, self.encoder or None, self.nli)
            if self.kind == "grounded":
                return rows, costs
            meter = Meter()
            sides = [[*style(one), *style(two), np.log1p(len(one))] for one, two in pairs]
            seen = np.array(sides).reshape(len(pairs), 2 * len(style("")) + 1)
            return np.hstack([rows, seen]), costs + meter.bill(len(pairs))
        meter = Meter()
        plain = [str(text) for text in texts]
        styles = np.array([style(text) for text in plain]).reshape(len(plain), len(style("")))
        return np.hstack([styles, likelihood(self.models, plain)]), meter.bill(len(plain))


def _wrong_texts(kind: str) -> UnderdogError:
    if kind != "machine":
        first = "source" if kind == "grounded" else "question"
        return UnderdogError(
            f"this detector needs pairs of a {first} and an answer",
            f"name both columns: --text {first} --text answer",
        )
    return UnderdogError(
        "whether a machine wrote a text is asked of single texts, not of pairs",
        "name one column: --text COLUMN; for answers with a source: detector('grounded')",
    )
