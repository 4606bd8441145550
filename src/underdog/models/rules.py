"""Labelling functions: keywords, patterns and small functions that label a text or abstain."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from ..core.answer import ABSTAIN, Answers
from ..core.data import Text
from ..core.errors import UnderdogError
from ..runtime.meter import Meter
from ..runtime.registry import register

GROUP = "underdog.functions"
"""The group of entry points in which a package offers its labelling functions."""

READ = 10_000
"""Characters of a text that a rule looks at: some patterns take long on long texts."""


@register("keywords", sample="keywords('pos', ['great', 'lovely'])")
@dataclass(frozen=True)
class Keywords:
    """Gives ``label`` to texts that contain one of ``words``; abstains on others.

    Words are whole and their case does not matter; a phrase of several words is one of them.
    """

    label: str
    words: tuple[str, ...]
    _found: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        words = (self.words,) if isinstance(self.words, str) else tuple(self.words)
        if not words or not all(isinstance(word, str) and word.strip() for word in words):
            raise UnderdogError(
                "keywords need words to look for", "as in: keywords('spam', ['free', 'winner'])"
            )
        object.__setattr__(self, "words", words)
        listed = "|".join(re.escape(word.strip()) for word in words)
        object.__setattr__(self, "_found", re.compile(rf"(?<!\w)(?:{listed})(?!\w)", re.I))

    def answer(self, texts: Sequence[Text]) -> Answers:
        """``label`` or an abstention for each text, without probabilities."""
        meter = Meter()
        values = [self.label if self._found.search(_plain(text)) else ABSTAIN for text in texts]
        return Answers.said(values, meter.bill(len(values)), "keywords")


@register("pattern", sample="pattern('pos', 'gr[ea]+t')")
@dataclass(frozen=True)
class Pattern:
    """Gives ``label`` to texts with the regular expression ``found`` in them; abstains on others.

    The syntax is Python's. Case does not matter unless the expression says ``(?-i:…)``.
    """

    label: str
    found: str
    _compiled: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "_compiled", re.compile(self.found, re.I))
        except re.error as error:
            raise UnderdogError(
                f"{self.found!r} is no regular expression: {error}",
                r"as in: pattern('spam', '\d{5,}')",
            ) from error

    def answer(self, texts: Sequence[Text]) -> Answers:
        """``label`` or an abstention for each text, without probabilities."""
        meter = Meter()
        values = [self.label if self._compiled.search(_plain(text)) else ABSTAIN for text in texts]
        return Answers.said(values, meter.bill(len(values)), "pattern")


@register("function")
@dataclass(frozen=True)
class Function:
    """Gives what a function of yours returns for a text: a label, or None to abstain.

    ``name`` is that of an entry point of the group ``underdog.functions``, so that a spec or a
    saved model never names code that was not installed on purpose:

        [project.entry-points."underdog.functions"]
        shouting = "my_package.rules:shouting"
    """

    name: str

    def __post_init__(self) -> None:
        if self.name not in _entries():
            listed = ", ".join(sorted(_entries())) or "none is installed"
            raise UnderdogError(
                f"no labelling function is called {self.name!r}",
                f"known: {listed}; offer one as an entry point of the group {GROUP}",
            )

    def answer(self, texts: Sequence[Text]) -> Answers:
        """What the function returns for each text; raises what it raises."""
        meter = Meter()
        function: Callable[[Text], str | None] = _entries()[self.name].load()
        values = [str(function(text) or ABSTAIN) for text in texts]
        return Answers.said(values, meter.bill(len(values)), self.name)


@cache
def _entries() -> dict[str, EntryPoint]:
    found: Iterable[EntryPoint] = entry_points(group=GROUP)
    return {entry.name: entry for entry in found}


def _plain(text: Text) -> str:
    return (text if isinstance(text, str) else "\n".join(text))[:READ]
