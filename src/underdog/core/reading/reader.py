"""The order in which an answer is read: a label, and how it was read, or why none was."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from . import context, phrases
from .containers import FENCE, NESTED, first_turn, message, opened, unpacked
from .fields import labels_in, objects
from .mentions import Finder, counted
from .reasoning import without_reasoning
from .refusals import affirmed
from .spelling import QUOTES, Spellings, plain, unwrapped
from .tables import rows, scored, ticked

EXACT, NORMALISED, EXTRACTED = "exact", "normalised", "extracted"
BY_ORDER = "by order"
AMBIGUOUS, NONE, REFUSAL, CUT_OFF = "ambiguous", "none", "refusal", "cut off"
HOWS = (EXACT, NORMALISED, EXTRACTED, BY_ORDER, AMBIGUOUS, NONE, REFUSAL, CUT_OFF)
"""How an answer may have been read: four ways that give a label, four that give none.

``BY_ORDER`` is an average of answers that differed with the order of the options.
"""

UNREAD = frozenset({AMBIGUOUS, NONE, REFUSAL, CUT_OFF})
"""Readings that give no label: the answer counts as an abstention."""

LONGEST = 20_000
"""Characters of an answer that are searched: of a longer one, both ends."""

SHORT = 2000
"""Characters of an answer that may go through the labels one by one."""

LONG = 150
"""Characters from which on prose that ends without a mark is taken to be cut off."""

ENDS = (".", "!", "?", "。", '"', "'", ")", "]", "*", "`", "”", "’", "」", "】", "…")
"""Marks that end an answer."""

TRUTHS = {
    ("yes", "no"): (("true", "false"), ("y", "n"), ("1", "0")),
    ("true", "false"): (("yes", "no"), ("t", "f"), ("1", "0")),
    ("1", "0"): (("true", "false"),),
}
"""Two labels, and how a bare answer may write them otherwise, as JSON does."""

QUOTED = re.compile(r"^\s*>.*$", re.M)


@dataclass(frozen=True)
class Reading:
    """A label, or an empty string, and one of `HOWS`."""

    label: str
    how: str


class Reader:
    """Reads one of ``labels`` from what a model wrote.

    ``mapping`` adds spellings: ``{"0": "noHate"}`` reads "0" as ``noHate``, ahead of a label of
    that spelling. The same reader serves recorded and live answers. A task's readers are cheap
    to keep: `reader` does so.
    """

    def __init__(self, labels: Iterable[str], mapping: Mapping[str, str] | None = None) -> None:
        self.labels = tuple(labels)
        names = {label: label for label in self.labels if label} | dict(mapping or {})
        self.spellings = Spellings(names, _truths(self.labels))
        self.finder = Finder(names)
        self._kept: dict[str, Reading] = {}

    def read(self, wrote: str) -> Reading:
        """The label that ``wrote`` gives, and how it was read; equal answers are read once."""
        if (kept := self._kept.get(wrote)) is None:
            kept = self._read(wrote)
            if len(wrote) < 200 and len(self._kept) < 10_000:
                self._kept[wrote] = kept
        return kept

    def _read(self, wrote: str) -> Reading:
        found, exactly = self.spellings.whole(wrote)
        if found:
            return _one(found, EXACT if exactly else NORMALISED)
        return self._unwrapped(wrote, 0)

    def _unwrapped(self, wrote: str, depth: int) -> Reading:
        """Reads an answer that may be an API reply, hold reasoning, JSON, tags and prose."""
        inner = opened(wrote)
        said, cut = without_reasoning(inner)
        if cut:
            return Reading("", CUT_OFF)
        said = said if len(said) <= LONGEST else f"{said[: LONGEST // 2]}\n{said[-LONGEST // 2 :]}"
        read = self._heard(first_turn(said), said == wrote, depth)
        if read.how in (NONE, CUT_OFF) and (later := self._heard(said, False, depth)).label:
            return later  # what looked like a further text was none
        if read.how == NONE and not said.strip() and wrote.strip():
            return Reading("", CUT_OFF)
        return read

    def _heard(self, said: str, whole: bool, depth: int) -> Reading:
        """Reads what was said beside reasoning; ``whole`` if that is all that was written."""
        text = unpacked(plain(said.translate(QUOTES)))
        text = counted(text) if self.finder.top else text
        if not text:
            return Reading("", NONE)
        if found := self.spellings.bare(text):
            return _one(found, NORMALISED if whole else EXTRACTED)
        return self._structured(text, depth)

    def _structured(self, text: str, depth: int) -> Reading:
        """Reads JSON if there is some, else a table of scores, else prose."""
        bare = FENCE.sub(r" \1 ", text) if "{" in text or "[" in text else text
        things, around, cut = objects(bare)
        if not things and not cut and (table := rows(text)):
            read = self._fields([table if len(table) > 1 else table[0]], "", False, depth)
            return read if read.label else self._prose(text)
        for thing in things:
            if (inner := message(thing)) is not None and depth < NESTED:
                return self._unwrapped(inner, depth + 1)
        if things or cut:
            return self._fields(things, around, cut, depth)
        if len(text) <= SHORT:
            mentions = self.finder.find(text)
            told = scored(text, self.spellings.bare, mentions, len(self.labels))
            if told := told or ticked(text, mentions) or frozenset():
                return _one(told, EXTRACTED)
        text = FENCE.sub(r"\n\1\n", text)
        read = self._prose(text)
        if read.label or not (own := QUOTED.sub("", text)).strip() or own == text:
            return read
        return self._prose(own)

    def _fields(self, things: list[Any], around: str, cut: bool, depth: int) -> Reading:
        """Reads the label fields of ``things``; where they hold none, the prose around them."""
        read = [labels_in(thing, self.spellings.bare) for thing in things]
        if found := frozenset[str]().union(*(labels for labels, _ in read)):
            return _one(found, EXTRACTED)
        if cut:
            return Reading("", CUT_OFF)
        for part in (part for _, prose in read for part in prose):
            if depth < NESTED and (got := self._unwrapped(part, depth + 1)).label:
                return Reading(got.label, EXTRACTED)
        if around.strip() and (stated := self._prose(around, context.STATED)).label:
            return stated
        return Reading("", NONE)

    def _prose(self, text: str, least: int = context.HEDGED) -> Reading:
        """Reads the label that prose states, or the only one that it affirms."""
        mentions, declined, turned = affirmed(text, self.finder.find(text))
        if declined is not None:
            least = max(least, context.PLAIN if turned else context.STATED)
        groups = context.weighed(text, mentions, len(self.labels))
        labels, weight = context.decided(groups, self.finder)
        if labels and weight <= context.PLAIN and _stops(text):
            return Reading("", CUT_OFF)
        if labels and weight >= least:
            return _one(labels, EXTRACTED)
        if declined is not None:
            return Reading("", REFUSAL)
        if any(group.weight == context.NOTHING and len(group.labels) > 1 for group in groups):
            return Reading("", AMBIGUOUS)
        return Reading("", CUT_OFF if self._unfinished(text) else NONE)

    def _unfinished(self, text: str) -> bool:
        """Whether ``text`` stops in the middle: of a label, or of a sentence that would give it."""
        bare = unwrapped(text).casefold()
        begun = len(bare) > 2 and any(label.casefold().startswith(bare) for label in self.labels)
        ended = text.rstrip().endswith(ENDS)
        return begun or (len(text) > 12 and not ended and bool(phrases.UNFINISHED.search(text)))


def _stops(text: str) -> bool:
    """Whether ``text`` stops in the middle of a sentence."""
    if text.rstrip().endswith(ENDS):
        return False
    long = len(text) > LONG and len(text.rstrip().rpartition("\n")[2].split()) > 6
    return long or phrases.DANGLING.search(text) is not None


def _one(labels: frozenset[str], how: str) -> Reading:
    return Reading(next(iter(labels)), how) if len(labels) == 1 else Reading("", AMBIGUOUS)


def _truths(labels: tuple[str, ...]) -> dict[str, str]:
    """Other words for two labels that are truth values: ``true`` for ``yes``."""
    named = {label.casefold(): label for label in labels}
    for pair, others in TRUTHS.items():
        if named.keys() == set(pair):
            return {word: named[one] for two in others for one, word in zip(pair, two, strict=True)}
    return {}


@lru_cache(maxsize=64)
def reader(labels: tuple[str, ...], mapping: tuple[tuple[str, str], ...] = ()) -> Reader:
    """The reader of a task's ``labels`` (and of a ``mapping``, as pairs), made once."""
    return Reader(labels, dict(mapping))
