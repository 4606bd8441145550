"""What a decision model answered, as probabilities of the options that it was asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isclose
from typing import Any

from .questions import CHOICE, SCORE, YES_NO, Question

ROUNDING = 0.02
"""How far probabilities may be from summing to one: servers round them."""

TYPES = {CHOICE: ("choice",), YES_NO: ("predicate", "noul"), SCORE: ("score",)}
"""The words of the two dialects for each kind of question."""

MISSING, REFUSED = "missing", "refused"


@dataclass(frozen=True)
class Decision:
    """An answer to one question: ``p`` are probabilities in the order of the options, if known.

    ``said`` is the option that was chosen, or nothing; ``state`` is `MISSING`, `REFUSED` or
    nothing; ``odd`` says what is wrong with the probabilities where they cannot be used.
    """

    p: tuple[float, ...] | None = None
    said: str = ""
    state: str = ""
    odd: str = ""

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Decision:
        """The decision that `plain` made plain data of."""
        p = plain["p"]
        return cls(None if p is None else tuple(p), plain["said"], plain["state"], plain["odd"])

    def plain(self) -> dict[str, Any]:
        """The decision as what JSON can hold."""
        return asdict(self)


def read(answer: Any, question: Question) -> Decision:
    """The decision in one answer of either dialect; None is an answer that is missing."""
    if answer is None:
        return Decision(state=MISSING)
    if not isinstance(answer, Mapping):
        return Decision(state=MISSING, odd="are no JSON object")
    kind = answer.get("type")
    if kind == "refusal" or answer.get("refusal"):
        return Decision(state=REFUSED)
    if kind not in TYPES[question.kind]:
        return Decision(state=MISSING, odd=f"belong to a {kind!r}, not to a {question.kind}")
    if question.kind == YES_NO:
        return _yes_no(answer.get("probability", answer.get("noul")), question)
    told = answer.get("probabilities")
    if question.kind == SCORE:
        return _score(told, answer.get("score"), question)
    said = answer.get("choice")
    known = said if isinstance(said, str) and said in question.options else ""
    p, odd = _distribution(_pairs(told, "value"), question.options)
    if p is not None and known and p[question.options.index(known)] < max(p) - ROUNDING:
        p, odd = None, f"are highest for another option than {known!r}, which was chosen"
    if p is not None:
        return Decision(p, question.options[p.index(max(p))])
    return Decision(None, known, "" if known else MISSING, odd)


def _yes_no(value: Any, question: Question) -> Decision:
    p = _chance(value)
    if p is None:
        return Decision(state=MISSING, odd=f"are {value!r:.40}")
    return Decision((p, 1 - p), question.options[0 if p >= 0.5 else 1])


def _score(told: Any, mean: Any, question: Question) -> Decision:
    """Levels are told by their names, or by their places from 0.

    Where both readings are possible ("1" is a level of "1" to "5", and a place), the one that the
    mean score agrees with is right; where that does not tell, the answer is not read.
    """
    names = tuple([level_text(question, i) for i in range(len(question.options))])
    spellings = [question.options, names]
    if not (isinstance(told, list) and told and isinstance(told[0], Mapping)):
        spellings.append(tuple([str(i) for i in range(len(names))]))
    tried = [_distribution(_pairs(told, "label"), spelled) for spelled in spellings]
    found = list(dict.fromkeys(p for p, _ in tried if p is not None))
    if len(found) > 1:
        found = [p for p in found if _is_mean(mean, p)]
    if len(found) != 1:
        return Decision(state=MISSING, odd=tried[0][1] or f"do not tell their levels: {told!r:.60}")
    return Decision(found[0], question.options[found[0].index(max(found[0]))])


def level_text(question: Question, i: int) -> str:
    """A level of a score as System One is told it: its name, and what it means if that is known."""
    means = question.descriptions[i]
    return f"{question.options[i]}: {means}" if means else question.options[i]


def _is_mean(mean: Any, p: Sequence[float]) -> bool:
    """Whether the levels, counted from 0, have this mean."""
    if isinstance(mean, bool) or not isinstance(mean, int | float):
        return False
    return isclose(mean, sum(i * share for i, share in enumerate(p)), abs_tol=0.02 * len(p))


def _pairs(told: Any, name: str) -> list[tuple[Any, Any]]:
    """(option, probability) of a mapping, or of a list of objects."""
    if isinstance(told, Mapping):
        return list(told.items())
    if isinstance(told, list):
        if all(isinstance(one, Mapping) for one in told):
            return [(one.get(name), one.get("probability")) for one in told]
        return [(str(i), p) for i, p in enumerate(told)]
    return []


def _distribution(
    pairs: Sequence[tuple[Any, Any]], options: Sequence[str]
) -> tuple[tuple[float, ...] | None, str]:
    """Probabilities in the order of ``options``, summing to one; or None, and what is wrong.

    An option that is not told has probability 0 if the others sum to one. A string and a boolean
    of the same text are different options.
    """
    if not pairs:
        return None, "are missing"
    found: dict[str, float] = {}
    for option, value in pairs:
        if not isinstance(option, str) or option not in options:
            return None, f"name {option!r:.40}, which was no option"
        if option in found:
            return None, f"name {option!r:.40} twice"
        p = _chance(value)
        if p is None:
            return None, f"hold {value!r:.40}"
        found[option] = p
    total = sum(found.values())
    if abs(total - 1) > ROUNDING:
        missing = len(options) - len(found)
        lacking = f", and {missing} of {len(options)} options are missing" if missing else ""
        return None, f"sum to {total:.2f}{lacking}"
    return tuple([found.get(option, 0.0) / total for option in options]), ""


def _chance(value: Any) -> float | None:
    """A probability; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not -1e-9 <= value <= 1 + 1e-6:  # NaN is neither
        return None
    return min(max(float(value), 0.0), 1.0)
