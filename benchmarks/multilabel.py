"""MTSamples as the task it is: several specialties for each medical transcription.

``python -m benchmarks.multilabel [SPEC …]`` prints a row for each model; default: a baseline and
`linear()`. The 4,998 rows of the file hold 2,376 texts, of which 2,165 have several specialties:
as a task of single labels no model can be right on more than 47.5 % of them. Finished models are
kept in a folder of the temporary directory, so that the command can be stopped and typed again.
With ``--keep`` the two rows are written for docs/tasks.md.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import gettempdir

from benchmarks.data import root, table
from benchmarks.results import keep
from underdog.data.read import read
from underdog.study import compare

SPECS = ("majority()", "linear()")
COLUMNS = ((1, "overlap"), (2, "exact"), (3, "micro"), (4, "macro"))
SCORES = ("accuracy", "exact_match", "micro_f1", "macro_f1")


def main(specs: list[str]) -> None:
    file = root() / "mtsamples" / "mtsamples.csv.xz"
    data = read(file, text=["transcription"], label="medical_specialty", kind="labels").data
    folder = Path(gettempdir()) / "underdog-multilabel"
    study = compare(specs or [*SPECS], data, folder=folder, budget="20m")
    rows = []
    for summary in study.summaries:
        low, high = summary.intervals["accuracy"]
        shown = [f"{100 * (summary.scores[name] or 0):.1f}" for name in SCORES]
        shown[0] += f" [{100 * low:.1f}, {100 * high:.1f}]"
        rows.append([summary.spec, *shown, f"{summary.fit.seconds or 0:.1f} s"])
    for absent in study.absent:
        rows.append([f"{absent.spec} {absent.part}".strip(), absent.why, "", "", "", ""])
    if not specs:
        values = {f"{row[0].partition('(')[0]}_{k}": row[i] for row in rows for i, k in COLUMNS}
        keep("multilabel", "python -m benchmarks.multilabel", values)
    header = ["model", "set overlap", "exact match", "micro-F1", "macro-F1", "fit"]
    tests = len(study.gold.texts)
    title = f"MTSamples, {len(data.task.labels)} specialties, {tests} test texts; percent"
    print(table(title, header, rows, study.verdict.sentence))


if __name__ == "__main__":
    main([word for word in sys.argv[1:] if word != "--keep"])
