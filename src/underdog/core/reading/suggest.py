"""A mapping worth proposing: answers and labels that look like two spellings of one list."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from .reader import NONE

LONGEST, MOST = 60, 100
"""Characters of an answer that may be a spelling of a label, and different answers looked at."""

FEWEST, SHARE = 2, 0.6
"""How often an answer must occur, and the share of its rows that must carry one label."""


def suggested(
    readings: Sequence[tuple[str, str]], gold: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """Pairs (answer, label): what names no label, with the label beside which it stands.

    ``readings`` are those of `Answers.readings`, ``gold`` the right labels of the same rows. An
    answer is paired where it occurs more than once and mostly beside one label. The pairs are a
    proposal for the user: nothing is mapped until the user passes --map.
    """
    beside: dict[str, Counter[str]] = defaultdict(Counter)
    for (how, wrote), label in zip(readings, gold, strict=True):
        said = " ".join(wrote.split())
        if how == NONE and said and len(said) <= LONGEST:
            beside[said][label] += 1
    if len(beside) > MOST:
        return ()
    found = []
    for said, labels in sorted(beside.items()):
        label, n = labels.most_common(1)[0]
        if labels.total() >= FEWEST and n >= SHARE * labels.total():
            found.append((said, label))
    return tuple(found)


def turned(
    mapping: Sequence[tuple[str, str]], labels: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """``mapping`` as new names for the labels, where these are numbers and the answers names."""
    numbers = all(label.lstrip("-").isdigit() for label in labels)
    alike = len({label for _, label in mapping}) == len(mapping) == len(labels)
    if numbers and alike and not any(said.lstrip("-").isdigit() for said, _ in mapping):
        return tuple(sorted((label, said) for said, label in mapping))
    return tuple(mapping)


def options(mapping: Iterable[tuple[str, str]]) -> str:
    """``mapping`` as it is typed: ``--map 0=noHate --map 1=hate``."""
    return " ".join(f"--map {shlex.quote(f'{said}={label}')}" for said, label in mapping)


def listed(names: Iterable[str], most: int = 4) -> str:
    """The first few of ``names``: "0, 1, 2 …"."""
    names = list(names)
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")
