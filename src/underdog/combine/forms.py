"""The words around a text and its label: which a model needs, and what labels owe to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..core.cost import Floats
from ..core.data import Task, Text
from ..core.errors import UnderdogError
from ..core.protocols import Scorer

TEXT, LABEL = "{text}", "{label}"

STATED = "Text: {text} This is {label}."
"""A label as the end of a sentence, as a model expects that was never taught to converse."""

VOID = ("N/A", "[MASK]", "")
"""Texts without content, by which it is measured what a label owes to the prompt alone."""

OBSERVED, FEW = 32, 16
"""Texts of the task by which it is measured where there are enough, evenly over the labels; and how
many are enough.
"""


def require_form(form: str) -> None:
    """Raise `UnderdogError` unless ``form`` is empty or names a text, and then its label."""
    if form and not (
        form.count(TEXT) == form.count(LABEL) == 1 and form.index(TEXT) < form.index(LABEL)
    ):
        raise UnderdogError(
            f"a form without {TEXT}, or without {LABEL} after it: {form[:60]!r}",
            r"as in: fewshot(…, form='Review: {text}\nSentiment: {label}')",
        )


def filled(form: str, text: Text, label: str | None = None) -> str:
    """``form`` with a text, and with its label, or up to the place of the label.

    >>> filled("Review: {text} Sentiment: {label}.", "too long ")
    'Review: too long Sentiment:'
    """
    head, _, rest = form.partition(TEXT)
    middle, _, tail = rest.partition(LABEL)
    asked = f"{head}{_said(text)}{middle}"
    return asked.rstrip() if label is None else f"{asked}{label}{tail}"


def shown(text: Text) -> str:
    """A text, or a pair of texts, after the word that says what it is."""
    return f"Text: {text}" if isinstance(text, str) else _said(text)


def surest(
    model: Scorer,
    task: Task,
    further: Sequence[tuple[Text, str]],
    like: Sequence[Text],
    forms: Sequence[str],
    prompts: Callable[[str, Sequence[Text]], list[str]],
) -> tuple[str, tuple[float, ...]]:
    """The one of ``forms`` in which ``further`` texts get their labels more surely, and what each
    label owes to it: the mean log-probability of each label after ``prompts`` of the form.

    Where the texts are too few for the labels it is the first form, measured on void texts of the
    shape of those that they are ``like``.
    """
    from scipy.special import log_softmax

    def scored(form: str, texts: Sequence[Text]) -> Floats:
        """The log-probability of each label after each text, ``[texts, labels]``."""
        found: Floats = log_softmax(model.score(prompts(form, texts), task.labels)[0], axis=1)
        return found

    if len(further) < max(FEW, 2 * len(task.labels)):
        pair = bool(like) and not isinstance(like[0], str)
        texts: list[Text] = [(text, text) if pair else text for text in VOID]
        return forms[0], tuple(scored(forms[0], texts).mean(axis=0).tolist())
    places = [task.labels.index(label) for _, label in further]
    found = []
    for form in forms:
        scores = scored(form, [text for text, _ in further])
        owed = scores.mean(axis=0)
        left = log_softmax(scores - owed, axis=1)
        found.append((float(left[np.arange(len(places)), places].mean()), form, owed))
    _, form, owed = max(found, key=lambda one: one[0])
    return form, tuple(owed.tolist())


def _said(text: Text) -> str:
    if isinstance(text, str):
        return text.strip()
    return f"First text: {text[0]}\nSecond text: {text[1]}"
