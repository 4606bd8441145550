"""BERTScore: tokens of an output matched with those of its reference, or of its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset, Text
from ...core.errors import UnderdogError
from ...models.transformers.layers import Tokens, layer_vectors
from ...runtime.registry import register
from ...runtime.schema import Number
from .reading import source

PARTS = ("f1", "precision", "recall")


@register("bertscore", holds={"layer": Number(0, 1000)})
@dataclass(frozen=True)
class BertScore:
    """BERTScore (Zhang et al., ICLR 2020): each token is matched with the most similar one.

    Similar are the vectors of ``layer`` of ``encoder``, by default the last. ``against`` is what
    an output is compared with: its best reference, or its source, without any reference. ``part``
    is f1, precision (is what was said in there?) or recall (is what is in there said?). Tokens are
    weighted alike, as in the package bert-score without idf, whose scores these are; a text longer
    than the encoder's window is read in several windows in place of being cut. Vectors are kept,
    so that a text is read once. A token that is like none of the others is matched with nothing,
    which counts 0; bert-score counts it so too, but for the longest texts of its batches.
    """

    encoder: str = "minilm"
    layer: int | None = None
    against: str = "reference"
    part: str = "f1"

    def __post_init__(self) -> None:
        if self.against not in ("reference", "source"):
            raise UnderdogError(
                f"bertscore compares with no {self.against!r}", "bertscore(against='source')"
            )
        if self.part not in PARTS:
            raise UnderdogError(
                f"bertscore has no {self.part!r}",
                f"one of {', '.join(PARTS)}: bertscore(part='f1')",
            )

    @property
    def needs(self) -> tuple[str, ...]:
        """What it cannot do without."""
        return (self.against,)

    @property
    def by_sentence(self) -> bool:
        """Whether a grade of one sentence alone says how good that sentence is."""
        return self.part == "precision"

    @property
    def says(self) -> str:
        """What a mean grade says."""
        return f"BERTScore {self.part}"

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """Grades of shape ``[texts]``; a blank output gets 0, NaN where there is nothing to compare
        with.
        """
        wanted: Sequence[tuple[str, ...]] = (
            data.right
            if self.against == "reference"
            else [(source(text),) if source(text).strip() else () for text in texts]
        )
        pairs = [(i, right) for i, many in enumerate(wanted) for right in many]
        said = [i for i, _ in pairs]
        rights = layer_vectors([right for _, right in pairs], self.encoder, self.layer)
        mine = layer_vectors([values[i] for i in said], self.encoder, self.layer)
        grades = np.full(len(values), np.nan)
        part = PARTS.index(self.part)
        for i, one, other in zip(said, mine, rights, strict=True):
            grades[i] = np.fmax(grades[i], matched(one, other)[part])
        return grades


def matched(one: Tokens, other: Tokens) -> tuple[float, float, float]:
    """F1, precision and recall of greedy matching of the tokens of ``one`` with those of ``other``.

    All are 0 where one of the two has no words.
    """
    if not one.words.any() or not other.words.any():
        return 0.0, 0.0, 0.0
    similar = np.maximum(one.vectors @ other.vectors.T, 0.0)
    precision = float(similar.max(axis=1)[one.words].mean())
    recall = float(similar.max(axis=0)[other.words].mean())
    total = precision + recall
    return (2 * precision * recall / total if total > 0 else 0.0), precision, recall
