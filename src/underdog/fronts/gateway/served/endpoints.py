"""The endpoints that answer from models in folders: our own, and those of the known protocols."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ....core.answer import Answer
from ....core.cost import FIELDS
from ....core.data import Text, clean
from ...labelling.run import value_of
from ..asgi import HttpError
from ..dialects import chat, decisions, responses, systemone
from ..dialects.questions import YES, Asked, Question
from .hosted import Hosted, Version

MOST_TEXTS = 2048
PREFIX = "underdog/"


class Served:
    """The models of a gateway, by name."""

    def __init__(self, models: Iterable[Hosted]) -> None:
        self.models: dict[str, Hosted] = {model.name: model for model in models}

    def listed(self) -> list[dict[str, Any]]:
        """The models as ``GET /v1/models`` lists them."""
        return [
            {"id": PREFIX + name, "object": "model", "created": 0, "owned_by": "underdog"}
            for name in self.models
        ]

    def owns(self, model: Any) -> bool:
        """Whether a request for ``model`` is for one of these."""
        return isinstance(model, str) and model.removeprefix(PREFIX) in self.models

    def model(self, name: Any) -> Hosted:
        """The model called ``name``; the only one where none is named. Refused with 404."""
        if name is None and len(self.models) == 1:
            return next(iter(self.models.values()))
        short = name.removeprefix(PREFIX) if isinstance(name, str) else ""
        found = self.models.get(short)
        if found is None:
            known = ", ".join(PREFIX + n for n in self.models) or "none"
            raise HttpError(404, f"no model {str(name)[:80]!r}; there are: {known}")
        return found

    async def texts(self, body: dict[str, Any]) -> dict[str, Any]:
        """``POST /v1/answer``: values, probabilities, path and cost for each text."""
        model = self.model(body.get("model"))
        texts = _texts(body, model.version.pairs)
        answers, _ = await model.answer(texts)
        return {"model": PREFIX + model.name, "answers": [_told(a) for a in answers]}

    async def decisions(self, body: dict[str, Any]) -> dict[str, Any]:
        """``POST /v1/decisions``: an answer to each question, in order."""
        asked = decisions.parse(body)
        found = await self._answers(asked)
        said = [decisions.answer(q, p) for q, p in zip(asked.questions, found, strict=True)]
        return decisions.response(asked.model, said)

    async def systemone(self, body: dict[str, Any]) -> dict[str, Any]:
        """``POST /v1/systemone``: an answer to each question, by its name."""
        asked = systemone.parse(body)
        found = await self._answers(asked)
        pairs = zip(asked.questions, found, strict=True)
        said = {str(q.name): systemone.answer(q, p) for q, p in pairs}
        return systemone.response(asked.model, said)

    async def completion(self, body: dict[str, Any], dialect: Any) -> tuple[bool, list[bytes]]:
        """The reply in Chat Completions or Responses, and whether it is streamed, in pieces."""
        model = self.model(body.get("model"))
        text = dialect.last_text(body)
        if text is None:
            raise HttpError(400, "the last message is not a user's text")
        if model.version.pairs:
            raise HttpError(400, f"{model.name} reads text pairs: use /v1/answer")
        answers, _ = await model.answer([clean(text)])
        said, name = value_of(answers[0]), PREFIX + model.name
        if chat.streams(body):
            return True, dialect.stream(name, said, None, chat.wants_usage(body))
        return False, [dialect.whole(name, said)]

    async def _answers(self, asked: Asked) -> list[list[float]]:
        if asked.text is None:
            raise HttpError(400, "the input holds more than a user's text; these models read text")
        found = []
        for question in asked.questions:
            model = self._for(question, asked)
            if model.version.pairs:
                raise HttpError(400, f"{model.name} reads text pairs: use /v1/answer")
            answers, version = await model.answer([clean(asked.text)])
            found.append(_shares(question, answers[0], version, model.name))
        return found

    def _for(self, question: Question, asked: Asked) -> Hosted:
        """The model for a question: by its name, else by its instructions, else the one named."""
        if question.name in self.models:
            return self.models[str(question.name)]
        for model in self.models.values():
            if model.version.instruction and model.version.instruction == question.instructions:
                return model
        return self.model(asked.model)


def _shares(question: Question, answer: Answer, version: Version, name: str) -> list[float]:
    """The probabilities of the question's options, in order; refused where the model has others."""
    labels: Sequence[str] = version.labels or (tuple(answer.probs) if answer.probs else ())
    told: Mapping[str, float] = answer.probs if answer.probs is not None else {answer.value: 1.0}
    if question.kind == "predicate":
        yes = _yes(question, labels, name)
        p = sum(float(told.get(label, 0.0)) for label in yes)
        return [min(1.0, p), max(0.0, 1.0 - p)]
    unknown = [option for option in question.options if option not in labels]
    if unknown:
        raise HttpError(
            400, f"{name} does not know {unknown[0][:80]!r}; it knows: {', '.join(labels)[:400]}"
        )
    found = [float(told.get(option, 0.0)) for option in question.options]
    total = sum(found)
    return [p / total if total > 0 else 1.0 / len(found) for p in found]


def _yes(question: Question, labels: Sequence[str], name: str) -> list[str]:
    """The labels that mean yes: the one that the question is named after, else "true" and such."""
    if question.name in labels:
        return [str(question.name)]
    found = [label for label in labels if label.strip().lower() in YES]
    if len(found) != 1:
        raise HttpError(
            400, f"{name} has no label for yes; name the question after one: {', '.join(labels)}"
        )
    return found


def _texts(body: dict[str, Any], pairs: bool) -> list[Text]:
    given = body.get("texts", body.get("text"))
    listed: list[Any] = given if isinstance(given, list) else [given]
    if not 1 <= len(listed) <= MOST_TEXTS:
        raise HttpError(400, f"texts: a list of 1 to {MOST_TEXTS:,} texts is needed")
    if pairs:
        if not all(
            isinstance(p, list) and len(p) == 2 and all(isinstance(t, str) for t in p)
            for p in listed
        ):
            raise HttpError(400, "texts: each must be a list of two texts")
        return [(clean(p[0]), clean(p[1])) for p in listed]
    if not all(isinstance(t, str) for t in listed):
        raise HttpError(400, "texts: each must be a text")
    return [clean(t) for t in listed]


def _told(answer: Answer) -> dict[str, Any]:
    cost = {name: getattr(answer.cost, name) for name in FIELDS}
    return {
        "value": value_of(answer),
        "probs": dict(answer.probs) if answer.probs else None,
        "confidence": answer.confidence,
        "path": list(answer.path),
        "cost": cost,
    }


DIALECTS: Mapping[str, Any] = {chat.PATH: chat, responses.PATH: responses}
"""The protocols in which a model writes, by the end of their path."""
