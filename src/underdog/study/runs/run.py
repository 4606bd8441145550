"""One run of one contestant: fitted, asked, timed, and its memory and energy measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from ...combine.prompted import Prompted
from ...core.answer import ABSTAIN, Answers
from ...core.cost import FIELDS, Cost, Floats, Ledger
from ...core.data import Dataset, Text
from ...core.description import Fact
from ...core.errors import UnderdogError
from ...core.protocols import Learner, Model, fitted
from ...core.reading.answers import facts as readings
from ...core.reading.suggest import listed, options, suggested, turned
from ...models.recorded import RecordedModel
from ...runtime.memory import PeakMemory
from ...runtime.meter import rapl, rapl_since
from ...runtime.progress import step
from ...runtime.registry import register, spec
from .deferral import Deferral, deferral
from .facts import BATCH, facts
from .versions import mixed

Pairs = Sequence[tuple[Dataset, Dataset]]
"""Parts to train on and to test on; several when the data is folded."""

SECONDS, CALLS = FIELDS.index("seconds"), FIELDS.index("calls")
TIMED_TEXTS, TIMED_SECONDS, WARM_UP = 200, 5.0, 5


@register("study.run")
@dataclass(frozen=True, eq=False)
class Run:
    """The result of one contestant with one random seed.

    ``answers`` are those to the test parts, in order. ``fit`` is the mean bill of a fit,
    ``wall`` the seconds it took to answer everything in batches, ``latencies`` the seconds of
    single texts, ``joules`` what a meter counted while answering (None: there is no meter).
    ``deferral`` describes a model that defers, ``facts`` is what a model says about itself; with
    several folds, the last one does.
    """

    spec: str
    seed: int
    answers: Answers
    fit: Cost
    wall: float
    latencies: Floats
    memory: int
    joules: float | None
    deferral: Deferral | None = None
    facts: tuple[Fact, ...] = ()

    @property
    def coverage(self) -> float:
        """The share of the texts that were answered without calling a service."""
        return float((self.answers.costs[:, CALLS] == 0).mean())

    @property
    def calls_out(self) -> bool:
        """Whether it called, or once called, a service that sends a bill."""
        return self.coverage < 1

    def fact(self, name: str) -> Any:
        """The data of the fact called ``name``; None if there is none."""
        return next((fact.data for fact in self.facts if fact.name == name), None)


def run(contestant: Learner | Model, pairs: Pairs, seed: int) -> Run:
    """What `measured` finds, without the model."""
    return measured(contestant, pairs, seed)[0]


def measured(contestant: Learner | Model, pairs: Pairs, seed: int) -> tuple[Run, Model]:
    """Fit ``contestant`` on every training part and ask it every test text once.

    Returns the model of the last part too. `UnderdogError` if it names no label at all, besides
    those of its own.
    """
    name, answers, bills = spec(contestant), [], []
    wall, joules, model = 0.0, 0.0 if rapl() is not None else None, None
    with PeakMemory() as peak:
        for train, test in pairs:
            with step(f"fitting {name}"), Ledger() as fitting:
                model = fitted(contestant, train, seed)
            bills.append(fitting.total)
            counter, started = rapl(), perf_counter()
            answers.append(_ask(model, test.texts, name))
            wall += perf_counter() - started
            spent = rapl_since(counter)
            joules = None if spent is None or joules is None else joules + spent
    assert model is not None
    said = Answers.join(answers)
    _spoke(model, said, name, pairs)
    fit = Cost.of(np.mean([bill.row() for bill in bills], axis=0))
    taken = _latencies(model, said, pairs)
    free = not np.nansum(said.costs[:, CALLS])
    told = facts(model, pairs[-1][1], fit, free)
    told = (*(fact for fact in told if fact.name != "readings"), *readings(said.readings))
    told = (*mixed(model, said), *told)
    split = deferral(model, pairs[-1][1])
    if split and len(pairs) > 1:  # each fold certified a threshold of its own
        split = Deferral(None, ())
    found = Run(name, seed, said, fit, wall, taken, peak.bytes, joules, split, told)
    return found, model


def _ask(model: Model, texts: Sequence[Text], name: str) -> Answers:
    """The answers to ``texts``; in batches, so that a long wait shows how far it is."""
    parts = []
    with step(f"asking {name}", len(texts)) as advance:
        for start in range(0, max(len(texts), 1), BATCH):
            parts.append(model.answer(texts[start : start + BATCH]))
            advance(len(parts[-1]))
    return Answers.join(parts)


def _spoke(model: Model, answers: Answers, name: str, pairs: Pairs) -> None:
    """Refuse a contestant that never named a label; quote it if that is free."""
    if any(value != ABSTAIN for value in answers.values):
        return
    wrote = [text for _, text in answers.readings]
    if isinstance(model, Prompted) and not any(wrote):
        wrote = [model.completions(pairs[-1][1].texts[:1])[0][:200]]
    quoted = next((f"; it wrote, for instance: {text!r}" for text in wrote if text), "")
    gold = [str(label) for _, test in pairs for label in test.labels]
    mapping = suggested(answers, gold) if answers.readings else ()
    hint = "explain the labels: fewshot(MODEL, instruction='…')"
    if isinstance(model, RecordedModel):
        hint = "name the column of the answers: --against COLUMN; or map them: --map ANSWER=LABEL"
    if mapping:
        labels, said = pairs[0][1].task.labels, listed(text for text, _ in mapping)
        typed = options(turned(mapping, labels))
        hint = f"labels are {listed(labels)}; answers say {said}: if these match, type {typed}"
    raise UnderdogError(
        f"{name} named none of the labels in {len(answers):,} answers{quoted}", hint
    )


def _latencies(model: Model, answers: Answers, pairs: Pairs) -> Floats:
    """Seconds of single texts: measured here, or, where answers cost money, from the receipts."""
    if np.nansum(answers.costs[:, CALLS]) > 0:
        asked = answers.costs[:, CALLS] > 0  # a repeat in a batch is free, and took no time
        seconds: Floats = answers.costs[asked, SECONDS]
        return seconds[~np.isnan(seconds)]
    texts = [text for text in pairs[-1][1].texts][: TIMED_TEXTS + WARM_UP]
    taken, deadline = [], perf_counter() + TIMED_SECONDS
    for text in texts:
        started = perf_counter()
        model.answer([text])
        taken.append(perf_counter() - started)
        if perf_counter() > deadline:
            break
    return np.array(taken[WARM_UP:] or taken)
