"""A linear model over the words and character n-grams of a text; needs numpy alone."""

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
TOLD = json.loads((HERE / "told.json").read_text("utf-8"))
WEIGHTS, BIAS, IDF = (np.load(HERE / f"{name}.npy") for name in ("weights", "bias", "idf"))
TERMS = (HERE / "terms.txt").read_bytes().decode("utf-8", "surrogatepass").split("\0")
COLUMN: list[dict[str, int]] = []  # for each group of features: the column of each term
for lines in TERMS:
    start = sum(map(len, COLUMN))
    COLUMN.append({t: start + i for i, t in enumerate(lines.split("\n") if lines else [])})
SCALES = (1.0, 1.0, 0.7)  # lengths of the three groups of a row: words, n-grams, skip-grams


def views(text: str) -> list[str]:
    """The text, or of a pair both sides, their shared words and those of one side only."""
    if not TOLD["pairs"]:
        return [text]
    sides = [*text.split("\t", 1), ""][:2]
    a, b = (dict.fromkeys(re.findall(r"\w+", side[:200_000].lower())) for side in sides)
    parts = [w for w in b if w in a], [w for w in a if w not in b], [w for w in b if w not in a]
    return [*sides, *map(" ".join, parts)]


def terms(text: str) -> tuple[list[str], list[str], list[str]]:
    """Words with pairs and opening words, character n-grams, and pairs of words that are near."""
    text = text[:200_000].lower()
    words = re.findall(r"\w+", text)
    more = [f"{a} {b}" for a, b in zip(words, words[1:])] + [f"^{w}" for w in words[:4]]
    chunks = [f" {chunk} " for chunk in text.split()]
    grams = [c[i : i + n] for c in chunks for n in (3, 4, 5) for i in range(len(c) - n + 1)]
    near = [(a, b) for i, a in enumerate(words) for b in words[i + 1 : i + 9] if a != b]
    return words + more, grams, ["&".join(sorted(pair)) for pair in near]


def probabilities(text: str) -> np.ndarray:
    """The probability of each label."""
    margins = BIAS.astype(np.float64)
    groups = [group for view in views(text) for group in terms(view)]
    for k, (column, found) in enumerate(zip(COLUMN, groups)):
        counts = Counter(column[term] for term in found if term in column)
        at = np.array([*counts], dtype=int)
        row = (1 + np.log(np.array([*counts.values()], dtype=float))) * IDF[at]
        if len(at):
            margins = margins + SCALES[k % 3] * (row / np.linalg.norm(row)) @ WEIGHTS[at]
    powers = np.exp(margins - margins.max())
    return powers / powers.sum()
