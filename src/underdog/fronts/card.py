"""The card of a saved model: its purpose, its data, how good it is for which texts, its limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..core.answer import ABSTAIN
from ..core.cost import Floats
from ..core.data import Dataset
from ..core.description import describe
from ..core.graders import grader_for, is_exact, says
from ..core.protocols import Grader, Model
from ..data.tables.names import ROW
from ..evaluate.explanation import explain
from ..evaluate.stats import wilson
from ..report.explaining import card as shown
from ..report.explaining.card import Block, Card, Facts, Groups, Items, Section, Verbatim, Warned
from ..report.explaining.shown import summary
from ..runtime.formatting import percent
from .spending import paid_services

FEWEST, MOST, COLUMNS = 10, 12, 6
"""Texts of a group that is shown; values of a column with groups; such columns, at most."""

LABELS = 80
"""Labels that a card lists."""

EXPLAINED = 20
"""Texts whose explanations are measured."""

Group = Mapping[str, Any]
"""``by`` which property, its ``value``, the number of ``texts``, and the sum of their grades as
``right``: how many were, where an answer is right or wrong."""


def graded(data: Dataset, values: Sequence[str]) -> tuple[Grader, Floats]:
    """The grader of the task of ``data``, and the grade of each of the ``values``, ``[rows]``."""
    grader = grader_for(data)
    return grader, np.nan_to_num(grader.grade(data.texts, values, data))


def groups_of(data: Dataset, right: Floats) -> list[Group]:
    """How right the answers were to the texts of each label, length, group and column value.

    ``right`` has a grade for each row of ``data``, ``[rows]``.
    """
    lengths = np.array([len(" ".join(_sides(text)).split()) for text in data.texts])
    short, long = np.quantile(lengths, [1 / 3, 2 / 3]).astype(int).tolist() if len(data) else (0, 0)
    middle = f"{long} words" if long == short + 1 else f"{short + 1} to {long} words"
    names = (f"up to {short} words", middle, f"over {long} words")
    place = (lengths > short).astype(int) + (lengths > long)
    named = data.task.kind in ("label", "labels")
    properties = {"label": [label or "" for label in data.labels]} if named else {}
    properties["length"] = [names[k] for k in place.tolist()]
    if data.groups is not None:
        properties["group"] = [str(group) for group in data.groups]
    for name, cells in data.columns.items():
        values = ["" if cell is None else str(cell) for cell in cells]
        if 2 <= len({v for v in values if v}) <= MOST and len(properties) < COLUMNS:
            properties[name] = values
    found: list[Group] = []
    for name, values in properties.items():
        for value in sorted(set(values) - {""}):
            rows = [i for i, one in enumerate(values) if one == value]
            if len(rows) >= FEWEST:
                n = float(right[rows].sum())
                n = int(n) if n.is_integer() else n
                found.append({"by": name, "value": value, "texts": len(rows), "right": n})
    return found


def card(model: Model, told: Mapping[str, Any], name: str, data: Dataset | None = None) -> Card:
    """The card of ``model``. ``told`` is the record of the model; ``data`` are labelled rows.

    With ``data`` the model is measured there, and its explanations are; otherwise the card has what
    was measured when the model was fitted.
    """
    measured = _measured(model, told, data) if data is not None else _recorded(told)
    made = {
        "Intended purpose": _purpose(told),
        "Training data": _data(told),
        "Measured performance": _performance(measured),
        "Explanations": _explanations(model, data),
        "Limits": [Items(tuple(_limits(model, measured, data)))],
        "Human oversight": _oversight(model, measured),
    }
    sections = [Section(title, tuple(blocks)) for title, blocks in made.items()]
    return Card(name, Facts(tuple(_identity(told))), tuple(sections))


def _measured(model: Model, told: Mapping[str, Any], data: Dataset) -> dict[str, Any]:
    answers = model.answer(data.texts)
    grader, right = graded(data, answers.values)
    single = data.task.kind == "label"
    return {
        "says": "" if is_exact(grader, data) else says(grader),
        "seen": data.fingerprint == (told.get("data") or {}).get("fingerprint"),
        "right": float(right.sum()),
        "texts": len(right),
        "on": f"the {len(right):,} labelled rows of {data.task.name}",
        "groups": groups_of(data, right),
        "abstained": sum(value == ABSTAIN for value in answers.values),
        "sure": None if answers.probs is None else float(answers.confidence.mean()),
        "unsaid": sorted(set(data.task.labels) - set(answers.values)) if single else [],
    }


def _recorded(told: Mapping[str, Any]) -> dict[str, Any]:
    score = told.get("score") or {}
    if score.get("accuracy") is None:
        return {"why": score.get("why") or "the model has no record"}
    n = int(score["rows"])
    return {
        "says": score.get("says", ""),
        "right": score["accuracy"] * n,
        "texts": n,
        "on": f"{n:,} held-out rows of the training file, by the same recipe {score['how']} rows",
        "groups": score.get("groups") or [],
    }


def _identity(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, say in (("spec", "Recipe"), ("created", "Created"), ("command", "Made by")):
        if told.get(key):
            yield say, str(told[key])
    if told.get("version"):
        yield "Software", f"underdog {told['version']}, random seed {told.get('seed')}"


def _purpose(told: Mapping[str, Any]) -> Iterator[Block]:
    labels = [str(label) for label in told.get("labels") or ()]
    listed = ", ".join(labels[:LABELS])
    if len(labels) > LABELS:
        listed += f" and {len(labels) - LABELS} more"
    like = f"a text like those of {(told.get('data') or {}).get('name') or 'the training file'}"
    match told.get("kind") or ("label" if labels else ""):
        case "label":
            of = f"({listed})" if labels else "(not recorded)"
            yield f"The model assigns {like} one of {len(labels)} labels {of}."
        case "labels":
            yield (
                f"The model assigns {like} a set of {len(labels)} labels, or none of them"
                f" ({listed})."
            )
        case "number":
            yield f"The model gives {like} a number."
        case _:
            yield f"The model answers {like}."
    yield (
        "It must not be used for other labels, for other kinds of texts or languages than those of"
        " its data, or as the sole basis of decisions that affect persons."
    )


def _data(told: Mapping[str, Any]) -> Iterator[Block]:
    data = told.get("data") or {}
    if not data:
        yield "Not recorded: the model was saved without a record."
        return
    rows = f"{data['rows']:,}" if isinstance(data.get("rows"), int) else "an unknown number of"
    columns = ", ".join(str(name) for name in told.get("text") or () if name != ROW)
    yield Items(
        (
            f"Source: {data.get('name')}, {rows} labelled rows",
            f"Fingerprint: {data.get('fingerprint')}",
            f"Text from: {columns or 'not recorded'}",
            "Origin, consent and licence of the data: to be stated by the provider",
        )
    )


def _performance(measured: Mapping[str, Any]) -> Iterator[Block]:
    if "why" in measured:
        yield f"Not measured: {measured['why']}. To measure: add --data FILE."
        return
    share, name = _share(measured["right"], measured["texts"]), measured.get("says")
    what = f"Mean grade, {name}," if name else "Accuracy"
    yield f"{what} {share} on {measured['on']}."
    if measured.get("seen"):
        yield Warned("The model was fitted on these rows: on others it will be less accurate.")
    if measured["groups"]:
        found = [
            shown.Group(
                f"{one['by']}: {one['value']}",
                one["texts"],
                one["right"] / one["texts"],
                *wilson(one["right"], one["texts"]),
            )
            for one in measured["groups"]
        ]
        yield Groups("mean grade" if name else "accuracy", tuple(found))
    yield f"Groups of fewer than {FEWEST} texts are not shown. Intervals are Wilson's."


def _explanations(model: Model, data: Dataset | None) -> Iterator[Block]:
    if data is None or paid_services(model):
        why = "it calls a paid service" if paid_services(model) else "add --data FILE"
        yield f"Every answer can be explained (underdog explain). Quality not measured: {why}."
        return
    found = [one.as_dict() for one in explain(model, data.texts[:EXPLAINED])]
    methods = sorted({one["method"] for one in found})
    yield f"Method: {'; '.join(methods)}. Measured: {summary(found) or 'nothing to measure'}."


def _limits(model: Model, measured: Mapping[str, Any], data: Dataset | None) -> Iterator[str]:
    for fact in describe(model, data.texts if data is not None else ()):
        yield fact.says
    worse = list(_worse(measured))
    if worse:
        yield f"Certainly less accurate than overall for: {'; '.join(worse)}"
    elif measured.get("groups"):
        yield "No group that was measured is certainly less accurate than the whole"
    if unsaid := measured.get("unsaid"):
        yield f"Labels that it answered to no text: {', '.join(unsaid[:LABELS])}"
    if measured.get("abstained"):
        yield f"Texts without an answer: {measured['abstained']:,}"
    yield (
        "Performance on other texts, and after a change of the texts, is unknown"
        " (underdog monitor tells a change)"
    )


def _worse(measured: Mapping[str, Any]) -> Iterator[str]:
    """Groups whose interval lies below the accuracy of the whole."""
    for group in measured.get("groups") or ():
        _, high = wilson(group["right"], group["texts"])
        if high < measured["right"] / measured["texts"]:
            yield f"{group['by']} {group['value']}"


def _oversight(model: Model, measured: Mapping[str, Any]) -> Iterator[Block]:
    if certificate := getattr(model, "certificate", None):
        yield "Guarantee that was certified:"
        yield Verbatim(tuple(str(certificate).splitlines()))
    elif measured.get("sure") is not None:
        yield (
            f"Mean confidence {percent(measured['sure'])}. A person must review answers of low"
            " confidence, or they must be deferred (frugal)."
        )
    else:
        yield (
            "No threshold of confidence was certified. The deployer must decide which answers a"
            " person reviews."
        )


def _share(right: float, of: int) -> str:
    low, high = wilson(right, of)
    return f"{percent(right / of)} [{percent(low)}, {percent(high)}]"


def _sides(text: Any) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)
