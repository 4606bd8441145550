"""How often a label is read wrongly, or not at all, from 2,000 synthetic answers.

    python benchmarks/answers.py            # the table
    python benchmarks/answers.py --show     # and every misread answer of a development style

Sixty styles of answers, twelve sets of labels. A third of the first forty styles
(`benchmarks.answer_styles`), drawn with a printed seed, was kept out of development. Twenty more
(`benchmarks.answer_styles_late`) were written after the reader, and read once before it was mended.
A wrong reading is a label that the answer does not give. An unread answer gives a label and is
taken for an abstention.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Sequence

from benchmarks.answer_styles import LABEL_SETS, STYLES, Draw, Style
from benchmarks.answer_styles_late import LATE
from underdog.core.reading import Reader

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
        n = total["answers"]
        shares = (f"{total[kind]} ({100 * total[kind] / n:.2f} %)" for kind in ("wrong", "unread"))
        print(f"| {title} | {n:,} | {' | '.join(shares)} |")
    if show:
        print("\n".join(misread))


if __name__ == "__main__":
    main("--show" in sys.argv)
