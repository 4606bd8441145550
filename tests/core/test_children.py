from dataclasses import dataclass

from underdog.core.answer import Answers
from underdog.core.description import Fact, describe
from underdog.core.protocols import children


@dataclass(frozen=True)
class Leaf:
    name: str

    def answer(self, texts):
        return Answers.said([self.name] * len(texts), [])

    def describe(self, texts):
        return (Fact("name", self.name),)


@dataclass(frozen=True)
class Settings:
    inner: object


@dataclass(frozen=True)
class Wrapper:
    parts: object

    def answer(self, texts):
        return self.parts.answer(texts)


def test_children_are_found_in_fields_containers_and_plain_dataclasses():
    a, b, c = map(Leaf, "abc")
    assert list(children(Wrapper((a, [b], {"x": Settings(c)})))) == [a, b, c]
    inner = Wrapper(a)
    assert list(children(Wrapper(inner))) == [inner]
    assert list(children(a)) == []
    assert list(children(Leaf)) == []


def test_a_wrapper_of_one_model_tells_what_that_model_tells():
    assert describe(Wrapper(Wrapper(Leaf("a"))), ()) == (Fact("name", "a"),)
    assert describe(Wrapper((Leaf("a"), Leaf("b"))), ()) == ()
