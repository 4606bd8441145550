"""The race: every contestant, every seed, the same texts; then the judges."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from time import perf_counter
from typing import Any

from ..core.data import Dataset
from ..core.errors import UnderdogError
from ..core.protocols import Learner, Model
from ..evaluate.audit import Audit, audit
from ..evaluate.forecast import Forecast, forecast
from ..models.recorded import Recorded, price_column
from ..runtime.limit import Limit, seconds
from ..runtime.registry import contestant, spec
from ..teach.deferral.frugal import Frugal
from ..teach.deferral.infeasible import Refusal
from . import lineup
from .cells import Cells
from .learning_curve import Curve, Point, last_point
from .lineup import Absent
from .plan import labelling
from .race import CHOICE, Race
from .results import UNFINISHED, check_place
from .rows import Gold, Row, Standing, standings
from .run import Run
from .splits import checked, parts
from .verdict import Verdict, verdict

Contestant = Learner | Model | str


@dataclass(frozen=True)
class Budget:
    """The ``seconds`` that a race was allowed, up to ``tolerance`` more, and those that it took."""

    seconds: float
    tolerance: float
    spent: float


@dataclass(frozen=True, eq=False)
class Study:
    """What came out of a comparison.

    ``runs`` hold the answers themselves, ``standings`` the contestants over their seeds, the most
    accurate first; ``absent`` are those who could not take part. `results` is all of it as plain
    data, `save` writes it to a folder.
    """

    gold: Gold
    name: str
    protocol: str
    trained_on: int
    runs: tuple[Run, ...]
    incumbent: str
    standings: tuple[Standing, ...]
    verdict: Verdict
    curves: Mapping[str, tuple[Point, ...]]
    forecast: Forecast | None
    audit: Audit
    label_price: float | None
    absent: tuple[Absent, ...] = ()
    budget: Budget | None = None

    @property
    def rows(self) -> list[Row]:
        """A row per contestant and seed."""
        return [row for standing in self.standings for row in standing.rows]

    def results(self) -> dict[str, Any]:
        """Everything but the single answers, as plain data: what results.json holds."""
        from .results import results

        return results(self)

    def report(self, path: Path | str) -> None:
        """Write one self-contained HTML page to ``path``."""
        from ..report import html
        from ..runtime import files

        files.check_file(Path(path))
        files.write(Path(path), html(self.results()))

    def save(self, folder: Path | str) -> None:
        """Write report.html, results.json, leaderboard.md and predictions.parquet to ``folder``."""
        from .results import save

        save(self, Path(folder))


def compare(  # noqa: PLR0913  # an option is a parameter
    contestants: Sequence[Contestant] | None,
    train: Dataset,
    test: Dataset | None = None,
    *,
    against: Contestant | None = None,
    seeds: Sequence[int] = (0,),
    folds: int = 0,
    margin: float = 0.01,
    label_price: float | None = None,
    budget: str | None = None,
    folder: Path | str | None = None,
) -> Study:
    """Fit and ask every contestant, set each beside the incumbent, and decide.

    Without ``contestants`` the default line-up takes part, and ``budget`` is `lineup.BUDGET`.
    Without ``test``, a fifth of ``train`` is held out, or each of ``folds`` parts in turn.
    ``against`` is the incumbent, the large model that is in place, or the name of the column with
    its answers; by default it is the first contestant that calls a service, else the one that is
    strongest inside the training part.
    ``margin`` is the loss of accuracy that would still be acceptable. ``label_price`` is what a
    training label costs in dollars; by default, what an answer of the incumbent costs.

    ``budget`` is the time for fitting and answering, as '90s', '5m' or '2h', kept but for
    `lineup.tolerance`; the audit and the report come after. Who is not expected to finish in it is
    left out, and told in ``absent``; the others do what they would have done without it.

    With a ``folder``, finished runs are kept there until all is done: a study that was stopped,
    or had too little time, continues where it was when it is asked for again.
    """
    if folder is not None:
        check_place(Path(folder))
    if budget is None and contestants is None:
        budget = lineup.BUDGET
    time = inf if budget is None else seconds(budget)
    large = _incumbent_of(against, train.archive.columns)
    present, missing = lineup.default() if contestants is None else (contestants, [])
    racing = _line_up(present, large)
    pairs, protocol = parts(train, test, folds)
    gold = checked(pairs, test is not None)
    cells = Cells(Path(folder) / UNFINISHED if folder is not None else None)
    about = (train.fingerprint, test.fingerprint if test else "", train.task.name, folds)
    start = perf_counter()
    race = Race(pairs, seeds, cells, about, Limit(start + time))
    race.enter(racing, forgiving=contestants is None)
    incumbent = _incumbent(race, large)
    refused = _deferring(large, margin, race) if isinstance(large, Recorded) else ""
    spent = perf_counter() - start
    found = standings(race.runs, gold, incumbent, margin)
    points = _points(race.runs, race.curves, pairs[0])
    outlook = _outlook(found, points, incumbent)
    whole = Dataset.join([train, test]) if test is not None else train
    findings = audit(whole, *pairs[0]) if test is not None else audit(whole)
    done = Study(
        gold=gold,
        name=train.task.name,
        protocol=protocol,
        trained_on=len(pairs[0][0]),
        runs=tuple(race.runs),
        incumbent=incumbent,
        standings=tuple(found),
        verdict=verdict(found, incumbent, gold, margin, outlook, refused),
        curves=points,
        forecast=outlook,
        audit=findings,
        label_price=label_price,
        absent=(*missing, *race.absent(spent)),
        budget=Budget(time, lineup.tolerance(time), spent) if budget else None,
    )
    if folder is not None:
        done.save(folder)
        if not race.late:
            cells.clear()
    return done


def _incumbent_of(against: Contestant | None, columns: Collection[str]) -> Learner | Model | None:
    """The incumbent, which may be given by the name of the column that holds its answers."""
    if isinstance(against, str) and against in columns:
        return Recorded(against, price=price_column(against, columns))
    if isinstance(against, str) and "(" not in against:
        raise UnderdogError(
            f"no column {against!r} to compare against", f"columns: {', '.join(columns) or 'none'}"
        )
    return None if against is None else _built(against)


def _built(thing: Contestant) -> Learner | Model:
    return labelling(contestant(thing) if isinstance(thing, str) else thing)


def _line_up(
    contestants: Sequence[Contestant], against: Contestant | None
) -> list[Learner | Model]:
    """The contestants, each once; the incumbent first, for without it there is no comparison."""
    wanted = [] if against is None else [_built(against)]
    wanted += [_built(c) for c in contestants]
    if not wanted:
        raise UnderdogError(
            "nobody to compare", "name a contestant: underdog compare FILE 'linear()'"
        )
    return list({spec(c): c for c in wanted}.values())


def _deferring(large: Recorded, margin: float, race: Race) -> str:
    """Enter the best small model with the large one behind it, losing no more than ``margin``.

    Asking answers on record is free, so this contestant joins unasked. Where nothing can be
    promised, gives the reason.
    """
    if not race.curves or not 0 < margin < 1 or any(one.deferral for one in race.runs):
        return ""
    best = max(race.curves, key=lambda name: race.curves[name].held_out)
    try:
        race.enter([Frugal(contestant(best), large, drop=margin)])  # type: ignore[arg-type]
        return ""
    except Refusal as no:
        return f"{no.problem} ({no.hint})"


def _incumbent(race: Race, large: Learner | Model | None) -> str:
    """The large model; else who always calls a service, or is strongest inside the training part.

    Where there was no time for a choice, who was named last. An `UnderdogError` if there was none
    for the large model, or for anybody.
    """
    ran = {one.spec: one for one in race.runs}
    if not ran or (large is not None and spec(large) not in ran):
        who = "not one contestant" if large is None else f"not even {spec(large)}"
        raise UnderdogError(f"{who} could finish in time", "allow more of it: --budget 30m")
    if large is not None:
        return spec(large)
    for name, one in ran.items():
        if one.coverage == 0:
            return name
    if race.late and len(race.curves) < CHOICE:
        return [*ran][-1]
    return max(race.curves, key=lambda name: race.curves[name].held_out, default=next(iter(ran)))


def _points(
    runs: Sequence[Run], curves: Mapping[str, Curve], pair: tuple[Dataset, Dataset]
) -> dict[str, tuple[Point, ...]]:
    first = {one.spec: one for one in reversed(runs)}
    return {name: (*found.points, last_point(first[name], *pair)) for name, found in curves.items()}


def _outlook(
    found: Sequence[Standing], points: Mapping[str, tuple[Point, ...]], incumbent: str
) -> Forecast | None:
    """How many labels the best small model would need to reach the incumbent."""
    large = next(s for s in found if s.spec == incumbent)
    best = next((s for s in found if s.spec != incumbent and s.spec in points), None)
    if not large.calls_out or best is None or len(points[best.spec]) < 3:
        return None
    measured = points[best.spec]
    seen = forecast(
        [p.examples for p in measured],
        [p.accuracy for p in measured],
        measured[0].tests,
        large.accuracy,
    )
    return replace(seen, sentence=f"{best.spec}: {seen.sentence}")
