"""The grammar of the library: things with one method each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from types import NoneType
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

import numpy as np

from .answer import Answers
from .cost import Floats
from .data import Dataset, Task, Text
from .errors import UnderdogError
from .passages import Hit, Pairs, Passages

T = TypeVar("T")


@runtime_checkable
class Model(Protocol):
    """Anything that answers texts: a classifier, an ensemble, a cascade, a router, an LLM."""

    def answer(self, texts: Sequence[Text]) -> Answers:
        """One answer per text, in order. May batch, thread or call out as it likes."""
        ...


@runtime_checkable
class Learner(Protocol):
    """Anything that turns examples into a model. A recipe: immutable, comparable, printable."""

    def fit(self, data: Dataset, seed: int = 0) -> Model:
        """A new model. The learner itself never changes, so there is no unfitted state."""
        ...


@runtime_checkable
class Retriever(Protocol):
    """Anything that finds passages: an index, several of them, a database, a folder of code."""

    def top(self, queries: Sequence[str], k: int) -> list[list[Hit]]:
        """At most ``k`` hits for each query, the best first; none where nothing was found."""
        ...


@runtime_checkable
class Indexer(Protocol):
    """A recipe of a retriever: it makes passages searchable. Immutable and printable."""

    def over(self, passages: Passages, pairs: Pairs | None = None) -> Retriever:
        """A retriever of ``passages``; ``pairs`` are for those that learn, others ignore them."""
        ...


@runtime_checkable
class Growing(Protocol):
    """A retriever to which passages can be added."""

    def added(self, passages: Passages) -> Retriever:
        """A retriever of the passages so far and of these: as if it were made of all at once."""
        ...


@runtime_checkable
class Grader(Protocol):
    """Anything that says how right answers are."""

    def grade(self, texts: Sequence[Text], values: Sequence[str], data: Dataset) -> Floats:
        """A grade in [0, 1] for each value, shape ``[texts]``; NaN where the truth is unknown.

        ``texts`` and ``values`` are in the order of the rows of ``data``, which knows the truth.
        """
        ...


@runtime_checkable
class Selector(Protocol):
    """Anything that says which examples are worth learning from."""

    def score(self, data: Dataset) -> Floats:
        """What each example of ``data`` is worth, ``[examples]``; higher is kept.

        Minus infinity for one that must not be kept, such as a duplicate.
        """
        ...


@runtime_checkable
class Chooser(Protocol):
    """A model that writes and, told what it may say, can also tell how likely each of it was."""

    def choose(self, texts: Sequence[Text], labels: Sequence[str]) -> Answers:
        """One of ``labels`` per text, or an abstention; with ``probs`` where they are known."""
        ...


@runtime_checkable
class Decider(Protocol):
    """A model that is asked typed questions about a text, and writes nothing."""

    def decide(self, texts: Sequence[Text], task: Task) -> Answers:
        """One of the labels of ``task`` per text, with probabilities, or an abstention."""
        ...


@runtime_checkable
class Scorer(Protocol):
    """A model that writes and can tell how likely it was to write any given text."""

    def score(self, texts: Sequence[Text], continuations: Sequence[str]) -> tuple[Floats, Floats]:
        """The log-probability of each continuation, ``[texts, continuations]``; and the receipts,
        ``[texts, 6]``.
        """
        ...


@runtime_checkable
class Pinned(Protocol):
    """A model that reads weights by name, and can bind itself to those that are here now."""

    def pinned(self) -> Any:
        """The same model with the checksum of its weights: no other weights will serve."""
        ...


@runtime_checkable
class CountsSamples(Protocol):
    """A recipe that reads few examples more often than many: its time does not just grow."""

    def samples_seen(self, data: Dataset) -> float:
        """How many examples a fit reads, each counted as often as it is read."""
        ...


@runtime_checkable
class Buys(Protocol):
    """A recipe that pays for labels, up to a limit: a learning curve varies what it may buy."""

    def bought(self, share: float) -> tuple[Learner, int] | None:
        """The recipe with a ``share`` of its labels, and how many; None where there is no limit."""
        ...


@runtime_checkable
class ReadsUnlabelled(Protocol):
    """A recipe that learns from examples without a label too: a teacher labels them."""

    reads_unlabelled: ClassVar[bool]


@runtime_checkable
class DependsOnEnvironment(Protocol):
    """A recipe or model whose answers depend on settings that its spec does not hold."""

    def environment(self) -> Mapping[str, str]:
        """The values of these settings by name, such as the address of a server; no keys."""
        ...


@runtime_checkable
class Tunable(Protocol):
    """A recipe that chooses hyper-parameters from data, and can fix them before it is fitted."""

    def tuned(self, data: Dataset, seed: int = 0) -> Learner:
        """The same recipe with the hyper-parameters that it would choose on ``data``."""
        ...


@runtime_checkable
class Extra(Protocol):
    """More to learn from than the text, such as answers to questions about it."""

    def fit_beside(self, recipe: Learner, data: Dataset, seed: int) -> Model:
        """A model of both: of the extra, and of what ``recipe`` makes of the text."""
        ...


def fit_beside(extra: object, recipe: Learner, data: Dataset, seed: int) -> Model:
    """The model of ``extra`` and ``recipe`` together.

    Raises `UnderdogError` if ``extra`` is nothing that can stand beside a recipe.
    """
    if not isinstance(extra, Extra):
        raise UnderdogError(
            f"{extra!r} cannot stand beside a model of the text",
            "as in: linear(extra=questions(decide('MODEL'), ['Is it urgent?']))",
        )
    return extra.fit_beside(recipe, data, seed)


def tuned(recipe: Learner, data: Dataset, seed: int = 0) -> Learner:
    """``recipe`` with its hyper-parameters chosen on ``data``, if it can; else itself."""
    return recipe.tuned(data, seed) if isinstance(recipe, Tunable) else recipe


def pinned(model: T) -> T:
    """``model`` bound to the weights that it reads by name, if it does; else itself."""
    bound: T = model.pinned() if isinstance(model, Pinned) else model
    return bound


def samples_seen(thing: Model | Learner, data: Dataset) -> float:
    """What a fit on ``data`` costs, to compare with one on other data: examples that are read."""
    return thing.samples_seen(data) if isinstance(thing, CountsSamples) else float(len(data))


def fitted(thing: Model | Learner, data: Dataset, seed: int = 0) -> Model:
    """``thing`` itself if it can already answer, else what it learns from ``data``.

    A combinator of models that says so (``fits_parts``) may hold recipes, as in
    ``cascade([linear(), recorded('llm')], [0.8])``; these learn in their places.
    """
    if isinstance(thing, Learner):
        return thing.fit(data, seed)
    if not getattr(type(thing), "fits_parts", False):
        return thing

    def learned(value: Any) -> Any:
        if isinstance(value, tuple | list):
            return tuple([learned(one) for one in value])
        return fitted(value, data, seed) if isinstance(value, Learner | Model) else value

    held = {f.name: getattr(thing, f.name) for f in fields(thing) if f.init}  # type: ignore[arg-type]
    changed = {name: made for name, old in held.items() if (made := learned(old)) != old}
    return replace(thing, **changed) if changed else thing  # type: ignore[type-var]


def children(thing: object) -> Iterator[Model]:
    """The models that ``thing`` is made of, in the order of its fields; not theirs in turn.

    Walks the fields of a dataclass, and tuples, lists, mappings and plain dataclasses in them.
    """
    if isinstance(thing, type) or not is_dataclass(thing):
        return
    for field in fields(thing):
        yield from _models(getattr(thing, field.name))


PLAIN = (str, bytes, int, float, type, np.ndarray, NoneType, Dataset, Answers)
"""What holds no models; a vocabulary has a hundred thousand of these."""


def _models(value: object) -> Iterator[Model]:
    if isinstance(value, PLAIN):
        return
    if isinstance(value, dict | tuple | list):  # asked first: it is quick to tell
        for inner in value.values() if isinstance(value, dict) else value:
            if not isinstance(inner, PLAIN):
                yield from _models(inner)
    elif isinstance(value, Model):
        yield value
    elif isinstance(value, Mapping):
        yield from _models([*value.values()])
    else:
        yield from children(value)
