"""The answers to the parts of a file, in order: one after another, or many on a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from ...core.answer import Answers
from ...core.data import Text
from ...core.errors import UnderdogError
from ...core.protocols import Model
from ...runtime.workers import cluster
from ...runtime.workers.parallel import attempts

AT_ONCE = 64
"""Parts that are in memory at once where a cluster answers them."""


def answered(model: Model, parts: Iterator[Sequence[Text]]) -> Iterator[Answers]:
    """The answers of ``model`` to each of ``parts``, in order.

    A cluster that the environment names answers `AT_ONCE` parts side by side; see
    `underdog.runtime.workers.cluster`. Raises `UnderdogError` where a part cannot be answered, and
    whatever ``model`` raises here.
    """
    if not cluster.named():
        yield from (model.answer(part) for part in parts)
        return
    while some := list(islice(parts, AT_ONCE)):
        found = dict(attempts(_answer, model, some))
        for at in range(len(some)):
            answers = found[at].value
            if answers is None:
                hint = found[at].hint or "answer on this machine alone: --engine cores"
                raise UnderdogError(found[at].problem, hint)
            yield answers


def _answer(model: Model, texts: Sequence[Text]) -> Answers:
    return model.answer(texts)
