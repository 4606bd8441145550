"""Grounded answers: a model is given what a retriever finds, always or where it is unsure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...core.answer import Answers
from ...core.cost import FIELDS, Floats, Ledger
from ...core.data import Text
from ...core.description import Fact, describe
from ...core.errors import UnderdogError
from ...core.given import Data, dataset
from ...core.passages import Hit
from ...core.protocols import Grader, Learner, Model, Retriever, fitted
from ...runtime.registry import register
from ...runtime.schema import Number
from ..prompted import FewShot, labelling
from .citations import Grounds, checked, grounds
from .context import beside, question
from .shortening import shortened

OUT = FIELDS.index("tokens_out")

Found = list[list[Hit]]


@register("grounded.model", holds={"k": Number(1), "share": Number(0, 1), "below": Number(0, 1)})
@dataclass(frozen=True)
class GroundedModel:
    """The answers of ``model`` to texts beside what ``retriever`` finds.

    ``plain``, where there is one, is asked first, without passages; only texts of which it is less
    sure than ``below`` are searched for. ``paired`` says how passages stand beside a text.
    """

    model: Model
    retriever: Retriever
    k: int
    share: float
    cite: bool
    paired: bool
    plain: Model | None = None
    below: float = 0.0
    support: Grader | None = None

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The answers, billed for the search. Citations of what was not retrieved are removed."""
        return self._answered(texts)[0]

    def grounds(self, texts: Sequence[Text]) -> tuple[Grounds, ...]:
        """What each answer rests on: passages, citations that were checked, and their support.

        Asks about the texts once more.
        """
        _, written, found = self._answered(texts)
        return grounds([question(text) for text in texts], written, found, self.support)

    def explain(self, texts: Sequence[Text]) -> tuple[str, ...]:
        """The same as a sentence for each text."""
        return tuple(one.sentence() for one in self.grounds(texts))

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """For how many of the texts something is found; and the facts of the model."""
        asked = [question(text) for text in texts]
        found = sum(map(bool, self.retriever.top(asked, self.k)))
        says = f"passages were found for {found:,} of {len(texts):,} texts"
        if found < len(texts):
            says += "; the others are answered without"
        told = Fact("grounding", says, {"found": found, "of": len(texts)})
        return (told, *describe(self.model, texts)) if len(texts) else describe(self.model, texts)

    def _answered(self, texts: Sequence[Text]) -> tuple[Answers, tuple[str, ...], Found]:
        """The answers, what was written before citations were checked, and the passages."""
        if self.plain is None:
            return self._grounded(texts)
        first = self.plain.answer(texts)
        found: Found = [[] for _ in texts]
        rows = np.flatnonzero(certainty(first) < self.below).tolist()
        if not rows:
            return first, first.values, found
        better, wrote, hits = self._grounded([texts[i] for i in rows])
        written = list(first.values)
        for i, one, some in zip(rows, wrote, hits, strict=True):
            written[i], found[i] = one, some
        return first.put(rows, better.after(first.take(rows))), tuple(written), found

    def _grounded(self, texts: Sequence[Text]) -> tuple[Answers, tuple[str, ...], Found]:
        found, costs = searched(self.retriever, texts, self.k, self.share)
        pairs = zip(texts, found, strict=True)
        asked = [beside(text, hits, self.paired, self.cite) for text, hits in pairs]
        said = self.model.answer(asked)
        values = said.values
        if self.cite and not said.labels:
            told = zip(values, found, strict=True)
            values = tuple(checked(value, len(hits)) for value, hits in told)
        return replace(said, values=values, costs=said.costs + costs), said.values, found


@register("grounded", holds={"k": Number(1, 1000), "share": Number(0, 1), "below": Number(0, 1)})
@dataclass(frozen=True)
class Grounded:
    """Gives ``model`` the ``k`` best passages of ``retriever`` with every text.

    The model may write or label, be prompted or trained: a recipe is fitted to texts with their
    passages. In a prompt, passages stand between delimiters that they cannot forge, and one that
    reads like an instruction is marked. Where nothing is found, the model answers without.
    ``share`` keeps so much of each passage, in whole sentences that bear on the text. With
    ``below``, the model answers alone first, and only texts of which it is less sure are searched
    for. ``cite`` asks for citations; those of passages that were not retrieved are removed, and
    ``grounds`` of the fitted model tells how far the cited ones support the answer, by the grader
    ``support`` or else by shared words.
    """

    model: Model | Learner
    retriever: Retriever
    k: int = 3
    share: float = 1.0
    below: float = 0.0
    cite: bool = False
    support: Grader | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.retriever, Retriever):
            raise UnderdogError(
                f"{self.retriever!r} has no passages to find",
                "write an index: underdog index FOLDER --out INDEX; then: index('INDEX')",
            )

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `GroundedModel`; a recipe in it is fitted to the texts beside their passages."""
        data = dataset(data)
        inner = labelling(self.model)
        paired = isinstance(inner, Learner) and not isinstance(inner, FewShot)
        found, _ = searched(self.retriever, data.texts, self.k, self.share)
        pairs = zip(data.texts, found, strict=True)
        texts = tuple(beside(text, hits, paired, self.cite) for text, hits in pairs)
        return GroundedModel(
            fitted(inner, replace(data, texts=texts), seed),
            self.retriever,
            self.k,
            self.share,
            self.cite,
            paired,
            fitted(inner, data, seed) if self.below else None,
            self.below,
            self.support,
        )


def searched(
    retriever: Retriever, texts: Sequence[Text], k: int, share: float
) -> tuple[Found, Floats]:
    """What is found for each text, shortened to a ``share``; and the receipts, ``[texts, 6]``."""
    asked = [question(text) for text in texts]
    with Ledger() as spent:
        found = [list(hits) for hits in retriever.top(asked, k)] if asked else []
    if share < 1:
        found = [
            [replace(hit, text=shortened(hit.text, share, text)) for hit in hits]
            for text, hits in zip(asked, found, strict=True)
        ]
    each = spent.total.row() / max(1, len(asked))
    return found, np.tile(each, (len(asked), 1))


def certainty(answers: Answers) -> Floats:
    """How sure a model is, ``[texts]``: its confidence, or the mean probability of the tokens that
    it wrote; 0 where it tells neither.
    """
    sure = np.array(answers.confidence, np.float64)
    if answers.logprobs is None:
        return sure
    tokens = np.maximum(np.nan_to_num(answers.costs[:, OUT], nan=1.0), 1.0)
    written = np.nan_to_num(np.exp(answers.logprobs / tokens))
    return np.where(sure > 0, sure, written)
