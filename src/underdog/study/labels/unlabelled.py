"""Rows without a gold label on which the small and the large model differ: what would settle it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from ...core.data import Text, normal
from ...core.protocols import Learner, Model
from ...models.recorded import Recorded, RecordedModel
from ...runtime.limit import Limit
from ...runtime.registry import spec
from ..runs.run import Pairs, Run

MOST = 20_000
"""Rows without a label that the small model is asked about."""


@dataclass(frozen=True, eq=False)
class Unlabelled:
    """Texts of the file without a gold label, and what two models answered: ``[texts]`` each."""

    texts: tuple[Text, ...]
    small: str
    ours: tuple[str, ...]
    large: str
    theirs: tuple[str, ...]

    @property
    def differing(self) -> int:
        """How many got two answers: where they agree, their accuracies cannot differ."""
        return sum(a != b for a, b in zip(self.ours, self.theirs, strict=True))


def unlabelled(
    small: Learner | Model, ran: Run, large: Recorded, pairs: Pairs, limit: Limit
) -> Unlabelled | None:
    """The rows that only the large model has answered, and the small model's answers to them.

    It is fitted once more, as for ``ran``; None where there are no such rows, or no time.
    """
    train = pairs[0][0]
    said = large.fit(train)
    assert isinstance(said, RecordedModel)
    known = {normal(text) for pair in pairs for part in pair for text in part.texts}
    pairs_of = zip(said.texts, said.values, strict=True)
    rows = [(text, value) for text, value in pairs_of if value and normal(text) not in known]
    rows = rows[:MOST]
    each = ran.wall / max(1, len(ran.answers))
    needed = (ran.fit.seconds or 0.0) + each * len(rows)
    if not rows or needed > limit.left:
        return None
    model = small.fit(train, ran.seed) if isinstance(small, Learner) else small
    texts = tuple(text for text, _ in rows)
    ours = model.answer(texts).values
    return Unlabelled(texts, ran.spec, tuple(ours), spec(large), tuple(v for _, v in rows))


def sentence(found: Unlabelled, folder: str) -> str:
    """What to label, and how."""
    return (
        f"{len(found.texts):,} rows of the file have no gold label; the models differ on"
        f" {found.differing:,} of them, and labels of these would settle it fastest: underdog"
        f" adjudicate {shlex.quote(folder)}"
    )
