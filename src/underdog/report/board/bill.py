"""The columns of money, time, energy and memory."""

from __future__ import annotations

from .. import formatting
from ..entries import Entry, mapping
from .cell import Cell, Column, at, none


def _joules(entry: Entry) -> Cell:
    found = mapping(entry.data, "joules_per_1000")
    bounds = formatting.interval(found.get("low"), found.get("high"), formatting.energy)
    value = formatting.known(found.get("value"))
    return Cell(formatting.energy(value), value, f"{bounds} {found.get('method') or ''}".strip())


def _break_even(entry: Entry) -> Cell:
    found = mapping(entry.data, "break_even")
    if not found:
        return none(entry)
    answers = formatting.known(found.get("answers"))
    words = formatting.UNKNOWN if answers is None else f"{formatting.count(answers)} answers"
    return Cell(words, answers, "" if answers is not None else str(found.get("sentence") or ""))


def _latency(key: str, title: str, share: str, views: str) -> Column:
    help_ = f"{share} of the answers are faster; one text at a time"
    return Column(key, title, help_, views, at(formatting.duration, "latency", key), "low")


def _money(key: str, title: str, help_: str, views: str) -> Column:
    return Column(key, title, f"US dollars {help_}", views, at(formatting.money, key), "low")


def _rate(key: str, title: str) -> Column:
    return Column(key, title, "in batches", "cost", at(formatting.count, "throughput", key), "high")


BILL = (
    _money("dollars_per_1000", "Per 1,000 answers", "to answer 1,000 texts", "summary cost"),
    _money("dollars_per_million_tokens", "Per million tokens", "to answer", "cost"),
    Column(
        "once",
        "Training bill",
        "one-off, US dollars",
        "cost",
        at(formatting.money, "fit", "dollars"),
    ),
    Column(
        "break_even",
        "Break-even",
        "answers after which labelling and training have paid for themselves",
        "cost",
        _break_even,
        "low",
    ),
    _latency("p50", "Latency p50", "half", "summary cost"),
    _latency("p95", "p95", "95 %", "cost"),
    _latency("p99", "p99", "99 %", "summary cost"),
    _rate("texts_per_second", "Texts per second"),
    _rate("tokens_per_second", "Tokens per second"),
    Column("fit", "Training time", "one-off", "cost", at(formatting.duration, "fit", "seconds")),
    Column(
        "joules",
        "Energy per 1,000",
        "joules to answer 1,000 texts, and how they were measured",
        "cost",
        _joules,
        "low",
    ),
    Column(
        "memory",
        "Peak memory",
        "of the process",
        "cost",
        at(formatting.size, "peak_memory_bytes"),
        "low",
    ),
)
"""Every column of cost and speed; dollars first."""
