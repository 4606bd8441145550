"""System One: one state, questions by name, answers by the same names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .content import ordered
from .questions import (
    MOST_OPTIONS,
    MOST_QUESTIONS,
    Asked,
    Question,
    confidence,
    instructions_of,
    named,
    need,
)

PATH = "/systemone"


def parse(body: dict[str, Any]) -> Asked:
    """The state and the questions of a request; refused with status 400 where it is malformed."""
    asked = body.get("questions")
    need(isinstance(asked, dict) and bool(asked), "questions: an object of questions is missing")
    assert isinstance(asked, dict)
    need(len(asked) <= MOST_QUESTIONS, f"questions: more than {MOST_QUESTIONS}")
    need("state" in body, "state: a text or JSON is missing")
    state = body["state"]
    questions = tuple(_question(name, q) for name, q in asked.items())
    return Asked(named(body), state if isinstance(state, str) else ordered(state), questions)


def answer(question: Question, probs: Sequence[float]) -> dict[str, Any]:
    """One answer; ``probs`` are the probabilities of the question's options, in their order."""
    if question.kind == "predicate":
        return {"type": "noul", "noul": probs[0]}
    best = max(range(len(probs)), key=probs.__getitem__)
    if question.kind == "choice":
        return {
            "type": "choice",
            "choice": question.options[best],
            "probabilities": dict(zip(question.options, probs, strict=True)),
            "confidence": confidence(probs),
        }
    return {
        "type": "score",
        "score": sum(i * p for i, p in enumerate(probs)),
        "probabilities": {str(i): p for i, p in enumerate(probs)},
        "legend": {str(i): level for i, level in enumerate(question.options)},
        "confidence": confidence(probs),
    }


def response(model: str, answers: Mapping[str, Any], tokens: int = 0) -> dict[str, Any]:
    """The whole response to a request whose questions got ``answers``, by name."""
    usage = {"input_tokens": tokens, "output_tokens": 0}
    return {"model": model, "answers": dict(answers), "usage": usage}


def replies(response: dict[str, Any], questions: Sequence[Question]) -> list[str | None]:
    """Which option the model chose for each question; None where it gave none."""
    found = response.get("answers")
    if not isinstance(found, dict):
        return [None] * len(questions)
    return [chosen(q, found.get(q.name)) for q in questions]


def chosen(question: Question, answer: Any) -> str | None:
    """The option that ``answer`` gives; None where it is missing or malformed."""
    if not isinstance(answer, dict):
        return None
    if question.kind == "predicate":
        p = answer.get("noul")
        if isinstance(p, bool) or not isinstance(p, int | float):
            return None
        return question.options[0 if p >= 0.5 else 1]
    if question.kind == "choice":
        value = answer.get("choice")
        return value if isinstance(value, str) and value in question.options else None
    score = answer.get("score")
    if isinstance(score, bool) or not isinstance(score, int | float) or score != score:
        return None
    at = round(score) if abs(score) < 1e9 else -1
    return question.options[at] if 0 <= at < len(question.options) else None


def _question(name: str, question: Any) -> Question:
    where = f"questions.{name[:60]}"
    need(isinstance(question, dict), f"{where}: not an object")
    kind = question.get("type")
    need(kind in ("choice", "noul", "score"), f"{where}.type: choice, noul or score")
    asks, criteria = instructions_of(question, where), question.get("criteria")
    if kind == "noul":
        fine = criteria is None or isinstance(criteria, dict)
        need(fine, f"{where}.criteria: not an object")
        return Question("predicate", name, asks, ("true", "false"), (True, False), question)
    if kind == "choice":
        need(isinstance(criteria, dict), f"{where}.criteria: an object of options is missing")
        options = tuple(criteria)
    else:
        listed = isinstance(criteria, list) and all(isinstance(c, str) for c in criteria)
        need(listed, f"{where}.criteria: a list of levels is missing")
        options = tuple(criteria)
    need(2 <= len(options) <= MOST_OPTIONS, f"{where}.criteria: at least two options are needed")
    return Question(kind, name, asks, options, options, question)
