"""Questions that a user has put to SQL beforehand, with slots for names and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ....core.errors import UnderdogError
from .mentions import Linker
from .questions import Query

SLOT = re.compile(r"\{([^{}]*)\}")
NAME = re.compile(r"\w+(?:\.\w+)?")
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
LITERAL = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")


@dataclass(frozen=True)
class Template:
    """A ``question`` with slots in braces, and the ``statement`` that answers it.

    A slot ``{table.column}`` stands for a value of that column, found by name and by BM25; one
    whose name begins with ``number`` for a number, and any other for words, as they are written.
    """

    question: str
    statement: str

    def __post_init__(self) -> None:
        slots = SLOT.findall(self.question)
        missing = [slot for slot in SLOT.findall(self.statement) if slot not in slots]
        odd = [slot for slot in slots if not NAME.fullmatch(slot)]
        quoted = [found for found in LITERAL.findall(self.statement) if SLOT.search(found)]
        if missing or odd or len({*slots}) < len(slots) or quoted:
            raise UnderdogError(
                f"the slots of the template {self.question!r} do not fit its statement",
                "each slot once in the question, unquoted in the statement, as in:"
                " {'orders of {customers.name}': 'SELECT … WHERE name = {customers.name}'}",
            )

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What questions of this form look like, whatever the case, space and last mark."""
        words = [re.escape(part) for part in SLOT.split(self.question.strip(" ?.!"))]
        words[1::2] = ["(.+?)"] * len(words[1::2])
        spaced = re.sub(r"(?:\\\s)+", r"\\s+", "".join(words))
        return re.compile(rf"\s*{spaced}\s*[?.!]*\s*", re.IGNORECASE)

    def filled(self, question: str, linker: Linker) -> Query | None:
        """The query of a ``question`` of this form, its values bound; None for other questions.

        Raises `UnderdogError` for a slot that names a column that the database does not have.
        """
        match = self.pattern.fullmatch(question)
        if not match:
            return None
        given: dict[str, str | float] = {}
        for slot, words in zip(SLOT.findall(self.question), match.groups(), strict=True):
            value = linker.value(words, slot) if "." in slot else _plain(words, slot)
            if value is None:
                return None
            given[slot] = value
        values = tuple([given[slot] for slot in SLOT.findall(self.statement)])
        return Query(SLOT.sub("?", self.statement), values, ())


def queries(templates: Mapping[str, str], question: str, linker: Linker) -> Iterator[Query]:
    """The queries of all templates that ``question`` fits, in the order in which they stand."""
    for form, statement in templates.items():
        if made := Template(form, statement).filled(question, linker):
            yield made


def _plain(words: str, slot: str) -> str | float | None:
    """What ``words`` give for a slot that names no column; None where a number is missing."""
    if not slot.startswith("number"):
        return words.strip("\"“”'")
    if not NUMBER.fullmatch(words):
        return None
    number = float(words.replace(",", ""))
    return int(number) if number.is_integer() else number
