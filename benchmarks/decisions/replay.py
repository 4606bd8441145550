"""Recorded answers, asked again as decisions: read right in both dialects, and how many stay home.

A local server gives each text the answer that is on record, in OpenAI Decisions and in System One.
`frugal` then learns from that server alone, and certifies on its answers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.decisions.coverage import DELTA, KINDS, LIMIT, judged, told
from benchmarks.decisions.sets import SETS, whole
from tests.servers.decision_server import BOTH, decision_server
from underdog.combine.prompted import FewShot
from underdog.core.data import Dataset, Text
from underdog.models.decide import Decide, dialects
from underdog.models.linear.recipe import Linear
from underdog.teach.deferral.frugal import Frugal, FrugalModel
from underdog.teach.deferral.infeasible import Infeasible

SURE = 0.97
"""What the server says of every answer: as over-confident as decision models are."""

MOST = 1_000
"""Rows of each set that are asked again."""


def data_of(name: str) -> tuple[Dataset, dict[Text, str]]:
    """A sample of the rows of a set, and the answers on record."""
    data = whole(name)
    rows = np.sort(np.random.default_rng(0).permutation(len(data))[:MOST])
    data = data.take(rows)
    return data, {t: str(a) for t, a in zip(data.texts, data.columns["teacher"], strict=True)}


@contextmanager
def served(known: dict[Text, str], dialect: str) -> Iterator[Any]:
    """A server that decides as is on record, in one dialect; the environment points to it."""

    def decide(text: str, question: dict[str, Any]) -> dict[Any, float]:
        options = question["options"]
        said = known.get(text, "")
        rest = (1 - SURE) / max(1, len(options) - 1)
        even = 1 / len(options)
        return {o: (SURE if o == said else rest) if said in options else even for o in options}

    dialects._spoken.clear()
    os.environ.setdefault("OPENAI_API_KEY", "none-is-asked")
    with decision_server(decide, dialects=(dialect,)) as server:
        os.environ["OPENAI_BASE_URL"] = server.base_url
        yield server


def readings(name: str) -> list[list[str]]:
    """A line for each dialect: what is read wrong, what a text takes, and what it is billed."""
    data, known = data_of(name)
    lines = []
    for dialect in BOTH:
        with served(known, dialect):
            start = perf_counter()
            answers = Decide("recorded", price=0.1).decide(data.texts, data.task)
            each = (perf_counter() - start) / len(data)
        want = [known[text] for text in data.texts]
        inside = [w in data.task.labels for w in want]
        wrong = sum(a != w for a, w, k in zip(answers.values, want, inside, strict=True) if k)
        unsure = int((np.abs(answers.confidence[inside] - SURE) > 1e-6).sum())
        dollars = 1000 * (answers.total.dollars or 0.0) / len(data)
        lines.append(
            [
                name,
                f"{len(data):,} answers asked again by {dialects.NAMES[dialect]}: read wrong",
                "0",
                f"{wrong + unsure}; {1000 * each:.1f} ms a text; ${dollars:.4f} a thousand",
            ]
        )
    return lines


def learned(name: str) -> list[list[str]]:
    """A line for each limit: `frugal(linear(), decide(...))` learns from the server alone."""
    data, known = data_of(name)
    ours, test = data.split(0.5, 0)
    lines = []
    for kind, where in KINDS.items():
        with served(known, "systemone"):
            recipe = Frugal(
                Linear(), FewShot(Decide("recorded"), k=0), delta=DELTA, against="large"
            )
            try:
                model = replace(recipe, **{kind: LIMIT}).fit(ours)
            except Infeasible as refused:
                why = "refused" if refused.rows is None else "refused: too few rows"
                lines.append([name, _what(len(ours), where), "", why])
                continue
            assert isinstance(model, FrugalModel)
            seen = model.paired_answers(test)
        said = np.where(seen.confidence >= model.certificate.threshold, seen.small, -1)
        found = judged(test, said, LIMIT, total=kind == "total")
        lines.append([name, _what(len(ours), where), "", told([found])])
    return lines


def _what(rows: int, where: str) -> str:
    return f"{where}: frugal(linear()) learns from {rows} answers of a server, 5 %, δ .1"


ROWS: dict[str, Callable[[], Sequence[object]]] = {
    **{f"read_{name.lower()}": partial(readings, name) for name in SETS},
    **{f"server_{name.lower()}": partial(learned, name) for name in SETS},
}
