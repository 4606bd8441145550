"""What must be read, billed and calibrated without an error: cases that have one right answer."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tests.teach.test_calibrated import overconfident
from underdog.evaluate.metrics import scores
from underdog.models.recorded import Recorded
from underdog.teach.calibrated import Calibrated

HERE = Path(__file__).resolve().parents[2]
DRAWS, LABELS, TESTS = 10, 300, 4_000


def fixtures() -> list[str]:
    """Replies, bills and errors of both dialects, each with the reading that is right."""
    ran, wrong = _cases("tests/models/test_decide.py", "")
    what = "replies, usage, refusals and errors of both dialects: cases; wrong readings"
    return ["test server", what, "≥ 40; 0", f"{ran}; {wrong}"]


def bills() -> list[str]:
    """Monthly bills that were computed by hand."""
    ran, wrong = _cases("tests/evaluate/test_bill.py", "pencil")
    return ["pencil and paper", "monthly bills: cases; that differ", "10; 0", f"{ran}; {wrong}"]


def calibrated() -> list[str]:
    """An over-confident decision model, mended on three hundred labels."""
    found = []
    for seed in range(DRAWS):
        data = overconfident(LABELS + TESTS, seed=seed)
        train, test = data.take(range(LABELS)), data.take(range(LABELS, len(data)))
        plain, mended = Recorded("jev").fit(train), Calibrated(Recorded("jev")).fit(train)
        found.append(
            [
                scores(m.answer(test.texts), test.labels, test.task.labels)["calibration_error"]
                for m in (plain, mended)
            ]
        )
    before, after = np.array(found, float).T
    reached = f"{before.mean():.3f} → {after.mean():.3f} on average, {after.max():.3f} at most"
    what = f"says .97, is right in .84: calibration error after {LABELS} labels, {DRAWS} draws"
    return ["made-up decisions", what, "≤ .04", reached]


def _cases(file: str, named: str) -> tuple[int, int]:
    """How many tests of ``file`` ran, and how many failed."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", file]
    said = subprocess.run(
        [*command, *(["-k", named] if named else [])],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|error)", said)}
    wrong = counts.get("failed", 0) + counts.get("error", 0)
    return counts.get("passed", 0) + wrong, wrong


ROWS: dict[str, Callable[[], Sequence[object]]] = {
    "fixtures": fixtures,
    "bills": bills,
    "calibrated": calibrated,
}
