"""The race: every contestant, every seed, the same texts; then the judges."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..core.data import Dataset
from ..core.errors import UnderdogError
from ..core.protocols import Learner, Model
from ..judge.audit import Audit, audit
from ..judge.forecast import Forecast, forecast
from ..models.recorded import Recorded, price_column
from ..teach.frugal import Frugal
from ..teach.refusal import Refusal
from ..wiring.progress import step
from ..wiring.registry import contestant, spec
from .cells import Cells
from .curve import FEWEST, Curve, Point, curve, last_point
from .parts import checked, parts
from .plan import labelling
from .rows import Gold, Row, Standing, standings
from .run import Pairs, Run, run
from .verdict import Verdict, verdict

Contestant = Learner | Model | str


@dataclass(frozen=True, eq=False)
class Study:
    """What came out of a comparison.

    ``runs`` hold the answers themselves, ``standings`` the contestants over their seeds, the most
    accurate first. `results` is all of it as plain data, `save` writes it to a folder.
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
        from ..wiring import files

        files.write(Path(path), html(self.results()))

    def save(self, folder: Path | str) -> None:
        """Write report.html, results.json, leaderboard.md and predictions.parquet to ``folder``."""
        from .results import save

        save(self, Path(folder))


def compare(
    contestants: Sequence[Contestant],
    train: Dataset,
    test: Dataset | None = None,
    *,
    against: Contestant | None = None,
    seeds: Sequence[int] = (0,),
    folds: int = 0,
    margin: float = 0.01,
    label_price: float | None = None,
    folder: Path | str | None = None,
) -> Study:
    """Fit and ask every contestant, set each beside the incumbent, and decide.

    Without ``test``, a fifth of ``train`` is held out, or each of ``folds`` parts in turn.
    ``against`` is the incumbent, the large model that is in place, or the name of the column with
    its answers; by default it is the first contestant that calls a service, else the one that is
    strongest inside the training part.
    ``margin`` is the loss of accuracy that would still be acceptable. ``label_price`` is what a
    training label costs in dollars; by default, what an answer of the incumbent costs.

    With a ``folder``, finished runs are kept there until all is done: a study that was stopped
    continues where it was when it is asked for again.
    """
    large = _incumbent_of(against, train.archive.columns)
    racing = _line_up(contestants, large)
    pairs, protocol = parts(train, test, folds)
    gold = checked(pairs, test is not None)
    cells = Cells(Path(folder) / "partial" if folder is not None else None)
    about = (train.fingerprint, test.fingerprint if test else "", train.task.name, folds)
    runs, curves = _race(racing, pairs, seeds, cells, about)
    incumbent = spec(large) if large is not None else _incumbent(runs, curves)
    refused = ""
    if isinstance(large, Recorded) and not any(one.deferral for one in runs):
        more, refused = _deferring(large, margin, curves, pairs, seeds, cells, about)
        runs += more
    found = standings(runs, gold, incumbent, margin)
    points = _points(runs, curves, pairs[0])
    outlook = _outlook(found, points, incumbent)
    whole = Dataset.join([train, test]) if test is not None else train
    findings = audit(whole, *pairs[0]) if test is not None else audit(whole)
    done = Study(
        gold=gold,
        name=train.task.name,
        protocol=protocol,
        trained_on=len(pairs[0][0]),
        runs=tuple(runs),
        incumbent=incumbent,
        standings=tuple(found),
        verdict=verdict(found, incumbent, gold, margin, outlook, refused),
        curves=points,
        forecast=outlook,
        audit=findings,
        label_price=label_price,
    )
    if folder is not None:
        done.save(folder)
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
    """The contestants, each once, and the incumbent among them."""
    wanted = [_built(c) for c in contestants]
    if against is not None:
        wanted.append(_built(against))
    if not wanted:
        raise UnderdogError(
            "nobody to compare", "name a contestant: underdog compare FILE 'linear()'"
        )
    return list({spec(c): c for c in wanted}.values())


def _race(
    racing: Sequence[Learner | Model],
    pairs: Pairs,
    seeds: Sequence[int],
    cells: Cells,
    about: tuple[object, ...],
) -> tuple[list[Run], dict[str, Curve]]:
    """Every run and every learning curve, from disk where an earlier attempt finished it."""
    runs: list[Run] = []
    curves: dict[str, Curve] = {}
    tests = sum(len(test) for _, test in pairs)
    with step(f"{len(racing)} contestants on {tests:,} texts", len(racing)) as advance:
        for one in racing:
            name = spec(one)
            for seed in seeds if isinstance(one, Learner) else seeds[:1]:
                key = ("run", name, seed, *about)
                runs.append(cells.get(key, partial(run, one, pairs, seed)))
            if isinstance(one, Learner) and not runs[-1].calls_out and len(pairs[0][0]) >= FEWEST:
                key = ("curve", name, seeds[0], *about)
                curves[name] = cells.get(key, partial(curve, one, *pairs[0], seeds[0]))
            advance(1)
    return runs, curves


def _deferring(
    large: Recorded,
    margin: float,
    curves: Mapping[str, Curve],
    pairs: Pairs,
    seeds: Sequence[int],
    cells: Cells,
    about: tuple[object, ...],
) -> tuple[list[Run], str]:
    """The best small model with the large one behind it, promised to lose no more than ``margin``.

    Asking answers on record is free, so this contestant joins unasked. Where nothing can be
    promised the reason is given in its place.
    """
    if not curves or not 0 < margin < 1:
        return [], ""
    best = max(curves, key=lambda name: curves[name].held_out)
    try:
        both = Frugal(contestant(best), large, drop=margin)  # type: ignore[arg-type]
        runs, _ = _race([both], pairs, seeds, cells, about)
        return runs, ""
    except Refusal as no:
        return [], f"{no.problem} ({no.hint})"


def _incumbent(runs: Sequence[Run], curves: Mapping[str, Curve]) -> str:
    """The first that always calls a service; else the strongest inside the training part."""
    for one in runs:
        if one.coverage == 0:
            return one.spec
    return max(curves, key=lambda name: curves[name].held_out) if curves else runs[0].spec


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
