"""Several orders of the options: what depends on the order alone is averaged out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from underdog.combine.prompted import FewShot
from underdog.combine.reordered import Reordered
from underdog.core.answer import Answers
from underdog.core.data import Dataset
from underdog.core.errors import UnderdogError
from underdog.runtime.registry import build, spec


@dataclass(frozen=True)
class Hasty:
    """Gives the first label of the prompt two nats, and the one in the text one and a half."""

    def answer(self, texts):
        return Answers.said([""] * len(texts), np.zeros((len(texts), 6)), "hasty")

    def score(self, texts, continuations):
        rows = []
        for prompt in texts:
            first = prompt.split("- ")[1].split("\n")[0]
            text = prompt.rpartition("Text:")[2]
            rows.append([2.0 * (one == first) + 1.5 * (one in text) for one in continuations])
        return np.array(rows), np.zeros((len(texts), 6))


DATA = Dataset.of(["red", "green", "blue", "grey"], ["red", "green", "blue", "grey"])


def test_one_order_follows_the_place_and_several_follow_the_text():
    asked = FewShot(Hasty(), k=0, calibrated=False)
    alone = asked.fit(DATA).answer(DATA.texts)
    assert len(set(alone.values)) == 1  # the first option, whatever the text
    pooled = Reordered(asked, n=4).fit(DATA).answer(DATA.texts)
    assert pooled.values == DATA.labels
    assert pooled.labels == DATA.task.labels


def test_it_is_its_spec_and_refuses_what_has_no_options():
    recipe = build("reordered(fewshot(scripted([]), k=0), n=3)")
    assert build(spec(recipe)) == recipe
    with pytest.raises(UnderdogError, match="reordered"):
        Reordered(FewShot(Hasty(), k=0)).fit(Dataset.of(["a"], ["1.5"], kind="number"))
