"""Equal texts: how many, with how many labels, and what that makes impossible."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ...core.data import Dataset, normal
from .finding import SHOWN, Finding, clipped


@dataclass(frozen=True, eq=False)
class Equals:
    """The rows of each distinct text, in the order of their first. Case and white space do not
    make two texts different."""

    data: Dataset
    rows: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, data: Dataset) -> Equals:
        found: dict[str, list[int]] = {}
        for i, text in enumerate(data.texts):
            found.setdefault(normal(text), []).append(i)
        return cls(data, tuple(map(tuple, found.values())))

    def labels(self, rows: tuple[int, ...]) -> Counter[str]:
        """How often each label stands at ``rows``."""
        return Counter(y for i in rows if (y := self.data.labels[i]) is not None)

    @property
    def disputed(self) -> list[tuple[int, ...]]:
        """The rows of each text that carries more than one label."""
        return [rows for rows in self.rows if len(rows) > 1 and len(self.labels(rows)) > 1]


def ceiling(equals: Equals) -> float | None:
    """The best accuracy of one label per text: the sum of each text's majority, over all rows.

    None where nothing is labelled. Blank texts count as one text.
    """
    counts = [found for rows in equals.rows if (found := equals.labels(rows))]
    labelled = sum(count.total() for count in counts)
    return sum(max(count.values()) for count in counts) / labelled if labelled else None


def repeated(equals: Equals) -> list[Finding]:
    """Rows whose text has stood in an earlier row."""
    count = len(equals.data) - len(equals.rows)
    if not count:
        return []
    often = sorted(equals.rows, key=len, reverse=True)[:SHOWN]
    share = count / len(equals.data)
    return [
        Finding(
            "duplicates",
            "warning" if share > 0.01 else "note",
            count,
            f"{count:,} of {len(equals.data):,} rows ({share:.1%}) repeat the text of another; "
            f"{len(equals.rows):,} texts are distinct. Equal texts stay on one side of every "
            "split that underdog makes.",
            tuple(
                f"{len(rows)} times: {clipped(equals.data.texts[rows[0]])}"
                for rows in often
                if len(rows) > 1
            ),
        )
    ]


def disputed(equals: Equals) -> list[Finding]:
    """Texts that carry several labels, and the ceiling that follows."""
    texts, best = equals.disputed, ceiling(equals)
    if not texts or best is None:
        return []

    def labels(rows: tuple[int, ...]) -> str:
        return ", ".join(f"{label} ({n})" for label, n in equals.labels(rows).most_common(6))

    one = len(texts) == 1
    return [
        Finding(
            "conflicts",
            "serious" if best < 0.95 else "warning" if best < 0.99 else "note",
            len(texts),
            f"{len(texts):,} text{'' if one else 's'} carr{'ies' if one else 'y'} several labels: "
            f"the accuracy ceiling is {best:.1%}, more than which no model can reach that sees "
            "the text alone.",
            tuple(
                f"{clipped(equals.data.texts[rows[0]])}: {labels(rows)}" for rows in texts[:SHOWN]
            ),
        )
    ]


def straddling(train: Dataset, test: Dataset) -> list[Finding]:
    """Test rows whose text or group stands in the training part as well."""
    known = {normal(text) for text in train.texts}
    both = [i for i, text in enumerate(test.texts) if normal(text) in known]
    findings = []
    if both:
        findings.append(
            Finding(
                "straddling",
                "serious",
                len(both),
                f"{len(both):,} of {len(test):,} test rows have a text that is also in the "
                "training part: their answers can be learnt by heart.",
                tuple(clipped(test.texts[i]) for i in both[:SHOWN]),
            )
        )
    shared = set(train.groups or ()) & set(test.groups or ())
    if shared:
        findings.append(
            Finding(
                "straddling groups",
                "serious",
                len(shared),
                f"{len(shared):,} groups have rows in both the training and the test part.",
                tuple(sorted(shared)[:SHOWN]),
            )
        )
    return findings
