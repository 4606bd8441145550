"""Cascades of recorded LLMs under a budget, and FrugalGPT's own published curve.

Dollars are those of the LLMs, as recorded; a small model's microseconds are left out, so that the
tables are the same in every run. What labels cost is left out too, for all rules alike.

    python -m benchmarks.deferral.cascades
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache

import numpy as np

from benchmarks.data import root, table
from benchmarks.deferral.rivals import Outcome, Recorded, auto_mix, frugal_gpt, random_mix
from underdog.core.data import Archive, Dataset, Task
from underdog.core.errors import UnderdogError
from underdog.core.protocols import Learner, Model
from underdog.models.linear.recipe import Linear
from underdog.models.recorded import Recorded as Column
from underdog.teach.deferral.frugal import Frugal

LABELS = ("No", "Yes")
SPLITS = 5
BUDGETS = (0.0005, 0.001, 0.002, 0.005)
LARGE, SMALL = "gpt-4", "gpt-3.5-turbo"


@cache
def overruling() -> tuple[Dataset, Recorded]:
    """OVERRULING with gold labels, and what twelve LLMs said of it."""
    path = root() / "optllm_overruling" / "overruling_12llms.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = tuple(key.removesuffix("_answer") for key in rows[0] if key.endswith("_answer"))
    texts = tuple(row["text"] for row in rows)
    labels = tuple(row["label"] for row in rows)
    said = [
        [
            LABELS.index(r[f"{n}_answer"].strip().title()) if _valid(r[f"{n}_answer"]) else 2
            for n in names
        ]
        for r in rows
    ]
    gold = np.array([[LABELS.index(label)] for label in labels])
    cost = np.array([[float(row[f"{name}_cost"]) for name in names] for row in rows])
    columns = {
        LARGE: tuple(row[f"{LARGE}_answer"] for row in rows),
        "price": tuple(row[f"{LARGE}_cost"] for row in rows),
    }
    data = Dataset(Task("overruling", LABELS), texts, labels, archive=Archive(texts, columns))
    answers = np.array(said, np.intp)
    return data, Recorded(names, texts, answers, answers == gold, cost)


def _valid(answer: str) -> bool:
    return answer.strip().title() in LABELS


def halves(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows to fit on, and those to test on."""
    order = np.random.default_rng(seed).permutation(len(overruling()[0]))
    return order[: len(order) // 2], order[len(order) // 2 :]


def judged(model: Model, test: Dataset, llm: Recorded, how: str = "") -> Outcome:
    """The accuracy of ``model`` against gold, and what its calls of the large model cost."""
    answers = model.answer(test.texts)
    right = np.array(answers.values) == np.array(test.labels)
    asked = np.array([LARGE in path for path in answers.paths])
    price = llm.cost[:, llm.names.index(LARGE)]
    return Outcome(float(right.mean()), float(price[asked].sum() / len(asked)), how)


def ours(train: Dataset, test: Dataset, llm: Recorded, seed: int, **promise: float) -> Outcome:
    """frugal(linear(), GPT-4) with a promise; where it refuses, GPT-4 alone."""
    large: Learner = Column(LARGE, price="price")
    recipe = Frugal(Linear(), large, **promise)  # type: ignore[arg-type]
    try:
        return judged(recipe.fit(train, seed), test, llm, "promised")
    except UnderdogError:
        return judged(large.fit(train, seed), test, llm, "refused")


def budgets() -> str:
    """Accuracy under a budget: the rules, side by side."""
    data, llm = overruling()
    cells: dict[str, list[list[Outcome]]] = {}
    alone: dict[str, list[Outcome]] = {}
    small, large = llm.names.index(SMALL), llm.names.index(LARGE)
    for seed in range(SPLITS):
        rows, rest = halves(seed)
        train, test, inside, outside = (
            data.take(rows),
            data.take(rest),
            llm.take(rows),
            llm.take(rest),
        )
        found = {
            "random, gpt-3.5 or gpt-4": random_mix(outside, small, large, BUDGETS),
            "FrugalGPT, 12 LLMs": frugal_gpt(inside, outside, BUDGETS),
            "AutoMix, gpt-3.5 > gpt-4": auto_mix(inside, outside, small, large, BUDGETS),
            "frugal(linear(), gpt-4), certified": [
                ours(train, test, outside, seed, budget=budget) for budget in BUDGETS
            ],
        }
        for name, outcomes in found.items():
            cells.setdefault(name, []).append(outcomes)
        for k in (large, small):
            one = Outcome(float(outside.right[:, k].mean()), float(outside.cost[:, k].mean()), "")
            alone.setdefault(f"{llm.names[k]} alone", []).append(one)
        model = Linear().fit(train, seed)
        alone.setdefault("linear() alone, gold labels", []).append(judged(model, test, outside))
        name = "frugal(linear(), gpt-4, risk=0.05)"
        alone.setdefault(name, []).append(ours(train, test, outside, seed, risk=0.05))
    lines = [_line(name, "", outcomes, None) for name, outcomes in alone.items()]
    for name, splits in cells.items():
        for b, budget in enumerate(BUDGETS):
            lines.append(_line(name, f"{1000 * budget:.2f}", [s[b] for s in splits], budget))
    return table(
        f"OVERRULING, twelve recorded LLMs, {SPLITS} halves to fit and as many to test",
        ["", "budget $/1k", "accuracy", "$/1k", "over budget", "most over"],
        lines,
        "FrugalGPT's scorers are TF-IDF here, which fit the rows they learn from more closely than "
        "its DistilBERTs may: choosing thresholds on those rows then costs it more. AutoMix pays "
        "for three stand-ins of its verifier's samples.",
    )


def _line(name: str, asked: str, outcomes: list[Outcome], budget: float | None) -> list[str]:
    accuracy = np.mean([o.accuracy for o in outcomes])
    dollars = np.array([o.dollars for o in outcomes])
    shown = [name, asked, f"{accuracy:.4f}", f"{1000 * dollars.mean():.3f}"]
    if budget is None:
        return [*shown, "", ""]
    over = dollars > budget * (1 + 1e-9)
    return [*shown, f"{over.sum()} of {len(over)}", f"x {max(1.0, dollars.max() / budget):.2f}"]


def headlines() -> str:
    """FrugalGPT's published curve beside a small model that answers alone."""
    folder = root() / "frugalgpt"
    with (folder / "headlines.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    part = {
        name: [(row["text"], row["label"]) for row in rows if row["split"] == name]
        for name in ("train", "test")
    }
    train = Dataset.of(*map(list, zip(*part["train"], strict=True)), "headlines")
    texts, gold = zip(*part["test"], strict=True)
    said = Linear().fit(train).answer(texts).values
    right = np.mean([a == b for a, b in zip(said, gold, strict=True)])
    lines = [["linear() alone", f"{right:.4f}", "0", "0 of 1"]]
    with (folder / "summary" / "summary_HEADLINES_e8_full_2024.csv").open(newline="") as file:
        published = list(csv.DictReader(file))
    seen = set()
    for row in published:
        accuracy, cost = float(row["Test_acc"]), 1000 * float(row["Test_cost"])
        cascade = row["Method"] == "FrugalGPT"
        budget = 1000 * float(row["Budget"]) if cascade else None
        if (accuracy, cost) not in seen and (cascade or accuracy >= 0.84):
            over = "" if budget is None else f"{int(cost > budget)} of 1"
            lines.append([f"{row['Provider']} (published)", f"{accuracy:.4f}", f"{cost:.4f}", over])
        seen.add((accuracy, cost))
    return table(
        "HEADLINES, FrugalGPT's own 5,000 rows to fit and 5,000 to test",
        ["", "accuracy", "$/1k, LLM calls", "over budget"],
        lines,
        "linear() learnt from 5,000 gold labels, as FrugalGPT's scorers did. What the LLMs said of "
        "each row was not published, so no other rule can be run on it.",
    )


def tables() -> Iterator[str]:
    """The tables of this file, one by one."""
    yield headlines()
    yield budgets()


def main() -> None:
    for text in tables():
        print(text, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
