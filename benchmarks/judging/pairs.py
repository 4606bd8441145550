"""Pairs of texts: translations, answers and their length, entailment, and how fast all that is."""

from __future__ import annotations

import json
import lzma
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import process_time

import numpy as np

import underdog as ud
from benchmarks.arms import KEPT
from benchmarks.data import root
from benchmarks.results import HERE
from underdog.core.cost import Floats
from underdog.core.data import Dataset, Task
from underdog.evaluate.graders.nli import Nli
from underdog.evaluate.graders.reading import words
from underdog.models.transformers import layers
from underdog.runtime.registry import build

METRICS = ("rouge()", "bleu()", "chrf()", "bertscore()", "bertscore(layer=4)", "word_count()")
TRANSLATED, SPEED, PAIRS = 1500, 1000, 1000
"""Pairs of each language that are read, outputs by which the speed is told, and pairs for
BERTScore.
"""

WHOLE = ("encoder('minilm')", "ensemble(encoder('minilm', lora=8), n=5)")
"""Recipes whose accuracy on all pairs is told."""

LEARNED, EVIDENCE, TESTED = 1000, 600, 1500
"""Pairs that are learned, pairs of evidence before them, and pairs that are tested; with
UNDERDOG_FULL=1 all of them.
"""


def translation() -> Sequence[Sequence[str]]:
    """WMT19: how often the better of two translations gets the higher grade, minus the rest."""
    lines = []
    for name in ("gu-en", "kk-en", "lt-en"):
        with lzma.open(root() / "bartscore_wmt19" / f"{name}.jsonl.xz", "rt") as file:
            rows = [json.loads(line) for line in file]
        rows = rows[:: max(1, len(rows) // TRANSLATED)][:TRANSLATED]
        found = []
        for spec in METRICS:
            better, worse = (_graded(spec, rows, side) for side in ("better", "worse"))
            found.append(f"{spec.removesuffix('()')} {np.sign(better - worse).mean():.3f}")
        about = f"WMT19 {name}, {len(rows):,} pairs"
        lines.append((about, "Kendall-like agreement", "BERTScore first", "; ".join(found)))
    return lines


def _graded(spec: str, rows: Sequence[dict[str, str]], side: str) -> Floats:
    data = _task([row["reference"] for row in rows], [""] * len(rows))
    return build(spec).grade(data.texts, [row[side] for row in rows], data)


def _task(references: Sequence[str], sources: Sequence[str]) -> Dataset:
    pairs = tuple((one,) for one in references)
    return Dataset(
        Task("pairs", (), kind="text"), tuple(sources), tuple(references), references=pairs
    )


def length() -> Sequence[Sequence[str]]:
    """HaluEval's questions with a right and a made-up answer: the made-up ones are longer."""
    rows = []
    for line in (root() / "halueval" / "qa_one-turn_data.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        for column, said in (("right_answer", "right"), ("hallucinated_answer", "wrong")):
            rows.append(
                {
                    "source": row["knowledge"],
                    "question": row["question"],
                    "output": row[column],
                    "rating": said,
                }
            )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "qa.jsonl"
        file.write_text("\n".join(map(json.dumps, rows)) + "\n", "utf-8")
        found = ud.judge(str(file), ["overlap()", "overlap(grams=3)"])
    alone = found.agreements["word_count"].value
    said = next(one for one in found.sentences if "ength" in one)
    return [
        (
            f"HaluEval QA, {len(rows):,} answers",
            f"`judge` says that length explains the score (length alone: AUROC {alone:.2f})",
            "yes",
            f"“{said}”",
        )
    ]


def bertscore() -> Sequence[Sequence[str]]:
    """Beside the package bert-score where BERT_SCORE names a folder that holds it."""
    from underdog.models.transformers.pretrained import PACKAGES

    with lzma.open(root() / "bartscore_wmt19" / "lt-en.jsonl.xz", "rt") as file:
        rows = [json.loads(line) for line in file][:PAIRS]
    said, right = [row["better"] for row in rows], [row["reference"] for row in rows]
    data = _task(right, [""] * len(rows))
    grader = build("bertscore(layer=6)")
    layers._loaded("minilm", 6)  # the time of the texts counts, not that of the weights
    start = process_time()
    mine = grader.grade(data.texts, said, data)
    cold = process_time() - start
    other = [row["worse"] for row in rows]
    start = process_time()
    grader.grade(data.texts, other, data)
    warm = process_time() - start
    place = os.environ.get("BERT_SCORE")
    if not place:
        return [("bertscore beside bert-score", "BERT_SCORE names no folder with it", "1e-4", "–")]
    package = __import__(PACKAGES["minilm"])
    model = Path(str(package.__file__)).parent / "model"
    with tempfile.TemporaryDirectory() as folder:
        sheet = Path(folder) / "pairs.json"
        sheet.write_text(json.dumps([str(model), said, right, other]), "utf-8")
        done = subprocess.run(
            [sys.executable, "-c", THEIRS, str(sheet)],
            env={**os.environ, "PYTHONPATH": place},
            capture_output=True,
            text=True,
            check=True,
        )
    theirs, their_cold, their_warm = json.loads(done.stdout.splitlines()[-1])
    apart = np.abs(mine - np.array(theirs))
    near = apart <= 1e-4
    said_apart = f"{apart[near].max():.1e}"
    if not near.all():  # where all similarities are negative, the package matches its padding
        said_apart += f" on {near.sum():,}; {apart.max():.1e} on the {(~near).sum()} others"
    ratio = f"{their_cold / cold:.1f} and {their_warm / warm:.1f} times as fast (processor time)"
    return [
        (
            "bertscore beside bert-score",
            f"largest difference, {len(rows):,} pairs",
            "1e-4",
            said_apart,
        ),
        ("", "speed on new references, and on other outputs with the same references", "3×", ratio),
    ]


THEIRS = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from bert_score import BERTScorer
model, said, right, other = json.load(open(sys.argv[1]))
scorer = BERTScorer(model_type=model, num_layers=6, batch_size=64)
start = time.process_time()
f = scorer.score(said, right)[2].tolist()
cold = time.process_time() - start
start = time.process_time()
scorer.score(other, right)
print(json.dumps([f, cold, time.process_time() - start]))
"""


def entailment() -> Sequence[Sequence[str]]:
    """A cross-encoder on the NLI pairs of comp34812; tested on the other year's."""
    train, test = _nli()
    return [_cross_encoder("", ud.Encoder(lora=8, epochs=_epochs()), train, test, ".75")]


def all_pairs() -> Sequence[Sequence[str]]:
    """What the study of all pairs reached, which takes hours: quoted, not measured here."""
    study = json.loads((HERE / "nli.json").read_text("utf-8"))
    at = study["header"].index("accuracy")
    reached = {row[0]: row[at].strip("*") for row in study["rows"]}
    named = [f"`{spec}`" for spec in WHOLE]
    what = f"{named[0]} and {named[1]}, on all pairs (quoted from `{study['command']}`)"
    return [("comp34812 NLI", what, ".75", ", ".join(reached[name] for name in named))]


def evidence() -> Sequence[Sequence[str]]:
    """The same cross-encoder after pairs of claim and evidence, in which it learns what belongs."""
    named = {"text": ("Claim", "Evidence"), "label": "label"}
    first = ud.read(str(root() / "comp34812_ed" / "train_substitute.csv"), **named).data
    if not _full():
        first = first.sample(EVIDENCE / len(first))
    train, test = _nli()
    folder = KEPT.parent / f"evidence-{len(first)}"  # so that a run that was stopped goes on
    if not (folder / "model.json").is_file():
        ud.save(ud.Encoder(lora=8, epochs=_epochs()).fit(first), folder)
    after = f", after {len(first):,} pairs of evidence"
    recipe = ud.Encoder(str(folder), lora=8, epochs=_epochs())
    return [_cross_encoder(after, recipe, train, test, "printed")]


def _cross_encoder(
    after: str, recipe: ud.Encoder, train: Dataset, test: Dataset, asked: str
) -> Sequence[str]:
    answers = recipe.fit(train).answer(test.texts)
    right = [a == b for a, b in zip(answers.values, test.labels, strict=True)]
    what = f"`encoder(lora=8)`{after}, on {len(train):,} pairs, tested on {len(test):,}"
    return "comp34812 NLI", what, asked, f"{np.mean(right):.3f}"


def _nli() -> tuple[Dataset, Dataset]:
    folder, named = root() / "comp34812_nli", {"text": ("premise", "hypothesis"), "label": "label"}
    train = ud.read(str(folder / "train_substitute.csv"), **named).data
    test = ud.read(str(folder / "dev_2024.csv"), **named).data
    if _full():
        return train, test
    return train.sample(LEARNED / len(train)), test.sample(TESTED / len(test))


def _full() -> bool:
    return bool(os.environ.get("UNDERDOG_FULL"))


def _epochs() -> int | None:
    return None if _full() else 2


def speed() -> Sequence[Sequence[str]]:
    """ROUGE, BERTScore and NLI on summaries with references; processor time for 10,000."""
    with (root() / "bartscore_sum" / "Rank19.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file][:SPEED]
    data = _task([row["reference"] for row in rows], [row["source"] for row in rows])
    said = [row["summary"] for row in rows]
    pairs = [(text, value) for text, value in zip(data.texts, said, strict=True)]
    model = ud.Encoder(epochs=1).fit(Dataset.of(pairs[:32], ["entailment", "other"] * 16))
    seconds = []
    for grader in (build("rouge()"), build("bertscore()"), Nli(model, passages=1)):
        start = process_time()
        grader.grade(data.texts, said, data)
        seconds.append(process_time() - start)
    scaled = [10_000 / len(rows) * one for one in seconds]
    each = "ROUGE {:.0f} s, BERTScore {:.0f} s, NLI {:.0f} s".format(*scaled)
    about = (
        f"10,000 pairs, from {len(rows):,} of {np.mean([len(words(s)) for s in said]):.0f} words"
    )
    return [
        (
            about,
            "processor time on one core",
            "600 s (5 min on 2 cores)",
            f"{sum(scaled):.0f} s: {each}",
        )
    ]
