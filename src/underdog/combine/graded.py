"""What a grader says of an answer, without any right one, as the confidence of a cascade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.answer import ABSTAIN, Answers
from ..core.cost import Floats, Ledger
from ..core.data import Dataset, Task, Text
from ..core.errors import UnderdogError
from ..core.graders import needs
from ..core.protocols import Grader
from ..runtime.meter import Meter
from ..runtime.registry import register, spec

GIVEN = frozenset({"source"})
"""What is known of an answer when it is given: the text that was asked about."""


@register("graded")
@dataclass(frozen=True)
class Graded:
    """The grade that ``grader`` gives an answer by its text alone: ``graded(nli('models/nli'))``.

    It defers on answers that the text does not support. The grader may need no reference. Its cost
    is added to the answers. An abstention, and an answer without a grade, has confidence 0.
    """

    grader: Grader

    def __post_init__(self) -> None:
        if lacking := [need for need in needs(self.grader) if need not in GIVEN]:
            raise UnderdogError(
                f"{spec(self.grader)} needs the {lacking[0]} of an answer, which a cascade has not",
                "use one that looks at the text alone, as in: graded(overlap('source'))",
            )

    def weigh(self, texts: Sequence[Text], answers: Answers) -> tuple[Answers, Floats]:
        """The answers, billed for the grader, and the grade of each, ``[texts]``."""
        sure = np.zeros(len(answers))
        rows = [i for i, value in enumerate(answers.values) if value != ABSTAIN]
        if not rows:
            return answers, sure
        asked, values = [texts[i] for i in rows], [answers.values[i] for i in rows]
        data = Dataset(Task("graded", (), kind="text"), tuple(asked), (None,) * len(rows))
        meter = Meter()
        with Ledger() as ledger:
            grades = self.grader.grade(asked, values, data)
        sure[rows] = np.fmax(grades, 0.0)
        paid = ledger.total.row()
        each = np.tile(paid / len(rows), (len(rows), 1))
        billed = each if paid.any() else meter.bill(len(rows))
        bill = Answers(tuple(values), (), None, billed, ((),) * len(rows))
        return answers.put(np.array(rows), answers.take(rows).after(bill)), sure
