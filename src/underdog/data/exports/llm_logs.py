"""The log of the command ``llm``: a SQLite file with the table ``responses``."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from ...core.errors import UnderdogError
from .. import limits
from ..sheet import Sheet, cell

TABLES = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
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
    kept = {NAMES.get(key, key): tuple(columns[key]) for key in KEPT if key in columns}
    note = "read as a log of llm: text <- prompt, llm_answer <- response"
    made = Sheet.of(name, list(kept), list(kept.values()), [note])
    return Sheet(made.name, made.columns, made.notes, ("text",), None, frozenset(kept) - {"text"})
