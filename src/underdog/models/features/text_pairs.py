"""Single texts and text pairs: detect which, and refuse mixtures."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.data import Text
from ...core.errors import UnderdogError


def are_pairs(texts: Sequence[Text]) -> bool:
    """Whether ``texts`` are pairs. Raises `UnderdogError` if only some of them are."""
    kinds = {isinstance(text, tuple) for text in texts}
    if len(kinds) > 1:
        raise UnderdogError(
            "single texts and pairs are mixed",
            "use single texts only or pairs only; to inspect the file: underdog audit FILE",
        )
    return kinds == {True}


def flatten_pairs(texts: Sequence[Text]) -> list[str]:
    """Single texts unchanged; for pairs all first sides, then all second sides.

    Raises `UnderdogError` if single texts and pairs are mixed.
    """
    if not are_pairs(texts):
        return [str(text) for text in texts]
    return [text[side] for side in (0, 1) for text in texts]


def require_same_kind(texts: Sequence[Text], pairs: bool) -> None:
    """Refuse ``texts`` of another kind than the model was fitted on (``pairs`` or single texts).

    Raises `UnderdogError`; an empty list is accepted.
    """
    if texts and are_pairs(texts) != pairs:
        raise wrong_kind(pairs)


def wrong_kind(pairs: bool) -> UnderdogError:
    """The error for a model that was fitted on pairs, or not, and is given the other kind."""
    fitted, asked = ("pairs", "a single text") if pairs else ("single texts", "a pair")
    return UnderdogError(
        f"the model was fitted on {fitted} and is asked about {asked}",
        "give it the kind it was fitted on, or fit another: underdog fit FILE SPEC --out FOLDER",
    )
