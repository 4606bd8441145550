"""What a bill rests on: how many texts a month there are, and what an answer is priced at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from typing import Any

from ...core.data import Archive, Column
from ...core.errors import UnderdogError
from ...core.protocols import Learner, Model
from ...data.dates import monthly_volume
from ...evaluate.bill import ASSUMED_VOLUME
from ...models.chat.model import Chat
from ...models.decide import Decide
from ...models.language.hosted.model import Hosted
from ...models.recorded import Recorded
from ...runtime.prices import BYTES_PER_TOKEN


@dataclass(frozen=True)
class Volume:
    """How many texts a month there are, and where that is known from."""

    texts: float = ASSUMED_VOLUME
    source: str = "assumed; yours: --volume"


ASSUMED = Volume()


def volume_of(given: float | None, columns: Mapping[str, Column]) -> Volume:
    """The volume that the user gave, else what the dates of the file say, else an assumption.

    Raises `UnderdogError` if ``given`` is not above 0.
    """
    if given is not None:
        if not 0 < given < float("inf"):
            raise UnderdogError(f"{given:g} texts a month have no bill", "give it: --volume 40000")
        return Volume(given, "as given")
    found = monthly_volume(columns)
    return Volume(found[0], f"by the dates in {found[1]!r}") if found else ASSUMED


def at_price(
    large: Learner | Model | None, archive: Archive, price_in: float, price_out: float
) -> Learner | Model:
    """``large`` at prices per million tokens: a live model at these, a recorded one per answer.

    The tokens of a recorded answer are those of a mean text and of a mean answer; instructions
    around the text are not known, and not counted. Raises `UnderdogError` for anything else.
    """
    live: Learner | Model | None = _live(large, price_in, price_out)
    if live is not None:
        return live
    if not isinstance(large, Recorded) or large.column not in archive.columns:
        raise UnderdogError(
            "--price-in is for a large model that is asked, or that answered in a column",
            "name it: --against COLUMN, or --against \"decide('MODEL')\"",
        )
    texts = [" ".join(text) if isinstance(text, tuple) else text for text in archive.texts]
    answers = ["" if cell is None else str(cell) for cell in archive.columns[large.column]]
    each = (price_in * _tokens(texts) + price_out * _tokens(answers)) / 1e6
    return replace(large, price=float(f"{each:.4g}"))


def _live(thing: Any, price_in: float, price_out: float) -> Any:
    """``thing`` with the model that it asks at a price; None if it asks none."""
    if isinstance(thing, Decide):
        return replace(thing, price=price_in)
    if isinstance(thing, Chat | Hosted):
        return replace(thing, price=(price_in, price_out))
    inner = getattr(thing, "model", None)
    if not is_dataclass(thing) or isinstance(thing, type) or isinstance(inner, str | None):
        return None
    found = _live(inner, price_in, price_out)
    return None if found is None else replace(thing, model=found)


def _tokens(texts: Sequence[str]) -> float:
    """About how many tokens a mean text has."""
    return sum(len(t.encode("utf-8", "replace")) for t in texts) / BYTES_PER_TOKEN / len(texts)
