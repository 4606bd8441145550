"""A little world in which a small model knows what it does not know."""

from dataclasses import replace

import numpy as np

from underdog.core.data import Archive, Dataset


def world(n=600, seed=0, *, hard=0.4, large=0.97, price=0.002):
    """``n`` reviews, a share ``hard`` of which say nothing; a large model right on ``large``.

    The columns are those of a log: ``llm`` is what the large model said, ``dollars`` what it
    cost (a little more for every second text).
    """
    rng = np.random.default_rng(seed)
    texts, labels, said = [], [], []
    for number in rng.permutation(9 * n)[:n]:  # in no order: rows must be exchangeable
        happy = bool(rng.random() < 0.5)
        word = "plain" if rng.random() < hard else "great" if happy else "awful"
        texts.append(f"a {word} film number {number}")
        labels.append("pos" if happy else "neg")
        said.append(labels[-1] if rng.random() < large else "neg" if happy else "pos")
    costs = tuple(price * (1 + i % 2) for i in range(n))
    columns = {"llm": tuple(said), "dollars": costs}
    data = Dataset.of(texts, labels, "reviews")
    return replace(data, columns=columns, archive=Archive(data.texts, columns))


def with_column(data, name, values):
    """``data`` with the column ``name`` replaced, in the archive too."""
    columns = {**data.columns, name: tuple(values)}
    return replace(data, columns=columns, archive=Archive(data.texts, columns))
