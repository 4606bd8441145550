"""Why a small model may answer a text, or why the upstream is asked: one sentence."""

from __future__ import annotations

import json
from typing import Any

from .board import Board
from .learner import Choice
from .likeness import Gated
from .task import CANARY, COMPARED, LENIENT, TaskState

NO_TASK = "the request belongs to no task that was found in the traffic so far"


def reason(board: Board, task: TaskState, choice: Choice | None) -> str:
    """Why ``choice`` was made, in words; None stands for a text that no small model has seen.

    Labels are quoted as JSON, so the sentence is ASCII without line breaks, as a header wants it.
    """
    if task.policy.state == "off":
        return "a person decided that this task is left alone"
    if choice is None:
        now = task.learner.stream.now
        return (
            f"there is no small model yet: {now.asked:,} replies were heard in this term, "
            f"and the next fit is due after {now.due:,}"
        )
    said = json.dumps(task.learner.labels[choice.said][:80]) if choice.said >= 0 else "nothing"
    if choice.local:
        return (
            f"the small model says {said} with confidence {choice.confidence:.3f}; "
            f"it may answer from {choice.limit:.3f} on"
        )
    return _withheld(board, task) or _deferred(board, task, choice, said)


def tried(board: Board, task: TaskState, text: str) -> dict[str, Any]:
    """What would become of ``text`` now, without asking or learning anything."""
    shown = board.redacted(text)
    choice = board.choice(task, shown, local=True)
    models = task.learner.models
    alike = models[0].likeness if models and isinstance(models[0], Gated) else None
    return {
        "task": task.id,
        "text": shown,
        "says": task.learner.labels[choice.said] if choice and choice.said >= 0 else None,
        "confidence": choice.confidence if choice else None,
        "threshold": choice.limit if choice else None,
        "likeness": alike.alike(shown) if alike else None,
        "least_likeness": alike.least if alike else None,
        "local": choice is not None and choice.local,
        "because": reason(board, task, choice),
    }


def _withheld(board: Board, task: TaskState) -> str:
    """Why the small model of ``task`` answers no text at all at present; empty if it does."""
    mode, risk, counts = board.mode, board.settings.risk, task.counts
    if task.policy.state == "pinned":
        return "a person decided that this task always goes to the upstream"
    if mode in ("observe", "shadow"):
        return f"in the mode {mode} small models answer nothing"
    if counts.compared < COMPARED:
        return (
            f"the small model is compared before it answers: {counts.compared} of {COMPARED} "
            "texts so far"
        )
    if counts.differed > LENIENT * risk * counts.compared:
        return (
            f"the small model differed on {counts.differed} of the {counts.compared} texts on "
            f"which it was compared, more than {LENIENT * risk:.0%}; it waits for its next fit"
        )
    return ""


def _deferred(board: Board, task: TaskState, choice: Choice, said: str) -> str:
    """Why the small model does not answer this one text."""
    if choice.audit and choice.able:
        return "an audit: a random share of what it may answer is checked, for ever"
    if choice.strange:
        return (
            f"the text is unlike those that the small model learned from; its {said} with "
            f"confidence {choice.confidence:.3f} is not relied on"
        )
    if not choice.sure:
        return (
            f"the small model says {said} with confidence {choice.confidence:.3f}; "
            f"it may answer from {choice.limit:.3f} on"
        )
    if not choice.open:
        return (
            "the allowance is used up: audits found as many differences as "
            f"{board.settings.risk:.1%} of the answers allow"
        )
    if not task.allows(choice):
        return f"a person decided that {said} is never answered locally"
    if board.mode == "canary":
        return f"in the mode canary only {CANARY:.0%} of what it may answer is answered"
    return "an audit" if choice.audit else "decided just before a change"
