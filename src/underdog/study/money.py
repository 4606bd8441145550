"""What a verdict means in money: the monthly bill with the large model and without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.cost import FIELDS
from ..core.data import Archive, Column
from ..core.errors import UnderdogError
from ..core.protocols import Learner, Model
from ..data.dates import monthly_volume
from ..evaluate.bill import ASSUMED_VOLUME, AUDITED, OWN, RETRAININGS, Bill, Job, bill
from ..models.recorded import Recorded
from ..runtime.formatting import dollars, points, seconds
from ..runtime.meter import machine_hour
from ..runtime.prices import BYTES_PER_TOKEN

if TYPE_CHECKING:
    from .outcome import Outcome
    from .rows import Standing

SECONDS, CALLS = FIELDS.index("seconds"), FIELDS.index("calls")


@dataclass(frozen=True)
class Volume:
    """How many texts a month there are, and where that is known from."""

    texts: float = ASSUMED_VOLUME
    source: str = "assumed; yours: --volume"


ASSUMED = Volume()


def priced(study: Outcome) -> dict[str, Any] | None:
    """The bill of the small model that the verdict speaks of, as plain data, and in words.

    None where no large model took part or no small one did. ``ways`` is empty where the large
    model's price is not known.
    """
    large = next(s for s in study.standings if s.spec == study.incumbent)
    small = _small(study)
    if small is None or not large.calls_out:
        return None
    about = {"spec": small.spec, "volume": study.volume.texts, "source": study.volume.source}
    if large.dollars is None:
        says = f"The bill is not known: the price of {large.spec} is not (--price-in DOLLARS)."
        return {**about, "large": None, "shares": {}, "ways": [], "pays": None, "says": [says]}
    found = bill(_job(study, small, large.dollars))
    return {
        **about,
        "job": asdict(found.job),
        "large": found.large,
        "shares": found.shares,
        "ways": [asdict(way) for way in found.ways],
        "pays": found.pays,
        "says": [*_says(study, small, found)],
    }


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


def _small(study: Outcome) -> Standing | None:
    rivals = [s for s in study.standings if s.spec != study.incumbent and s.coverage > 0]
    named = study.verdict.contestant
    return next((s for s in rivals if s.spec == named), next(iter(rivals), None))


def _job(study: Outcome, small: Standing, price: float) -> Job:
    costs = small.runs[0].answers.costs
    own = costs[costs[:, CALLS] == 0, SECONDS]
    per_label = price if study.label_price is None else study.label_price
    return Job(
        volume=study.volume.texts,
        large=price,
        seconds=float(np.nanmean(own)) if (~np.isnan(own)).any() else 0.0,
        machine_hour=machine_hour(),
        deferred=1 - small.coverage,
        labels=per_label * study.trained_on,
        training=small.fit.dollars or 0.0,
    )


def _says(study: Outcome, small: Standing, found: Bill) -> Iterator[str]:
    """The bill in three sentences: the sums, what they mean, and what else speaks for it."""
    sums = ", ".join(f"{dollars(way.total)} {way.name}" for way in found.ways)
    yield (
        f"At {found.job.volume:,.0f} texts a month ({study.volume.source}) {study.incumbent} costs"
        f" {dollars(found.large)}; {small.spec} costs {sums}. That includes labels, training,"
        f" audits of {100 * AUDITED:g} % and {RETRAININGS:g} re-trainings a year, with an hour of a"
        f" machine at {dollars(found.job.machine_hour)}."
    )
    best = found.best
    if found.pays:
        yield f"You would save {dollars(best.saves)} a month {best.name}.{_own(found)}"
    elif best.saves > 0:
        yield f"You would save {dollars(best.saves)} a month: not for the money.{_own(found)}"
    else:
        more = dollars(-best.saves) if best.saves else "nothing"
        yield f"Keeping {study.incumbent} is cheaper by {more} a month: not for the money."
    if reasons := [*_reasons(small, found)]:
        yield f"For {small.spec}: {', '.join(reasons)}."


def _own(found: Bill) -> str:
    """Where a machine of its own is dearer than the large model, and up to which volume."""
    own = next(way for way in found.ways if way.name == OWN)
    if own.saves >= 0:
        return ""
    upto = "always" if own.cheaper_from is None else f"below {own.cheaper_from:,.0f} texts a month"
    return f" A machine of its own costs more than the large model {upto}."


def _reasons(small: Standing, found: Bill) -> Iterator[str]:
    """What speaks for the small model besides money; only what was measured or certainly holds."""
    if small.versus is not None and small.versus.low > 0:
        yield f"{points(small.versus.difference)} points"
    if small.latency and not found.job.deferred:
        yield f"{seconds(small.latency['p50'])} an answer"
    if not found.job.deferred:
        yield "no rate limit"
        yield "nothing leaves the house"
