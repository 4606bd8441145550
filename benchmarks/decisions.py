"""Recorded answers, asked again as decisions: read right in both dialects, and how many stay home.

A local server gives each text the answer that is on record, in OpenAI Decisions and in System One.
First table: what is read wrong, what a text takes, and what it is billed. Second table: the share
of texts that a small model answers itself where `frugal` learns from that server and certifies on
its answers: at most 5 % of its own answers ("local"), or of all requests ("all"), differ, delta .1.
Half of the rows fit and certify, the other half tests (one split).

    python -m benchmarks.decisions [--rows N] [DATA SET ...]

Rows that are done are kept, so that a run that was stopped goes on; ``--rows`` samples.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.data import root, table
from benchmarks.decisions_coverage import DELTA, LIMIT, SETS
from benchmarks.deferral.minilm import cache
from tests.servers.decision_server import BOTH, decision_server
from underdog.combine.prompted import FewShot
from underdog.core.data import Dataset, Text
from underdog.data.read import read
from underdog.models.decide import Decide, dialects
from underdog.models.linear.recipe import Linear
from underdog.teach.deferral.frugal import Frugal, FrugalModel
from underdog.teach.deferral.infeasible import Infeasible

SURE = 0.97
"""What the server says of every answer: as over-confident as decision models are."""

RIVALS = ("shad0w", "jevstiller")


def data_of(name: str, rows: int | None) -> tuple[Dataset, dict[Text, str]]:
    """The rows of a set, a sample of them if ``rows`` says how many, and the answers on record."""
    path, label, column = SETS[name]
    data = read(root() / path, text=("text",), label=label, split="").data
    if rows is not None and rows < len(data):
        data = data.take(np.sort(np.random.default_rng(0).permutation(len(data))[:rows]))
    said = data.columns[column] if column else data.labels
    return data, {t: str(a) for t, a in zip(data.texts, said, strict=True)}


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
    with decision_server(decide, dialects=(dialect,)) as server:
        os.environ["OPENAI_BASE_URL"] = server.base_url
        yield server


def readings(name: str, rows: int | None) -> Iterator[list[str]]:
    """A row of the first table for each dialect."""
    data, known = data_of(name, rows)
    for dialect in BOTH:
        with served(known, dialect):
            start = perf_counter()
            answers = Decide("recorded", price=0.1).decide(data.texts, data.task)
            each = (perf_counter() - start) / len(data)
        want = [known[text] for text in data.texts]
        inside = [w in data.task.labels for w in want]
        wrong = sum(a != w for a, w, k in zip(answers.values, want, inside, strict=True) if k)
        unsure = int((np.abs(answers.confidence[inside] - SURE) > 1e-6).sum())
        dollars = answers.total.dollars or 0.0
        yield [
            f"{name}, {dialects.NAMES[dialect]}",
            f"{len(data):,}",
            f"{wrong + unsure}",
            f"{1000 * each:.1f}",
            f"{1000 * dollars / len(data):.4f}",
        ]


def shares(name: str, rows: int | None) -> Iterator[list[str]]:
    """A row of the second table for each guarantee: `frugal` learns from the server alone."""
    data, known = data_of(name, rows)
    ours, test = data.split(0.5, 0)
    for kind in ("risk", "total"):
        with served(known, "systemone"):
            large = FewShot(Decide("recorded"), k=0)
            recipe = Frugal(Linear(), large, delta=DELTA, against="large")
            try:
                model = replace(recipe, **{kind: LIMIT}).fit(ours)
            except Infeasible as refused:
                why = "refused" if refused.rows is None else "too few rows"
                yield [f"{name}, {'local' if kind == 'risk' else 'all'}", "0", "–", why]
                continue
            assert isinstance(model, FrugalModel)
            seen = model.paired_answers(test)
        local = seen.confidence >= model.certificate.threshold
        agreed = float((seen.small == seen.large)[local].mean()) if local.any() else float("nan")
        yield [
            f"{name}, {'local' if kind == 'risk' else 'all'}",
            f"{local.mean():.3f}",
            f"{100 * agreed:.1f}",
            f"{100 * float(model.guarantee.observed(seen, local)):.1f} %",
        ]


def kept(file: Path, key: str, make: Callable[[], Iterator[list[str]]]) -> list[list[str]]:
    """The rows called ``key`` in ``file``, made and written there if they are not in it."""
    known = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    if key not in known:
        known[key] = [*make()]
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".part")
        partial.write_text(json.dumps(known), "utf-8")
        partial.replace(file)
    rows: list[list[str]] = known[key]
    return rows


def main(arguments: Sequence[str]) -> None:
    """Print both tables for the sets that are named, or for all four."""
    words = list(arguments)
    rows = None
    if "--rows" in words:
        at = words.index("--rows")
        rows, words = int(words[at + 1]), words[:at] + words[at + 2 :]
    os.environ.setdefault("OPENAI_API_KEY", "none-is-asked")
    file = cache() / "decisions.json"
    size = f"{rows:,} rows" if rows else "all rows"
    first, second = [], []
    for name in words or SETS:
        first += kept(file, f"readings {name} {size}", lambda n=name: readings(n, rows))
        second += kept(file, f"shares {name} {size}", lambda n=name: shares(n, rows))
    header = ["answers as decisions", "texts", "read wrong", "ms a text", "$ a thousand"]
    print(table(f"Read back, {size}", header, first, f"$0.10 per million tokens; {file}"))
    header = [
        f"linear(), limit {LIMIT:.0%}, delta {DELTA:g}",
        "share local",
        "agreement",
        "observed",
    ]
    note = f"not run beside it: {', '.join(RIVALS)}; the share of `frozen()` and of the pool:"
    print(
        table("Answered locally", header, second, f"{note} python -m benchmarks.decisions_coverage")
    )


if __name__ == "__main__":
    main(sys.argv[1:])
