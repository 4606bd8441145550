"""Runs in the rivals' environment: one of them learns from recorded answers, and answers others.

    python rival_script.py FOLDER SYSTEM LIMIT DELTA SEED

FOLDER holds train.json and test.json (texts, said, labels) and their vectors; said.json is written:
what the system says of each test text, None where the teacher answers, and its CPU seconds.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

folder, system = Path(sys.argv[1]), sys.argv[2]
limit, delta, seed = float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
train, test = (json.loads((folder / f"{part}.json").read_text()) for part in ("train", "test"))
LEARN, ASK = (np.load(folder / f"{part}.npy") for part in ("train", "test"))


def shad0w(vectors: bool) -> list[str | None]:
    """A table over the words, or over buckets of the vectors, by its own `shadow_compile`."""
    from shad0w.shadow import shadow_compile
    from shad0w.vision import EmbedSpec

    given, asked = [{"text": t} for t in train["texts"]], test["texts"]
    if vectors:
        buckets = EmbedSpec("minilm").fit(LEARN)
        given = [{"items": buckets.items(v).tolist()} for v in LEARN]
        asked = [buckets.items(v) for v in ASK]
    pairs = zip(given, train["said"], strict=True)
    rows = [one | {"label": y} for one, y in pairs if y in train["labels"]]
    schema = {"label": {"type": "choice", "criteria": dict.fromkeys(train["labels"])}}
    model, _ = shadow_compile(schema, rows, limit, delta, seed=seed, student="linear")
    question = model.questions["label"]
    said = [question.decide(one, observe=False, probabilities=False) for one in asked]
    return [one["choice"] if one["certified"] else None for one in said]


class Looked:
    """An encoder that looks up the vectors that everybody gets."""

    id, dim = "minilm", LEARN.shape[1]

    def __init__(self) -> None:
        both = np.concatenate([LEARN, ASK])
        self.known = dict(zip(train["texts"] + test["texts"], both, strict=True))

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.stack([self.known[text] for text in texts]).astype(np.float32)


def engine(home: str, **options: Any) -> Any:
    """A Jevstiller before the recorded answers."""
    from jevstiller import Config, Jevstiller, ReplayTeacher, Task, TeacherOutput

    labels = train["labels"]
    texts = train["texts"] + test["texts"]
    said = dict(zip(texts, train["said"] + test["said"], strict=True))
    sure = {y: TeacherOutput(y, {k: float(k == y) for k in labels}, 1.0) for y in labels}
    teacher = ReplayTeacher({text: sure.get(y, sure[labels[0]]) for text, y in said.items()})
    task = Task("task", "Which label?", labels, target_agreement=1 - limit)
    config = Config(confidence=1 - delta, seed=seed, train_threads=1, **options)
    return Jevstiller(task, teacher, home, encoder=Looked(), config=config)


def jevstiller(home: str) -> list[str | None]:
    """It learns from the first half, and its routing policy is asked about the other."""
    system = engine(home, training="manual")
    for first in range(0, len(train["texts"]), 256):
        system.classify_batch(train["texts"][first : first + 256])
    version = system.train_now().version
    if version is None:
        return [None] * len(test["texts"])
    found = system.evaluate(test["texts"], test["said"], version=version)
    kept = zip(found["accepted"], found["student_label"], strict=True)
    return [str(label) if local else None for local, label in kept]


def stream(home: str) -> list[str | None]:
    """Every test text in turn, learning as it goes."""
    system = engine(home, training="inline")
    said = []
    for first in range(0, len(test["texts"]), 64):
        found = system.classify_batch(test["texts"][first : first + 64])
        said += [None if one.source == "teacher" else one.label for one in found]
    return said


start = time.process_time()
with tempfile.TemporaryDirectory() as home:
    if system.startswith("shad0w"):
        said = shad0w(system.endswith("vectors"))
    else:
        said = jevstiller(home) if system == "jevstiller" else stream(home)
result = {"said": said, "seconds": time.process_time() - start}
(folder / "said.json").write_text(json.dumps(result))
