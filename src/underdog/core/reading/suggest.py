"""A mapping worth proposing: answers and labels that look like two spellings of one list."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ..answer import Answers
from .reader import CUT_OFF, NONE
from .stated import stated

LONGEST, MOST = 60, 100
"""Characters of an answer that may be a spelling of a label, and different answers looked at."""

FEWEST, SHARE = 2, 0.6
"""How often an answer must occur, and the share of its rows that must carry one label."""


def suggested(answers: Answers, gold: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Pairs (answer, label): what names no label, with the label beside which it stands.

    ``gold`` are the right labels of the rows that were answered. An answer is paired where it
    occurs more than once and mostly beside one label, and if such answers are most of those that
    were not read. Where labels that were read mostly stand beside others too, as in numbers that
    are off by one, they are paired as well. The pairs are a proposal for the user: nothing is
    mapped until the user passes --map.
    """
    unread: dict[str, Counter[str]] = defaultdict(Counter)
    read: dict[str, Counter[str]] = defaultdict(Counter)
    left = 0
    for (how, wrote), value, label in zip(answers.readings, answers.values, gold, strict=True):
        said = " ".join((stated(wrote) or wrote).split())
        if how in (NONE, CUT_OFF) and said:
            left += 1
            if len(said) <= LONGEST:
                unread[said][label] += 1
        elif value:
            read[value][label] += 1
    if len(unread) > MOST:
        return ()
    found, rows = _beside(unread)
    moved = [(said, label) for said, label in _beside(read)[0] if said != label]
    if rows * 2 < left:
        return ()
    return tuple(sorted(found + (moved if 2 * len(moved) >= len(read) else [])))


def _beside(said: Mapping[str, Counter[str]]) -> tuple[list[tuple[str, str]], int]:
    """What is ``said`` often, with the label beside which it mostly stands; in how many rows."""
    found, rows = [], 0
    for text, labels in said.items():
        label, n = labels.most_common(1)[0]
        if labels.total() >= FEWEST and n >= SHARE * labels.total():
            found.append((text, label))
            rows += labels.total()
    return found, rows


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
