"""The rows of the table: each function measures one, and says what was asked for."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from benchmarks.data import root
from benchmarks.doubt import machine_texts
from underdog.core.cost import Floats
from underdog.core.data import Archive, Dataset
from underdog.core.description import describe
from underdog.data.read import sheet_of
from underdog.evaluate.uncertainty.calibration import calibrated, expected_calibration_error
from underdog.models.language.causal import Causal
from underdog.models.recorded import Recorded
from underdog.models.static import Static
from underdog.study.judging import judge
from underdog.teach.confident import Confident
from underdog.teach.detect import Detector
from underdog.teach.detect.stack import Rows, Stack, stacked
from underdog.teach.foresight import expected_score, foresee

Row = tuple[str, str, str, str]
"""On what, what, what was reached, and what was asked for."""

CHEAP = ("gptj_6B", "j1-large", "j1-grande", "medium", "text-curie-001", "gptneox_20B", "j1-jumbo")
MODELS = ("gpt-4", "gpt-3.5-turbo", "text-davinci-002", "xlarge", "j1-jumbo", "text-curie-001")


def _halueval(name: str) -> list[dict[str, str]]:
    lines = (root() / "halueval" / name).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def general() -> Row:
    """The best detector of made-up answers on HaluEval's answers with human labels."""
    rows = _halueval("general_data.jsonl")
    texts = [(row["user_query"], row["chatgpt_response"]) for row in rows]
    labels = [row["hallucination"].strip().lower() for row in rows]
    model = Detector("answer", learners=()).fit(Dataset.of(texts, labels))
    data = next(f.data for f in describe(model, []) if f.name == "ranking")
    return (
        f"HaluEval general, {len(rows):,} rows",
        "`detector('answer', learners=[])`, five folds: AUROC (length alone)",
        f"{data['auroc']:.3f} ({data['length']:.3f})",
        "≥ .75",
    )


def questions() -> Row:
    """Whether a judgement of HaluEval's QA pairs says that the length explains the score."""
    import pandas as pd

    table = []
    for row in _halueval("qa_one-turn_data.jsonl"):
        for key, rating in (("right_answer", 1), ("hallucinated_answer", 0)):
            table.append(
                {
                    "question": row["question"],
                    "source": row["knowledge"],
                    "output": row[key],
                    "rating": rating,
                }
            )
    scores = ["overlap('source')", "bertscore(against='source', part='precision')"]
    found = judge(pd.DataFrame(table), scores)
    length = found.agreements["word_count"].value
    said = [s for s in found.sentences if "ength explains" in s or "how long" in s]
    return (
        "HaluEval QA, 1,000 answers",
        f"AUROC of the length alone {max(length, 1 - length):.2f}; the report says",
        said[0].split(":")[0] if said else "nothing of length",
        "length explains it",
    )


def _overruling() -> list[dict[str, str]]:
    with (root() / "optllm_overruling" / "overruling_12llms.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def overruling() -> Row:
    """Per-item prediction of the correctness of large models on OVERRULING."""
    rows, reached, inside = _overruling(), [], 0
    known = np.random.default_rng(0).random(len(rows)) < 0.3
    texts = [row["text"] for row in rows]
    for name in MODELS:
        right = np.array([float(row[f"{name}_correct"]) for row in rows])
        others = {c: [row[f"{c}_answer"] for row in rows] for c in CHEAP if c != name}
        found = foresee(texts, np.where(known, right, np.nan), others)
        fresh = roc_auc_score(right[~known], found.chance[~known])
        inside += found.score[1] <= right.mean() <= found.score[2]
        reached.append(f"{name} {fresh:.2f}" + ("" if found.signal else " (no signal)"))
    return (
        "OVERRULING, six models, 30 % of their answers known, seven cheap ones beside them",
        "AUROC of predicted correctness on the others; true score inside the interval",
        f"{', '.join(reached)}; {inside} of {len(MODELS)}",
        "≥ .70 with a signal",
    )


def mmlu() -> Row:
    """Per-item prediction on MMLU from the question alone."""
    sheet = sheet_of(str(root() / "routellm" / "mmlu.csv.xz"))
    texts = [str(cell) for cell in sheet.columns["prompt"]]
    some = np.random.default_rng(0).permutation(len(texts))[:4000]
    texts = [texts[i] for i in some.tolist()]
    reached = []
    for name in ("gpt4", "mixtral"):
        column = sheet.columns[f"{name}_correct"]
        right = np.array([float(str(column[i]) in ("1", "1.0", "True", "true")) for i in some])
        known = np.arange(len(texts)) < 2000
        found = foresee(texts, np.where(known, right, np.nan))
        fresh = roc_auc_score(right[~known], found.chance[~known])
        reached.append(f"{name} {fresh:.2f}" + ("" if found.signal else " (no signal)"))
    return (
        "RouteLLM MMLU, 2,000 known and 2,000 new questions",
        "AUROC of predicted correctness from the question alone",
        ", ".join(reached),
        "≥ .70 with a signal",
    )


def _scores() -> Iterator[tuple[str, str, float]]:
    for path in sorted((root() / "frugalgpt" / "summary").glob("summary_*")):
        task = path.name.split("_")[1]
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["Method"] != "FrugalGPT":
                    yield task, row["Method"], float(row["Test_acc"])


def tasks() -> Row:
    """Prediction of ten models' scores on five tasks, each left out."""
    cells = list(_scores())
    own, grand, task, inside = [], [], [], 0
    for i, (t, m, score) in enumerate(cells):
        rest = cells[:i] + cells[i + 1 :]
        found = expected_score(cells, t, m)
        own.append(found.value - score)
        inside += found.low <= score <= found.high
        grand.append(float(np.mean([c[2] for c in rest])) - score)
        task.append(float(np.mean([c[2] for c in rest if c[0] == t])) - score)
    ours, mean, beside = (float(np.sqrt(np.mean(np.square(e)))) for e in (own, grand, task))
    return (
        f"FrugalGPT's tables: ten models on five tasks, {len(cells)} scores",
        "RMSE; of the mean of all scores; of the task's mean; true score inside the interval",
        f"{ours:.3f}; {mean:.3f} ({mean / ours:.1f} ×); {beside:.3f}; {inside / len(cells):.0%}",
        "RMSE ≤ 1/1.5 of predicting the mean",
    )


def calibration() -> Row:
    """Calibration with 200 labels: agreement of recorded models, and a learned confidence."""
    rows = _overruling()
    right = np.array([float(row["gpt-3.5-turbo_correct"]) for row in rows]) > 0.5
    names = [name[: -len("_answer")] for name in rows[0] if name.endswith("_answer")]
    agreed = np.array(
        [
            np.mean([row[f"{n}_answer"] == row["gpt-3.5-turbo_answer"] for n in names])
            for row in rows
        ]
    )
    before, after = [], []
    for seed in range(10):
        few = np.zeros(len(rows), np.intp)
        few[np.random.default_rng(seed).permutation(len(rows))[:200]] = 1
        p = _by_few(agreed, right, few)
        new = few == 0
        before.append(expected_calibration_error(agreed[new], right[new]))
        after.append(expected_calibration_error(p[new], right[new]))
    learned = [_learned(rows, seed) for seed in range(3)]
    return (
        "OVERRULING: how many of twelve models agree with GPT-3.5; and `confident(recorded(…))`",
        "calibration error on the other rows, before and after 200 labels; that of the learned one",
        f"{np.mean(before):.3f} → {np.mean(after):.3f}; {np.mean(learned):.3f}",
        "≤ .05",
    )


def _by_few(score: Floats, right: NDArray[np.bool_], few: NDArray[np.intp]) -> Floats:
    """Probabilities of all rows by the method that is better among ``few``, fitted on these."""
    from underdog.evaluate.uncertainty.calibration import METHODS

    some = few == 1
    fold = np.random.default_rng(0).permutation(int(some.sum())) % 5
    name, _ = calibrated(score[some], right[some], fold)
    return METHODS[name](score[some], right[some])(score)


def _learned(rows: list[dict[str, str]], seed: int) -> float:
    texts = tuple(row["text"] for row in rows)
    said = {"answer": tuple(row["gpt-3.5-turbo_answer"] for row in rows)}
    data = Dataset.of(texts, [row["label"] for row in rows])
    data = replace(data, archive=Archive(texts, said))
    order = np.random.default_rng(seed).permutation(len(rows))
    model = Confident(Recorded("answer")).fit(data.take(order[:200]), seed)
    rest = data.take(order[200:])
    answers = model.answer(rest.texts)
    right = np.array([a == b for a, b in zip(answers.values, rest.labels, strict=True)])
    return expected_calibration_error(answers.confidence, right)


def machine() -> Row:
    """Machine-written text: learned on one generator and domain, tested in and out of them."""
    machine_texts.write()
    rows = machine_texts.pairs()
    data = Dataset.of([row[0] for row in rows], [row[1] for row in rows])
    domain, made = (np.array([row[k] for row in rows], dtype=object) for k in (2, 3))
    recipe = Detector("machine", models=(Causal("smollm2", bits=16),), false_alarms=0.0)
    rng = np.random.default_rng(0)
    half = rng.random(len(rows)) < 0.5
    learned = domain == "reviews"
    train = half & learned & ((made == "smollm2") | (made == ""))
    tests = {
        "same domain and generator": ~half & learned & ((made == "smollm2") | (made == "")),
        "other generator": ~half & learned & ((made == "gemma3") | (made == "")),
        "other domain": (domain == "notes") & ((made == "smollm2") | (made == "")),
        "both other": (domain == "notes") & ((made == "gemma3") | (made == "")),
    }
    from underdog.teach.detect.seen import Seen

    seen = machine_texts.numbers([row[0] for row in rows], Seen("machine", recipe.models))
    whole = Rows(data, seen, data.task.labels.index("machine"))
    stack = stacked(recipe.learners, whole.take(train), 0)
    reached = [f"{name} {_found(stack, whole.take(rows_))}" for name, rows_ in tests.items()]
    return (
        f"SmolLM2 and Gemma continuations of reviews and notes: {len(rows):,} texts,"
        f" {train.sum()} reviews to learn from, {(train & whole.mine).sum()} of them by SmolLM2",
        "style, `linear()`, SmolLM2's likelihoods: AUROC (found at 1 % false alarms)",
        "; ".join(reached),
        "≥ .97 in domain",
    )


def _found(stack: Stack, rows: Rows) -> str:
    scores, mine = stack.scores(rows), rows.mine
    value = roc_auc_score(mine, scores)
    at = np.quantile(scores[~mine], 0.99)
    return f"{value:.3f} ({(scores[mine] > at).mean():.0%})"


def characters() -> Row:
    """Static vectors with and without characters, on sentences with misspelt words."""
    with (root() / "sst2" / "sst2.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    train = [row for row in rows if row["split"] == "train"][:2000]
    test = [row for row in rows if row["split"] == "test"][:1000]
    data = Dataset.of([row["text"] for row in train], [row["label"] for row in train])
    draw = random.Random(0)
    texts = [row["text"] for row in test], [_misspelt(row["text"], draw) for row in test]
    reached = []
    for flag in (False, True):
        model = Static(epochs=4, characters=flag).fit(data)
        right = [
            np.mean(
                [a == row["label"] for a, row in zip(model.answer(t).values, test, strict=True)]
            )
            for t in texts
        ]
        reached.append(f"{right[0]:.3f}, {right[1]:.3f}")
    return (
        "SST-2, 2,000 to learn from, 1,000 to test; 40 % of the longer words misspelt",
        "accuracy of `static()` as written, and misspelt; of `static(characters=True)`",
        "; ".join(reached),
        "printed",
    )


def _misspelt(text: str, draw: random.Random) -> str:
    """``text`` with a letter doubled, or two exchanged, in 40 % of the words of four and more."""
    words = []
    for word in text.split():
        if len(word) > 3 and draw.random() < 0.4:
            i = draw.randrange(1, len(word) - 1)
            swap = draw.random() < 0.5
            word = (
                word[:i]
                + (word[i + 1] + word[i] if swap else word[i] * 2)
                + word[i + 2 - (not swap) :]
            )
        words.append(word)
    return " ".join(words)


ROWS: dict[str, Callable[[], Row]] = {
    "tasks": tasks,
    "calibration": calibration,
    "questions": questions,
    "overruling": overruling,
    "mmlu": mmlu,
    "characters": characters,
    "general": general,
    "machine": machine,
}
