"""OpenAI Decisions: questions in a list, answers in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .content import plain
from .questions import (
    MOST_OPTIONS,
    MOST_QUESTIONS,
    Asked,
    Question,
    confidence,
    instructions_of,
    named,
    need,
    text_of,
)

PATH = "/decisions"


def parse(body: dict[str, Any]) -> Asked:
    """The text and the questions of a request; refused with status 400 where it is malformed."""
    listed = body.get("questions")
    need(isinstance(listed, list) and bool(listed), "questions: a list of 1 to 400 is missing")
    assert isinstance(listed, list)
    need(len(listed) <= MOST_QUESTIONS, f"questions: more than {MOST_QUESTIONS}")
    need("input" in body, "input: a text or a list of messages is missing")
    questions = tuple(_question(q, f"questions[{i}]") for i, q in enumerate(listed))
    return Asked(named(body), _text(body["input"]), questions)


def answer(question: Question, probs: Sequence[float]) -> dict[str, Any]:
    """One answer; ``probs`` are the probabilities of the question's options, in their order."""
    if question.kind == "predicate":
        return {"type": "predicate", "name": question.name, "probability": probs[0]}
    best = max(range(len(probs)), key=probs.__getitem__)
    sure = confidence(probs)
    if question.kind == "choice":
        shares = [
            {"value": v, "probability": p} for v, p in zip(question.values, probs, strict=True)
        ]
        return {
            "type": "choice",
            "name": question.name,
            "choice": question.values[best],
            "probabilities": shares,
            "confidence": sure,
        }
    levels = [
        {"label": label, "value": i, "probability": p}
        for i, (label, p) in enumerate(zip(question.options, probs, strict=True))
    ]
    expected = sum(i * p for i, p in enumerate(probs))
    return {
        "type": "score",
        "name": question.name,
        "score": expected,
        "probabilities": levels,
        "confidence": sure,
    }


def response(model: str, answers: Sequence[Any], tokens: int = 0) -> dict[str, Any]:
    """The whole response to a request whose questions got ``answers``."""
    usage = {
        "input_tokens": tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 0,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens,
    }
    return {"model": model, "answers": list(answers), "usage": usage}


def replies(response: dict[str, Any], questions: Sequence[Question]) -> list[str | None]:
    """Which option the model chose for each question; None where it refused or said no option."""
    found = response.get("answers")
    if not isinstance(found, list) or len(found) != len(questions):
        return [None] * len(questions)
    return [chosen(q, a) for q, a in zip(questions, found, strict=True)]


def chosen(question: Question, answer: Any) -> str | None:
    """The option that ``answer`` gives; None where it is a refusal or malformed."""
    if not isinstance(answer, dict) or answer.get("type") != question.kind:
        return None
    if question.kind == "predicate":
        p = answer.get("probability")
        if isinstance(p, bool) or not isinstance(p, int | float):
            return None
        return question.options[0 if p >= 0.5 else 1]
    if question.kind == "choice":
        value = answer.get("choice")
        same = [v for v in question.values if type(v) is type(value) and v == value]
        return text_of(value) if same else None
    return _level(question, answer.get("score"))


def _level(question: Question, score: Any) -> str | None:
    if isinstance(score, bool) or not isinstance(score, int | float) or score != score:
        return None
    at = round(score) if abs(score) < MOST_OPTIONS else -1
    return question.options[at] if 0 <= at < len(question.options) else None


def _question(question: Any, where: str) -> Question:
    need(isinstance(question, dict), f"{where}: not an object")
    kind, name = question.get("type"), question.get("name")
    need(kind in ("predicate", "choice", "score"), f"{where}.type: predicate, choice or score")
    need(name is None or isinstance(name, str), f"{where}.name: not a text")
    asks = instructions_of(question, where)
    if kind == "predicate":
        return Question(kind, name, asks, ("true", "false"), (True, False), question)
    field, key, types = (
        ("choices", "value", (str, bool)) if kind == "choice" else ("levels", "label", (str,))
    )
    listed = question.get(field)
    need(isinstance(listed, list) and len(listed) >= 2, f"{where}.{field}: at least two are needed")
    need(len(listed) <= MOST_OPTIONS, f"{where}.{field}: more than {MOST_OPTIONS}")
    for i, option in enumerate(listed):
        good = isinstance(option, dict) and isinstance(option.get(key), types)
        need(good, f"{where}.{field}[{i}].{key}: a value is missing")
    values = tuple(option[key] for option in listed)
    need(len({(type(v), v) for v in values}) == len(values), f"{where}.{field}: one occurs twice")
    return Question(kind, name, asks, tuple(text_of(v) for v in values), values, question)


def _text(given: Any) -> str | None:
    """The text of an input; None where it holds images, calls or earlier turns of an assistant."""
    if isinstance(given, str):
        return given
    if not isinstance(given, list) or not given:
        need(isinstance(given, list), "input: neither a text nor a list of messages")
        return None
    if any(not isinstance(m, dict) or m.get("role") not in ("user",) for m in given):
        return None
    texts = [plain(message.get("content")) for message in given]
    return None if any(t is None for t in texts) else "\n".join(t for t in texts if t is not None)
