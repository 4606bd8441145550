"""Reading a number: alone, with a unit or a scale, in a field, or stated in prose."""

from __future__ import annotations

import re
from typing import Any

from ..values import as_number, number
from .containers import first_turn, opened, unpacked
from .fields import objects
from .mentions import NUMERALS as NAMES
from .mentions import counted
from .reader import AMBIGUOUS, CUT_OFF, EXACT, EXTRACTED, NONE, NORMALISED, REFUSAL, Reading
from .reasoning import without_reasoning
from .refusals import refusal
from .spelling import QUOTES, plain, unwrapped

DIGITS = r"[-+−]?(?:\d{1,3}(?:[,  ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"
NUMBER = re.compile(rf"(?<![\w.]){DIGITS}(?![\w]|\.\d)")
UNIT = rf"(?:/|out of|of|von|sur|de)\s?{DIGITS}|%|[^\W\d_]{{1,12}}|[$€£★⭐]+"
SCALED = re.compile(rf"[$€£]?\s?({DIGITS})\s?(?:{UNIT})?[.!]?")
"""A number alone, or with a unit or the scale behind it: "4/5", "4 out of 5", "3 stars"."""

COMMA = re.compile(r"[$€£]?\s?([-+]?(?:\d{1,3}(?:\.\d{3})+|\d+)),(\d{1,2})\s?[$€£%]?")
"""A decimal comma: "3,5", "1.234,50 €"."""

SCALE = re.compile(
    rf"(?<=\d)\s?(?:/|out of|von|sur)\s?{DIGITS}"
    rf"|\b(?:on a )?scale (?:of|from)\s?{DIGITS}\s?(?:-|–|to|through)\s?{DIGITS}",
    re.I,
)
SCALED_IN_PROSE = re.compile(rf"({DIGITS})\s?(?:/|out of|von|sur)\s?{DIGITS}", re.I)
STATED = re.compile(
    rf"(?:rating|score|answer|grade|number|value|estimate|result|note|total|stars?)\b[^\d\n.]{{0,30}}?"
    rf"({DIGITS})(?![\w]|\.\d)",
    re.I,
)
FIELD = re.compile(
    r"rating|score|answer|grade|number|value|stars|label|estimate|result|output|pred"
)
NAMED = re.compile(rf"\b(?:rating|score|answer|grade|number)\b\W{{1,5}}({'|'.join(NAMES)})\b", re.I)


class NumberReader:
    """Reads a number from what a model wrote; as `Reader` reads a label."""

    def read(self, wrote: str) -> Reading:
        """The number that ``wrote`` states, as text, and how it was read."""
        if (value := number(wrote.strip())) == value:
            return Reading(as_number(value), EXACT)
        said, cut = without_reasoning(opened(wrote))
        if cut:
            return Reading("", CUT_OFF)
        text = counted(unpacked(plain(first_turn(said).translate(QUOTES))))
        how = NORMALISED if said == wrote else EXTRACTED
        bare = unwrapped(text) or text.strip()
        if (found := _alone(bare)) is not None:
            return Reading(as_number(found), how)
        things, around, cut = objects(text)
        if fields := [v for thing in things for v in _fields(thing)]:
            return _one(fields)
        if cut:
            return Reading("", CUT_OFF)
        return _prose(around if things else text)


def _alone(text: str) -> float | None:
    if (name := text.casefold().removesuffix("s").removesuffix(" star")) in NAMES:
        return float(NAMES.index(name))
    if comma := COMMA.fullmatch(text):
        return float(f"{comma[1].replace('.', '')}.{comma[2]}")
    found = SCALED.fullmatch(text)
    return _value(found[1]) if found else None


def _value(digits: str) -> float:
    return number(re.sub(r"[,  ]", "", digits).replace("−", "-"))


def _fields(thing: Any) -> list[float]:
    """The numbers in the fields of JSON that are named like an answer; else in all fields."""
    if isinstance(thing, bool):
        return []
    if isinstance(thing, int | float):
        return [float(thing)] if number(str(thing)) == number(str(thing)) else []
    if isinstance(thing, str):
        return [] if (found := _alone(thing.strip())) is None else [found]
    if isinstance(thing, list | tuple):
        return [value for one in thing for value in _fields(one)]
    if not isinstance(thing, dict):
        return []
    named = [v for k, one in thing.items() if FIELD.search(str(k).casefold()) for v in _fields(one)]
    return named or [v for one in thing.values() for v in _fields(one)]


def _prose(text: str) -> Reading:
    scaled = {_value(found) for found in SCALED_IN_PROSE.findall(text)}
    if len(scaled) == 1:
        return _one([*scaled])
    text = SCALE.sub("", text)
    if stated := [_value(found) for found in STATED.findall(text)]:
        return Reading(as_number(stated[-1]), EXTRACTED)
    if found := [_value(m[0]) for m in NUMBER.finditer(text)]:
        return _one(found)
    if named := NAMED.findall(text):
        return _one([float(NAMES.index(word.casefold())) for word in named])
    return Reading("", REFUSAL if refusal(text) else NONE)


def _one(found: list[float]) -> Reading:
    distinct = set(found)
    return Reading(as_number(found[0]), EXTRACTED) if len(distinct) == 1 else Reading("", AMBIGUOUS)
