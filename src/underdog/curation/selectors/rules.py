"""The published rules of C4, Gopher and FineWeb, each of which can be counted: `Rules`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...core.cost import Floats
from ...core.data import Dataset
from ...core.errors import UnderdogError
from ...runtime.registry import register
from ..pool.pool import texts_of

STOP = frozenset({"the", "be", "to", "of", "and", "that", "have", "with"})
ENDS = (".", "!", "?", '"', "”", "'", ")")
SENTENCE = re.compile(r"[.!?]+(?:\s|$)")
WEB = re.compile(r"terms of use|privacy policy|cookie policy|uses cookies|use of cookies", re.I)


@dataclass(frozen=True, eq=False)
class Document:
    """A text, and what the rules count in it."""

    text: str

    @cached_property
    def words(self) -> list[str]:
        """What stands between white space."""
        return self.text.split()

    @cached_property
    def lines(self) -> list[str]:
        """Lines that are not blank."""
        return [line.strip() for line in self.text.splitlines() if line.strip()]

    def of_words(self, count: float) -> float:
        """``count`` as a share of the words."""
        return count / max(1, len(self.words))

    def of_lines(self, count: float) -> float:
        """``count`` as a share of the lines."""
        return count / max(1, len(self.lines))

    @cached_property
    def repeated(self) -> tuple[float, float]:
        """Lines that came before, as a share of all lines and of all characters."""
        seen: set[str] = set()
        lines = letters = 0
        for line in self.lines:
            if line in seen:
                lines, letters = lines + 1, letters + len(line)
            seen.add(line)
        return self.of_lines(lines), letters / max(1, sum(map(len, self.lines)))

    def commonest(self, n: int) -> float:
        """The characters of the commonest run of ``n`` words, as a share of all."""
        runs = Counter(zip(*(self.words[i:] for i in range(n)), strict=False))
        if not runs:
            return 0.0
        run, times = max(runs.items(), key=lambda item: (item[1], len("".join(item[0]))))
        total = sum(map(len, self.words))
        return times * len("".join(run)) / max(1, total) if times > 1 else 0.0

    def again(self, n: int) -> float:
        """The characters in runs of ``n`` words that came before, as a share of all."""
        words, seen, covered = self.words, set(), 0
        free = 0  # the first word that is not covered yet
        for i in range(len(words) - n + 1):
            run = tuple(words[i : i + n])
            if run in seen:
                covered += sum(len(word) for word in words[max(i, free) : i + n])
                free = i + n
            seen.add(run)
        return covered / max(1, sum(map(len, words)))


Rule = Callable[[Document], bool]


def _mean(doc: Document) -> float:
    return sum(map(len, doc.words)) / max(1, len(doc.words))


def _commonest(n: int, share: float) -> Rule:
    return lambda doc: doc.commonest(n) > share


def _again(n: int, share: float) -> Rule:
    return lambda doc: doc.again(n) > share


BROKEN: dict[str, Rule] = {
    "gopher: fewer than 50 words": lambda d: len(d.words) < 50,
    "gopher: more than 100,000 words": lambda d: len(d.words) > 100_000,
    "gopher: mean word length not 3 to 10": lambda d: not 3 <= _mean(d) <= 10,
    "gopher: # or … for more than 10 % of the words": lambda d: (
        d.of_words(d.text.count("#")) > 0.1
        or d.of_words(d.text.count("...") + d.text.count("…")) > 0.1
    ),
    "gopher: more than 90 % of the lines are bullets": lambda d: (
        d.of_lines(sum(line.startswith(("•", "-", "*")) for line in d.lines)) > 0.9
    ),
    "gopher: more than 30 % of the lines end in …": lambda d: (
        d.of_lines(sum(line.endswith(("…", "...")) for line in d.lines)) > 0.3
    ),
    "gopher: fewer than 80 % of the words have a letter": lambda d: (
        d.of_words(sum(any(map(str.isalpha, word)) for word in d.words)) < 0.8
    ),
    "gopher: fewer than 2 of the commonest words": lambda d: (
        len(STOP & {word.lower() for word in d.words}) < 2
    ),
    "gopher: more than 30 % of the lines are repeated": lambda d: d.repeated[0] > 0.3,
    "gopher: repeated lines hold more than 20 % of the text": lambda d: d.repeated[1] > 0.2,
    **{
        f"gopher: one run of {n} words is more than {share:.0%} of the text": _commonest(n, share)
        for n, share in ((2, 0.20), (3, 0.18), (4, 0.16))
    },
    **{
        f"gopher: repeated runs of {n} words hold more than {share:.0%}": _again(n, share)
        for n, share in ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10))
    },
    "c4: lorem ipsum": lambda d: "lorem ipsum" in d.text.lower(),
    "c4: a curly bracket": lambda d: "{" in d.text,
    "c4: the word javascript": lambda d: "javascript" in d.text.lower(),
    "c4: a policy of cookies or privacy": lambda d: bool(WEB.search(d.text)),
    "c4: fewer than 3 sentences": lambda d: len(SENTENCE.findall(d.text)) < 3,
    "fineweb: at most 12 % of the lines end in punctuation": lambda d: (
        d.of_lines(sum(line.endswith(ENDS) for line in d.lines)) <= 0.12
    ),
    "fineweb: repeated lines hold 10 % of the text or more": lambda d: d.repeated[1] >= 0.1,
    "fineweb: 67 % of the lines or more are short": lambda d: (
        d.of_lines(sum(len(line) < 30 for line in d.lines)) >= 0.67
    ),
}
"""What breaks each rule. C4: Raffel et al., 2020; Gopher: Rae et al., 2021; FineWeb: Penedo et
al., 2024. C4's list of bad words is left out: it drops texts about minorities.
"""

SETS = ("gopher", "c4", "fineweb")


@register("rules")
@dataclass(frozen=True)
class Rules:
    """Refuses what breaks a published rule for web pages: of ``sets`` 'gopher', 'c4', 'fineweb'.

    A document counts under the first rule that it breaks. The rules are for pages, not for tweets:
    ``least`` replaces Gopher's 50 words.
    """

    sets: tuple[str, ...] = SETS
    least: int = 50

    def __post_init__(self) -> None:
        if unknown := set(self.sets) - set(SETS):
            raise UnderdogError(f"rules has no set {sorted(unknown)[0]!r}", f"{', '.join(SETS)}")

    def score(self, data: Dataset) -> Floats:
        """0 for what keeps the rules, minus infinity for what breaks one, ``[examples]``."""
        return self.counted(data)[0]

    def counted(self, data: Dataset) -> tuple[Floats, dict[str, int]]:
        """The scores, ``[examples]``, and how many documents were refused by which rule."""
        broken = [self.broken(text) for text in texts_of(data)]
        values = np.array([-np.inf if rule else 0.0 for rule in broken])
        return values, dict(Counter(filter(None, broken)))

    def broken(self, text: str) -> str:
        """The first rule that ``text`` breaks; empty if it keeps all."""
        doc, first = Document(text), "gopher: fewer than 50 words"
        for name, rule in BROKEN.items():
            if not name.startswith(self.sets):
                continue
            if name == first:
                if len(doc.words) < self.least:
                    return f"gopher: fewer than {self.least} words"
            elif rule(doc):
                return name
        return ""
