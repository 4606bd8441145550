"""The long jobs of underdog, each with what it needs and what its result must be.

`kills` kills them at random moments, and `full_disk` fills the disk under them.
"""

from __future__ import annotations

import csv
import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Job:
    """A command, what it needs, and what of its result must not depend on kills."""

    needs: tuple[tuple[str, ...], ...]
    command: tuple[str, ...]
    result: Callable[[Path], Any]


def _model(place: Path) -> Any:
    """What a model folder holds, but for the record of how it was made; None without one."""
    return _tree(place / "model")


def _tree(folder: Path) -> Any:
    """What was saved in ``folder``, but for the record of how it was made; None without one."""
    from underdog.runtime.persist import load

    if not folder.exists():
        return None
    load(folder)  # checks every hash
    tree = json.loads((folder / "model.json").read_text("utf-8"))
    arrays = (folder / "arrays.safetensors").read_bytes()
    return _without_times(tree["model"]), hashlib.sha256(arrays).hexdigest()


def _without_times(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {k: _without_times(v) for k, v in tree.items() if k not in ("seconds", "why")}
    return [_without_times(v) for v in tree] if isinstance(tree, list) else tree


def _study(place: Path) -> Any:
    """Answers and scores of a study; None before it has any."""
    import pyarrow.parquet as pq

    folder = place / "study"
    page, told = folder / "report.html", folder / "results.json"
    if page.exists():
        _whole(page)
    if told.exists():
        json.loads(told.read_text("utf-8"))
    if not (folder / "predictions.parquet").exists():
        return None
    rows = pq.read_table(folder / "predictions.parquet").drop_columns(["dollars"]).to_pylist()
    if not page.exists():
        return None
    scores = json.loads(told.read_text("utf-8"))["contestants"]
    return rows, [{k: c[k] for k in ("spec", "scores", "intervals", "confusion")} for c in scores]


def _report(place: Path) -> Any:
    return _whole(place / "study" / "report.html")


def _labelled(place: Path) -> Any:
    out = place / "out.csv"
    if not out.exists():
        return None
    with out.open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["value"], row["confidence"]) for row in csv.DictReader(file)]
    if len(rows) not in (MANY, FEW):
        raise ValueError(f"{len(rows)} rows")
    return rows


def _index(place: Path) -> Any:
    """What an index holds; None without one."""
    return _tree(place / "index")


def _curated(place: Path) -> Any:
    """The kept rows and what the card says, but for the day; None before there are any."""
    if not (place / "curated").exists():
        return None
    card = json.loads((place / "curated" / "card.json").read_text("utf-8"))
    _whole(place / "curated" / "report.html")
    return (place / "curated" / "data.csv").read_bytes(), {**card, "date": ""}


def _judged(place: Path) -> Any:
    """The scores, and the score that was learned; None before both are there."""
    if not (place / "judged").exists():
        return None
    json.loads((place / "judged" / "results.json").read_text("utf-8"))
    grader = _tree(place / "grader")
    return None if grader is None else ((place / "judged" / "scores.csv").read_bytes(), grader)


def _annotated(place: Path) -> Any:
    """The labels that a large model gave; None before there are any."""
    out = place / "labels.csv"
    return out.read_bytes() if out.exists() and (place / "labels.card.md").exists() else None


def _repaired(place: Path) -> Any:
    """The labels that were put right; None before there are any."""
    out = place / "labels.csv"
    return out.read_bytes() if out.exists() else None


def _exported(place: Path) -> Any:
    """The files of an exported model; None before there are any."""
    folder = place / "exported"
    files = sorted(folder.iterdir()) if folder.exists() else []
    return {file.name: file.read_bytes() for file in files} or None


def _explained(place: Path) -> Any:
    """The page of explanations; None before there is one."""
    page = place / "why.html"
    return _whole(page) if page.exists() else None


def _whole(page: Path) -> str:
    """The HTML of ``page``; ValueError if half of it is missing."""
    html = page.read_text("utf-8")
    if not html.rstrip().endswith("</html>"):
        raise ValueError("half a page")
    return html


ROWS, MANY, FEW = 200, 1200, 100
"""Rows of data.csv; of many.csv, which is answered in three pieces; of live.csv."""

CHAT = "chat('tiny', concurrency=4)"
TAUGHT = f"distil(bayes(), {CHAT}, asks=60, choose='uncertain')"
WRITTEN = f"augmented(bayes(), written({CHAT}, n=60))"
INDEX = ("index", "docs", "hybrid([bm25(), bm25(b=0.2)])", "--out", "index")
FIT = ("fit", "data.csv", "linear()", "--out", "model")
COMPARE = ("compare", "data.csv", "majority()", "bayes()", "linear()", "--out", "study")
JOBS = {
    "fit": Job((), FIT, _model),
    "replace": Job((FIT,), ("fit", "data.csv", "bayes()", "--out", "model", "--yes"), _model),
    "auto": Job((), ("fit", "data.csv", "auto('10m', [bayes(), linear()])", *FIT[3:]), _model),
    "ensemble": Job((), ("fit", "data.csv", "ensemble(linear(), n=3)", *FIT[3:]), _model),
    "compare": Job((), COMPARE, _study),
    "train": Job((), ("fit", "data.csv", "bilstm(hidden=8, epochs=4)", *FIT[3:]), _model),
    "answer": Job((FIT,), ("answer", "model", "many.csv", "--out", "out.csv"), _labelled),
    "explain": Job(
        (FIT,), ("explain", "model", "data.csv", "--rows", "3", "--out", "why.html"), _explained
    ),
    "export": Job((FIT,), ("export", "model", "--out", "exported"), _exported),
    "report": Job((COMPARE,), ("report", "study"), _report),
    "live": Job(
        (), ("compare", "live.csv", "majority()", CHAT, *COMPARE[-2:]), _study,
    ),
    "paid": Job(
        (("fit", "live.csv", f"fewshot({CHAT}, k=2)", "--yes", *FIT[3:]),),
        ("answer", "model", "live.csv", "--yes", "--out", "out.csv"), _labelled,
    ),
    "bulk": Job(
        (), ("label", "live.csv", "--by", "chat('tiny', batch=True)", "--labels", "p,n",
             "--out", "labels.csv"), _annotated,
    ),
    "curate": Job(
        (), ("curate", "data.csv", "--by", "both(duplicates(), valued())", "--label", "label",
             "--keep", "50%", "--out", "curated"), _curated,
    ),
    "prove": Job(
        (), ("curate", "data.csv", "--by", "duplicates()", "--label", "label", "--prove",
             "--learner", "linear()", "--out", "curated"), _curated,
    ),
    "index": Job((INDEX,), INDEX, _index),
    "add": Job(
        (("index", "docs", "--out", "index"),),
        ("index", "more", "--add", "--out", "index"), _index,
    ),
    "judge": Job(
        (), ("judge", "outputs.csv", "--score", "rouge()", "--score", "learned([rouge()])",
             "--keep", "grader", "--out", "judged"), _judged,
    ),
    "label": Job(
        (), ("label", "live.csv", "--by", CHAT, "--labels", "p,n",
             "--out", "labels.csv"), _annotated,
    ),
    "distil": Job((), ("fit", "live.csv", TAUGHT, "--label", "label", *FIT[3:]), _model),
    "repair": Job(
        (), ("repair", "live.csv", "--by", CHAT, "--student", "bayes()",
             "--share", "0.5", "--label", "label", "--out", "labels.csv"), _repaired,
    ),
    "synthesise": Job((), ("fit", "data.csv", WRITTEN, "--out", "model"), _model),
}  # fmt: skip
ABOUT = {
    "fit": "`fit 'linear()'`",
    "replace": "`fit` over an older model",
    "auto": "`fit 'auto(…)'`",
    "ensemble": "`fit 'ensemble(…)'`",
    "compare": "`compare`",
    "train": "`fit 'bilstm(…)'`, with a checkpoint after each pass",
    "answer": "`answer --out`, in three pieces",
    "explain": "`explain --out`",
    "export": "`export`",
    "report": "`report`",
    "live": "a live study, 4 requests on the wire: none lost, doubled ≤ those on the wire",
    "paid": "`answer --out` by a live model: the same",
    "bulk": "`label` by the batch API: each prompt is handed in once",
    "curate": "`curate`",
    "prove": "`curate --prove`",
    "index": "`index` over an older index",
    "add": "`index --add`",
    "judge": "`judge --keep`",
    "label": "`label` by a live model: the same",
    "distil": "`fit 'distil(…, choose='uncertain')'` by a live model: the same",
    "repair": "`repair` by a live model: the same",
    "synthesise": "`fit 'augmented(…, written(…))'` by a live model: the same",
}
"""Each job in words."""

ASKING = ("live", "paid", "bulk", "label", "distil", "repair", "synthesise")
"""Jobs that ask a large model."""


def data(place: Path) -> None:
    """Write the training file, the smaller one of what is live, outputs to judge, documents."""
    draw = random.Random(0)
    words = {"p": ["great", "lovely", "warm", "bright"], "n": ["dull", "poor", "weak", "flat"]}
    for name, n in (("data.csv", ROWS), ("live.csv", FEW), ("many.csv", MANY)):
        with (place / name).open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(("text", "label"))
            for i in range(n):
                mood = draw.choice("pn")
                said = mood if draw.random() < 0.9 else "pn"[mood == "p"]
                noise = " ".join(f"w{draw.randrange(400)}" for _ in range(9))
                table.writerow((f"a {draw.choice(words[mood])} film {noise} number {i}", said))
    with (place / "outputs.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("output", "reference", "rating"))
        for i in range(100):
            said, right = (" ".join(draw.choices("abcdefgh", k=8)) for _ in range(2))
            table.writerow((f"{said} {i}", right, len({*said} & {*right})))
    for folder in ("docs", "more"):
        (place / folder).mkdir()
        for i in range(20):
            lines = [" ".join(f"w{draw.randrange(900)}" for _ in range(60)) for _ in range(20)]
            (place / folder / f"{i}.md").write_text(".\n\n".join(lines), "utf-8")
