"""How often a label is read wrongly, or not at all, from 2,000 synthetic answers.

    python benchmarks/answers.py            # the table
    python benchmarks/answers.py --show     # and every misread answer of a development style

Forty styles of answers, twelve sets of labels (`benchmarks.answer_styles`). A third of the styles,
drawn with a printed seed, was kept out of development: the reader was not tuned on them.
A wrong reading is a label that the answer does not give. An unread answer gives a label and is
taken for an abstention.
"""

from __future__ import annotations

import random
import sys
from collections import Counter

from benchmarks.answer_styles import LABEL_SETS, STYLES, Draw, Style
from underdog.core.reading import Reader

ANSWERS = 2000
SEED, HELD_OUT_SEED = 20261125, 7
HELD_OUT = frozenset(
    random.Random(HELD_OUT_SEED).sample([style.__name__ for style in STYLES], len(STYLES) // 3)
)
"""The names of the styles that were kept out of development."""


def drawn(n: int = ANSWERS, seed: int = SEED) -> list[tuple[Style, str, str, str]]:
    """``n`` answers: the style, the name of the label set, what was written, the right reading."""
    rng = random.Random(seed)
    found = []
    for i in range(n):
        style = STYLES[i % len(STYLES)]
        name, labels = rng.choice([*LABEL_SETS.items()])
        label, other = rng.sample(labels, 2)
        wrote, right = style(Draw(label, other, labels, rng))
        found.append((style, name, wrote, right))
    return found


def measured(n: int = ANSWERS, seed: int = SEED) -> tuple[dict[str, Counter[str]], list[str]]:
    """Counts for each style: answers, wrong, unread; and the misread answers of development."""
    readers = {name: Reader(labels) for name, labels in LABEL_SETS.items()}
    counts = {style.__name__: Counter[str]() for style in STYLES}
    misread = []
    for style, name, wrote, right in drawn(n, seed):
        got = readers[name].read(wrote)
        kind = "right" if got.label == right else "wrong" if got.label else "unread"
        counts[style.__name__].update(["answers", kind])
        if kind != "right" and style.__name__ not in HELD_OUT:
            misread.append(f"{kind} {style.__name__} [{name}] {wrote!r}: {got} for {right!r}")
    return counts, misread


def main(show: bool = False) -> None:
    """Print the table: development styles and styles kept out, apart."""
    counts, misread = measured()
    print(
        f"## Answers read: {ANSWERS:,} answers, {len(STYLES)} styles, {len(LABEL_SETS)} label sets"
    )
    print(
        f"(seed {SEED}; {len(HELD_OUT)} styles kept out of development, drawn with {HELD_OUT_SEED})"
    )
    print("\n| styles | answers | wrong readings | unread |\n| --- | --- | --- | --- |")
    for title, kept in (("development", False), ("kept out", True)):
        total = Counter[str]()
        for name, count in counts.items():
            if (name in HELD_OUT) == kept:
                total.update(count)
        n = total["answers"]
        shares = (f"{total[kind]} ({100 * total[kind] / n:.2f} %)" for kind in ("wrong", "unread"))
        print(f"| {title} | {n:,} | {' | '.join(shares)} |")
    if show:
        print("\n".join(misread))


if __name__ == "__main__":
    main("--show" in sys.argv)
