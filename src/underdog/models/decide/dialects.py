"""OpenAI Decisions and System One: where each is spoken, how questions are sent, replies read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

from ...core.cost import Cost
from ...core.errors import UnderdogError
from ...runtime.prices import Usage, price
from ...runtime.store import Reply
from ..chat.completions import decoded
from ..chat.dialects import MOST_TOKENS
from ..chat.endpoint import Endpoint
from ..chat.patience import Fault
from ..chat.redaction import redacted
from ..chat.transport import posted
from .questions import CHOICE, YES_NO, Question
from .readings import Decision, level_text, read

DECISIONS, SYSTEM_ONE = "decisions", "systemone"
PATHS = {DECISIONS: "/decisions", SYSTEM_ONE: "/systemone"}
NAMES = {DECISIONS: "OpenAI Decisions", SYSTEM_ONE: "System One", "chat": "chat completions"}

HOME = {"openai": DECISIONS, "typesafe": SYSTEM_ONE, "fireworks": SYSTEM_ONE, "ollama": SYSTEM_ONE}
"""The dialect that a provider is asked in first; any other is asked in System One first."""

SELLERS = {"openai": "openai-decisions"}
"""The name under which a price list has a provider's decisions, where it has them apart."""

_spoken: dict[str, str] = {}
"""The dialect that was answered at each address, learned once per process."""


@dataclass(frozen=True)
class Request:
    """Questions about one text, put to a model; ``dialect`` is one of `PATHS`, or empty."""

    model: str
    text: str
    questions: tuple[Question, ...]
    dialect: str = ""


def ask(endpoint: Endpoint, request: Request, timeout: float) -> Reply:
    """The reply to one request, tried once; `Fault` says what went wrong. ``timeout`` in seconds.

    Its text is JSON: the version of the model, and a `Decision` for each question. Where no dialect
    is named, the provider's is tried first, and the other one where a server does not know it.
    """
    first = request.dialect or _spoken.get(endpoint.url) or HOME.get(endpoint.provider, SYSTEM_ONE)
    tried = [first] if request.dialect else [first, *(d for d in PATHS if d != first)]
    for dialect in tried:
        try:
            reply = _asked(endpoint, request, dialect, timeout)
        except Fault as fault:
            if not _unknown_path(fault):
                raise _told(fault, request, dialect) from None
        else:
            _spoken[endpoint.url] = dialect
            return reply
    raise _stranger(endpoint, request, tried, timeout)


def body(request: Request, dialect: str) -> dict[str, Any]:
    """``request`` as plain data, in the words of a dialect."""
    if dialect == DECISIONS:
        asked = [_decisions(q, f"q{i}") for i, q in enumerate(request.questions)]
        return {"model": request.model, "input": request.text, "questions": asked}
    named = {f"q{i}": _system_one(q) for i, q in enumerate(request.questions)}
    return {"model": request.model, "state": request.text, "questions": named}


def decisions(reply: Reply) -> tuple[str, list[Decision]]:
    """The version of the model that answered, and its decisions; of a refused text, none."""
    if not reply.text:
        return "", []
    said = json.loads(reply.text)
    return str(said["model"]), [Decision.of(one) for one in said["answers"]]


def _decisions(question: Question, name: str) -> dict[str, Any]:
    asked: dict[str, Any] = {"name": name, "instructions": question.instructions}
    if question.kind == YES_NO:
        means = _yes_no_meanings(question)
        said = "\n".join(f"{word.capitalize()}: {text}" for word, text in means.items())
        return asked | {
            "type": "predicate",
            "instructions": f"{question.instructions}\n{said}".strip(),
        }
    key = "value" if question.kind == CHOICE else "label"
    options = [
        {key: option} | ({"description": means} if means else {})
        for option, means in zip(question.options, question.descriptions, strict=True)
    ]
    if question.kind == CHOICE:
        return asked | {"type": "choice", "choices": options}
    return asked | {"type": "score", "levels": options}


def _system_one(question: Question) -> dict[str, Any]:
    asked: dict[str, Any] = {"instructions": question.instructions}
    if question.kind == YES_NO:
        means = _yes_no_meanings(question)
        return {"type": "noul"} | asked | ({"criteria": means} if means else {})
    if question.kind == CHOICE:
        options = zip(question.options, question.descriptions, strict=True)
        return {"type": "choice"} | asked | {"criteria": {o: means or None for o, means in options}}
    levels = [level_text(question, i) for i in range(len(question.options))]
    return {"type": "score"} | asked | {"criteria": levels}


def _yes_no_meanings(question: Question) -> dict[str, str]:
    """What yes and no mean, where both are described."""
    means = dict(zip(("true", "false"), question.descriptions, strict=True))
    return means if all(means.values()) else {}


def _asked(endpoint: Endpoint, request: Request, dialect: str, timeout: float) -> Reply:
    client = endpoint.client(timeout)
    start = perf_counter()
    try:
        content = posted(client, PATHS[dialect], body(request, dialect))
        seconds = perf_counter() - start
    except UnderdogError:
        raise
    except Exception as error:
        raise Fault.of(error) from None  # the SDK's error holds what the server said, unredacted
    try:
        said = decoded(content)
        answers = _in_order(said["answers"], len(request.questions), dialect)
        found = [read(a, q) for a, q in zip(answers, request.questions, strict=True)]
        version, usage = str(said.get("model") or request.model), usage_of(said.get("usage"))
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise Fault("malformed", f"a reply that cannot be read ({error!r:.200})") from None
    except RecursionError:
        raise Fault("malformed", "a reply that is nested too deeply to be read") from None
    bought = partial(_dollars, endpoint, usage)
    dollars = bought(version) if endpoint.priced else None
    if dollars is None and endpoint.priced and version != request.model:
        dollars = bought(request.model)
    cost = Cost(seconds, None, dollars, usage.tokens_in, usage.tokens_out, 1)
    text = json.dumps({"model": version, "answers": [one.plain() for one in found]})
    return Reply(redacted(text), usage, cost)


def _dollars(endpoint: Endpoint, usage: Usage, model: str) -> float | None:
    """What was read costs by the price list; a decision model writes nothing that is paid for."""
    free = Usage(usage.tokens_in, 0, usage.cached, usage.written)
    seller = SELLERS.get(endpoint.provider) if endpoint.public else None
    if seller:
        return price(model, free, seller)
    return price(model, free, endpoint.provider, endpoint.url)


def _in_order(answers: Any, n: int, dialect: str) -> list[Any]:
    """An answer to each of ``n`` questions, None where one is missing."""
    if isinstance(answers, Mapping) and dialect == SYSTEM_ONE:
        return [answers.get(f"q{i}") for i in range(n)]
    if isinstance(answers, Sequence) and not isinstance(answers, str) and dialect == DECISIONS:
        named = {a.get("name"): a for a in answers if isinstance(a, Mapping) and a.get("name")}
        if len(named) == len(answers):
            return [named.get(f"q{i}") for i in range(n)]
        if len(answers) != n:
            raise ValueError(f"{len(answers)} answers without names to {n} questions")
        return list(answers)
    other = SYSTEM_ONE if dialect == DECISIONS else DECISIONS
    raise ValueError(f"answers of another dialect, {NAMES[other]}, it seems")


def usage_of(billed: Any) -> Usage:
    """The tokens of a bill, under the names that servers have for them; None where it is silent."""
    billed = billed or {}
    inward = _first(billed, "input_tokens_details", "prompt_tokens_details") or {}
    told = _count(billed, "input_tokens", "prompt_tokens")
    written = _count(billed, "output_tokens", "completion_tokens")
    return Usage(
        told,
        0 if written is None and told is not None else written,  # it writes nothing
        _count(inward, "cached_tokens") or _count(billed, "cache_read_input_tokens") or 0,
        _count(inward, "cache_write_tokens") or _count(billed, "cache_creation_input_tokens") or 0,
    )


def _first(billed: Mapping[str, Any], *names: str) -> Any:
    return next((billed[name] for name in names if billed.get(name) is not None), None)


def _count(billed: Mapping[str, Any], *names: str) -> int | None:
    value = _first(billed, *names)
    if value is None:
        return None
    if isinstance(value, bool) or int(value) != value or not 0 <= value <= MOST_TOKENS:
        raise ValueError(f"{names[0]} is {value!r:.40}")
    return int(value)


def _unknown_path(fault: Fault) -> bool:
    """Whether the server does not know the address, rather than the model."""
    return fault.status in (404, 405) and "model" not in fault.message.lower()


def _told(fault: Fault, request: Request, dialect: str) -> Fault:
    """``fault`` with a hint of what to type, where it is one of decisions."""
    said, model = fault.message, request.model
    if fault.status == 501:
        fault.hint = f"ask it as a model that writes: chat({model!r})"
    most = re.search(
        r"(?:at most|up to|maximum (?:of|is)?|exceeds?|limit (?:of|is)?)\D{0,20}(\d+)", said
    )
    if fault.status in (400, 413, 422) and re.search(r"option|choice|criteria|label", said):
        limit = int(most[1]) if most and 2 <= int(most[1]) <= 255 else 64
        fault.hint = f"tell how many options it takes: decide({model!r}, limit={limit})"
    if fault.kind == "malformed" and "another dialect" in said:
        other = SYSTEM_ONE if dialect == DECISIONS else DECISIONS
        fault.hint = f"ask in that: decide({model!r}, dialect={other!r})"
    return fault


def _stranger(endpoint: Endpoint, request: Request, tried: Sequence[str], timeout: float) -> Fault:
    """A server that does not speak what was ``tried``: the fault says what it does speak."""
    asked = " and ".join(NAMES[one] for one in tried)
    paths = {**PATHS, "chat": "/chat/completions"}
    spoken = [d for d in paths if d not in tried and _knows(endpoint, paths[d], timeout)]
    said = f"it does not speak {asked}"
    if not spoken:
        variable = endpoint.variable.replace("_API_KEY", "_BASE_URL")
        hint = f"is that the address of its API? export {variable}=https://HOST/v1"
        return Fault("status", said, 404, hint=hint)
    what, model = spoken[0], request.model
    typed = f"chat({model!r})" if what == "chat" else f"decide({model!r}, dialect={what!r})"
    return Fault("status", f"{said}, but {NAMES[what]}", 404, hint=f"type: {typed}")


def _knows(endpoint: Endpoint, path: str, timeout: float) -> bool:
    """Whether a server knows ``path``: it refuses an empty request for another reason."""
    try:
        posted(endpoint.client(timeout), path, {})
    except Exception as error:
        try:
            fault = Fault.of(error)
        except Exception:  # whatever it is, an explanation must not fail
            return False
        return fault.kind == "status" and fault.status not in (404, 405, 501)
    return True
