"""Compare contestants on one task: run them all, score them, and reach a verdict."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from time import perf_counter
from typing import Unpack

from ..combine.prompted import labelling
from ..core.data import Column, Dataset, Task
from ..core.errors import UnderdogError
from ..core.given import Data
from ..core.graders import grader_for
from ..core.protocols import Grader, Learner, Model
from ..data.guess import listed, quoted
from ..evaluate.audit import audit
from ..models.recorded import Recorded, price_column
from ..models.recorded_probabilities import guessed
from ..runtime import files
from ..runtime.cache import Cache
from ..runtime.limit import Limit, seconds
from ..runtime.registry import build, contestant, spec
from .bill.terms import at_price, volume_of
from .deferring import Deferring, first_heat
from .judged import Question, judged, settling
from .options import Contestant, Options, Settings
from .outcome import Budget
from .results import UNFINISHED, check_place
from .runs import lineup
from .runs.mistakes import mistakes
from .runs.race import Race
from .splits import checked, parts, sides
from .study import Study
from .verdict import Verdict

RACING = 0.85
"""The share of the time in which contestants run; the rest is for scores and the audit."""


def compare(
    contestants: Sequence[Contestant] | None,
    train: Data,
    test: Data | None = None,
    **options: Unpack[Options],
) -> Study:
    """Fit and ask every contestant, compare each with the incumbent, and decide.

    ``train`` and ``test`` are data sets or what `underdog.read` reads: tables, paths, data frames.
    Without ``contestants`` the default line-up takes part, and ``budget`` is `lineup.BUDGET`.
    Without ``test``, a fifth of ``train`` is held out. ``options`` are explained at
    `study.options.Settings`: the incumbent (``against``), the acceptable loss (``margin``, a
    share), ``seeds``, ``folds``, ``budget`` (as '5m'), the ``folder`` to save to, prices.

    A contestant that fails, or is not expected to finish, is left out and listed in ``absent`` with
    the reason. `UnderdogError` if that is the incumbent named by ``against``, if no contestant is
    left, or if another process compares into the same ``folder``.

    Where the large model's answers are recorded, a model that defers to it is entered as soon as
    one small model has learned.
    """
    settings = Settings.of(options)
    if settings.folder is None:
        return _compared(contestants, train, test, settings)
    folder = Path(settings.folder)
    check_place(folder)
    with files.alone(folder):
        return _compared(contestants, train, test, settings)


def _compared(
    contestants: Sequence[Contestant] | None, train: Data, test: Data | None, settings: Settings
) -> Study:
    start, folder, folds = perf_counter(), settings.folder, settings.folds
    train, test = sides(train, test, folds)
    budget = settings.budget or (lineup.BUDGET if contestants is None else None)
    time = inf if budget is None else seconds(budget)
    large = _incumbent_of(settings.against, train.archive.columns, train.task)
    if settings.price_in is not None:
        large = at_price(large, train.archive, settings.price_in, settings.price_out)
    named, missing = lineup.default(train) if contestants is None else (contestants, [])
    racing = _line_up(named, large)
    pairs, protocol = parts(train, test, folds)
    graded = _grader(settings.grader, pairs[0][0])
    gold = checked(pairs, test is not None, graded)
    texts, drawn = volume_of(settings.volume, train.archive.columns), test is None and not folds
    place, known = str(folder or "REPORT"), settings.gold_known
    question = Question(gold, settings.margin, protocol, drawn, known, place, texts)
    cache = Cache(Path(folder) / UNFINISHED if folder is not None else None)
    until = Limit(start + RACING * time)
    race = Race(pairs, settings.seeds, cache, until, None if large is None else spec(large))
    race.grader = graded
    deferring = Deferring(race, large, question.margin) if isinstance(large, Recorded) else None
    _run(race, question, deferring, racing, settings.on_verdict)
    absent = (*missing, *race.absent(perf_counter() - start))
    study = settling(race, question, judged(race, question, deferring, absent), Limit(start + time))
    whole = Dataset.join([train, test]) if test is not None else train
    findings = audit(whole, *(pairs[0] if test is not None else ()), limit=Limit(start + time))
    spent = Budget(time, lineup.tolerance(time), perf_counter() - start) if budget else None
    study = replace(study, audit=findings, label_price=settings.label_price, budget=spent)
    study = replace(study, title=settings.title, notes=settings.notes)
    if folder is not None:
        left = start + time - perf_counter()
        study = replace(study, mistakes=mistakes(race, study, left))
        study.save(folder)
        if not race.missing:
            cache.clear()
    return study


def _run(
    race: Race,
    question: Question,
    deferring: Deferring | None,
    racing: Sequence[Learner | Model],
    on_verdict: Callable[[Verdict], None] | None,
) -> None:
    """Enter all contestants; where one defers, it runs before the slow ones, and ``on_verdict``
    is told the verdict so far."""
    heat = first_heat(racing) if deferring else len(racing)
    race.enter(racing[:heat])
    if deferring:
        deferring.enter()
        if racing[heat:]:
            if on_verdict is not None:
                on_verdict(judged(race, question, None, ()).verdict)
            race.enter(racing[heat:])
            deferring.enter()


def _incumbent_of(
    against: Contestant | None, columns: Mapping[str, Column], task: Task
) -> Learner | Model | None:
    """The incumbent, which may be given by the name of the column that holds its answers."""
    if isinstance(against, str) and against in columns:
        probs = guessed(against, columns, task)
        return Recorded(against, price=price_column(against, columns), probs=probs)
    if isinstance(against, str) and "(" not in against:
        raise UnderdogError(f"no column {against!r} to compare against", _against(against, columns))
    return None if against is None else _built(against)


def _against(name: str, columns: Mapping[str, Column]) -> str:
    """What to type where no column is called ``name``."""
    if near := difflib.get_close_matches(name, columns, n=1):
        return f"did you mean --against {quoted(near[0])}?"
    if not columns:
        return "no column is left beside text and label: leave --against out"
    return f"name one of {listed(columns)}: --against COLUMN; or leave it out"


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
