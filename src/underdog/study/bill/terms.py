"""What a bill rests on: how many texts a month there are, and the price of a recorded answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...core.data import Archive, Column
from ...core.errors import UnderdogError
from ...core.protocols import Learner, Model
from ...data.dates import monthly_volume
from ...evaluate.bill import ASSUMED_VOLUME
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
) -> Recorded:
    """The recorded model ``large`` at a price per answer, from prices per million tokens.

    Tokens are those of a mean text and of a mean recorded answer; instructions around the text are
    not known, and not counted. Raises `UnderdogError` for a model that is not recorded.
    """
    if not isinstance(large, Recorded) or large.column not in archive.columns:
        raise UnderdogError(
            "--price-in is for answers in a column of the file",
            "name the column: --against COLUMN; a live model knows its price",
        )
    texts = [" ".join(text) if isinstance(text, tuple) else text for text in archive.texts]
    answers = ["" if cell is None else str(cell) for cell in archive.columns[large.column]]
    each = (price_in * _tokens(texts) + price_out * _tokens(answers)) / 1e6
    return replace(large, price=float(f"{each:.4g}"))


def _tokens(texts: Sequence[str]) -> float:
    """About how many tokens a mean text has."""
    return sum(len(t.encode("utf-8", "replace")) for t in texts) / BYTES_PER_TOKEN / len(texts)
