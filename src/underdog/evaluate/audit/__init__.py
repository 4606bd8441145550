"""What is wrong with the data, before any model is blamed for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ...core import given
from ...core.data import Dataset
from ...core.given import Data
from ...runtime.limit import Limit, TimeIsUp
from .duplicates import Equals, ceiling, disputed, repeated, straddling
from .finding import Audit, Finding, worst_first
from .labels import balance, doubtful, names, recipe_in, unseen
from .near_duplicates import nearly_equal
from .texts import blank, gaps, long

__all__ = ["Audit", "Finding", "audit"]


def audit(
    data: Data,
    train: Dataset | None = None,
    test: Dataset | None = None,
    *,
    seed: int = 0,
    limit: Limit | None = None,
) -> Audit:
    """Everything about ``data`` that its owner should know before trusting a number.

    ``data`` is a data set, or what `underdog.read` reads: a table, a path, a data frame.

    Equal and nearly equal texts, equal texts with different labels and the accuracy ceiling that
    they imply, labels that are out of balance, rare, spelt in several ways or probably wrong,
    empty and long texts, gaps in other columns; and, given the parts of a split, what straddles
    it. ``seed`` chooses which labels are looked at where there are many. Near duplicates and
    wrong labels want the extra ``[audit]``; without it a finding says how to install it. Of sets,
    numbers and texts, only the texts and the split are looked at. What ``limit`` leaves no time for
    is said to be unchecked. Does not change the data, and does not correct labels.
    """
    data = given.dataset(data)
    equals = Equals.of(data)
    single = data.task.kind == "label"
    findings = [*repeated(equals), *blank(data), *long(data), *gaps(data)]
    if single:
        findings = [*disputed(equals), *findings, *names(data), *balance(data)]
    if train is not None and test is not None:
        findings += [*straddling(train, test), *(unseen(train, test) if single else [])]
    if not data.task.columns:  # rows of a table that differ in one number are two
        findings += _timed("near duplicates", partial(nearly_equal, equals, train, test), limit)
    if single:
        recipe = recipe_in(equals, None if limit is None else limit.left)
        look = recipe and partial(doubtful, equals, seed, recipe)
        findings += _timed("wrong labels", look, limit)
    else:
        unchecked = "Not checked: wrong labels are found among single labels only."
        findings.append(Finding("wrong labels", "note", 0, unchecked))
    return Audit(len(data), worst_first(findings), ceiling(equals) if single else None)


def _timed(
    kind: str, look: Callable[[], list[Finding]] | str, limit: Limit | None
) -> list[Finding]:
    """What ``look`` finds; a note that there was no time, if it is empty or ``limit`` stops it."""
    limit = limit or Limit()
    if not isinstance(look, str):
        try:
            with limit.watch():
                return look()
        except TimeIsUp as up:
            if up.limit is not limit:
                raise
    return [Finding(kind, "note", 0, "Not checked: there was no time. See: underdog audit FILE")]
