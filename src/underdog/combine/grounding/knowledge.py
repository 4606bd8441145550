"""Small models of a domain that write background, in the place of a retriever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...core.given import Data, dataset
from ...core.passages import Hit
from ...core.protocols import Learner, Model, Retriever, fitted
from ...core.texts import sentences
from ...runtime.registry import register, spec
from ...runtime.schema import Number
from ..demonstrations import words
from .citations import overlap
from .recipe import Grounded

ASK = "Background knowledge that helps to answer the question, in two sentences.\n\nQuestion: "

ALIKE = 0.8
"""The share of shared words above which a card adds nothing to a better one, or to the question."""


@register("knowledge.drafts", holds={"words": Number(1), "support": Number(0, 1)})
@dataclass(frozen=True)
class Drafts:
    """A retriever whose passages are written: cards by ``experts``, of which few are kept.

    A card is cut to whole sentences of at most ``words`` words. It is dropped where it shares no
    longer word with the query, only repeats it, or, with a ``retriever``, where less than the share
    ``support`` of its longer words stand in what that finds.
    """

    experts: tuple[Model, ...]
    words: int
    retriever: Retriever | None
    support: float

    def top(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """The ``k`` most relevant cards for each query; none where no card is good enough."""
        cards: list[list[Hit]] = [[] for _ in queries]
        known = self.retriever.top(queries, 5) if self.retriever and queries else cards
        evidence = ["\n".join(hit.text for hit in hits) for hits in known]
        for expert in self.experts:
            wrote = expert.answer([f"{ASK}{query}" for query in queries]).values
            for i, (query, text) in enumerate(zip(queries, wrote, strict=True)):
                card = brief(text, self.words)
                score = self._relevance(query, card, evidence[i])
                if score > 0:
                    cards[i].append(Hit(card, score, spec(expert)))
        return [_distinct(sorted(some, key=lambda hit: -hit.score))[:k] for some in cards]

    def _relevance(self, query: str, card: str, evidence: str) -> float:
        """How much of the query the card speaks of; 0 for one that is not to be used."""
        about = overlap(query, card)
        if not about > 0 or not overlap(card, query) < ALIKE:
            return 0.0
        held = overlap(card, evidence) if self.retriever else 1.0
        return about if held >= self.support else 0.0


@register(
    "knowledge",
    holds={"k": Number(1, 100), "words": Number(1, 10_000), "support": Number(0, 1)},
)
@dataclass(frozen=True)
class Knowledge:
    """Lets small models of a domain draft background, which ``model`` reads before it answers.

    ``expert`` is a model that writes, such as `lm()` taught on the texts of a domain, or a list of
    them, of whose cards the ``k`` most relevant are shown (BLADE: Li et al., AAAI 2025; Knowledge
    Card: Feng et al., ICLR 2024). Cards have at most ``words`` words. With a ``retriever``, a card
    is dropped unless the share ``support`` of its longer words stand in what that finds. Where no
    card is good enough, the model answers without.
    """

    expert: Model | Learner | tuple[Model | Learner, ...]
    model: Model | Learner
    k: int = 1
    words: int = 60
    retriever: Retriever | None = None
    support: float = 0.5

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `GroundedModel` over what the experts draft; experts that are recipes are fitted."""
        data = dataset(data)
        given = self.expert if isinstance(self.expert, tuple | list) else (self.expert,)
        experts = tuple(fitted(one, data, seed) for one in given)
        drafts = Drafts(experts, self.words, self.retriever, self.support)
        return Grounded(self.model, drafts, self.k).fit(data, seed)


def brief(text: str, most: int) -> str:
    """The first sentences of ``text``: at most so many words, cut within the first if need be."""
    kept, left = list[str](), most
    for sentence in sentences(text):
        size = len(words(sentence))
        if size > left:
            break
        kept.append(sentence)
        left -= size
    return " ".join(kept) or " ".join(text.split()[:most])


def _distinct(cards: Sequence[Hit]) -> list[Hit]:
    """``cards`` without those that a better one says already."""
    kept: list[Hit] = []
    for card in cards:
        if all(overlap(card.text, other.text) < ALIKE for other in kept):
            kept.append(card)
    return kept
