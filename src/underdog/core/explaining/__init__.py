"""Why a model gave an answer: explanations as plain data, and the default for any model."""

from .explanation import (
    Counterfactual,
    Explanation,
    Faithfulness,
    Feature,
    Neighbour,
    Token,
)
from .protocol import Explainer, Overviewer, Readable, Surrounded, explained, overview_of

__all__ = [
    "Counterfactual",
    "Explainer",
    "Explanation",
    "Faithfulness",
    "Feature",
    "Neighbour",
    "Overviewer",
    "Readable",
    "Surrounded",
    "Token",
    "explained",
    "overview_of",
]
