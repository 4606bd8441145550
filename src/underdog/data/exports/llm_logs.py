"""The log of the command ``llm``: a SQLite file with responses, or with chains of messages."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

from ...core.errors import UnderdogError
from .. import limits
from ..sheet import Sheet, cell

TABLES = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
SAID = "select n.id, m.parts from message_nodes n join messages m on m.id = n.message_id"
NAMES = {"prompt": "text", "response": "llm_answer"}
KEPT = (
    *("prompt", "response", "model", "system", "duration_ms", "input_tokens", "output_tokens"),
    *("conversation_id", "datetime_utc", "id"),
)


def parse_logs(content: bytes, name: str) -> Sheet:
    """The sheet of a SQLite file: the log of ``llm``, or the only table in it.

    The file is read from a copy in memory, and no view or trigger of it runs.
    """
    try:
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(content)
            database.execute("pragma trusted_schema = off")
            tables = [row[0] for row in database.execute(TABLES)]
            shadows = ("_fts", "_migrations", "_config", "_data", "_idx", "_docsize", "_content")
            if {"messages", "message_nodes"} <= set(tables):
                return _chains(database, tables, name)
            plain = [t for t in tables if not t.endswith(shadows)]
            table = "responses" if "responses" in tables else plain[0] if len(plain) == 1 else ""
            if not table:
                some = plain[0] if plain else "TABLE"
                raise UnderdogError(
                    f"{name} holds {len(plain)} tables ({', '.join(plain[:5]) or 'none'}), not one",
                    f"export one: sqlite3 -header -csv {name} "
                    f"'select * from \"{some}\"' > rows.csv",
                )
            quoted = table.replace('"', '""')
            cursor = database.execute(f'select * from "{quoted}"')
            names = [column[0] for column in cursor.description]
            limits.COLUMNS.check(len(names), name)
            rows: list[tuple[object, ...]] = []
            for row in cursor:
                rows.append(row)
                limits.CELLS.check(len(rows) * len(names), name, more=True)
    except sqlite3.Error as error:
        raise UnderdogError(
            f"{name} is not a whole SQLite file: {error}", f"copy it again, and look: ls -l {name}"
        ) from error
    columns = {key: [cell(row[i]) for row in rows] for i, key in enumerate(names)}
    if not {"prompt", "response"} <= set(columns):
        return Sheet.of(name, names, [tuple(c) for c in columns.values()], [f"table: {table!r}"])
    return _log(columns, name)


def _log(columns: dict[str, list[str | float | None]], name: str) -> Sheet:
    """The sheet of prompts and responses."""
    kept = {NAMES.get(key, key): tuple(columns[key]) for key in KEPT if key in columns}
    note = "read as a log of llm: text <- prompt, llm_answer <- response"
    made = Sheet.of(name, list(kept), list(kept.values()), [note])
    return Sheet(made.name, made.columns, made.notes, ("text",), None, frozenset(kept) - {"text"})


def _chains(database: sqlite3.Connection, tables: list[str], name: str) -> Sheet:
    """The sheet of a log of version 0.32 and later, which keeps each message once.

    A call points to the last message that was asked and the last that was answered. Calls that the
    older table of responses alone holds are read from there.
    """
    asked: dict[str, tuple[object, object]] = {}
    if "responses" in tables:
        for key, prompt, response in database.execute("select id, prompt, response from responses"):
            asked[str(key)] = (prompt, response)
    said = dict(database.execute(SAID).fetchall())
    for table in tables:
        quoted = table.replace('"', '""')
        names = [row[1] for row in database.execute(f'pragma table_info("{quoted}")')]
        if not {"input_node_id", "output_node_id"} <= set(names):
            continue
        key = "response_id" if "response_id" in names else "id" if "id" in names else "rowid"
        calls = f'select "{key}", input_node_id, output_node_id from "{quoted}"'
        for call, asking, answering in database.execute(calls):
            asked[str(call)] = (_words(said.get(asking)), _words(said.get(answering)))
    rows = [(p, r) for p, r in asked.values() if p]
    limits.CELLS.check(2 * len(rows), name)
    prompts, responses = zip(*rows, strict=True) if rows else ((), ())
    return _log({"prompt": [*map(cell, prompts)], "response": [*map(cell, responses)]}, name)


def _words(parts: object) -> str | None:
    """The text in the parts of a message, without what the model thought."""
    try:
        listed = json.loads(str(parts))
    except (ValueError, RecursionError):
        return None
    texts = [
        part["text"]
        for part in (listed if isinstance(listed, list) else [])
        if isinstance(part, dict)
        and part.get("type", "text") == "text"
        and isinstance(part.get("text"), str)
    ]
    return "\n".join(texts) or None
