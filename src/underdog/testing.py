"""The contract, runnable: our own contestants and plug-ins' pass the same checks.

from underdog.testing import check_learner
def test_my_contestant(): check_learner(MyRecipe(), tiny_dataset)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import FrozenInstanceError, astuple, fields, is_dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from .core.answer import ABSTAIN, Answers
from .core.cost import Cost, Ledger
from .core.data import Dataset, Text
from .core.passages import Pairs, Passages
from .core.protocols import Grader, Growing, Indexer, Learner, Model, Retriever
from .runtime.persist import load, save
from .runtime.registry import build, name_of, spec


def check_model(model: Model, texts: Sequence[Text]) -> None:
    """Raise AssertionError, naming the broken clause, unless ``model`` keeps the contract."""
    assert isinstance(model, Model), "a model has a method answer(texts)"
    assert not isinstance(model, Learner), "a model answers, a learner fits: nothing does both"
    before = list(texts)
    with Ledger() as bill:
        answers = model.answer(texts)
    assert list(texts) == before, "answer() changes its input"
    assert isinstance(answers, Answers), "answer() returns Answers"
    assert len(answers) == len(texts), "one answer per text"
    assert len(model.answer([])) == 0, "no texts, no answers"
    check_answers(answers)
    _check_bill(answers.total, bill.total)
    alone = [model.answer([text])[0] for text in texts]
    assert [a.value for a in alone] == list(answers.values), "batching changes answers"


def check_grader(grader: Grader, values: Sequence[str], data: Dataset) -> None:
    """Raise AssertionError unless ``grader`` gives each of ``values``, one for each text of
    ``data``, a grade from 0 to 1, or NaN where it knows none.
    """
    assert isinstance(grader, Grader), "a grader has a method grade(texts, values, data)"
    before = data.fingerprint
    grades = grader.grade(data.texts, values, data)
    assert data.fingerprint == before, "grade() changes its data"
    assert np.shape(grades) == (len(data),), "one grade per text"
    known = grades[~np.isnan(grades)]
    assert ((known >= 0) & (known <= 1)).all(), "grades lie from 0 to 1"


def check_answers(answers: Answers) -> None:
    """Raise AssertionError unless the columns agree with one another."""
    assert answers.costs.shape == (len(answers), 6), "one receipt per answer"
    assert len(answers.paths) == len(answers), "one path per answer"
    assert all(answers.paths), "a path names at least the model that answered"
    if answers.probs is not None:
        assert answers.probs.shape == (len(answers), len(answers.labels)), "a row per answer"
        known = ~np.isnan(answers.probs).any(axis=1)
        sums = answers.probs[known].sum(axis=1)
        assert np.allclose(sums, 1.0, atol=1e-6), "probs sum to 1"
        assert (answers.probs[known] >= 0).all(), "probs are not negative"
        for i in np.flatnonzero(known).tolist():
            value, row = answers.values[i], answers.probs[i]
            assert value in answers.labels, "a value that comes with probs is one of the labels"
            top = row[answers.labels.index(value)]
            assert math.isclose(top, row.max(), abs_tol=1e-9), "the value is the likeliest label"


def check_learner(learner: Learner, data: Dataset, *, exact: bool = True) -> None:
    """Raise AssertionError, naming the broken clause, unless ``learner`` keeps the contract.

    ``exact=False`` lets two fits from one seed differ, for learners that are honest about it.
    """
    assert isinstance(learner, Learner), "a learner has a method fit(data, seed)"
    assert not isinstance(learner, Model), "a learner fits, a model answers: nothing does both"
    _check_recipe(learner)
    before, printed = data.fingerprint, spec(learner)
    model = learner.fit(data, seed=0)
    assert data.fingerprint == before, "fit() changes its data"
    assert spec(learner) == printed, "fit() changes the learner"
    check_model(model, data.texts[:12])
    asked = data.texts[:30]
    answers = model.answer(asked)
    allowed = {*data.task.labels, ABSTAIN}
    assert set(answers.values) <= allowed, "answers are labels of the task, or abstentions"
    if exact:
        again = learner.fit(data, seed=0).answer(asked)
        assert again.values == answers.values, "the same seed gives another model"
    with TemporaryDirectory() as folder:
        save(model, Path(folder) / "model")
        loaded = load(Path(folder) / "model").answer(asked)
    assert loaded.values == answers.values, "a saved model answers differently"
    if answers.probs is not None:
        assert loaded.probs is not None, "a saved model forgets its probabilities"
        assert np.allclose(loaded.probs, answers.probs, atol=1e-6, equal_nan=True), (
            "a saved model's probabilities differ"
        )


def check_indexer(indexer: Indexer, texts: Sequence[str]) -> None:
    """Raise AssertionError, naming the broken clause, unless ``indexer`` keeps the contract."""
    assert isinstance(indexer, Indexer), "an indexer has a method over(passages)"
    _check_recipe(indexer)
    passages = Passages.of(texts)
    pairs = Pairs(tuple(texts), tuple([(row,) for row in range(len(texts))]))
    retriever = indexer.over(passages, pairs)
    check_retriever(retriever, texts[:4])
    hits = retriever.top(texts[:4], 3)
    with TemporaryDirectory() as folder:
        save(retriever, Path(folder) / "index")
        assert load(Path(folder) / "index", mapped=True).top(texts[:4], 3) == hits, (
            "a saved retriever finds something else"
        )
    if isinstance(retriever, Growing):
        half = len(texts) // 2
        some = Passages.of(texts[:half], passages.sources[:half])
        start = indexer.over(some, pairs.at(range(half)))
        if isinstance(start, Growing):
            grown = start.added(Passages.of(texts[half:], passages.sources[half:]))
            found = {hit.row for hits in grown.top(texts, len(texts)) for hit in hits}
            assert max(found) >= half, "passages that were added are not found"


def check_retriever(retriever: Retriever, queries: Sequence[str]) -> None:
    """Raise AssertionError, naming the broken clause, unless ``retriever`` keeps the contract."""
    assert isinstance(retriever, Retriever), "a retriever has a method top(queries, k)"
    assert retriever.top([], 3) == [], "no queries, no hits"
    found = retriever.top(queries, 3)
    assert len(found) == len(queries), "a list of hits for each query"
    for hits in found:
        scores = [hit.score for hit in hits]
        assert len(hits) <= 3, "at most k hits"
        assert scores == sorted(scores, reverse=True), "the best hit comes first"
        rows = [hit.row for hit in hits if hit.row >= 0]
        assert len(set(rows)) == len(rows), "no passage is found twice"
    alone = [retriever.top([query], 3)[0] for query in queries]
    assert [[h.text for h in a] for a in alone] == [[h.text for h in f] for f in found], (
        "batching changes hits"
    )
    assert all(len(hits) <= 1 for hits in retriever.top(queries, 1)), "k is the most"


def _check_recipe(learner: Learner | Indexer) -> None:
    assert is_dataclass(learner), "a learner is a dataclass"
    assert name_of(type(learner)), "a learner has a name: @register('name')"
    assert repr(learner) == spec(learner), "the repr is the configuration"
    assert build(spec(learner)) == learner, "build(spec(x)) == x"
    hash(learner)
    for f in fields(learner):
        try:
            setattr(learner, f.name, getattr(learner, f.name))
        except FrozenInstanceError:
            continue
        raise AssertionError("a learner is frozen")


def _check_bill(ours: Cost, theirs: Cost) -> None:
    for a, b in zip(astuple(ours), astuple(theirs), strict=True):
        same = a == b or (None not in (a, b) and math.isclose(a, b, rel_tol=1e-6))
        assert same, f"the answers bill {ours}, the ledger has {theirs}"
