"""Reading a set of labels: a list, labels with signs between them, or those that prose affirms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..values import as_set
from . import context
from .containers import first_turn, opened, unpacked
from .fields import labels_in, objects
from .mentions import Finder
from .reader import AMBIGUOUS, CUT_OFF, EXACT, EXTRACTED, NONE, NORMALISED, REFUSAL, Reading
from .reasoning import without_reasoning
from .refusals import affirmed
from .spelling import QUOTES, Spellings, plain, unwrapped
from .tables import ticked

SIGNS = (r"\|", ";", r"\n", ",", r"/|&|\+|,|\band\b|\bund\b|\bet\b|\by\b")
"""What may stand between labels: tried in this order, until each part is a label."""

NOTHING = re.compile(
    r"(?:none|nothing|no (?:labels?|categor(?:y|ies)|topics?|tags?)(?: appl(?:y|ies))?|n/?a"
    r"|not applicable|empty"
    r"|none of (?:the|these|them)\b.*|keine?s?|aucune?|ninguna?|\[\s*\]|\{\s*\}|-)[.!]?",
    re.I | re.S,
)
"""What says that none of the labels fits."""

KEY = re.compile(r"^[\W_]*(?:the )?(?:final )?(?:labels?|categor(?:y|ies)|topics?|tags?|answers?)"
                 r"(?: (?:is|are))?[\W_]{0,4}[:=][\W_]*", re.I)  # fmt: skip


class SetReader:
    """Reads any number of ``labels`` from what a model wrote; as `Reader` reads one."""

    def __init__(self, labels: Iterable[str], mapping: Mapping[str, str] | None = None) -> None:
        self.labels = tuple(labels)
        names = {label: label for label in self.labels if label} | dict(mapping or {})
        self.spellings, self.finder = Spellings(names), Finder(names)

    def read(self, wrote: str) -> Reading:
        """The set that ``wrote`` gives, as `core.values` writes sets, and how it was read."""
        if not wrote.strip():
            return Reading("", NONE)
        parts = [part.strip() for part in re.split(r"[|;]", wrote) if part.strip()]
        if all(part in self.labels for part in parts):
            return self._set(parts, EXACT)
        said, cut = without_reasoning(opened(wrote))
        text = unpacked(plain(first_turn(said).translate(QUOTES)))
        if cut or not text:
            return Reading("", CUT_OFF)
        how = NORMALISED if said == wrote else EXTRACTED
        if (found := self._listed(text)) is not None:
            return self._set(found, how)
        things, around, cut = objects(text)
        if things or cut:
            return self._fields(things, around, cut)
        return self._prose(text)

    def _set(self, labels: Iterable[str], how: str) -> Reading:
        wanted = frozenset(labels)
        return Reading(as_set(label for label in self.labels if label in wanted), how)

    def _listed(self, text: str) -> frozenset[str] | None:
        """The labels that ``text`` lists and nothing else; None if it is no such list."""
        text = KEY.sub("", text, count=1).strip()
        if found := self.spellings.bare(text):
            return found if len(found) == 1 else None
        if NOTHING.fullmatch(unwrapped(text) or text):
            return frozenset()
        for sign in SIGNS:
            parts = [part for part in re.split(sign, text) if unwrapped(part)]
            read = [self.spellings.bare(part) for part in parts]
            if len(parts) > 1 and all(len(one) == 1 for one in read):
                return frozenset().union(*read)
        return None

    def _fields(self, things: list[Any], around: str, cut: bool) -> Reading:
        """The labels in JSON: a list, a field with a list, or labels that are said to be true."""
        found: set[str] = set()
        empty = False
        for thing in things:
            flags = self._flags(thing)
            labels, prose = (
                (flags, []) if flags is not None else labels_in(thing, self.spellings.bare)
            )
            found |= labels
            for part in prose:
                found |= self._listed(part) or frozenset()
                empty |= NOTHING.fullmatch(part.strip()) is not None
            empty |= flags is not None or _blank(thing)
        if found or (empty and not cut):
            return self._set(found, EXTRACTED)
        if cut:
            return Reading("", CUT_OFF)
        return self._prose(around) if around.strip() else Reading("", NONE)

    def _flags(self, thing: Any) -> frozenset[str] | None:
        """The labels that are true, in a dict of labels and truth values; None if it is none."""
        if not isinstance(thing, dict) or not thing:
            return None
        if len(thing) == 1 and isinstance(inner := next(iter(thing.values())), dict):
            return self._flags(inner)
        named = [(self.spellings.bare(str(key)), value) for key, value in thing.items()]
        if not all(label and value in (0, 1, True, False) for label, value in named):
            return None
        return frozenset().union(*(label for label, value in named if value))

    def _prose(self, text: str) -> Reading:
        """The labels that prose names and does not deny."""
        every = self.finder.find(text)
        if (chosen := ticked(text, every)) is not None:
            return self._set(chosen, EXTRACTED)
        mentions, declined, _ = affirmed(text, every)
        found = frozenset[str]()
        for group in context.weighed(text, mentions, len(self.labels)):
            listed = group.weight == context.NOTHING and len(group.labels) > 1
            if group.weight > context.NOTHING or listed:
                found |= group.labels
        if found and len(found) < max(len(self.labels), 2):
            return self._set(found, EXTRACTED)
        if declined is not None:
            return Reading("", REFUSAL)
        return Reading("", AMBIGUOUS if found else NONE)


def _blank(thing: Any) -> bool:
    """Whether JSON says that there are no labels: an empty list, or fields that hold one."""
    if isinstance(thing, dict):
        return bool(thing) and any(_blank(value) for value in thing.values())
    return thing in ([], (), "none", "None")
