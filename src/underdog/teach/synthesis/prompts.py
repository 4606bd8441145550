"""The words in which a model is asked to write texts: plain, by attributes, or after examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.data import Task, Text

Attributes = tuple[tuple[str, tuple[str, ...]], ...]

ATTRIBUTES: Attributes = (
    ("Length", ("a few words", "one sentence", "two or three sentences")),
    ("Tone", ("neutral", "informal", "formal", "excited", "worried", "matter-of-fact")),
    ("Form", ("a statement", "a question", "a remark to a friend", "a report", "a headline")),
    ("Place", ("at home", "at work", "in a shop", "on a journey", "abroad", "on the internet")),
)
"""What texts of every task may differ in, and how."""

SHOWN = 3
"""Real texts that a prompt shows."""


def plain(task: Task, label: str) -> str:
    """A prompt that says nothing but the label (class-conditional)."""
    about = f" The question about it is: {task.instruction}" if task.instruction else ""
    return f"Write one new text that belongs to the label '{label}'.{about}\nText:"


def attributed(task: Task, label: str, chosen: Sequence[tuple[str, str]]) -> str:
    """A prompt with the label and how the text is to be (AttrPrompt: Yu et al., NeurIPS 2023)."""
    about = f" The question about it is: {task.instruction}" if task.instruction else ""
    how = "\n".join(f"{name}: {value}" for name, value in chosen)
    return f"Write one new text that belongs to the label '{label}'.{about}\n{how}\nText:"


def exemplified(label: str, texts: Sequence[Text]) -> str:
    """A prompt that shows real texts of the label (Self-Instruct: Wang et al., ACL 2023)."""
    shown = "\n".join(f"Text: {_flat(text)}" for text in texts)
    return (
        f"These texts belong to the label '{label}'. Write one more, unlike them.\n{shown}\nText:"
    )


def paraphrase(text: Text) -> str:
    """A prompt for another wording of a real text."""
    return f"Say this in other words, with the same meaning.\nText: {_flat(text)}\nOther words:"


def translated(text: Text, language: str) -> str:
    """A prompt for a real text in another language, and of that text in its own again."""
    return f"Translate this text into {language}.\nText: {_flat(text)}\nTranslation:"


def searched(text: Text) -> str:
    """A prompt for what one would type to find the answer to a real text."""
    return (
        "Write the few words that one would type into a search box to find this."
        f"\nText: {_flat(text)}\nQuery:"
    )


def combinations(attributes: Attributes, n: int, seed: int) -> list[list[tuple[str, str]]]:
    """``n`` choices of a value for each attribute; each value about equally often."""
    dice = np.random.default_rng(seed)
    columns = []
    for name, values in attributes:
        rounds = -(-n // len(values))
        order = np.concatenate([dice.permutation(len(values)) for _ in range(rounds)])[:n]
        columns.append([(name, values[k]) for k in order.tolist()])
    return [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in range(n)]


def _flat(text: Text) -> str:
    return " ".join((text if isinstance(text, str) else " | ".join(text)).split())[:600]
