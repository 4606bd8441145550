"""Decomposition: sub-questions, split by a small model that learned from a solver's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...core.answer import ABSTAIN, Answers
from ...core.cost import FIELDS, Floats
from ...core.data import Dataset, Task, Text
from ...core.description import Fact, describe
from ...core.given import Data, dataset
from ...core.graders import grader_for
from ...core.protocols import Grader, Learner, Model, fitted
from ...core.task import require_kind
from ...models.linear.recipe import Linear
from ...runtime.registry import register
from ..refining.candidates import FOLDS, unseen
from ..refining.gate import Gate, chosen
from .plans import JOINS, WHOLE, Split, plans

SPLIT = (
    "Split the question into at most three simpler questions whose answers together answer it."
    " Write one question a line and nothing else.\n\nQuestion: "
)

MOST = 3
"""Sub-questions of a model that writes them."""

_LINEAR = Linear()


@register("decomposed.model")
@dataclass(frozen=True)
class DecomposedModel:
    """Asks ``solver`` the sub-questions of the plan that ``planner`` chooses for each question.

    Where the plan does not fit the question, or a sub-question has no answer, the question is asked
    as it is; so are all without a planner. A planner that writes sub-questions is given as
    ``writer``: the solver then answers the question with their answers before it.
    """

    solver: Model
    planner: Model | None
    writer: Model | None
    gate: Gate | None = None

    def answer(self, texts: Sequence[Text]) -> Answers:
        """The answers, billed for all sub-questions."""
        asked = [text if isinstance(text, str) else "\n".join(text) for text in texts]
        if self.writer is not None and asked:
            return self._written(asked)
        if self.planner is None or not asked:
            return self.solver.answer(texts)
        chosen_plans = self.planner.answer(asked)
        named = [
            plans(text).get(plan) for text, plan in zip(asked, chosen_plans.values, strict=True)
        ]
        values, costs = carried_out(self.solver, named)
        left = [i for i, value in enumerate(values) if value == ABSTAIN]
        found = Answers.said(values, costs + chosen_plans.costs, "decomposed")
        if not left:
            return found
        whole = self.solver.answer([texts[i] for i in left])
        return found.put(left, whole.after(found.take(left)))

    def describe(self, texts: Sequence[Text]) -> tuple[Fact, ...]:
        """What taking questions apart brings, or that it is switched off."""
        told = describe(self.solver, texts)
        if self.gate is None:
            return told
        says = self.gate.sentence("takes {} of the questions apart", "taking questions apart")
        return (Fact("decomposition", says, self.gate.share), *told)

    def _written(self, asked: list[str]) -> Answers:
        assert self.writer is not None
        wrote = self.writer.answer([SPLIT + text for text in asked])
        lines = [
            [line.strip("-*0123456789.) ") for line in text.splitlines() if "?" in line][:MOST]
            for text in wrote.values
        ]
        flat = [line for some in lines for line in some]
        said = self.solver.answer(flat)
        prompts, costs, at = [], wrote.costs.copy(), 0
        for i, (text, some) in enumerate(zip(asked, lines, strict=True)):
            told = "\n".join(f"{q} {said.values[at + j]}" for j, q in enumerate(some))
            costs[i] += said.costs[at : at + len(some)].sum(axis=0)
            at += len(some)
            prompts.append(f"{told}\n\n{text}" if some else text)
        last = self.solver.answer(prompts)
        return replace(last, costs=last.costs + costs)


@register("decomposed")
@dataclass(frozen=True)
class Decomposed:
    """Splits a question in two for ``model``, the solver, where that is shown to help.

    The ``decomposer`` is a recipe of a small classifier. It learns from the solver's feedback: of
    every training question all plans are tried (`plans`), and the first that leads to the right
    answer is what the classifier learns to choose; the question as it is comes first. (After
    DaSLaM: Juneja et al., EMNLP 2023, without its reinforcement learning.) On held-out rows
    the plans must beat the solver alone by the 95 % interval, or they are switched off. A model
    that writes, such as ``llama('smollm2')``, may stand in its place: it writes sub-questions, and
    learns nothing.
    """

    model: Model | Learner
    decomposer: Learner | Model = _LINEAR

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `DecomposedModel`; asks the solver about the sub-questions of every plan.

        Raises `UnderdogError` if the answers are not texts or numbers.
        """
        data = dataset(data)
        require_kind(data.task, "decomposed", "text", "number")
        solver = fitted(self.model, data, seed)
        if not isinstance(self.decomposer, Learner):
            return DecomposedModel(solver, None, self.decomposer)
        known = data.take(data.known)
        grader = grader_for(known)
        asked = [text if isinstance(text, str) else "\n".join(text) for text in known.texts]
        grades = feedback(solver, known, asked, grader)
        best = [first_right(some) for some in grades]
        names = tuple(sorted({name for name in best if name is not None} | {WHOLE}))
        task = Task("plans", names)
        taught = Dataset(task, tuple(asked), tuple(best), groups=known.clusters)
        learned = taught.take(taught.known)
        if len(set(learned.labels)) < 2:
            return DecomposedModel(solver, None, None)
        held = unseen(self.decomposer, learned, seed, "choosing plans")
        before = np.array([some[WHOLE] for some in grades])
        after = before.copy()
        for row, plan in zip(np.flatnonzero(taught.known).tolist(), held.values, strict=True):
            after[row] = grades[row].get(plan, before[row])
        gate = chosen(np.zeros(len(known)), before, after, known.fold_of(FOLDS, seed))
        split = [plan != WHOLE for plan in held.values]
        gate = replace(gate, share=sum(split) / len(known))
        planner = self.decomposer.fit(learned, seed) if gate.helps else None
        return DecomposedModel(solver, planner, None, gate)


def first_right(grades: Mapping[str, float]) -> str | None:
    """The first plan with a grade of at least one half; None if there is none."""
    return next((name for name, grade in grades.items() if grade >= 0.5), None)


def feedback(
    solver: Model, data: Dataset, asked: Sequence[str], grader: Grader
) -> list[dict[str, float]]:
    """The grade of every plan for every question, the whole question first."""
    whole = np.nan_to_num(grader.grade(data.texts, solver.answer(data.texts).values, data))
    found = [{WHOLE: grade} for grade in whole.tolist()]
    rows, names, tried = [], [], []
    for row, text in enumerate(asked):
        for name, plan in plans(text).items():
            rows.append(row)
            names.append(name)
            tried.append(plan)
    values, _ = carried_out(solver, tried)
    some = data.take(rows)
    grades = np.nan_to_num(grader.grade(some.texts, values, some)) if rows else np.zeros(0)
    for row, name, grade in zip(rows, names, grades.tolist(), strict=True):
        found[row][name] = grade
    return found


def carried_out(
    solver: Model, tried: Sequence[tuple[Split, str] | None]
) -> tuple[list[str], Floats]:
    """The answer by each plan, an abstention where there is none, and the receipts, ``[plans,
    6]``. Equal questions are asked once, and paid for by the first that asks.
    """
    memory: dict[str, str] = {}
    costs = np.zeros((len(tried), len(FIELDS)))

    def ask(questions: Sequence[tuple[int, str]]) -> None:
        fresh = {question: row for row, question in reversed(questions) if question not in memory}
        if fresh:
            said = solver.answer([*fresh])
            memory.update(zip(fresh, said.values, strict=True))
            np.add.at(costs, [*fresh.values()], said.costs)

    sound = [(i, plan) for i, plan in enumerate(tried) if plan is not None]
    ask([(i, split.first) for i, (split, _) in sound])
    seconds = {
        i: split.second.replace("{}", memory[split.first]) if split.chain else split.second
        for i, (split, _) in sound
    }
    ask([*seconds.items()])
    values = [ABSTAIN] * len(tried)
    for i, (split, join) in sound:
        one, other = memory[split.first], memory[seconds[i]]
        if ABSTAIN not in (one, other):
            values[i] = other if split.chain else JOINS[join](one, other)
    return values, costs
