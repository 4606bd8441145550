"""Judge outputs that exist: score them, compare the scores with ratings, find a threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...core.cost import Floats
from ...core.errors import UnderdogError
from ...core.graders import needs
from ...core.protocols import Grader
from ...data.outputs import Outputs, read_outputs
from ...evaluate.graders.learned import Learned, LearnedGrader
from ...evaluate.graders.reading import words
from ...evaluate.judging.agreement import Agreement, agreement
from .judgement import Judgement
from .lineup import Score, scored
from .remarks import remarks
from .threshold import Threshold, chooses, threshold
from .worst import worst


def judge(
    source: Any,
    scores: Sequence[Grader | str] = (),
    columns: Mapping[str, str] | None = None,
    good: str | None = None,
    risk: float = 0.05,
    delta: float = 0.05,
    folder: Path | None = None,
) -> Judgement:
    """Score the outputs in ``source``, which exist already: nothing is generated.

    ``source`` is what `read_outputs` takes: a path, a data frame, a hub name. ``columns`` names the
    column of each role (output, reference, source, question, samples, rating, group), by default
    guessed. ``scores`` are graders or their specs, by default a line-up of what the columns allow.
    Where there are ratings, each score is compared with them, beside the length and the lexical
    overlap; an output is bad below ``good``. A threshold is found such that of the outputs that
    pass at most a share ``risk`` is bad, with probability ``1 - delta``, or it is said that no
    score is good enough. With a ``folder``, results.json and report.html are written there.

    Raises `UnderdogError` for columns that cannot be told, scores that cannot be computed, and
    shares outside (0, 1).
    """
    for name, share in (("risk", risk), ("delta", delta)):
        if not 0 < share < 1:
            raise UnderdogError(f"{name} must be between 0 and 1, not {share:g}", "as in: 0.05")
    outputs = source if isinstance(source, Outputs) else read_outputs(source, columns, good)
    found, notes = scored(outputs, scores)
    if not _usable(found):
        raise UnderdogError(
            f"{outputs.sheet.name} has nothing that outputs can be compared with",
            "name a column: --reference COLUMN or --source COLUMN",
        )
    compared = _compared(outputs, found)
    limit = _threshold(outputs, found, risk, delta)
    leader, downward = _leading(found, compared, limit)
    done = Judgement(
        outputs,
        tuple(found),
        compared,
        limit,
        leader,
        downward,
        tuple(worst(outputs, leader, downward)),
        (*outputs.notes, *notes, *remarks(outputs)),
    )
    if folder is not None:
        done.save(folder)
    return done


def _compared(outputs: Outputs, found: Sequence[Score]) -> dict[str, Agreement]:
    """How each score agrees with the ratings, by its name; those that can be compared."""
    if outputs.ratings is None:
        return {}
    lengths = np.array([len(words(value)) for value in outputs.values], np.float64)
    groups = outputs.data.groups or ()
    pairs = {
        one.name: agreement(one.grades, outputs.ratings.values, lengths, groups) for one in found
    }
    return {name: one for name, one in pairs.items() if one is not None}


def _usable(found: Sequence[Score]) -> list[Score]:
    """The scores that are no baselines; without any, the baselines that look at what is said."""
    own = [one for one in found if not one.baseline]
    return own or [one for one in found if needs(one.grader)]


def _threshold(
    outputs: Outputs, found: Sequence[Score], risk: float, delta: float
) -> Threshold | None:
    if outputs.ratings is None:
        return None
    usable = {s.name: _tested(outputs, s) for s in _usable(found)}
    ratings = outputs.ratings.values, outputs.ratings.bad
    return threshold(usable, ratings, outputs.data.groups or (), risk, delta)


def _tested(outputs: Outputs, one: Score) -> Floats:
    """The grades that may be tested: of a score that learns, the tested half is never learned."""
    if not isinstance(one.grader, Learned) or one.grader.folder:
        return one.grades
    half, data = chooses(outputs.data.groups or ()), outputs.data
    grades = np.full(len(outputs), np.nan)
    for rows, of in ((half, one.grader), (~half, _half_model(outputs, one.grader))):
        known = [i for i in np.flatnonzero(rows).tolist() if outputs.values[i].strip()]
        if known:
            some = data.take(known)
            grades[known] = of.grade(some.texts, [outputs.values[i] for i in known], some)
    return grades


def _half_model(outputs: Outputs, learned: Learned) -> LearnedGrader:
    """What ``learned`` makes of the half that chooses: the guarantee holds for this model."""
    half = [
        i
        for i in np.flatnonzero(chooses(outputs.data.groups or ())).tolist()
        if outputs.values[i].strip()
    ]
    some = outputs.data.take(half)
    return learned.model_of(some.texts, [outputs.values[i] for i in half], some)


def learned_grader(done: Judgement) -> LearnedGrader:
    """The model behind the first learned score of ``done``, as it may be kept and used again.

    Where the threshold is on that score, it is the model that the guarantee holds for. Raises
    `UnderdogError` if no score was learned.
    """
    one = next((s for s in done.scores if isinstance(s.grader, Learned)), None)
    if one is None or not isinstance(one.grader, Learned):
        raise UnderdogError(
            "no score was learned, so there is no model to keep",
            "add one: --score \"learned([rouge(), overlap('source')])\"",
        )
    limit = done.threshold
    if limit and limit.least is not None and limit.score == one.name:
        return _half_model(done.outputs, one.grader)
    rows = [i for i, value in enumerate(done.outputs.values) if value.strip()]
    some = done.outputs.data.take(rows)
    return one.grader.model_of(some.texts, [done.outputs.values[i] for i in rows], some)


def _leading(
    found: Sequence[Score], compared: Mapping[str, Agreement], limit: Threshold | None
) -> tuple[Score, bool]:
    """The score by which outputs are ordered, and whether a lower one is better.

    It is that of the threshold, or, where there is none, that which agrees best with the ratings.
    """
    if limit and limit.least is not None:
        return next(one for one in found if one.name == limit.score), limit.lower
    leader = _leader(found, compared)
    return leader, _downward(leader, compared)


def _leader(found: Sequence[Score], compared: Mapping[str, Agreement]) -> Score:
    """The score by which outputs are ordered: that which agrees best with the ratings."""

    def strength(one: Score) -> float:
        known = compared.get(one.name)
        return -1.0 if known is None else abs(known.value - known.chance)

    return max(_usable(found), key=strength)


def _downward(leader: Score, compared: Mapping[str, Agreement]) -> bool:
    known = compared.get(leader.name)
    return known is not None and known.value < known.chance
