"""How sure a model is of its answer, on the scale of the threshold of a cascade."""

import json
from pathlib import Path

import numpy as np

TOLD = json.loads((Path(__file__).parent / "told.json").read_text("utf-8"))


def confidence(chances: np.ndarray) -> float:
    """From the probability of each label: the largest, its lead, or one minus the entropy."""
    p = (chances / chances.max()) ** (1 / TOLD["temperature"])
    p = np.sort(p / p.sum())
    if TOLD["confidence"] == "probability" or len(p) < 2:
        return p[-1]
    if TOLD["confidence"] == "margin":
        return p[-1] - p[-2]
    return 1 + (p * np.log(np.maximum(p, 1e-300))).sum() / np.log(len(p))
