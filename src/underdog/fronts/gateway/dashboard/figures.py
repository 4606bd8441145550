"""The figures of the dashboard: from the ledger, the examples and the tasks."""

from __future__ import annotations

import json
import time
from typing import Any

from ....teach.bounds import lower_bound, paired_p
from ..ledger.store import Store
from ..metrics import Metrics
from ..served.endpoints import Served
from ..settings import Settings
from ..tasks.board import Board
from ..tasks.sharing import Told
from ..tasks.task import STATES, Counts, TaskState

DAY = 86400.0

MARGIN = 0.01
"""A loss of accuracy on judged texts that is still acceptable."""


def overview(
    settings: Settings,
    board: Board | None,
    store: Store | None,
    served: Served,
    metrics: Metrics,
    started: float,
    trusted: bool,
) -> dict[str, Any]:
    """Requests, the share answered locally, money, and latency by who answered; of 30 days.

    Requests to saved models are no part of the ledger: they are counted since the start.
    """
    rows = [*_by(store), *_of_models(metrics)]
    total = sum(row["requests"] for row in rows)
    local = sum(row["requests"] for row in rows if row["by"] in ("local", "cache", "model"))
    models = [
        {"name": m.name, "labels": len(m.version.labels), "problem": m.problem}
        for m in served.models.values()
    ]
    return {
        "mode": board.mode if board else "models only",
        "upstream": settings.upstream if trusted else bool(settings.upstream),
        "up": time.time() - started,
        "risk": settings.risk,
        "delta": settings.delta,
        "requests": total,
        "local": local / total if total else 0.0,
        "paid": sum(row["paid"] for row in rows),
        "saved": sum(row["saved"] for row in rows),
        "unpriced": sum(row["unpriced"] for row in rows),
        "training_seconds": _training(board) if board else 0.0,
        "by": rows,
        "models": models,
        "trusted": trusted,
    }


def _by(store: Store | None) -> list[dict[str, Any]]:
    if store is None:
        return []
    since = time.time() - 30 * DAY
    grouped = store.rows(
        "SELECT by_whom, count(*), coalesce(sum(paid), 0), coalesce(sum(saved), 0), "
        "sum(CASE WHEN paid IS NULL THEN 1 ELSE 0 END) "
        "FROM requests WHERE at > :since GROUP BY by_whom",
        since=since,
    )
    found = []
    for by, n, paid, saved, unpriced in grouped:
        quick = store.rows(
            "SELECT seconds FROM requests WHERE by_whom = :by ORDER BY at DESC LIMIT 1000", by=by
        )
        money = {"paid": float(paid), "saved": float(saved), "unpriced": int(unpriced)}
        found.append(_row(by, int(n), [s for (s,) in quick], **money))
    return found


def _training(board: Board) -> float:
    return sum(_counts(board.told(task)).training_seconds for task in board.tasks)


def _counts(told: list[Told]) -> Counts:
    return sum((one.counts for one in told[1:]), told[0].counts)


def _of_models(metrics: Metrics) -> list[dict[str, Any]]:
    n, seconds = metrics.served("model")
    return [_row("model", n, seconds, paid=0.0, saved=0.0, unpriced=0)] if n else []


def _row(by: str, n: int, seconds: list[float], **money: float) -> dict[str, Any]:
    ordered = sorted(seconds)
    p50, p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    return {"by": by, "requests": n, "p50": p50, "p99": p99, **money}


def task_figures(
    board: Board, task: TaskState, store: Store | None, trusted: bool
) -> dict[str, Any]:
    """One task: its state, its audit against its guarantee, and, with the token, its texts.

    Of several gateways on one database, counts are of all, and each has a certificate of its own.
    """
    settings, told, summary = board.settings, board.told(task), task.learner.summary
    counts, certified = _counts(told), [t.summary for t in told if t.counts.local]
    n = counts.audited
    agreed = counts.agreed / n if n else None
    return {
        "id": task.id,
        "name": task.name,
        "state": max((t.state for t in told), key=STATES.index),
        "policy": task.policy.state,
        "never": list(task.policy.never) if trusted else len(task.policy.never),
        "about": dict(task.about) if trusted else {"dialect": task.about.get("dialect", "")},
        "labels": list(task.learner.labels) if trusted else len(task.learner.labels),
        "resolved": task.resolved,
        "heard": counts.heard,
        "local": counts.local,
        "audited": n,
        "agreement": agreed,
        "agreement_bound": float(lower_bound(counts.agreed, n, settings.delta)) if n else None,
        "repeated": counts.repeated,
        "same": counts.same,
        "differ_at_most": sum(s.differ for s in certified),
        "differ_allowed": sum(s.allowed for s in certified),
        "risk": settings.risk,
        "certificate": "\n\n".join(map(str, certified)) or str(summary) * bool(counts.fits),
        "alarms": [{"after": at, "what": what} for at, what in summary.alarms],
        "saved": counts.saved,
        "paid": counts.paid,
        "fitting": task.fitting or (task.learner.due and settings.mode != "observe"),
        "next_fit_at": task.learner.stream.now.due,
        "labels_heard": task.learner.stream.now.asked,
        "problem": task.problem,
        "gold": gold(task, store),
        "latest": list(task.latest) if trusted else [],
    }


def gold(task: TaskState, store: Store | None) -> dict[str, Any]:
    """On the texts that people judged: how often the small and the large model were right.

    Each is counted where its answer is known. ``p`` is the p-value of "the small model is right
    less often, by `MARGIN` or more", from the texts of which both answers are known; it assumes
    that these were chosen without regard to the answers, as audits are.
    """
    rows = (
        store.rows("SELECT reply, own FROM examples WHERE task = :t AND source = 'gold'", t=task.id)
        if store is not None
        else []
    )
    known: list[tuple[bool | None, bool | None]] = []
    for right, said in rows:
        meant = right.strip().lower()
        small, large = [None if x is None else x.lower() == meant for x in json.loads(said)]
        known.append((small, large))
    both = [(small, large) for small, large in known if None not in (small, large)]
    losses = sum(not small and bool(large) for small, large in both)
    wins = sum(bool(small) and not large for small, large in both)
    return {
        "judged": len(known),
        "small_right": sum(bool(small) for small, _ in known),
        "small_known": sum(small is not None for small, _ in known),
        "large_right": sum(bool(large) for _, large in known),
        "large_known": sum(large is not None for _, large in known),
        "both": len(both),
        "margin": MARGIN,
        "p": paired_p(losses, wins, len(both), MARGIN),
    }
