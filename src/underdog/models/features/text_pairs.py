"""Single texts and pairs: told apart, and never mixed."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.data import Text
from ...core.errors import UnderdogError


def paired(texts: Sequence[Text]) -> bool:
    """Whether ``texts`` are pairs; `UnderdogError` if only some are."""
    found = {isinstance(text, tuple) for text in texts}
    if len(found) > 1:
        raise UnderdogError(
            "single texts and pairs are mixed", "give one kind: underdog audit FILE"
        )
    return found == {True}


def sides(texts: Sequence[Text]) -> list[str]:
    """Single texts as they are; of pairs, all first sides and then all second sides."""
    if not paired(texts):
        return [str(text) for text in texts]
    return [text[side] for side in (0, 1) for text in texts]


def same_kind(texts: Sequence[Text], pairs: bool) -> None:
    """Refuse ``texts`` to a model that was fitted on the other kind; ``pairs`` says on which."""
    if texts and paired(texts) != pairs:
        raise other_kind(pairs)


def other_kind(pairs: bool) -> UnderdogError:
    """The error of a model that was fitted on ``pairs``, or not, and is asked about the other."""
    fitted, asked = ("pairs", "a single text") if pairs else ("single texts", "a pair")
    return UnderdogError(
        f"the model was fitted on {fitted} and is asked about {asked}",
        "give it what it was fitted on, or fit another: underdog fit RECIPE FILE",
    )
