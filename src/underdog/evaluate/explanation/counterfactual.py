"""The fewest words that have to change for a model to change its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...core.answer import ABSTAIN
from ...core.cost import Floats
from ...core.data import Text
from ...core.explaining import Counterfactual, Explanation
from ...core.explaining.target import Target
from ...core.explaining.tokens import without_each
from ...core.protocols import Model

EDITS = 3
"""Words that are deleted or replaced, at most."""

PLACES, REPLACEMENTS, BEAM = 10, 5, 3
"""Words that are tried, replacements of each, and texts that are edited further."""

Words = Mapping[str, Sequence[str]]
"""Words that speak for each label."""


@dataclass(frozen=True)
class _Draft:
    """A text with some of its tokens replaced: the new words by their place; empty deletes."""

    changes: tuple[tuple[int, str], ...] = ()

    def texts(self, explanation: Explanation) -> Text:
        """The edited text."""
        text, new = explanation.text, dict(self.changes)
        sides = [text] if isinstance(text, str) else list(text)
        for i in sorted(new, reverse=True):  # from the end, so that the places stay right
            token = explanation.tokens[i]
            part, end = sides[token.side], token.end
            if not new[i]:
                end += len(part[end:]) - len(part[end:].lstrip())
            sides[token.side] = part[: token.start] + new[i] + part[end:]
        return sides[0] if isinstance(text, str) else (sides[0], sides[1])

    def edits(self, explanation: Explanation) -> tuple[str, ...]:
        """The edits in words."""
        old = [(explanation.tokens[i].text, new) for i, new in self.changes]
        return tuple(f"{a!r} → {b!r}" if b else f"without {a!r}" for a, b in old)


def counterfactual(model: Model, explanation: Explanation, words: Words) -> Counterfactual | None:
    """The fewest edits found that make ``model`` give another answer; None if `EDITS` do not do.

    An edit deletes a word, or puts one of ``words`` of another label in its place. All single
    edits of the words that speak most for the answer are tried, then more edits of the most
    promising texts. The edited text is asked about alone before it is told.
    """
    if not explanation.tokens or explanation.scale == "number":
        return None
    target = Target.of(model.answer([explanation.text])[0])
    places = _places(model, explanation, target)
    drafts = [_Draft()]
    for _ in range(min(EDITS, len(explanation.tokens))):
        tried = _edited(explanation, drafts, places, words)
        if not tried:
            return None
        answers = model.answer([draft.texts(explanation) for draft in tried])
        scores = _margins(target.read(answers), target, explanation.value)
        order = np.argsort(scores, kind="stable").tolist()
        for i in sorted(order, key=lambda i: sum(bool(new) for _, new in tried[i].changes)):
            if answers.values[i] not in (explanation.value, ABSTAIN):
                text = tried[i].texts(explanation)
                value = model.answer([text]).values[0]
                if value not in (explanation.value, ABSTAIN):
                    return Counterfactual(text, value, tried[i].edits(explanation))
        drafts = [tried[i] for i in order[:BEAM]]
    return None


def _places(model: Model, explanation: Explanation, target: Target) -> list[int]:
    """The words to try: those that the answer owes most to, told or measured."""
    if len(explanation.tokens) <= PLACES:
        return list(range(len(explanation.tokens)))
    told = explanation.order()[:PLACES]
    if len(explanation.tokens) > 10 * PLACES:
        return told
    edited = model.answer(without_each(explanation.text, explanation.tokens))
    measured = np.argsort(_margins(target.read(edited), target, explanation.value), kind="stable")
    return list(dict.fromkeys([*measured[: PLACES // 2].tolist(), *told]))[:PLACES]


def _margins(scores: Floats, target: Target, value: str) -> Floats:
    """How far the answer is ahead of the best other label, ``[texts]``."""
    if value not in target.labels:
        return np.zeros(len(scores))
    k = target.labels.index(value)
    others = np.delete(scores, k, axis=1)
    return np.asarray(scores[:, k] - others.max(axis=1, initial=0.0), np.float64)


def _edited(
    explanation: Explanation, drafts: Sequence[_Draft], places: Sequence[int], words: Words
) -> list[_Draft]:
    """Each of ``drafts`` with one more edit; each combination once."""
    others = _others(explanation, words)
    found: dict[frozenset[tuple[int, str]], _Draft] = {}
    for draft in drafts:
        done = {i for i, _ in draft.changes}
        for i in places:
            old = explanation.tokens[i].text.casefold()
            for new in ("", *others) if i not in done else ():
                if new.casefold() != old:
                    changes = (*draft.changes, (i, new))
                    found.setdefault(frozenset(changes), _Draft(changes))
    return list(found.values())


def _others(explanation: Explanation, words: Words) -> list[str]:
    """Words that speak for other labels, those of the nearest label first."""
    scores = dict(zip(explanation.labels, explanation.output.tolist(), strict=True))
    labels = sorted(
        (label for label in words if label != explanation.value),
        key=lambda label: -scores.get(label, -np.inf),
    )
    return [word for label in labels[:2] for word in list(words[label])[:REPLACEMENTS]]
