"""Compare contestants on one task: run them all, score them, and reach a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from time import perf_counter
from typing import Any

from ..combine.prompted import labelling
from ..core.data import Column, Dataset, Task
from ..core.errors import UnderdogError
from ..core.graders import grader_for, is_exact
from ..core.protocols import Grader, Learner, Model
from ..evaluate.audit import Audit, audit
from ..evaluate.forecast import Forecast, forecast
from ..models.recorded import Recorded, price_column
from ..models.recorded_probabilities import guessed
from ..runtime.cache import Cache
from ..runtime.limit import Limit, seconds
from ..runtime.registry import build, contestant, spec
from ..teach.deferral.frugal import Frugal
from . import lineup
from .learning_curve import Point, last_point
from .no_gold import agreement_verdict
from .outcome import Budget
from .race import CHOICE, Race
from .results import UNFINISHED, check_place
from .rows import Standing, standings
from .splits import checked, parts, sides
from .study import Study
from .terms import Volume, at_price, volume_of
from .test_set import TestSet
from .tripwires import spoken, tripwires
from .verdict import verdict

Contestant = Learner | Model | str


def compare(  # noqa: PLR0913  # an option is a parameter
    contestants: Sequence[Contestant] | None,
    train: Dataset | Any,
    test: Dataset | Any | None = None,
    *,
    against: Contestant | None = None,
    seeds: Sequence[int] = (0,),
    folds: int = 0,
    margin: float = 0.01,
    label_price: float | None = None,
    budget: str | None = None,
    folder: Path | str | None = None,
    gold_known: bool = True,
    volume: float | None = None,
    price_in: float | None = None,
    price_out: float = 0.0,
    grader: Grader | str | None = None,
) -> Study:
    """Fit and ask every contestant, compare each with the incumbent, and decide.

    ``train`` and ``test`` are data sets or what `underdog.read` reads: tables, paths, data frames.
    Without ``contestants`` the default line-up takes part, and ``budget`` is `lineup.BUDGET`.
    Without ``test``, a fifth of ``train`` is held out, or each of ``folds`` parts in turn.
    ``against`` is the incumbent, the large model in use now, or the name of the column with its
    answers; by default it is the first contestant that calls a service, else the one that is
    strongest inside the training part. ``margin`` is the loss of accuracy that is acceptable.
    ``label_price`` is the price of a training label in dollars; by default, of an answer of the
    incumbent.

    ``budget`` is the time for fitting and answering, as '90s', '5m' or '2h', kept but for
    `lineup.tolerance`; it changes no result. A contestant that fails, or is not expected to finish,
    is left out and listed in ``absent`` with the reason. `UnderdogError` if that is the incumbent
    named by ``against``, or if no contestant is left.

    ``grader`` says how right an answer is, as a value or its spec; by default the grader of the
    task's kind (`core.graders.grader_for`). ``margin`` is then a difference between mean grades.

    Without ``gold_known`` the labels are the answers of ``against`` (see `no_gold.from_answers`):
    every accuracy is agreement with it, and so says the verdict.

    ``volume`` is how many texts a month the bill is for; by default what the dates of the file say.
    ``price_in`` and ``price_out`` are dollars per million tokens that the large model reads and
    writes, for recorded answers without a price of their own.

    With a ``folder``, a study that was stopped, or left something out, reuses finished work.
    """
    if folder is not None:
        check_place(Path(folder))
    train, test = sides(train, test, folds)
    if budget is None and contestants is None:
        budget = lineup.BUDGET
    time = inf if budget is None else seconds(budget)
    large = _incumbent_of(against, train.archive.columns, train.task)
    if price_in is not None:
        large = at_price(large, train.archive, price_in, price_out)
    texts = volume_of(volume, train.archive.columns)
    named, missing = lineup.default() if contestants is None else (contestants, [])
    racing = _line_up(named, large)
    pairs, protocol = parts(train, test, folds)
    graded = _grader(grader, pairs[0][0])
    gold = checked(pairs, test is not None, graded)
    cache = Cache(Path(folder) / UNFINISHED if folder is not None else None)
    start = perf_counter()
    race = Race(pairs, seeds, cache, Limit(start + time), None if large is None else spec(large))
    race.grader = graded
    race.enter(racing)
    refused = _deferring(large, margin, race) if isinstance(large, Recorded) else ""
    spent = perf_counter() - start
    whole = Dataset.join([train, test]) if test is not None else train
    findings = audit(whole, *pairs[0]) if test is not None else audit(whole)
    study = replace(
        _judged(race, gold, margin, refused, findings, texts),
        protocol=protocol,
        label_price=label_price,
        absent=(*missing, *race.absent(spent)),
        budget=Budget(time, lineup.tolerance(time), spent) if budget else None,
    )
    if not gold_known:
        said = agreement_verdict(
            study.standings, study.incumbent, gold, margin, str(folder or "REPORT")
        )
        about = f"{protocol}; accuracy means agreement with {study.incumbent}"
        study = replace(study, verdict=said, protocol=about)
    if folder is not None:
        study.save(folder)
        if not race.missing:
            cache.clear()
    return study


def _judged(
    race: Race, gold: TestSet, margin: float, refused: str, findings: Audit, volume: Volume
) -> Study:
    """The study of what took part; the caller adds how it was made, and what did not."""
    incumbent = _incumbent(race)
    compared = standings(race.runs, gold, incumbent, margin)
    points = _points(race)
    outlook = _outlook(compared, points, incumbent)
    train = race.pairs[0][0]
    return Study(
        gold=gold,
        name=train.task.name,
        protocol="",
        trained_on=len(train),
        runs=tuple(race.runs),
        incumbent=incumbent,
        standings=tuple(compared),
        verdict=spoken(
            verdict(compared, incumbent, gold, margin, outlook, refused, volume.texts),
            tripwires(compared, incumbent, gold, race.pairs, race.entered.get(incumbent)),
        ),
        curves=points,
        forecast=outlook,
        audit=findings,
        label_price=None,
        volume=volume,
    )


def _incumbent_of(
    against: Contestant | None, columns: Mapping[str, Column], task: Task
) -> Learner | Model | None:
    """The incumbent, which may be given by the name of the column that holds its answers."""
    if isinstance(against, str) and against in columns:
        probs = guessed(against, columns, task)
        return Recorded(against, price=price_column(against, columns), probs=probs)
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
            "no contestant to compare", "name one: underdog compare FILE 'linear()'"
        )
    return list({spec(c): c for c in wanted}.values())


def _deferring(large: Recorded, margin: float, race: Race) -> str:
    """Enter the best small model with the large one behind it, losing at most ``margin``.

    Recorded answers are free, so this contestant is added unasked. Gives the reason if nothing
    can be guaranteed, else an empty text.
    """
    if not race.curves or not 0 < margin < 1 or any(one.deferral for one in race.runs):
        return ""
    best = race.entered[max(race.curves, key=lambda name: race.curves[name].held_out)]
    assert isinstance(best, Learner)  # it has a learning curve
    named = None if is_exact(race.grader, race.pairs[0][0]) else race.grader
    race.enter([cascade := Frugal(best, large, drop=margin, grader=named)])
    return race.refusal(cascade)


def _incumbent(race: Race) -> str:
    """The large model; else the first contestant that calls a service for every answer; else the
    one that is strongest inside the training part, or, without time for that, the last one named.
    """
    ran = {one.spec: one for one in race.runs}
    if not ran:
        race.give_up()
    if race.required:
        return race.required
    for name, one in ran.items():
        if one.coverage == 0:
            return name
    if race.late and len(race.curves) < CHOICE:
        return [*ran][-1]
    return max(race.curves, key=lambda name: race.curves[name].held_out, default=next(iter(ran)))


def _points(race: Race) -> dict[str, tuple[Point, ...]]:
    first = {one.spec: one for one in reversed(race.runs)}
    return {
        name: (*found.points, last_point(first[name], *race.pairs[0], race.grader))
        for name, found in race.curves.items()
    }


def _grader(named: Grader | str | None, train: Dataset) -> Grader:
    """The grader that is named, as a value or a spec, or that of the kind of task."""
    made = build(named) if isinstance(named, str) else named or grader_for(train)
    if not isinstance(made, Grader):
        raise UnderdogError(f"{named!r} is no grader", "as in: --grader 'tolerance(1)'")
    return made


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
