"""How often a label is read wrongly, or not at all, from 2,000 synthetic answers.

    python benchmarks/answers.py            # the table
    python benchmarks/answers.py --show     # and every misread answer of a development style

The last rows are answers that were written one by one to mislead the reader, in four rounds
(`answers_by_hand.jsonl`): the right readings, an abstention among them where a careful person might
abstain, were decided before the reader was run. What it made of each round at first is in
docs/log.md; it was mended after each.

Sixty styles of answers, twelve sets of labels. A third of the first forty styles
(`benchmarks.answer_styles`), drawn with a printed seed, was kept out of development. Twenty more
(`benchmarks.answer_styles_late`) were written after the reader, and read once before it was mended.
A wrong reading is a label that the answer does not give. An unread answer gives a label and is
taken for an abstention.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.answer_styles import LABEL_SETS, STYLES, Draw, Style
from benchmarks.answer_styles_late import LATE
from underdog.core.reading import Reader, reader

ANSWERS = 2000
SEED, HELD_OUT_SEED = 20261125, 7
HELD_OUT = frozenset(
    random.Random(HELD_OUT_SEED).sample([style.__name__ for style in STYLES], len(STYLES) // 3)
)
"""The names of the styles that were kept out of development."""

GROUPS = ("development", "kept out", "written later")


def group(style: str) -> str:
    """Which of `GROUPS` a style is in, by its name."""
    late = style in {one.__name__ for one in LATE}
    return GROUPS[2] if late else GROUPS[style in HELD_OUT]


def drawn(
    n: int = ANSWERS, seed: int = SEED, styles: Sequence[Style] = STYLES
) -> list[tuple[Style, str, str, str]]:
    """``n`` answers: the style, the name of the label set, what was written, the right reading."""
    rng = random.Random(seed)
    found = []
    for i in range(n):
        style = styles[i % len(styles)]
        name, labels = rng.choice([*LABEL_SETS.items()])
        label, other = rng.sample(labels, 2)
        wrote, right = style(Draw(label, other, labels, rng))
        found.append((style, name, wrote, right))
    return found


def measured(n: int = ANSWERS, seed: int = SEED) -> tuple[dict[str, Counter[str]], list[str]]:
    """Counts for each style: answers, wrong, unread; and the misread answers, but for those of
    styles that are kept out."""
    readers = {name: Reader(labels) for name, labels in LABEL_SETS.items()}
    counts = {style.__name__: Counter[str]() for style in (*STYLES, *LATE)}
    misread = []
    for style, name, wrote, right in (*drawn(n, seed), *drawn(n, seed, LATE)):
        got = readers[name].read(wrote)
        kind = "right" if got.label == right else "wrong" if got.label else "unread"
        counts[style.__name__].update(["answers", kind])
        if kind != "right" and group(style.__name__) != "kept out":
            misread.append(f"{kind} {style.__name__} [{name}] {wrote!r}: {got} for {right!r}")
    return counts, misread


BY_HAND = Path(__file__).with_name("answers_by_hand.jsonl")


def by_hand() -> tuple[dict[int, Counter[str]], list[str]]:
    """Counts for each round of answers that were written by hand, and the misread ones."""
    counts: dict[int, Counter[str]] = {}
    misread = []
    for line in BY_HAND.read_text("utf-8").splitlines():
        one = json.loads(line)
        got = reader(tuple(one["labels"])).read(one["wrote"])
        kind = "right" if got.label in one["right"] else "wrong" if got.label else "unread"
        counts.setdefault(one["round"], Counter()).update(["answers", kind])
        if kind != "right":
            misread.append(
                f"{kind} round {one['round']} {one['wrote']!r}: {got} for {one['right']}"
            )
    return counts, misread


def _row(title: str, count: Counter[str]) -> str:
    n = count["answers"]
    shares = (f"{count[kind]} ({100 * count[kind] / n:.2f} %)" for kind in ("wrong", "unread"))
    return f"| {title} | {n:,} | {' | '.join(shares)} |"


def main(show: bool = False) -> None:
    """Print the table: asked are at most .2 % wrong readings and 3 % unread answers."""
    counts, misread = measured()
    print(
        f"## Answers read: twice {ANSWERS:,} answers, {len(STYLES)} and {len(LATE)} styles,"
        f" {len(LABEL_SETS)} label sets"
    )
    print(
        f"(seed {SEED}; {len(HELD_OUT)} styles kept out of development, drawn with {HELD_OUT_SEED})"
    )
    print("\n| styles | answers | wrong readings | unread |\n| --- | --- | --- | --- |")
    for title in GROUPS:
        total = Counter[str]()
        for name, count in counts.items():
            if group(name) == title:
                total.update(count)
        print(_row(title, total))
    hand, hard = by_hand()
    for number, count in hand.items():
        print(_row(f"by hand, round {number}", count))
    if show:
        print("\n".join([*misread, *hard]))


if __name__ == "__main__":
    main("--show" in sys.argv)
