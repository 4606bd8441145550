"""From the runs of a race to a study: who is compared with what, the verdict, the forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..evaluate import control
from ..evaluate.audit import Audit
from ..evaluate.forecast import Forecast, forecast
from ..models.recorded import Recorded, RecordedModel
from ..runtime.limit import Limit
from .bill.terms import ASSUMED, Volume
from .deferring import Deferring
from .duels import DuelPlan, Elsewhere
from .labels.no_gold import agreement_verdict
from .labels.unlabelled import sentence, unlabelled
from .rows import Summary, summaries
from .runs.learning_curve import CurvePoint, last_point
from .runs.lineup import Absent
from .runs.race import CHOICE, Race
from .runs.versions import warned
from .slices import slices
from .study import Study
from .test_set import TestSet
from .tripwires import spoken, tripwires
from .verdict import JUDGEMENTS, UNDECIDED, Context, Verdict, verdict


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of a race.

    ``margin`` is the share of accuracy that may be lost; ``drawn`` says that the test part was
    drawn at random from the same rows as the training part; without ``gold_known`` the labels are
    the large model's answers; ``folder`` is where the study will be saved.
    """

    gold: TestSet
    margin: float
    protocol: str
    drawn: bool
    gold_known: bool = True
    folder: str = "REPORT"
    volume: Volume = ASSUMED


def judged(
    race: Race, question: Question, deferring: Deferring | None, absent: Sequence[Absent]
) -> Study:
    """The study of what took part, without an audit.

    A contestant that keeps the recall of every label is entered where only that is missing.
    """
    found = _standings(race, question)
    if deferring and question.gold_known and deferring.protect_recall(found):
        found = _standings(race, question)
    incumbent, gold = leading(race), question.gold
    measured = _points(race)
    outlook = _outlook(found, measured, incumbent)
    train = race.pairs[0][0]
    return Study(
        gold=gold,
        name=train.task.name,
        protocol=question.protocol
        if question.gold_known
        else f"{question.protocol}; accuracy means agreement with {incumbent}",
        trained_on=len(train),
        runs=tuple(race.runs),
        incumbent=incumbent,
        summaries=tuple(found),
        verdict=_verdict(race, question, found, outlook, deferring, absent),
        curves=measured,
        forecast=outlook,
        audit=Audit(0, (), None),
        label_price=None,
        volume=question.volume,
        absent=tuple(absent),
        slices=tuple(slices(found, gold, [test for _, test in race.pairs], _answer_columns(race))),
    )


def _answer_columns(race: Race) -> list[str]:
    """The columns of the file that hold answers or prices of recorded models."""
    recorded = [one for one in race.entered.values() if isinstance(one, Recorded)]
    named = [(one.column, one.price, one.seconds) for one in recorded]
    return [name for names in named for name in names if isinstance(name, str)]


def _standings(race: Race, question: Question) -> list[Summary]:
    order = [name for name in race.order() if name != leading(race)]
    plan = DuelPlan(order, race.tied, _elsewhere(race, question))
    return summaries(race.runs, question.gold, leading(race), question.margin, plan)


def _verdict(
    race: Race,
    question: Question,
    found: Sequence[Summary],
    outlook: Forecast | None,
    deferring: Deferring | None,
    absent: Sequence[Absent],
) -> Verdict:
    incumbent, gold, margin = leading(race), question.gold, question.margin
    large = race.entered.get(incumbent)
    more = len(race.pairs[0][0]) if question.drawn else 0
    if question.gold_known:
        refused = deferring.refused if deferring else ""
        context = Context(outlook, refused, absent, more, question.volume.texts)
        said = verdict(found, incumbent, gold, margin, context)
    else:
        said = agreement_verdict(found, incumbent, gold, margin, question.folder, more)
        said = said.without(absent)
    wires = tripwires(found, incumbent, gold, race.pairs, large, question.gold_known)
    told = spoken(said, wires)
    changed = warned([fact for one in race.runs for fact in one.facts])
    return replace(told, sentence=f"{changed}{told.sentence}")


def leading(race: Race) -> str:
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
    return next(iter(race.order()), next(iter(ran)))


def _elsewhere(race: Race, question: Question) -> Elsewhere | None:
    """The recorded large model's correctness on the training part, where it sharpens the test."""
    large, (train, test) = race.entered.get(leading(race)), race.pairs[0]
    graded = question.gold.data is not None  # by more than equality of labels
    fit = question.drawn and question.gold_known and not graded and isinstance(large, Recorded)
    if not fit or min(len(train), len(test)) < control.FEWEST:
        return None
    assert isinstance(large, Recorded)
    model = large.fit(train)
    assert isinstance(model, RecordedModel)
    said = dict(zip(model.texts, model.values, strict=True))  # a look-up: nothing is charged
    rows = [i for i, label in enumerate(train.labels) if label is not None]
    right = np.array([said.get(train.texts[i]) == train.labels[i] for i in rows], np.float64)
    return Elsewhere(right, tuple(train.clusters[i] for i in rows))


def _points(race: Race) -> dict[str, tuple[CurvePoint, ...]]:
    first = {one.spec: one for one in reversed(race.runs)}
    return {
        name: (
            *found.points,
            last_point(first[name], race.entered[name], *race.pairs[0], race.grader),
        )
        for name, found in race.curves.items()
    }


def _outlook(
    found: Sequence[Summary], points: Mapping[str, tuple[CurvePoint, ...]], incumbent: str
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


def settling(race: Race, question: Question, study: Study, limit: Limit) -> Study:
    """``study``, if the evidence was not enough, with the unlabelled rows that would settle it."""
    best = next((run for run in study.runs if run.spec == study.verdict.contestant), None)
    large = race.entered.get(study.incumbent)
    open_ = study.verdict.decision == UNDECIDED and "No verdict:" not in study.verdict.sentence
    alone = best is not None and not best.calls_out and question.gold.data is None
    if not (open_ and alone and question.gold_known and isinstance(large, Recorded)):
        return study
    assert best is not None
    rows = unlabelled(race.entered[best.spec], best, large, race.pairs, limit)
    if rows is None or not rows.differing:
        return study
    against = (*study.verdict.against, sentence(rows, question.folder))
    said = replace(study.verdict, against=against, settled_by=JUDGEMENTS)
    return replace(study, unlabelled=rows, verdict=said)
