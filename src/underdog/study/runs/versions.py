"""Which versions of a model answered in one study: two are told before any verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...core.answer import Answers
from ...core.description import Fact
from ...core.protocols import children
from ...models.decide import Decide
from ...models.decide.versions import versions

NAME = "versions"


def mixed(model: object, answers: Answers) -> tuple[Fact, ...]:
    """A fact for each decision model in ``model`` that changed between two of ``answers``."""
    names = dict.fromkeys(one.model for one in _deciders(model))
    counted = {name: versions(answers, name) for name in names}
    return tuple(Fact(NAME, _told(name, n), n) for name, n in counted.items() if len(n) > 1)


def warned(facts: Sequence[Fact]) -> str:
    """What stands before a verdict where a model changed; else nothing."""
    said = dict.fromkeys(fact.says for fact in facts if fact.name == NAME)
    return "".join(f"{one[0].upper()}{one[1:]}. " for one in said)


def _deciders(thing: object) -> Iterator[Decide]:
    if isinstance(thing, Decide):
        yield thing
    for inner in children(thing):
        yield from _deciders(inner)


def _told(name: str, counted: dict[str, int]) -> str:
    shown = ", ".join(f"{n:,} by {version}" for version, n in counted.items())
    return (
        f"{name} changed during this study ({shown}): these are answers of different models,"
        " so ask for one version by its full name"
    )
