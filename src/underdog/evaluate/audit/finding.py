"""What an audit found: sentences with numbers, the worst first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ...core.data import Text

Severity = Literal["serious", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("serious", "warning", "note")

SHOWN, CLIP = 5, 120
"""Examples that a finding gives; characters of a text that an example shows."""


@dataclass(frozen=True)
class Finding:
    """One thing about the data that its owner should know: how many, how bad, which."""

    kind: str
    severity: Severity
    count: int
    sentence: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Audit:
    """The findings about ``examples`` examples, the worst first.

    ``ceiling`` is the best accuracy that any model can have which sees the text alone, a share
    of the labelled examples; 1.0 where no two equal texts disagree, None where nothing is labelled.
    """

    examples: int
    findings: tuple[Finding, ...]
    ceiling: float | None

    def __repr__(self) -> str:
        found = ", ".join(f"{one.kind} ({one.severity})" for one in self.findings)
        return f"<Audit of {self.examples:,} examples: {found or 'nothing to remark'}>"

    def as_dict(self) -> dict[str, Any]:
        """The audit as results.json holds it."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The audit as plain text: a line per finding, its examples indented below."""
        if not self.findings:
            return [f"Nothing to remark in {self.examples:,} examples."]
        return [
            line
            for finding in self.findings
            for line in (
                f"{finding.severity}: {finding.sentence}",
                *(f"    {example}" for example in finding.examples),
            )
        ]


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Serious ones, then warnings, then notes; otherwise in the order given."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


def clipped(text: Text) -> str:
    """A text as an example shows it: on one line, cut off where it is long."""
    line = " ".join((text if isinstance(text, str) else " | ".join(text)).split())
    return repr(line if len(line) <= CLIP else line[: CLIP - 1] + "…")
