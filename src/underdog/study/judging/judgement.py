"""Judged outputs: what was found, as sentences, as plain data and as files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ...core.cost import Floats
from ...data.outputs import Outputs
from ...evaluate.judging.agreement import Agreement
from ...evaluate.uncertainty import Beliefs
from ...runtime import files
from ...runtime.formatting import shell_command
from ...runtime.machine import machine, versions
from .believed import believed, plain, sentence
from .lineup import Score
from .threshold import Threshold
from .worst import Worst

FILES = ("results.json", "report.html")
MOST = 0.75
"""The share of a score's agreement that the length alone reaches where it explains most of it."""


@dataclass(frozen=True, eq=False)
class Judgement:
    """The ``outputs`` with their ``scores``, of which `agreement` says how far to believe them.

    ``agreements`` are by the name of a score; empty without ratings. ``leader`` is the score that
    orders outputs, ``downward`` whether a lower one is better; ``worst`` are its worst outputs.
    """

    outputs: Outputs
    scores: tuple[Score, ...]
    agreements: Mapping[str, Agreement]
    threshold: Threshold | None
    leader: Score
    downward: bool
    worst: tuple[Worst, ...]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<{len(self.outputs):,} outputs judged: {self.sentences[0]}>"

    @property
    def columns(self) -> dict[str, Floats]:
        """The grades by the name of the score, each ``[outputs]``, NaN where there is none."""
        return {one.name: one.grades for one in self.scores}

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows of the file, with a column more for every score; None where there is none."""
        cells = self.outputs.sheet.columns
        for i in range(len(self.outputs)):
            grades = {f"score {s.name}": _known(s.grades[i]) for s in self.scores}
            yield {**{name: column[i] for name, column in cells.items()}, **grades}

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """What was found, the most important first."""
        if self.outputs.ratings is None:
            return (
                "There are no ratings, so no score is known to say anything about these outputs: "
                "rate some fifty of them, and name the column: --rating COLUMN.",
            )
        found = [self.threshold.sentence] if self.threshold else []
        best = self.agreements.get(self.leader.name)
        if best is None:
            return (*found, "No score could be compared with the ratings.")
        told = sentence(self.beliefs, self.leader.name) if self.beliefs else ()
        return (*found, self._agreement(best), *self._length(best), *told)

    @cached_property
    def beliefs(self) -> Beliefs | None:
        """The scores as probabilities of being good; None where the ratings do not suffice."""
        return believed(self.outputs, self.scores)

    def _agreement(self, best: Agreement) -> str:
        low, high = best.interval
        value = f"{best.measure} {best.value:.2f} [{low:.2f}, {high:.2f}]"
        if not best.shown:
            return f"No score is shown to agree with the ratings; {self.leader.name} has {value}."
        side = "; lower is better" if self.downward else ""
        rivals = [self.agreements.get(one.name) for one in self.scores if not one.baseline]
        most = max(abs(one.value - one.chance) for one in rivals if one is not None)
        best_of_all = " best" if abs(best.value - best.chance) >= most else ""
        return f"{self.leader.name} agrees{best_of_all} with the ratings: {value}{side}."

    def _length(self, best: Agreement) -> tuple[str, ...]:
        length = self.agreements.get("word_count")
        if length is None or not best.shown:
            return ()
        side = " (shorter is better)" if length.value < length.chance else ""
        alone = f"the length alone reaches {length.measure} {length.value:.2f}{side}"
        if best.beats_length:
            return (f"It says more than how long an output is: {alone}.",)
        if best.length_explains and length.shown:
            return (f"Length explains it: {alone}, and beyond that the score says nothing.",)
        share = abs(length.value - length.chance) / abs(best.value - best.chance)
        much = "most" if share >= MOST else "part"
        low, high = best.given_length_interval
        return (
            f"Length explains {much} of it: {alone}; among outputs of one length the correlation "
            f"is {best.given_length:.2f} [{low:.2f}, {high:.2f}].",
        )

    @cached_property
    def results(self) -> dict[str, Any]:
        """Everything but the single grades, as plain data. Unknown is None."""
        ratings = self.outputs.ratings
        return {
            "title": self.outputs.sheet.name,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": shell_command(["underdog", *sys.argv[1:]]) if _from_shell() else None,
            "judged": len(self.outputs),
            "blank": sum(not value.strip() for value in self.outputs.values),
            "sources": len(set(self.outputs.data.groups or ())),
            "roles": dict(self.outputs.roles),
            "sentences": list(self.sentences),
            "notes": list(self.notes),
            "ratings": None
            if ratings is None
            else {
                "column": ratings.column,
                "rated": int(ratings.known.sum()),
                "good": ratings.said,
                "bad": _known(float(ratings.bad.sum() / ratings.known.sum())),
            },
            "leader": self.leader.name,
            "lower_is_better": self.downward,
            "scores": [self._score(one) for one in self.scores],
            "probabilities": plain(self.beliefs),
            "threshold": None
            if self.threshold is None
            else {**asdict(self.threshold), "sentence": self.threshold.sentence},
            "marked": self._marked,
            "worst": [asdict(one) for one in self.worst],
            "versions": versions(),
            "machine": machine(),
        }

    @property
    def _marked(self) -> str:
        if getattr(self.leader.grader, "by_sentence", False):
            return f"scores worst on {self.leader.name} by itself"
        return "shares the fewest words with what the output was compared with"

    def _score(self, one: Score) -> dict[str, Any]:
        grades = one.grades[~np.isnan(one.grades)]
        found = self.agreements.get(one.name)
        return {
            "name": one.name,
            "says": one.says,
            "baseline": one.baseline,
            "known": len(grades),
            "mean": _known(float(grades.mean())) if len(grades) else None,
            "seconds": one.seconds,
            "dollars": one.dollars,
            "agreement": None
            if found is None
            else {
                **asdict(found),
                "shown": found.shown,
                "beats_length": found.beats_length,
                "length_explains": found.length_explains,
            },
        }

    def save(self, folder: Path) -> None:
        """Write results.json and report.html, each whole or not at all.

        Raises `UnderdogError` where ``folder`` holds such a file of the user's own.
        """
        from ...report.judging import html

        files.check_files(folder, FILES)
        found = self.results
        files.write(folder / FILES[0], json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        files.write(folder / FILES[1], html(found))


def _known(value: float) -> float | None:
    return None if value != value else float(value)


def _from_shell() -> bool:
    return Path(sys.argv[0]).name in {"underdog", "cli.py"} if sys.argv else False
