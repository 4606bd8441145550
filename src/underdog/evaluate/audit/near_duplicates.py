"""Texts that nearly repeat another one, in a file and on both sides of a split."""

from __future__ import annotations

from ...core.data import Dataset, normal
from ...core.errors import UnderdogError
from ...models.features.near_equal import leaders
from .duplicates import Equals
from .finding import SHOWN, Finding, clipped

MOST_TEXTS = 100_000
"""Distinct texts that are compared: what bounds the time."""


def nearly_equal(equals: Equals, train: Dataset | None, test: Dataset | None) -> list[Finding]:
    """Distinct texts that nearly repeat an earlier one, and those on both sides of a split."""
    data = equals.data
    firsts = [rows[0] for rows in equals.rows][:MOST_TEXTS]
    keys = [normal(data.texts[i]) for i in firsts]
    try:
        first = leaders(keys)
    except UnderdogError as error:
        return [
            Finding("near duplicates", "note", 0, f"Not checked: {error.problem}. {error.hint}")
        ]
    pairs = [(i, j) for i, j in enumerate(first) if i != j]
    findings = []
    if pairs:
        apart = sum(data.labels[firsts[i]] != data.labels[firsts[j]] for i, j in pairs)
        findings.append(
            Finding(
                "near duplicates",
                "warning" if len(pairs) > 0.05 * len(firsts) else "note",
                len(pairs),
                f"{len(pairs):,} of {len(firsts):,} distinct texts nearly repeat another; "
                f"{apart:,} of them with another label.",
                tuple(
                    f"{clipped(data.texts[firsts[i]])} ~ {clipped(data.texts[firsts[j]])}"
                    for i, j in pairs[:SHOWN]
                ),
            )
        )
    if train is not None and test is not None:
        findings += _straddling(dict(zip(keys, first, strict=True)), train, test)
    return findings


def _straddling(leader: dict[str, int], train: Dataset, test: Dataset) -> list[Finding]:
    """Test rows that are nearly equal, but not equal, to a training row."""
    keys = {normal(text) for text in train.texts}
    taught = {leader.get(key) for key in keys} - {None}
    near = [
        i
        for i, text in enumerate(test.texts)
        if (key := normal(text)) not in keys and leader.get(key) in taught
    ]
    if not near:
        return []
    share = len(near) / len(test)
    return [
        Finding(
            "straddling near duplicates",
            "warning" if share > 0.02 else "note",
            len(near),
            f"{len(near):,} of {len(test):,} test rows ({share:.1%}) nearly repeat a training row.",
            tuple(clipped(test.texts[i]) for i in near[:SHOWN]),
        )
    ]
