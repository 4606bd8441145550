"""Rows of repair: recorded answers of large language models, rewritten by a small one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.grounding.sets import nli, overruling, said
from underdog.core.data import Dataset
from underdog.runtime.registry import build

Row = tuple[str, str, str, str]

TESTS = 0.4
"""The share of the rows that is held out, in one split; the others train."""

CHEAP = ("text-curie-001", "j1-jumbo", "j1-large")
"""Language models that are weaker than gpt-3.5-turbo."""

ASKED = "+2 by interval on one, never below -.5"


def thoughts() -> Row:
    """NLI by Mistral-7B, from the pair, its answer and what it wrote before it."""
    spec = "refined(recorded('{}'), None, bayes(), reads=['llm_thoughts'])"
    reached = _compared(nli(), "llm_prediction", spec)
    return "NLI, Mistral-7B with thoughts", "refined: points of accuracy", reached, ASKED


def cheap() -> Row:
    """The cheapest language model that is above chance, with nothing beside it but the text."""
    reached = _compared(
        overruling(), "text-curie-001_answer", "refined(recorded('{}'), bayes(), linear())"
    )
    return "OVERRULING, curie", "refined: points of accuracy", reached, ASKED


def several() -> Row:
    """gpt-3.5-turbo, with what three cheaper ones say of failing answers."""
    reads = ", ".join(f"recorded('{name}_answer')" for name in CHEAP)
    reached = _compared(
        overruling(),
        "gpt-3.5-turbo_answer",
        f"refined(recorded('{{}}'), bayes(), bayes(), reads=[{reads}])",
    )
    return "OVERRULING, gpt-3.5 and three cheap", "refined: points of accuracy", reached, ASKED


def strongest() -> Row:
    """GPT-4, which there is little to repair of."""
    reached = _compared(overruling(), "gpt-4_answer", "refined(recorded('{}'), bayes(), linear())")
    return "OVERRULING, gpt-4", "refined: points of accuracy", reached, ASKED


def _compared(data: Dataset, column: str, spec: str) -> str:
    """The accuracy of a recorded model and of what is made of it, on held-out rows."""
    train, test = data.split(TESTS, 0)
    model = build(spec.format(column)).fit(train)
    mine = np.array(model.answer(test.texts).values) == np.array(test.labels)
    theirs = build(f"recorded('{column}')").fit(train).answer(test.texts)
    right = np.array(theirs.values) == np.array(test.labels)
    gains = (mine.astype(float) - right).tolist()
    used = "on" if model.rewriter is not None else "switched off"
    return f"{right.mean():.3f} -> {mine.mean():.3f} of {len(test):,}: {said(gains)}, {used}"


ROWS: Mapping[str, Callable[[], Row]] = {
    "refined_thoughts": thoughts,
    "refined_cheap": cheap,
    "refined_several": several,
    "refined_strongest": strongest,
}
