"""Settle a study by judging the texts on which a small and the large model differ, blind.

The judgements are in ``adjudication.csv`` in the report's folder, one line for each text, in the
random order in which they are to be judged. A page (`underdog.fronts.adjudication`) or a
spreadsheet fills its column ``right``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ...core.data import draw
from ...core.errors import UnderdogError
from ...data.formats.delimited import delimiter_of, large_cells
from ...data.formats.encodings import decoded
from ...evaluate.adjudication import Adjudication, Judgements
from ...runtime import files
from ...runtime.formatting import points
from .. import predictions
from .. import results as studies
from ..verdict import DEFER, KEEP, SHIP, UNDECIDED

FILE = "adjudication.csv"
CHOICES = ("1", "2", "neither", "both", "unsure")
"""What ``right`` may hold: the first answer, the second one, none of them, or no preference."""

SAYS = {"labels": "sets of labels", "number": "numbers", "text": "texts"}
"""Kinds of answers that are graded and not just right or wrong."""


@dataclass(frozen=True)
class Case:
    """A text on which the two models differ. ``row`` is its place in the test part.

    ``answers`` are in the order in which they are shown; ``small`` is the place of the small
    model's. ``right`` is one of `CHOICES`, or empty.
    """

    row: int
    text: tuple[str, ...]
    answers: tuple[str, str]
    small: int
    right: str = ""

    @property
    def outcome(self) -> int:
        """1 if only the small model is right, -1 if only the large one is, else 0."""
        if self.right in CHOICES[2:]:
            return 0
        return 1 if int(self.right) - 1 == self.small else -1


@dataclass(frozen=True)
class Docket:
    """The cases of one study in the order in which they are judged, and what they decide."""

    folder: Path
    small: str
    large: str
    question: Adjudication
    cases: tuple[Case, ...]

    @property
    def judged(self) -> tuple[Case, ...]:
        """The cases before the first that is not judged: later ones do not count yet.

        Choosing which texts to judge would make the result depend on the choice.
        """
        empty = next((i for i, case in enumerate(self.cases) if not case.right), len(self.cases))
        return self.cases[:empty]

    @property
    def early(self) -> int:
        """How many judged cases come after one that is not judged."""
        return sum(bool(case.right) for case in self.cases) - len(self.judged)

    @property
    def seen(self) -> Judgements:
        """The counts over the judged cases."""
        outcomes = [case.outcome for case in self.judged]
        return Judgements(outcomes.count(1), outcomes.count(-1), outcomes.count(0))

    @cached_property
    def expected(self) -> int:
        """About how many more judgements will settle it."""
        return self.question.expected(self.seen)

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Bounds on the difference in accuracy, small minus large."""
        return self.question.interval(self.seen)

    @property
    def decision(self) -> str:
        """ "ship", "keep", or an empty string while it is open."""
        return self.question.settled([case.outcome for case in self.judged])[1]

    @property
    def next(self) -> Case | None:
        """The case to judge now; None once it is decided or every case is judged."""
        at = len(self.judged)
        return None if self.decision or at == len(self.cases) else self.cases[at]

    def judge(self, row: int, right: str) -> Docket:
        """This docket with one more judgement, written to disk before it is returned.

        Raises UnderdogError for a row that is not among the cases or a choice that is unknown.
        """
        if right not in ("", *CHOICES):
            raise UnderdogError(f"{right!r} is not a judgement", f"one of: {', '.join(CHOICES)}")
        if all(case.row != row for case in self.cases):
            raise UnderdogError(f"row {row} is not among the cases", "reload the page")
        cases = [replace(c, right=right) if c.row == row else c for c in self.cases]
        new = replace(self, cases=tuple(cases))
        new.save()
        return new

    def save(self) -> None:
        """Write adjudication.csv. It does not say which model gave which answer."""
        buffer = io.StringIO()
        pair = bool(self.cases) and len(self.cases[0].text) == 2
        writer = csv.writer(buffer)
        texts = ["text_a", "text_b"] if pair else ["text"]
        writer.writerow(["row", *texts, "answer_1", "answer_2", "right"])
        for case in self.cases:
            writer.writerow([case.row, *case.text, *case.answers, case.right])
        files.write(self.folder / FILE, buffer.getvalue())

    def state(self) -> dict[str, Any]:
        """What is known now, as plain data."""
        low, high = self.interval
        return {
            "small": self.small,
            "large": self.large,
            "texts": self.question.texts,
            "differing": self.question.differing,
            "judged": len(self.judged),
            "not_counted": self.early,
            "expected": self.expected,
            "decision": self.decision,
            "sentence": self.sentence,
            "wins": self.seen.wins,
            "losses": self.seen.losses,
            "ties": self.seen.ties,
            "low": low,
            "high": high,
            "margin": self.question.margin,
        }

    @property
    def sentence(self) -> str:
        """The verdict, or how far it is, in one sentence."""
        seen, bounds = self.seen, " to ".join(points(value) for value in self.interval)
        counts = (
            f"{len(seen):,} of {self.question.differing:,} differing texts are judged;"
            f" {self.small} is right on {seen.wins:,}, {self.large} on {seen.losses:,}"
            f" (difference {bounds} points with 95 % confidence)"
        )
        if self.decision == "ship":
            return f"Ship {self.small}: {counts}."
        if self.decision == "keep":
            return f"Keep {self.large}: {self.small} is worse by more than the margin: {counts}."
        if self.next is None:
            return f"Not enough evidence: every differing text is judged: {counts}."
        return f"Not decided yet: {self.question.outlook(self.seen)}; {counts}."


def docket(folder: Path, small: str | None = None) -> Docket:
    """The docket of the study in ``folder``: ``small``, or its best small model, and the large one.

    Where some rows of the study have no gold label, the labels of the others have judged them.
    Judgements that are in adjudication.csv already are read. Raises UnderdogError if there is no
    study, no large model or no such small model in it, if answers are no single labels, or if the
    file cannot be understood.
    """
    found = studies.read(folder)
    if (kind := (found.get("task") or {}).get("kind", "label")) != "label":
        raise UnderdogError(
            f"adjudication decides which of two labels is right, and the answers in {folder} are "
            f"{SAYS.get(kind, kind)}: one can be better without being right",
            "give more rows their right answers, and compare again: underdog compare FILE",
        )
    large, names = str(found["incumbent"]), [str(c["spec"]) for c in found["contestants"]]
    best = small or str((found.get("verdict") or {}).get("contestant") or "")
    rivals = [name for name in names if name != large]
    if best not in rivals:
        best = rivals[0] if rivals and not small else best
    if best not in rivals:
        raise UnderdogError(
            f"{best or 'a small model'} is not in the study in {folder}",
            f"choose one: --small {rivals[0]!r}"
            if rivals
            else "compare one: underdog compare FILE",
        )
    texts, answers, gold = _predictions(folder, (best, large))
    margin = float((found.get("verdict") or {}).get("margin") or 0.01)
    key = f"{found.get('created')}:{best}:{large}"
    differing = [row for row in texts if answers[best][row] != answers[large][row]]
    cases = [
        _case(row, texts[row], answers[best][row], answers[large][row], key) for row in differing
    ]
    cases = [_by_gold(case, gold.get(case.row, "")) for case in cases]
    ordered = sorted(cases, key=lambda case: (not case.right, draw(f"{key}:order:{case.row}")))
    question = Adjudication(len(texts), len(differing), margin)
    return Docket(folder, best, large, question, _filled(ordered, folder / FILE))


def concluded(case: Docket) -> dict[str, Any]:
    """The state of ``case``, entered in the study's results.json, report and table.

    Once it is settled, so is the verdict; that of a model that defers is replaced only by ship.
    """
    with files.alone(case.folder):
        found, state = studies.read(case.folder), case.state()
        found["adjudication"] = state
        if case.next is None:
            found["verdict"] = _verdict(found.get("verdict") or {}, case)
        studies.write(found, case.folder)
    return state


def _verdict(before: Mapping[str, Any], case: Docket) -> dict[str, Any]:
    """The verdict that was ``before``, now that ``case`` is decided."""
    word = {"ship": SHIP, "keep": KEEP}.get(case.decision, UNDECIDED)
    if word != SHIP and before.get("decision") == DEFER and before["contestant"] != case.small:
        against = [line for line in before.get("against") or () if "adjudicate" not in line]
        return {**before, "against": [*against, case.sentence]}
    rests = [f"it rests on {len(case.judged):,} texts judged blind, in random order"]
    new = {"decision": word, "contestant": case.small, "sentence": case.sentence}
    said = {"reasons": [], "notes": rests} if word == UNDECIDED else {"reasons": rests}
    return {**before, **new, **said, "against": [], "settled_by": ""}


def _case(row: int, text: tuple[str, ...], small: str, large: str, key: str) -> Case:
    swapped = draw(f"{key}:side:{row}") < 0.5
    return Case(row, text, (large, small) if swapped else (small, large), int(swapped))


def _by_gold(case: Case, label: str) -> Case:
    """``case``, judged by its gold ``label`` if there is one."""
    if not label:
        return case
    hits = [str(i + 1) for i, answer in enumerate(case.answers) if answer == label]
    return replace(case, right=hits[0] if hits else "neither")


def _predictions(
    folder: Path, specs: Sequence[str]
) -> tuple[dict[int, tuple[str, ...]], Mapping[str, Mapping[int, str]], dict[int, str]]:
    """By row: texts, each model's answers of the first seed, and gold labels.

    The labels are empty unless some rows lack one: then the others need no judgement.
    """
    table = predictions.read(folder)
    columns = [name for name in ("text", "text_a", "text_b") if name in table]
    texts: dict[int, tuple[str, ...]] = {}
    gold: dict[int, str] = {}
    answers: dict[str, dict[int, str]] = {spec: {} for spec in specs}
    first = min(table["seed"], default=0)
    for i, (row, spec, seed) in enumerate(
        zip(table["row"], table["spec"], table["seed"], strict=True)
    ):
        if spec in answers and seed == first:
            texts[row] = tuple(str(table[name][i] or "") for name in columns)
            answers[spec][row] = str(table["answer"][i] or "")
            gold[row] = str(table["label"][i] or "")
    both = [row for row in texts if all(row in said for said in answers.values())]
    partial = any(not gold[row] for row in both)
    return {row: texts[row] for row in both}, answers, gold if partial else {}


def _filled(cases: Sequence[Case], path: Path) -> tuple[Case, ...]:
    """``cases`` with the judgements in the file at ``path``, if there is one."""
    if not path.is_file():
        return tuple(cases)
    right: dict[int, str] = {}
    text, _ = decoded(path.read_bytes(), path)  # a spreadsheet may have saved it in its own way
    with large_cells():
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
        for line, entry in enumerate(reader, start=2):
            choice = (entry.get("right") or "").strip().lower()
            row = (entry.get("row") or "").strip()
            if choice not in ("", *CHOICES) or not row.isdigit():
                raise UnderdogError(
                    f"{path}, line {line}: {choice or row!r} cannot be read",
                    f"the column 'right' holds one of: {', '.join(CHOICES)}",
                )
            right[int(row)] = choice
    if set(right) - {case.row for case in cases}:
        raise UnderdogError(
            f"{path} belongs to another study or another small model",
            f"move it away: mv {path} {path}.old",
        )
    return tuple(replace(case, right=right.get(case.row, case.right)) for case in cases)
