"""How often a verdict is reached, and how often wrongly, simulated from recorded right and wrong.

``python -m benchmarks.power``: two pools of real texts, like Subj (two classes) and like TREC (six,
one of them rare). Small models learn from 640 rows, and their answers to the other rows are
recorded, as are those of a model that learned elsewhere and stands for the large one: its answers
are altered at random until the best small model's true gain is exactly the one wanted. A draw is a
file of 800 rows. The old rule corrects for the number of contestants by Holm's method and keeps the
large model where a label loses recall; the new one tests in the order of the training part, with
the large model's answers to the training rows as a control.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import underdog as ud
from benchmarks.data import root, table
from underdog.evaluate import stats
from underdog.evaluate.control import controlled

MARGIN, SURE, DRAWS, SEED = 0.01, 0.05, 200, 0
LEARNED, SAMPLES, POOL = 640, 12, 2_400
TESTS = (160, 800)
"""Test rows: a fifth of 800 rows, and all of them as by --folds 5."""

GAINS = (0.013, -0.01, 0.025)
RECIPES = (ud.Linear(), ud.Bayes(), ud.Ridge())
TREC = (900, 840, 800, 640, 560, 100)
"""Texts of the six classes, in about the proportions of TREC."""

Bits = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Sample:
    """One training part, and what is right (1) or wrong (0) after it: ``[contestants, texts]``.

    ``rows`` are its places in the pool; ``half`` is after the first half of them only.
    """

    rows: Places
    full: Bits
    half: Bits


def pools() -> Iterator[tuple[str, ud.Dataset]]:
    """Each pool's name and its texts, more than `POOL` and `LEARNED` together."""
    news = ud.read(root() / "ag_news_test/ag_news_test.csv", text=("text",), split="").data
    rows = [i for i, y in enumerate(news.labels) if y in ("Business", "Sci/Tech")]
    yield "Subj-like", ud.Dataset.of([news.texts[i] for i in rows], [news.labels[i] for i in rows])
    clinc = ud.read(root() / "clinc150/clinc150_full.csv", split="").data
    kinds = {name: i % 6 for i, name in enumerate(sorted(set(clinc.labels) - {"oos"}))}
    rng, pairs = np.random.default_rng(SEED), []
    for kind, size in enumerate(TREC):
        mine = [i for i, y in enumerate(clinc.labels) if kinds.get(y) == kind]
        pairs += [(clinc.texts[i], f"class {kind}") for i in rng.permutation(mine)[:size]]
    yield "TREC-like", ud.Dataset.of([text for text, _ in pairs], [label for _, label in pairs])


def recorded(data: ud.Dataset) -> tuple[list[Sample], Bits, list[str]]:
    """The samples, what the large model's stand-in gets right, and the labels of the pool."""
    rng = np.random.default_rng(SEED)
    order = rng.permutation(len(data))[: POOL + LEARNED]
    elsewhere, pool = data.take(order[:LEARNED]), data.take(order[LEARNED:])
    gold = np.array(pool.labels, object)

    def right(recipe: ud.Learner, part: ud.Dataset) -> Bits:
        said = recipe.fit(part, SEED).answer(pool.texts).values
        return (np.array(said, object) == gold).astype(float)

    samples = []
    for _ in range(SAMPLES):
        rows = rng.permutation(len(pool))[:LEARNED]
        whole, half = pool.take(rows), pool.take(rows[: LEARNED // 2])
        samples.append(
            Sample(
                rows,
                np.array([right(recipe, whole) for recipe in RECIPES]),
                np.array([right(recipe, half) for recipe in RECIPES]),
            )
        )
    return samples, right(RECIPES[0], elsewhere), list(pool.labels)


def altered(large: Bits, rows: Places, accuracy: float, rng: np.random.Generator) -> Bits:
    """``large`` with random answers turned, so that its accuracy on ``rows`` is ``accuracy``."""
    found, at = large.copy(), float(large[rows].mean())
    old = 1.0 if at > accuracy else 0.0
    able = rows[large[rows] == old]
    turned = rng.choice(able, round(abs(at - accuracy) * len(rows)), replace=False)
    found[turned] = 1 - old
    return found


def draw(
    sample: Sample,
    large: Bits,
    labels: list[str],
    tests: int,
    gain: float,
    rng: np.random.Generator,
) -> Counter[str]:
    """What each rule says of one file.

    Both parts are drawn with replacement from the texts that no model has learned from: these are
    the population, in which the true gain holds. The large model's answers to the training part
    are of a sample of its own. On the sample's own rows its accuracy is off by up to two points,
    the same in all draws of that sample.
    """
    rest = np.setdiff1d(np.arange(len(large)), sample.rows)
    truth = sample.full[:, rest].mean(axis=1)
    best = int(truth.argmax())
    theirs = altered(large, rest, truth[best] - gain, rng)
    at, before = rng.choice(rest, tests), rng.choice(rest, LEARNED)
    small, known = sample.full[:, at], theirs[at]
    plain = [stats.paired(one, known, MARGIN) for one in small]
    sharp = [controlled(one, known, theirs[before], MARGIN) for one in small]
    held = sample.half[:, sample.rows[LEARNED // 2 :]]
    order = np.argsort(-held.mean(axis=1), kind="stable")
    gaps = held[order[0]] - held[order[1]]
    tied = None
    if gaps.mean() <= gaps.std() / np.sqrt(len(gaps)):
        tied = float(np.corrcoef(small[order[:2]] - known)[0, 1])
    new = stats.in_sequence([sharp[i].noninferior_p for i in order], tied)
    old = stats.holm([one.noninferior_p for one in plain])
    found: Counter[str] = Counter(
        old=min(old) < SURE,
        sequence=min(stats.in_sequence([plain[i].noninferior_p for i in order], tied)) < SURE,
        new=min(new) < SURE,
        knowing=plain[best].noninferior,
        knowing_sharp=sharp[best].noninferior,
    )
    found["kept"] = found["knowing_sharp"] and found["new"]
    lost = [_lost(one, known, [labels[i] for i in at]) for one in small]
    worse = [one.high < -MARGIN for one in plain]
    found["old KEEP"] = not found["old"] and all(a or b for a, b in zip(lost, worse, strict=True))
    found["new KEEP"] = all(one.high < -MARGIN for one in sharp)
    return found


def _lost(small: Bits, large: Bits, gold: list[str]) -> bool:
    """Whether any label of 20 texts or more loses 5 points of recall, by the old rule."""
    rows = [np.array([y == label for y in gold]) for label in set(gold)]
    duels = [stats.paired(small[r], large[r], 0.05) for r in rows if r.sum() >= 20]
    return any(duel.high < -0.05 for duel in duels)


def main() -> None:
    """Print the table."""
    lines = []
    for name, data in pools():
        samples, large, labels = recorded(data)
        for tests in TESTS:
            for gain in GAINS:
                rng, n = np.random.default_rng(SEED), DRAWS * (5 if gain < 0 else 1)
                seen: Counter[str] = Counter()
                for i in range(n):
                    seen += draw(samples[i % SAMPLES], large, labels, tests, gain, rng)
                names = ("old", "sequence", "new", "knowing", "knowing_sharp")
                shares = [f"{seen[key] / n:.1%}" for key in names]
                kept = f"{seen['kept'] / max(1, seen['knowing_sharp']):.0%}" if gain > 0 else ""
                keeps = [f"{seen[key] / n:.1%}" for key in ("old KEEP", "new KEEP")]
                lines.append([name, str(tests), f"{100 * gain:+.1f}", *shares, kept, *keeps])
    header = ["pool", "tests", "true gain", "SHIP: old", "in sequence", "new"]
    header += ["knowing the best", "and the control", "of these, new", "KEEP: old", "KEEP: new"]
    notes = (
        f"Gain in points; margin {100 * MARGIN:g} point; {DRAWS} draws, five times as many at -1."
        " 'knowing the best': the test of the truly best contestant alone; 'and the control': the"
        " same with the large model's answers to the training rows."
    )
    print(table("Power of the verdict", header, lines, notes))


if __name__ == "__main__":
    main()
