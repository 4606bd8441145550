"""Several models, each in a folder of its own with a model.py, whose probabilities are pooled."""

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np

HERE = Path(__file__).parent
TOLD = json.loads((HERE / "told.json").read_text("utf-8"))
WEIGHTS = np.array(TOLD["weights"])


def loaded(folder: str) -> ModuleType:
    """The model in a folder."""
    found = spec_from_file_location(folder, HERE / folder / "model.py")
    model = module_from_spec(found)
    found.loader.exec_module(model)
    return model


MEMBERS = [loaded(folder) for folder in TOLD["members"]]


def probabilities(text: str) -> np.ndarray:
    """The probability of each label."""
    votes = np.zeros((len(MEMBERS), len(TOLD["labels"])))
    for vote, member in zip(votes, MEMBERS):
        said = dict(zip(member.TOLD["labels"], member.probabilities(text)))
        vote[:] = [said.get(label, 0.0) for label in TOLD["labels"]]
    if TOLD["pool"] == "majority":
        best = votes == votes.max(axis=1, keepdims=True)
        votes = best / best.sum(axis=1, keepdims=True)
    if TOLD["pool"] != "geometric":
        return WEIGHTS @ votes
    logs = WEIGHTS @ np.log(np.maximum(votes, 1e-12))
    powers = np.exp(logs - logs.max())
    return powers / powers.sum()
