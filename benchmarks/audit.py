"""What the audit finds in MTSamples, and how well it finds labels that we made wrong ourselves.

    python -m benchmarks.audit [--keep]

Data: the folder that UNDERDOG_DATA names; ../shared/data beside the checkout by default.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from benchmarks.results import keep
from underdog.core.data import Dataset
from underdog.data.read import read
from underdog.evaluate.audit import audit
from underdog.evaluate.audit.duplicates import Equals
from underdog.evaluate.audit.labels import judged, probabilities
from underdog.evaluate.audit.near_duplicates import leaders

HERE = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("UNDERDOG_DATA", HERE.parent / "shared" / "data"))

RULES = (
    *("prune_by_noise_rate", "prune_by_class", "both", "confident_learning"),
    *("predicted_neq_given", "low_normalized_margin", "low_self_confidence"),
)


def findings() -> None:
    table = read(DATA / "mtsamples" / "mtsamples.csv.xz")
    train, test = table.data.split(0.2)
    start = time.process_time()
    report = audit(table.data, train, test)
    print(f"## mtsamples: {report.ceiling:.1%} ceiling, {time.process_time() - start:.0f} s\n")
    print("\n".join(report.lines()), "\n")
    several = len(Equals.of(table.data).disputed)
    values = {"several": f"{several:,}", "ceiling": f"{100 * (report.ceiling or 0):.1f} %"}
    keep("mtsamples", "python -m benchmarks.audit", values)


def near_duplicates() -> None:
    print("## Near duplicates: seconds of processor time\n\n| data | texts | repeats | seconds |")
    print("|---|---|---|---|")
    banking = read(DATA / "banking77" / "banking77.csv").data.texts
    words = np.array([word for text in banking for word in str(text).split()])
    rng = np.random.default_rng(0)
    many = [" ".join(row) for row in rng.choice(words, (100_000, 12))]
    for name, texts in (("banking77", list(map(str, banking))), ("100,000 made up", many)):
        start = time.process_time()
        found = leaders(texts)
        repeats = sum(i != leader for i, leader in enumerate(found))
        print(
            f"| {name} | {len(texts):,} | {repeats:,} | {time.process_time() - start:.1f} |",
            flush=True,
        )
    print()


def planted(data: Dataset, share: float = 0.05) -> tuple[Dataset, set[int]]:
    """``data`` with ``share`` of the labels replaced by another, evenly drawn; and which."""
    rng = np.random.default_rng(0)
    rows = rng.choice(len(data), int(len(data) * share), replace=False).tolist()
    labels = list(data.labels)
    for i in rows:
        labels[i] = str(rng.choice([label for label in data.task.labels if label != labels[i]]))
    return data.relabelled(labels), set(rows)


def wrong_labels() -> None:
    from cleanlab.filter import find_label_issues

    print("## One label in twenty made wrong: what each rule of cleanlab names\n")
    print("| data | rule | named | precision | recall |\n|---|---|---|---|---|")
    for file in ("frugalgpt/headlines.csv", "sst2/sst2.csv", "banking77/banking77.csv"):
        whole = read(DATA / file).data
        data, rows = planted(whole.sample(5_000 / len(whole)))
        wrong = {data.texts[i] for i in rows}
        looked_at = judged(Equals.of(data), 0)
        probs = probabilities(looked_at, 0, "linear()")
        for rule in RULES:
            mask = find_label_issues(looked_at.targets, probs, filter_by=rule, n_jobs=1)
            named = [looked_at.texts[i] for i in np.flatnonzero(mask)]
            hits = sum(text in wrong for text in named)
            scores = f"{hits / max(len(named), 1):.2f} | {hits / len(wrong):.2f}"
            print(f"| {Path(file).stem} | {rule} | {len(named)} | {scores} |", flush=True)


def main() -> None:
    """Print the findings, then what the two searches miss."""
    findings()
    near_duplicates()
    wrong_labels()


if __name__ == "__main__":
    main()
