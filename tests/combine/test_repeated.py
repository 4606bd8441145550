"""Several draws of one question: the share of them that agree is the confidence."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

import underdog as ud
from underdog.combine.repeated import Repeated
from underdog.core.errors import UnderdogError
from underdog.runtime.registry import register


@register("drawing_for_tests")
@dataclass(frozen=True)
class Drawing:
    """Says "yes", but "no" to every third draw, if its temperature is not 0."""

    temperature: float = 0.0
    seed: int = 0

    def answer(self, texts: Sequence[str]) -> ud.Answers:
        said = "no" if self.temperature and self.seed % 3 == 0 else "yes"
        return ud.Answers.of([ud.Answer(said, path=("drawing",)) for _ in texts])


def test_the_share_of_the_draws_is_the_probability():
    data = ud.Dataset.of(["a", "b"], ["yes", "no"])
    recipe = Repeated(ud.FewShot(Drawing(temperature=1.0), k=0), k=6)
    one = recipe.fit(data).answer(["c"])[0]
    assert one.value == "yes"
    assert dict(one.probs) == pytest.approx({"no": 1 / 3, "yes": 2 / 3})


def test_draws_that_must_all_be_alike_are_refused():
    data = ud.Dataset.of(["a", "b"], ["yes", "no"])
    with pytest.raises(UnderdogError, match="always answers alike"):
        Repeated(ud.FewShot(Drawing(), k=0)).fit(data)


def test_a_live_model_is_asked_once_for_every_draw(llm):
    server = llm(replies=[["good", "pos"]])
    data = ud.Dataset.of(["a", "b"], ["pos", "neg"])
    model = ud.build("repeated(chat('tiny', temperature=0.7), k=3)").fit(data)
    one = model.answer(["a good film"])[0]
    assert (one.value, one.confidence, len(server.log)) == ("pos", 1.0, 3)
