"""Which SQL may run: one statement that reads, of functions that are known to be harmless."""

from __future__ import annotations

import logging
import re
from typing import Any

from ....core.errors import UnderdogError
from ....runtime.extras import require

LONGEST = 10_000
"""Characters of a statement."""

WILDCARDS = 6
"""Wildcards of a LIKE pattern: matching takes exponential time in their number."""

FUNCTIONS = frozenset(
    re.findall(
        r"\w+",
        """
        count sum total avg min max abs round ceil ceiling floor sign sqrt mod power pow lower
        upper length char_length substr substring trim ltrim rtrim instr position coalesce ifnull
        nullif iif if cast date time datetime julianday strftime extract year month day
        current_date current_time current_timestamp concat concat_ws like glob row_number rank
        dense_rank percent_rank ntile lag lead first_value last_value group_concat string_agg
        distinct case and or not exists in between stddev variance median
        """,
    )
)
"""Functions that read their arguments only, and whose results are no longer than these."""


def checked(statement: str, dialect: str = "sqlite") -> str:
    """``statement`` if it may run, without comments.

    Raises `UnderdogError` for one that does not parse, for several, for one that writes, attaches,
    locks or recurses, and for functions that are not known to be harmless.
    """
    require("sqlglot", "ground")
    from sqlglot import exp

    tree = _parsed(statement, dialect)
    if not isinstance(tree, exp.Select | exp.SetOperation | exp.Subquery):
        raise _refused(f"{tree.key.upper()} is not a query")
    for node in tree.walk():
        if problem := _problem(node, exp):
            raise _refused(problem)
    return str(tree.sql(dialect=dialect, comments=False))


def _parsed(statement: str, dialect: str) -> Any:
    import sqlglot
    from sqlglot.errors import SqlglotError

    if len(statement) > LONGEST:
        raise _refused(f"it has {len(statement):,} characters")
    if "\0" in statement:
        raise _refused("it holds a NUL character")
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # what it cannot parse is refused here
    try:
        found = [tree for tree in sqlglot.parse(statement, read=dialect) if tree is not None]
    except (SqlglotError, RecursionError, ValueError) as error:
        reason = str(error).partition("\n")[0][:120]
        raise _refused(f"it cannot be parsed: {reason}") from error
    if len(found) != 1:
        raise _refused("it is empty" if not found else f"it holds {len(found)} statements")
    return found[0]


def _problem(node: Any, exp: Any) -> str:
    """What is wrong with one part of a statement, in words; nothing if all is well."""
    writes = (exp.DML, exp.DDL, exp.Command, exp.Pragma, exp.Attach, exp.Detach, exp.Set, exp.Use)
    if isinstance(node, writes) and not isinstance(node, exp.Query):
        return f"it holds {node.key.upper()}, which does not only read"
    if isinstance(node, exp.Into):
        return "SELECT INTO writes a table"
    if isinstance(node, exp.Lock):
        return "it locks rows"
    if isinstance(node, exp.With) and node.recursive:
        return "a recursive query may never end"
    if isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier):
        return f"it reads from a function: {node.sql()[:60]}"
    if isinstance(node, exp.Like | exp.ILike | exp.Glob) and _wild(node.expression) > WILDCARDS:
        return "its pattern has many wildcards, and may never end"
    if isinstance(node, exp.Func) and not isinstance(node, exp.Connector | exp.Cast | exp.Case):
        name = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
        names = {name, *(n.lower() for n in getattr(node, "_sql_names", ()) or ())}
        if not names & FUNCTIONS:
            return f"the function {name} is not allowed"
    return ""


def _wild(pattern: Any) -> int:
    text = pattern.name if pattern is not None and pattern.is_string else "%" * 99
    return sum(text.count(sign) for sign in "%*")


def _refused(problem: str) -> UnderdogError:
    return UnderdogError(
        f"the statement was not run: {problem}", "ask for rows with one SELECT statement"
    )
