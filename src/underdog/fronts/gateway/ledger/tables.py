"""The tables of the gateway's database; the same on SQLite and PostgreSQL."""

from __future__ import annotations

import time
from typing import Any

from ....runtime.extras import require

ATTEMPTS = 5
PAUSE = 0.2
"""Tries at making the tables, and the seconds between two."""

REQUESTS = (
    "id", "at", "tenant", "gateway", "path", "task", "by_whom", "status", "seconds", "model",
    "prompt", "cached", "written", "reasoning", "completion", "audio_in", "audio_out",
    "paid", "saved",
)  # fmt: skip
"""Columns of the ledger. ``at`` is in seconds since 1970, ``paid`` and ``saved`` in dollars."""

EXAMPLES = ("id", "at", "task", "text", "reply", "source", "own", "weight")
"""Columns of the examples. ``source`` says whether the reply was heard, audited or judged (gold);
``own`` is what the small model said or would have said, ``weight`` how many texts of the traffic
the example stands for."""

TASKS = ("id", "at", "tenant", "dialect", "about", "state", "name", "policy", "resolved", "stream")

SETTINGS = ("id", "salt")

COLUMNS = {"requests": REQUESTS, "examples": EXAMPLES, "tasks": TASKS, "settings": SETTINGS}
"""The columns of each table."""


def metadata() -> Any:
    """The tables, as SQLAlchemy describes them."""
    sql: Any = require("sqlalchemy", "serve")
    found = sql.MetaData()
    text, real, whole = sql.Text, sql.Float(53), sql.BigInteger
    numbers = {"at": real, "seconds": real, "paid": real, "saved": real, "weight": real}
    counts = ("status", *REQUESTS[10:17])

    def column(name: str) -> Any:
        kind = numbers.get(name, whole if name in counts else text)
        if name in ("stream", "salt"):
            kind = sql.LargeBinary
        return sql.Column(name, kind, primary_key=name == "id")

    for table, columns in COLUMNS.items():
        sql.Table(table, found, *(column(name) for name in columns))
    sql.Index("requests_at", found.tables["requests"].c.at)
    sql.Index("examples_task_at", found.tables["examples"].c.task, found.tables["examples"].c.at)
    return found


def create(tables: Any, engine: Any) -> None:
    """Make the ``tables`` that the database lacks.

    Another process that opens the database may make one of them between the look and the
    statement; so this looks again after an error. The error of the last attempt is raised.
    """
    failures = require("sqlalchemy", "serve").exc.DBAPIError
    for _ in range(ATTEMPTS - 1):
        try:
            tables.create_all(engine)
            return
        except failures:
            time.sleep(PAUSE)
    tables.create_all(engine)
