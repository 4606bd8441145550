"""Logs of LangSmith, Langfuse and Helicone: what was asked, what was answered, and what is gold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..tables.names import MEASURES
from .export import Export, Reading, Row, counted, first_of
from .messages import answered, asked

COST = ("calculatedTotalCost", "totalCost", "total_cost", "cost_usd", "costUSD", "cost", "costUsd")
SECONDS = ("latency", "latency_seconds", "latencySeconds")
MILLISECONDS = ("delay_ms", "latency_ms", "delayMs", "latencyMs")
GOLD = (
    *("expectedOutput", "expected_output", "reference_outputs", "reference_output", "reference"),
    *("gold", "gold_label", "ground_truth", "human_label", "label"),
)
KEPT = ("name", "model", "metadata", "tags", "split", "userId", "sessionId", "timestamp", "id")

LANGFUSE = frozenset(
    {
        *("traceId", "trace_id", "sessionId", "userId", "observations", "expectedOutput"),
        *("calculatedTotalCost", "totalCost", "htmlPath", "datasetId", "sourceTraceId", "scores"),
    }
)


def _is_langsmith(keys: frozenset[str], rows: Sequence[Row]) -> bool:
    return {"inputs", "outputs"} <= keys or (
        bool(_of(keys, "input_")) and bool(_of(keys, "output_"))
    )


def _of(keys: Iterable[str], prefix: str) -> list[str]:
    """The keys that begin with ``prefix`` and hold what was asked or answered, and no count."""
    found = [key for key in keys if key.startswith(prefix)]
    return [key for key in found if not MEASURES.match(key.removeprefix(prefix))]


def _langsmith(rows: list[Row], path: Path | None) -> Reading | None:
    """A run is a log; an example of a data set has no run, and its outputs are gold."""
    run = any(first_of(row, ("run_type", "start_time", "trace_id", "session_id")) for row in rows)
    if "inputs" not in rows[0]:  # the CSV of a data set: input_question, output_label
        rows = [
            {**row, "inputs": _under(row, "input_"), "outputs": _under(row, "output_")}
            for row in rows
        ]
    roots = [row for row in rows if not row.get("parent_run_id")] if run else rows
    counts = {"inner runs left out": len(rows) - len(roots)}
    gold = GOLD if run else (*GOLD, "outputs")
    return _traces(roots, "LangSmith", ("inputs",), ("outputs",) if run else (), gold, counts)


def _under(row: Row, prefix: str) -> Row:
    return {key.removeprefix(prefix): row[key] for key in _of(row, prefix)}


def _is_langfuse(keys: frozenset[str], rows: Sequence[Row]) -> bool:
    return "input" in keys and bool({"output", "expectedOutput"} & keys) and bool(LANGFUSE & keys)


def _langfuse(rows: list[Row], path: Path | None) -> Reading | None:
    kinds = {row.get("type") for row in rows}
    kept = [r for r in rows if r.get("type") == "GENERATION"] if "GENERATION" in kinds else rows
    counts = {"observations that are no generation left out": len(rows) - len(kept)}
    return _traces(kept, "Langfuse", ("input",), ("output",), GOLD, counts)


def _is_helicone(keys: frozenset[str], rows: Sequence[Row]) -> bool:
    request, response = _ends(keys)
    return bool(request and response) and any(asked(row.get(request)) for row in rows)


def _ends(keys: frozenset[str]) -> tuple[str, str]:
    for request, response in (("request_body", "response_body"), ("request", "response")):
        if {request, response} <= keys:
            return request, response
    return "", ""


def _helicone(rows: list[Row], path: Path | None) -> Reading | None:
    request, response = _ends(frozenset(rows[0]))
    return _traces(rows, "Helicone", (request,), (response,), GOLD, {})


def _traces(
    rows: list[Row],
    tool: str,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    gold: tuple[str, ...],
    counts: dict[str, int],
) -> Reading | None:
    outputs = tuple(key for key in outputs if any(key in row for row in rows))
    found: list[Row] = []
    for row in rows:
        made: Row = {"text": asked(_unquoted(first_of(row, inputs)))}
        if outputs:
            made["llm_answer"] = answered(_unquoted(first_of(row, outputs)))
        if any(key in row for key in gold):
            label = answered(_unquoted(first_of(row, gold)))
            made["label"] = None if label is None else label.strip()
        if (cost := first_of(row, COST)) is not None:
            made["llm_cost"] = cost
        if (seconds := _seconds(row)) is not None:
            made["llm_seconds"] = seconds
        others = {k: row[k] for k in KEPT if k in row}
        found.append({**made, **others})
    readable = [row for row in found if row["text"] is not None]
    if not readable:
        return None
    counts = {**counts, "rows without a readable input left out": len(found) - len(readable)}
    labelled = any(row.get("label") for row in readable)
    told = f"read as a {tool} export: text <- {inputs[0]}"
    told += f", llm_answer <- {outputs[0]}" if outputs else ""
    told += f", label <- {next(k for k in gold if any(k in r for r in rows))}" if labelled else ""
    return Reading(
        readable,
        told + counted(counts),
        ("text",),
        "label" if labelled else None,
        frozenset({*KEPT, "llm_answer", "llm_cost", "llm_seconds"}),
    )


def _unquoted(value: Any) -> Any:
    """A string that a CSV holds as JSON, without its quotation marks."""
    if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"':
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _seconds(row: Row) -> Any:
    value = first_of(row, MILLISECONDS)
    if isinstance(value, int | float):
        return value / 1000
    return first_of(row, SECONDS)


LANGSMITH = Export("LangSmith", _is_langsmith, _langsmith)
LANGFUSE_EXPORT = Export("Langfuse", _is_langfuse, _langfuse)
HELICONE = Export("Helicone", _is_helicone, _helicone)
