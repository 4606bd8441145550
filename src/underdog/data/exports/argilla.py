"""Argilla: submitted responses are labels; a suggestion, which a model may have made, never is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .export import Export, Reading, Row, all_have, counted

FLAT = re.compile(r"^(.+)\.responses?$")
OLD_SUGGESTION = re.compile(r"-suggestion(-metadata)?$")
SUGGESTED = re.compile(r"(^|\.)suggestions?(\.|$)|\.(agent|score|users?|status)$")


def _recognise(keys: frozenset[str], rows: Sequence[Row]) -> bool:
    nested = "fields" in keys and ({"responses", "suggestions"} & keys)
    old = {"annotation", "prediction"} <= keys and ("inputs" in keys or "text" in keys)
    flat = any(FLAT.match(key) for key in keys) or bool(_judged(rows))
    return flat or old or bool(nested and all_have(rows, "fields", dict))


def _judged(rows: Sequence[Row]) -> list[str]:
    """Columns of people's responses with a status each, as version 1 wrote them to the hub."""
    keys = {key for row in rows for key in row}
    return [key for key in keys if all_have(rows, key, (list, dict)) and _states(rows, key)]


def _states(rows: Sequence[Row], key: str) -> bool:
    values = [row[key] for row in rows if row.get(key)]
    return bool(values) and all(set(_persons(value)[0]) >= {"value", "status"} for value in values)


def _persons(value: Any) -> list[Row]:
    """Responses as one object for each person; the hub also shows them as an object of lists."""
    if isinstance(value, dict):
        columns = {k: v for k, v in value.items() if isinstance(v, list)}
        value = [
            dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=False)
        ]
    return [one for one in value if isinstance(one, dict)] or [{}]


def _read(rows: list[Row], path: Path | None) -> Reading | None:
    if "fields" in rows[0]:
        return _made([_nested(row) for row in rows], "fields", "responses")
    if judged := _judged(rows):
        return _made([_on_the_hub(row, judged) for row in rows], "columns", "responses")
    if any(FLAT.match(key) for key in rows[0]):
        return _made([_flat(row) for row in rows], "columns", "*.responses")
    made: list[tuple[Row, dict[str, list[Any]], Row]] = [
        ({**_fields(row)}, {"label": [row.get("annotation")]}, {}) for row in rows
    ]
    return _made(made, "inputs", "annotation")


def _fields(row: Row) -> Row:
    inputs = row.get("inputs")
    return inputs if isinstance(inputs, dict) else {"text": row.get("text")}


def _nested(row: Row) -> tuple[Row, dict[str, list[Any]], Row]:
    """Fields, responses by question, and suggestions by question."""
    given: dict[str, list[Any]] = {}
    responses = row.get("responses") or {}
    if isinstance(responses, dict):
        for question, answers in responses.items():
            listed = answers if isinstance(answers, list) else [answers]
            given[question] = [_value(answer) for answer in listed if _submitted(answer)]
    else:  # version 1: a list with one object for each person
        for person in responses:
            if _submitted(person) and isinstance(person.get("values"), dict):
                for question, answer in person["values"].items():
                    given.setdefault(question, []).append(_value(answer))
    found = row.get("suggestions") or {}
    if isinstance(found, list):
        found = {str(one.get("question_name")): one for one in found if isinstance(one, dict)}
    suggested = {f"{question}.suggestion": _value(one) for question, one in found.items()}
    return row.get("fields") or {}, given, suggested


def _on_the_hub(row: Row, judged: Sequence[str]) -> tuple[Row, dict[str, list[Any]], Row]:
    given = {
        key: [_value(one) for one in _persons(row[key]) if _submitted(one)] if row.get(key) else []
        for key in judged
    }
    rest = {key: value for key, value in row.items() if key not in judged}
    suggested = {key: value for key, value in rest.items() if OLD_SUGGESTION.search(key)}
    dropped = ("metadata", "external_id", *suggested)
    return {k: v for k, v in rest.items() if k not in dropped}, given, suggested


def _flat(row: Row) -> tuple[Row, dict[str, list[Any]], Row]:
    given, suggested, fields = {}, {}, {}
    for key, value in row.items():
        if found := FLAT.match(key):
            states = row.get(f"{key}.status")
            listed = value if isinstance(value, list) else [value]
            states = states if isinstance(states, list) else [None] * len(listed)
            given[found[1]] = [
                one
                for one, state in zip(listed, states, strict=False)
                if state in (None, "submitted")
            ]
        elif SUGGESTED.search(key):
            suggested[key] = value
        elif key not in ("id", "status", "_server_id", "vectors"):
            fields[key] = value
    return fields, given, suggested


def _submitted(answer: Any) -> bool:
    return not isinstance(answer, dict) or answer.get("status", "submitted") == "submitted"


def _value(answer: Any) -> Any:
    return answer.get("value") if isinstance(answer, dict) else answer


def _made(parts: list[tuple[Row, dict[str, list[Any]], Row]], texts: str, labels: str) -> Reading:
    """Flat rows; of several responses the most frequent counts, of equally frequent the first."""
    rows: list[Row] = []
    counts = {"records without a submitted response": 0, "records whose responses differ": 0}
    questions = list(dict.fromkeys(q for _, given, _ in parts for q in given))
    for fields, given, suggested in parts:
        row: Row = dict(fields)
        for question in questions:
            values = [v for v in given.get(question, []) if v is not None]
            often = Counter(map(repr, values)).most_common(1)
            row[question] = next((v for v in values if repr(v) == often[0][0]), None)
            counts["records whose responses differ"] += len({repr(v) for v in values}) > 1
        counts["records without a submitted response"] += all(row[q] is None for q in questions)
        rows.append({**row, **suggested})
    names = list(dict.fromkeys(key for fields, *_ in parts for key in fields))
    strings = [n for n in names if any(isinstance(row.get(n), str) for row in rows[:100])]
    strings = [n for n in strings if n not in questions]
    told = (
        f"read as an Argilla export: text <- {texts} {', '.join(strings) or 'none'}, "
        f"label <- {labels} {', '.join(questions) or 'none'}; suggestions are never labels"
        f"{counted(counts)}"
    )
    text = "text" if "text" in strings else strings[0] if len(strings) == 1 else None
    never = frozenset(key for *_, suggested in parts for key in suggested)
    label = questions[0] if len(questions) == 1 else None
    return Reading(rows, told, (text,) if text else (), label, never)


ARGILLA = Export("Argilla", _recognise, _read)
