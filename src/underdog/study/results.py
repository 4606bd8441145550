"""A study as plain data, and as files."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.errors import UnderdogError
from ..evaluate import metrics, stats
from ..runtime import files
from ..runtime.formatting import shell_command
from ..runtime.machine import machine, versions
from . import predictions
from .bill import money
from .slices import words

if TYPE_CHECKING:
    from .outcome import Outcome
    from .rows import Summary
    from .runs.run import Run
    from .test_set import TestSet

FILES = ("results.json", *predictions.NAMES, "leaderboard.md", "report.html")
UNFINISHED = "partial"
"""The folder of finished runs of a study that is not finished itself."""

TEXTS_SHOWN, CHARACTERS_SHOWN = 50, 2000


def results(study: Outcome) -> dict[str, Any]:
    """Everything but the single answers. Unknown is None."""
    gold = study.gold
    found = {
        "title": study.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shell_command(["underdog", *sys.argv[1:]]) if _from_shell() else None,
        "task": {
            "name": study.name,
            "labels": list(gold.labels),
            "pairs": any(isinstance(text, tuple) for text in gold.texts[:1]),
            "train": study.trained_on,
            "test": len(gold.texts),
            "protocol": study.protocol,
            **({} if gold.data is None else {"kind": gold.kind, "measure": gold.says}),
            "seeds": sorted({run.seed for run in study.runs}),
        },
        "rows": [_plain(asdict(row)) for row in study.rows],
        "contestants": [_contestant(summary, study) for summary in study.summaries],
        "incumbent": study.incumbent,
        "budget": asdict(study.budget) if study.budget else None,
        "absent": [asdict(absent) for absent in study.absent],
        "verdict": _plain(asdict(study.verdict)),
        "curve": {
            "points": [
                {**asdict(p), "accuracy": p.accuracy, "low": p.interval[0], "high": p.interval[1]}
                for measured in study.curves.values()
                for p in measured
            ],
            "forecast": _plain(asdict(study.forecast)) if study.forecast else None,
        },
        "disagreements": _disagreements(study),
        "slices": [dict(part) for part in study.slices],
        "words": _words(study),
        "mistakes": dict(study.mistakes),
        "audit": study.audit.as_dict(),
        "deferral": _deferral(study),
        "bill": _plain(money.priced(study)),
        "versions": versions(),
        "machine": machine(),
    }
    return titled(found, study.title, study.notes)


def check_place(folder: Path) -> None:
    """Refuse a ``folder`` that `save` could not write to without a loss: before the study."""
    files.check_files(folder, (*FILES, UNFINISHED))
    files.writable(folder / FILES[0])


def save(study: Outcome, folder: Path) -> None:
    """Write all four files, each whole or not at all."""
    files.check_files(folder, FILES)
    predictions.write(study, folder)
    write(results(study), folder)


def write(found: Mapping[str, Any], folder: Path) -> None:
    """Write results.json, and the table and the report that show it, each whole or not at all.

    Raises UnderdogError, and writes nothing, where ``folder`` holds such a file of the user's own.
    """
    from ..report import html, markdown

    files.check_files(folder, FILES)
    files.write(folder / "results.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    files.write(folder / "leaderboard.md", markdown(found))
    files.write(folder / "report.html", html(found))


def titled(found: dict[str, Any], title: str | None, notes: str | None) -> dict[str, Any]:
    """The results with another title and other notes, where they are given."""
    new = {"title": title, "notes": notes}
    return found | {key: value for key, value in new.items() if value is not None}


def read(folder: Path) -> dict[str, Any]:
    """The results that `save` wrote to ``folder``."""
    try:
        found: dict[str, Any] = json.loads((folder / "results.json").read_text("utf-8"))
        return found
    except (OSError, ValueError) as error:
        raise UnderdogError(
            f"no results in {folder}", "make some: underdog compare FILE --out FOLDER"
        ) from error


def _contestant(summary: Summary, study: Outcome) -> dict[str, Any]:
    first, gold = summary.runs[0], study.gold
    price, tokens = summary.dollars, gold.tokens
    return {
        "spec": summary.spec,
        "incumbent": summary.spec == study.incumbent,
        "seeds": len(summary.runs),
        "scores": summary.scores,
        "intervals": {key: list(pair) for key, pair in summary.intervals.items()},
        "latency": summary.latency,
        "latency_samples": first.latencies[:200].tolist(),
        "throughput": summary.rows[0].throughput,
        "peak_memory_bytes": max(row.peak_memory_bytes for row in summary.rows),
        "fit": asdict(summary.fit),
        "dollars_per_1000": None if price is None else 1000 * price,
        "dollars_per_million_tokens": None
        if price is None or not tokens
        else price * len(gold.texts) / tokens * 1e6,
        "joules_per_1000": {
            "value": summary.joules.joules,
            "low": summary.joules.low,
            "high": summary.joules.high,
            "method": summary.joules.method,
        },
        "versus": _versus(summary),
        "break_even": _break_even(summary, study),
        **_tables(first, gold),
        "recall": summary.recall,
        "readings": next((f.data for f in first.facts if f.name == "readings"), None),
        "facts": [_plain(asdict(fact)) for fact in first.facts],
    }


def _tables(run: Run, gold: TestSet) -> dict[str, Any]:
    """What the plots of mistakes and of confidence show; None where it makes no sense."""
    graded = None if gold.data is None else gold.grade(run.answers.values)
    single = gold.kind == "label"
    return {
        "confusion": metrics.confusion(run.answers, gold.values, gold.labels) if single else None,
        "reliability": metrics.reliability(run.answers, gold.values) if graded is None else None,
        "risk_coverage": metrics.risk_coverage(run.answers, gold.values, graded),
    }


def _deferral(study: Outcome) -> list[dict[str, Any]] | None:
    """The quality-cost curves of contestants that defer, the certified points marked."""
    found = []
    for summary in study.summaries:
        defers = summary.runs[0].deferral
        if defers is None:
            continue
        proof = defers.certificate
        found.append(
            {
                "spec": summary.spec,
                "points": [asdict(point) for point in defers.points],
                "certificate": None if proof is None else _plain(asdict(proof)),
                "text": None if proof is None else str(proof),
            }
        )
    return found or None


def _versus(summary: Summary) -> dict[str, Any] | None:
    duel = summary.versus
    if duel is None:
        return None
    return {
        **_plain(asdict(duel)),
        "holm_p": summary.holm_p,
        "sequence_p": summary.sequence_p,
        "place": summary.place or None,
        "noninferior": duel.noninferior,
        "recall_differences": dict(summary.recall_differences or {}),
    }


def _break_even(summary: Summary, study: Outcome) -> dict[str, Any] | None:
    """After how many answers the labels and the fit have paid for themselves."""
    large = next(s for s in study.summaries if s.spec == study.incumbent)
    if summary is large or not large.calls_out:
        return None
    per_label = large.dollars if study.label_price is None else study.label_price
    fit = summary.fit.dollars
    once = None if per_label is None or fit is None else fit + per_label * study.trained_on
    return asdict(stats.break_even(once, summary.dollars, large.dollars))


def _best(study: Outcome) -> Summary | None:
    """The contestant of the verdict, or else the best besides the incumbent."""
    by_spec = {s.spec: s for s in study.summaries}
    named = by_spec.get(study.verdict.contestant or "")
    if named is not None and named.spec != study.incumbent:
        return named
    return next((s for s in study.summaries if s.spec != study.incumbent), named)


def _words(study: Outcome) -> dict[str, Any] | None:
    """The words that go with each answer of the small model that the verdict speaks of."""
    named = {s.spec: s for s in study.summaries}.get(study.verdict.contestant or "")
    best = named or _best(study)
    found = words(best, study.gold) if best else None
    return {"spec": best.spec, "labels": found} if best and found else None


def _disagreements(study: Outcome) -> list[dict[str, Any]]:
    """Texts on which the contestants differ; first those on which the best and the large one do.

    Among these, the most confident errors come first.
    """
    firsts = [summary.runs[0] for summary in study.summaries]
    if len(firsts) < 2:
        return []
    said = [run.answers.values for run in firsts]
    sure = [run.answers.confidence for run in firsts]
    grades = [study.gold.grade(values) for values in said]
    best = _best(study)
    pair = [run.spec in (best.spec, study.incumbent) for run in firsts] if best else []
    found = []
    for i in range(len(study.gold.values)):
        answers = [values[i] for values in said]
        if len(set(answers)) > 1:
            wrong = [float(c[i]) for c, g in zip(sure, grades, strict=True) if g[i] < 1]
            votes = Counter(answers)
            sides = {a for a, mine in zip(answers, pair, strict=False) if mine}
            found.append((len(sides) > 1, max(wrong, default=0.0), len(votes), -i))
    chosen = [-i for *_, i in sorted(found, reverse=True)[:TEXTS_SHOWN]]
    return [
        {
            "text": _cut(study.gold.texts[i]),
            "gold": study.gold.values[i],
            "answers": {run.spec: values[i] for run, values in zip(firsts, said, strict=True)},
            "confidence": {
                run.spec: float(c[i])
                for run, c in zip(firsts, sure, strict=True)
                if run.answers.probs is not None
            },
        }
        for i in chosen
    ]


def _cut(text: str | tuple[str, str]) -> str | list[str]:
    if isinstance(text, tuple):
        return [part[:CHARACTERS_SHOWN] for part in text]
    return text[:CHARACTERS_SHOWN]


def _plain(thing: Any) -> Any:
    """Tuples as lists, numpy's numbers as Python's: what JSON takes and gives back equal."""
    if isinstance(thing, Mapping):
        return {key: _plain(value) for key, value in thing.items()}
    if isinstance(thing, tuple | list):
        return [_plain(value) for value in thing]
    return thing.item() if isinstance(thing, np.generic) else thing


def _from_shell() -> bool:
    return Path(sys.argv[0]).name in {"underdog", "cli.py"} if sys.argv else False
