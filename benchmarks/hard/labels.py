"""What the bound on weights costs where labels are many: accuracy with it and without.

    python -m benchmarks.hard.labels                     # all rows that are missing
    python -m benchmarks.hard.labels "2,000 linear"

Banking77 has 77 labels; the other set is synthetic and has 2,000, with six training texts each.
"""

from __future__ import annotations

import random
import sys
import time
from functools import partial
from itertools import accumulate
from unittest.mock import patch

import numpy as np

from benchmarks.data import root
from benchmarks.linear import halves
from benchmarks.results import done
from underdog import Dataset, build
from underdog.models.features import selection

from .told import tell

LABELS, LEARNED, ASKED, WORDS = 2000, 6, 2, 30_000


def synthetic() -> tuple[Dataset, Dataset]:
    """Texts of twelve common words, two of which are replaced by words of their label."""
    draw = random.Random(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(draw.choices(letters, k=draw.randrange(3, 10))) for _ in range(WORDS)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(WORDS)))
    own = {f"label {i}": draw.sample(range(200, WORDS), 6) for i in range(LABELS)}
    parts: list[Dataset] = []
    for each in (LEARNED, ASKED):
        texts, labels = [], []
        for label, mine in own.items():
            for _ in range(each):
                said = draw.choices(words, cum_weights=weights, k=12)
                for at, word in zip(draw.sample(range(12), 2), draw.sample(mine, 2), strict=True):
                    said[at] = words[word]
                texts.append(" ".join(said))
                labels.append(label)
        parts.append(Dataset.of(texts, labels))
    return parts[0], parts[1]


def measured(name: str, spec: str) -> None:
    """Fit with and without the bound, and keep the row."""
    file = root() / "banking77" / "banking77.csv"
    train, test = synthetic() if name == "2,000" else halves(file)
    said, right = [], []
    for bound in (selection.MOST_WEIGHTS, 1 << 60):
        start = time.process_time()
        with patch.object(selection, "MOST_WEIGHTS", bound):
            model = build(spec).fit(train)
        values = model.answer(test.texts).values
        hits = np.array([a == b for a, b in zip(values, test.labels, strict=True)])
        right.append(hits)
        width = len(model.features.names) if hasattr(model, "features") else 0
        took = time.process_time() - start
        said.append(f"{hits.mean():.4f} with {width:,} features in {took:.0f} s")
        print(f"{name} {spec}: {said[-1]}", flush=True)
    about = f"`{spec}` on {name} labels, {len(test):,} test texts: accuracy with the bound"
    tell(f"labels {name} {spec}", about, f"without it: {said[1]}", said[0], "–")


ROWS = {
    f"{name} {spec.partition('(')[0]}": partial(measured, name, spec)
    for name in ("77", "2,000")
    for spec in ("bayes()", "linear()")
}


def main() -> None:
    """Measure the rows that are named, or those that are missing."""
    known = done("hard")
    for row in sys.argv[1:] or [row for row in ROWS if f"labels {row}()" not in known]:
        ROWS[row]()


if __name__ == "__main__":
    main()
