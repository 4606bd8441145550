"""A retriever as a model: what it finds is the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.answer import ABSTAIN, Answers
from ...core.cost import Ledger
from ...core.data import Text
from ...core.passages import Hit
from ...core.protocols import Retriever
from ...runtime.registry import register, spec
from .context import question


@register("retrieved")
@dataclass(frozen=True)
class Retrieved:
    """Answers with the best thing that ``retriever`` finds: rows of a database, or a passage.

    A row of a table is its cells, several rows are one line each; ``retrieved(database('URL'))`` is
    a solver for ``decomposed``. Abstains where nothing is found.
    """

    retriever: Retriever

    def answer(self, texts: Sequence[Text]) -> Answers:
        """What is found for each text, billed for the search."""
        asked = [question(text) for text in texts]
        with Ledger() as spent:
            found = self.retriever.top(asked, 1) if asked else []
        values = [_said(hits[0]) if hits else ABSTAIN for hits in found]
        costs = np.tile(spent.total.row() / max(1, len(asked)), (len(asked), 1))
        return Answers.said(values, costs, spec(self))


def _said(hit: Hit) -> str:
    """The rows below their header, or the text where there are none."""
    if len(hit.rows) < 2:
        return hit.text.strip()
    return "\n".join(", ".join(str(cell) for cell in row) for row in hit.rows[1:])
