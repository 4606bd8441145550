"""A model in a folder of its own, with probabilities that were mended on labelled texts."""

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np

HERE = Path(__file__).parent
TOLD = json.loads((HERE / "told.json").read_text("utf-8"))
SHIFTS, STEPS = (np.load(HERE / f"{name}.npy") for name in ("shifts", "steps"))
LEAST = 1e-6  # the probability that stands for 0, of which there is no logarithm


def loaded(folder: str) -> ModuleType:
    """The model in a folder."""
    found = spec_from_file_location(folder, HERE / folder / "model.py")
    model = module_from_spec(found)
    found.loader.exec_module(model)
    return model


MODEL = loaded("before")


def probabilities(text: str) -> np.ndarray:
    """The probability of each label."""
    said = dict(zip(MODEL.TOLD["labels"], MODEL.probabilities(text)))
    chances = np.array([said.get(label, 0.0) for label in TOLD["labels"]])
    margins = np.log(np.maximum(chances, LEAST)) * TOLD["factor"] + SHIFTS
    powers = np.exp(margins - margins.max())
    p = powers / powers.sum()
    if not len(STEPS):
        return p
    best, top = p.argmax(), p.max()
    share = p / max(1 - top, LEAST)
    share[best] = 0.0
    second = share.max()
    told = max(np.interp(top, STEPS[:, 0], STEPS[:, 1]), second / (1 + second) + LEAST)
    mended = share * (1 - told)
    mended[best] = told
    return mended / mended.sum()
