"""Which scores outputs get by default, and what each of them says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from ...core.cost import Floats, Ledger
from ...core.errors import UnderdogError
from ...core.graders import needs, says
from ...core.protocols import Grader
from ...data.outputs import Outputs
from ...runtime.progress import step
from ...runtime.registry import build, spec

LINEUP: tuple[str, ...] = (
    "bertscore()",
    "rouge()",
    "chrf()",
    "token_f1()",
    "bertscore(layer=3, against='source', part='precision')",
    "selfcheck()",
    "selfcheck('vectors')",
    "consistency('agreement', by='words')",
    "consistency('eigv')",
    "consistency()",
    "token_probability()",
    "token_probability('least')",
)
"""Scores by name, the ones tried first. Those that lack what they need are left out.

Every grader can stand here: what it cannot do without is in its ``needs``, each a role of a column
(`data.outputs.ROLES`).
"""

BASELINES = ("word_count()", "overlap('source')", "overlap('reference')")
"""What every score is shown beside."""


@dataclass(frozen=True, eq=False)
class Score:
    """The grades of one grader: ``grades`` ``[outputs]``, NaN where there is none.

    ``seconds`` and ``dollars`` are those of all outputs together; None is unknown.
    """

    grader: Grader
    grades: Floats
    seconds: float
    dollars: float | None
    baseline: bool = False

    @property
    def name(self) -> str:
        """How it is called in tables: its spec, without empty brackets."""
        return spec(self.grader).removesuffix("()")

    @property
    def says(self) -> str:
        """What a mean grade says."""
        return says(self.grader)


def scored(outputs: Outputs, named: Sequence[Grader | str]) -> tuple[list[Score], list[str]]:
    """The scores of ``outputs`` by the graders that are ``named``, else by the line-up.

    The baselines come last. The second part says which scores of the line-up were left out, and
    why. Raises `UnderdogError` if one that is named cannot be computed.
    """
    found, notes = [], []
    chosen = [grader_of(one) for one in named or LINEUP]
    for grader in chosen:
        lacking = [role for role in needs(grader) if role not in outputs.roles]
        if lacking and named:
            raise UnderdogError(
                f"{spec(grader)} needs the {lacking[0]} of each output, and no column holds it",
                f"name the column: --{lacking[0]} COLUMN",
            )
        if lacking:
            continue
        try:
            found.append(_known(score(grader, outputs)))
        except UnderdogError as error:
            if named:
                raise
            notes.append(f"left out {spec(grader)}: {error.problem} ({error.hint})")
    for one in map(build, BASELINES):
        if set(needs(one)) <= set(outputs.roles) and one not in chosen:
            beside = score(one, outputs, baseline=True)
            found += [] if np.isnan(beside.grades).all() else [beside]
    alike = [one.name for one in found if not one.baseline and np.ptp(_grades(one)) == 0]
    notes += [f"{name} is the same for all outputs, so it tells none apart" for name in alike]
    return found, notes


def _known(one: Score) -> Score:
    """``one``, if it has a grade at all."""
    if np.isnan(one.grades).all():
        lacking = " and ".join(needs(one.grader)) or "output"
        raise UnderdogError(
            f"{one.name} can score no output: no row has the {lacking} that it needs",
            f"name another column: --{needs(one.grader)[0] if needs(one.grader) else 'output'} "
            "COLUMN",
        )
    return one


def _grades(one: Score) -> Floats:
    return one.grades[~np.isnan(one.grades)]


def score(grader: Grader, outputs: Outputs, baseline: bool = False) -> Score:
    """The grades of all outputs that are not blank: a blank one has none."""
    rows = [i for i, value in enumerate(outputs.values) if value.strip()]
    data = outputs.data.take(rows)
    start, grades = perf_counter(), np.full(len(outputs), np.nan)
    with step(spec(grader)), Ledger() as ledger:
        grades[rows] = grader.grade(data.texts, [outputs.values[i] for i in rows], data)
    return Score(grader, grades, perf_counter() - start, ledger.total.dollars, baseline)


def grader_of(named: Grader | str) -> Grader:
    """The grader that ``named`` is, or that it describes; `UnderdogError` if it is none."""
    made = build(named) if isinstance(named, str) else named
    if not isinstance(made, Grader):
        raise UnderdogError(f"{named!r} is no score of outputs", "as in: --score 'rouge()'")
    return made
