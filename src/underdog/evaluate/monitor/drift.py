"""Tests for a change of the traffic, corrected for their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ...core.data import Text
from ...core.errors import UnderdogError
from ...runtime.formatting import percent
from ..stats import holm
from . import words
from .profile import Histogram, Look, Profile

LEVEL = 0.05
"""The chance of any false alarm in one call."""

MATERIAL = 0.05
"""The least share of the texts that must have moved: a smaller change is certain, not important."""

SURER = 0.03
"""The least change of the mean confidence. The confidence before is that of a model fitted on four
fifths of the rows, and so a little lower than that of the model itself."""

FEWEST = 30
"""Texts below which nothing is tested."""

EXPECTED = 5.0
"""Expected count below which cells of a table are merged, for the chi-squared test to hold."""

WORDS = "words"


@dataclass(frozen=True)
class Change:
    """One thing that was tested: what it was, what it is, and whether it certainly changed.

    ``distance`` is the share of the texts that would have to move to undo the change (total
    variation); ``p`` is adjusted for all tests. ``before`` and ``now`` are shares of the texts in
    each of ``cells``.
    """

    name: str
    changed: bool
    distance: float
    p: float
    sentence: str
    cells: tuple[str, ...]
    before: tuple[float, ...]
    now: tuple[float, ...]


@dataclass(frozen=True)
class Drift:
    """What was tested on ``rows`` texts, against which rows, and what could not be."""

    rows: int
    reference: str
    changes: tuple[Change, ...]
    untested: tuple[str, ...]

    @property
    def changed(self) -> tuple[Change, ...]:
        """What certainly changed."""
        return tuple(change for change in self.changes if change.changed)

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        against = f"{self.rows:,} texts, compared with {self.reference}"
        if self.changed:
            return f"Changed: {', '.join(c.name for c in self.changed)} ({against})."
        return f"No change was found in {against}."

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON and the report."""
        return {**asdict(self), "sentence": self.sentence, "drift": bool(self.changed)}

    def lines(self) -> Iterator[str]:
        """The result for a terminal: what changed first."""
        yield self.sentence
        for change in sorted(self.changes, key=lambda c: not c.changed):
            sign = "!" if change.changed else " "
            p = "< .001" if change.p < 0.001 else f"{change.p:.3f}".lstrip("0")
            yield f"{sign} {change.name:<11} {change.sentence} (p {p})"
        yield from (f"  not tested: {what}" for what in self.untested)


@dataclass(frozen=True)
class _Table:
    """Counts before and now, cell by cell, and the sentence about them."""

    name: str
    cells: tuple[str, ...]
    before: tuple[int, ...]
    now: tuple[int, ...]
    sentence: str
    material: bool = True


def drift(reference: Profile, texts: Sequence[Text], look: Look) -> Drift:
    """Test whether ``texts``, and what the model did with them, are like the reference.

    Each quantity is a table of counts in two rows, tested for homogeneity by Pearson's chi-squared
    and adjusted by Holm's method, so that without a change an alarm is raised in at most 5 % of
    calls. An alarm also needs a distance of `MATERIAL`, and of confidence a change of `SURER`.
    Assumes that texts are drawn independently, and that none of them is a row of the reference.
    Raises `UnderdogError` for fewer than `FEWEST` texts.
    """
    if len(texts) < FEWEST:
        raise UnderdogError(
            f"{len(texts):,} texts are too few to test for a change",
            f"give at least {FEWEST}, better several hundred",
        )
    tables = [*_texts(reference, texts), *_answers(reference, look)]
    adjusted = holm([_p(table) for table in tables])
    tested = [_change(table, p) for table, p in zip(tables, adjusted, strict=True)]
    directions = [c for c in tested if c.name == WORDS]
    strongest = min(directions, key=lambda c: (not c.changed, c.p))
    rest = [change for change in tested if change.name != WORDS]
    return Drift(
        len(texts), reference.source, (strongest, *rest), tuple(_untested(reference, look))
    )


def _texts(reference: Profile, texts: Sequence[Text]) -> Iterator[_Table]:
    now = words.measures(texts, words.unpacked(reference.vocabulary))
    for name, before in reference.measures.items():
        if name in now:
            seen = Histogram.of(now[name], before.edges)
            shown = {
                "length": f"{seen.mean:.1f} words a text, before {before.mean:.1f}",
                "unknown": f"{percent(seen.mean)} new words, before {percent(before.mean)}",
            }.get(name, "how often words are used")
            title = {"length": "length", "unknown": "new words"}.get(name, WORDS)
            yield _Table(title, _cells(before.edges), before.counts, seen.counts, shown)


def _answers(reference: Profile, look: Look) -> Iterator[_Table]:
    n, m = reference.answered, len(look.values)
    known = reference.labels
    if known is not None:
        now = Counter(look.values)
        cells = tuple(sorted({*known, *now}, key=lambda x: -known.get(x, 0)))
        before = tuple([known.get(cell, 0) for cell in cells])
        counts = tuple([now[cell] for cell in cells])
        named = tuple([cell or "(no answer)" for cell in cells])
        yield _Table("answers", named, before, counts, _moved(named, before, counts))
    if (before_h := reference.measures.get("confidence")) and look.confidence is not None:
        seen = Histogram.of(look.confidence, before_h.edges)
        far = abs(seen.mean - before_h.mean) >= SURER
        mean = f"{percent(seen.mean)} on average, before {percent(before_h.mean)}"
        yield _Table("confidence", _cells(before_h.edges), before_h.counts, seen.counts, mean, far)
    for name, then, mask in (
        ("deferral", reference.deferred, look.deferred),
        ("accuracy", reference.right, look.right),
    ):
        if then is not None and mask is not None:
            count = int(mask.sum())
            what = "passed on" if name == "deferral" else "right"
            shown = f"{percent(count / m)} {what}, before {percent(then / n)}"
            yield _Table(name, (what, f"not {what}"), (then, n - then), (count, m - count), shown)


def _untested(reference: Profile, look: Look) -> Iterator[str]:
    if not reference.answered:
        yield "answers, confidence, deferral: no answers to rows new to the model are known"
    elif look.right is None and reference.right is not None:
        yield "accuracy: the file has no labels (--label)"


def _change(table: _Table, p: float) -> Change:
    before, now = (np.array(counts) / max(sum(counts), 1) for counts in (table.before, table.now))
    distance = float(np.abs(before - now).sum() / 2)
    changed = p < LEVEL and distance >= MATERIAL and table.material
    shares = tuple(map(float, before)), tuple(map(float, now))
    return Change(table.name, changed, distance, p, table.sentence, table.cells, *shares)


def _p(table: _Table) -> float:
    """Pearson's chi-squared test of homogeneity; cells with small expected counts are merged."""
    from scipy.special import chdtrc

    counts = np.array([table.before, table.now], dtype=np.float64)
    rows = counts.sum(axis=1)
    if not rows.all():
        return 1.0
    small = counts.sum(axis=0) * rows.min() / rows.sum() < EXPECTED
    if small.any():
        counts = np.concatenate([counts[:, ~small], counts[:, small].sum(axis=1)[:, None]], axis=1)
    counts = counts[:, counts.sum(axis=0) > 0]
    if counts.shape[1] < 2:
        return 1.0
    expected = np.outer(rows, counts.sum(axis=0)) / rows.sum()
    return float(chdtrc(counts.shape[1] - 1, ((counts - expected) ** 2 / expected).sum()))


def _cells(edges: Sequence[float]) -> tuple[str, ...]:
    """The bins between ``edges`` in words."""
    if not edges:
        return ("all",)
    between = [f"{a:.3g}" if b - a < 1e-9 else f"{a:.3g} to {b:.3g}" for a, b in pairwise(edges)]
    return (f"below {edges[0]:.3g}", *between, f"{edges[-1]:.3g} and above")


def _moved(cells: Sequence[str], before: Sequence[int], now: Sequence[int]) -> str:
    """The labels of which the share changed most, and how."""
    n, m = max(sum(before), 1), max(sum(now), 1)
    shares = [(b / n, k / m, cell) for b, k, cell in zip(before, now, cells, strict=True)]
    most = sorted(shares, key=lambda s: -abs(s[0] - s[1]))[:3]
    return ", ".join(f"{cell!r} {percent(k)}, before {percent(b)}" for b, k, cell in most)
