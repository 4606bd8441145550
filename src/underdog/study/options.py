"""What a comparison may be told beyond its contestants and its data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypedDict

from ..core.errors import UnderdogError
from ..core.protocols import Grader, Learner, Model
from .verdict import Verdict

Contestant = Learner | Model | str


class Options(TypedDict, total=False):
    """The options of `compare`, by name, as a type checker and an editor see them."""

    against: Contestant | None
    seeds: Sequence[int]
    folds: int
    margin: float
    label_price: float | None
    budget: str | None
    folder: Path | str | None
    gold_known: bool
    on_verdict: Callable[[Verdict], None] | None
    volume: float | None
    price_in: float | None
    price_out: float
    grader: Grader | str | None
    title: str | None
    notes: str | None


@dataclass(frozen=True)
class Settings:
    """The options of `compare`, checked.

    ``against`` is the incumbent, the large model in use now, or the name of the column with its
    answers; by default it is the first contestant that calls a service, else the one that is
    strongest inside the training part. Without a test part, a fifth of the data is held out, or
    each of ``folds`` parts in turn. ``margin`` is the loss of accuracy that is acceptable, as a
    share: 0.01 is one point. ``label_price`` is the price of a training label in dollars; by
    default, of an answer of the incumbent.

    ``budget`` is the time for everything, as '90s', '5m' or '2h', kept but for
    `lineup.tolerance`; it changes no result. With a ``folder``, a study that was stopped, or left
    something out, reuses finished work; one process at a time may write to it.

    Without ``gold_known`` the labels are the answers of ``against`` (see `no_gold.from_answers`):
    every accuracy is agreement with it, and so says the verdict. ``on_verdict`` is told the verdict
    so far, before the slow contestants.

    ``volume`` is how many texts a month the bill is for; by default what the dates of the file say.
    ``price_in`` and ``price_out`` are dollars per million tokens that the large model reads and
    writes, for recorded answers without a price of their own.

    ``grader`` says how right an answer is, as a value or its spec; by default the grader of the
    task's kind (`core.graders.grader_for`). ``margin`` is then a difference between mean grades.
    ``title`` and ``notes`` are for the report; its title is otherwise the name of the task.
    """

    against: Contestant | None = None
    seeds: Sequence[int] = (0,)
    folds: int = 0
    margin: float = 0.01
    label_price: float | None = None
    budget: str | None = None
    folder: Path | str | None = None
    gold_known: bool = True
    on_verdict: Callable[[Verdict], None] | None = None
    volume: float | None = None
    price_in: float | None = None
    price_out: float = 0.0
    grader: Grader | str | None = None
    title: str | None = None
    notes: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.margin < 0.5:
            raise UnderdogError(
                f"a margin of {100 * self.margin:g} points is no margin",
                "in Python it is a share: margin=0.01 is one point; on the command line --margin 1",
            )

    @classmethod
    def of(cls, options: Any) -> Settings:
        """The settings of `Options`; TypeError for an option that there is not."""
        if unknown := set(options) - {field.name for field in fields(cls)}:
            raise TypeError(f"compare() got an unexpected keyword argument {min(unknown)!r}")
        return cls(**options)
