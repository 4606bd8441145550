"""Compare contestants on one task: run them all, score them, and reach a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from time import perf_counter
from typing import Any

from ..combine.prompted import labelling
from ..core.data import Column, Dataset, Task
from ..core.errors import UnderdogError
from ..core.graders import grader_for
from ..core.protocols import Grader, Learner, Model
from ..evaluate.audit import audit
from ..models.recorded import Recorded, price_column
from ..models.recorded_probabilities import guessed
from ..runtime.cache import Cache
from ..runtime.limit import Limit, seconds
from ..runtime.registry import build, contestant, spec
from .bill.terms import at_price, volume_of
from .deferring import Deferring, first_heat
from .judged import Question, judged, settling
from .outcome import Budget
from .results import UNFINISHED, check_place
from .runs import lineup
from .runs.race import Race
from .splits import checked, parts, sides
from .study import Study
from .verdict import Verdict

RACING = 0.85
"""The share of the time in which contestants run; the rest is for scores and the audit."""

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
    on_verdict: Callable[[Verdict], None] | None = None,
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
    strongest inside the training part. ``margin`` is the loss of accuracy that is acceptable, as a
    share: 0.01 is one point.
    ``label_price`` is the price of a training label in dollars; by default, of an answer of the
    incumbent.

    ``budget`` is the time for everything, as '90s', '5m' or '2h', kept but for
    `lineup.tolerance`; it changes no result. A contestant that fails, or is not expected to finish,
    is left out and listed in ``absent`` with the reason. `UnderdogError` if that is the incumbent
    named by ``against``, or if no contestant is left.

    Without ``gold_known`` the labels are the answers of ``against`` (see `no_gold.from_answers`):
    every accuracy is agreement with it, and so says the verdict.

    Where the large model's answers are recorded, a model that defers to it is entered as soon as
    one small model has learned. ``on_verdict`` is then told the verdict so far, before the slow
    contestants.

    ``volume`` is how many texts a month the bill is for; by default what the dates of the file say.
    ``price_in`` and ``price_out`` are dollars per million tokens that the large model reads and
    writes, for recorded answers without a price of their own.

    ``grader`` says how right an answer is, as a value or its spec; by default the grader of the
    task's kind (`core.graders.grader_for`). ``margin`` is then a difference between mean grades.

    With a ``folder``, a study that was stopped, or left something out, reuses finished work.
    """
    if not 0 <= margin < 0.5:
        raise UnderdogError(
            f"a margin of {100 * margin:g} points is no margin",
            "in Python it is a share: margin=0.01 is one point; on the command line --margin 1",
        )
    if folder is not None:
        check_place(Path(folder))
    train, test = sides(train, test, folds)
    if budget is None and contestants is None:
        budget = lineup.BUDGET
    time = inf if budget is None else seconds(budget)
    start = perf_counter()
    large = _incumbent_of(against, train.archive.columns, train.task)
    if price_in is not None:
        large = at_price(large, train.archive, price_in, price_out)
    named, missing = lineup.default() if contestants is None else (contestants, [])
    racing = _line_up(named, large)
    pairs, protocol = parts(train, test, folds)
    graded = _grader(grader, pairs[0][0])
    gold = checked(pairs, test is not None, graded)
    drawn = test is None and not folds
    texts = volume_of(volume, train.archive.columns)
    question = Question(gold, margin, protocol, drawn, gold_known, str(folder or "REPORT"), texts)
    cache = Cache(Path(folder) / UNFINISHED if folder is not None else None)
    until = Limit(start + RACING * time)
    race = Race(pairs, seeds, cache, until, None if large is None else spec(large))
    race.grader = graded
    deferring = Deferring(race, large, margin) if isinstance(large, Recorded) else None
    heat = first_heat(racing) if deferring else len(racing)
    race.enter(racing[:heat])
    if deferring:
        deferring.enter()
        if racing[heat:]:
            if on_verdict is not None:
                on_verdict(judged(race, question, None, ()).verdict)
            race.enter(racing[heat:])
            deferring.enter()
    absent = (*missing, *race.absent(perf_counter() - start))
    study = judged(race, question, deferring, absent)
    study = settling(race, question, study, Limit(start + time))
    whole = Dataset.join([train, test]) if test is not None else train
    findings = audit(whole, *(pairs[0] if test is not None else ()), limit=Limit(start + time))
    spent = Budget(time, lineup.tolerance(time), perf_counter() - start) if budget else None
    study = replace(study, audit=findings, label_price=label_price, budget=spent)
    if folder is not None:
        study.save(folder)
        if not race.missing:
            cache.clear()
    return study


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


def _grader(named: Grader | str | None, train: Dataset) -> Grader:
    """The grader that is named, as a value or a spec, or that of the kind of task."""
    made = build(named) if isinstance(named, str) else named or grader_for(train)
    if not isinstance(made, Grader):
        raise UnderdogError(f"{named!r} is no grader", "as in: --grader 'tolerance(1)'")
    return made
