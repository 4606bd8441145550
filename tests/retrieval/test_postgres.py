"""The same questions, limits and refusals on a real PostgreSQL."""

import pytest
from retrieval.test_database import HARMFUL, SPENT, TABLES
from servers.postgres import new_database

from underdog.core.errors import UnderdogError
from underdog.models.retrieval.sql import execution
from underdog.models.retrieval.sql.database import Asked
from underdog.models.retrieval.sql.execution import Database, Limits

psycopg = pytest.importorskip("psycopg")


@pytest.fixture(scope="module")
def url(postgres_server):
    address = new_database(postgres_server)
    with psycopg.connect(address) as link:
        link.execute(TABLES)
        link.execute("CREATE TABLE t (a INTEGER, b TEXT)")
        link.execute("INSERT INTO t SELECT n, repeat('x', 50) FROM generate_series(1, 600) n")
    return address


def test_questions_find_rows_and_show_their_query(url):
    asked = Asked(url, templates=SPENT)
    for question, rows in (
        ("How many customers are in London?", [(2,)]),
        ("Which customer has the most orders?", [("Ada Lovelace",)]),
        ("How many orders per status?", [("open", 2), ("paid", 3)]),
        ("How many orders have an amount between 5 and 20?", [(4,)]),
        ("What did Lovelace spend over 8?", [(30.5,)]),
    ):
        (hit,) = asked.top([question], 1)[0]
        assert list(hit.rows[1:]) == rows
        with psycopg.connect(url) as link:
            assert link.execute(hit.query).fetchall() == rows


def test_harmful_and_runaway_statements_are_refused_or_stopped(url):
    database = Database(url, Limits(0.1, 50))
    runaway = "SELECT COUNT(*) FROM t a, t b, t c, t d"
    large = "SELECT string_agg(a.b, '') FROM t a, t b WHERE b.a < 9"
    for statement in (*HARMFUL.read_text("utf-8").splitlines(), runaway, large):
        with pytest.raises(UnderdogError):
            database.run(statement)
    assert database.run("SELECT a FROM t").cut
    assert database.run("SELECT COUNT(*) FROM t").rows == ((600,),)


def test_what_the_guard_lets_through_the_server_stops(url, monkeypatch):
    monkeypatch.setattr(execution, "checked", lambda statement, kind: statement)
    for statement, said in (
        ("DELETE FROM t", "refused"),
        ("SELECT pg_sleep(5)", "more than 0.1 seconds"),
        ("SELECT repeat('x', 1000000)", "cell of more than"),
    ):
        with pytest.raises(UnderdogError, match=said):
            Database(url, Limits(0.1)).run(statement)


def test_a_server_that_is_locked_gone_or_wants_a_password_is_said(url):
    with psycopg.connect(url) as link:
        link.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(UnderdogError, match="locked by another program"):
            Database(url, Limits(0.1)).run("SELECT a FROM t")
    with pytest.raises(UnderdogError, match="no connection to shop"):
        Database("postgresql://127.0.0.1:1/shop").run("SELECT 1")
    for secret in ("postgresql://me:pw@host/shop", "postgresql://host/shop?password=pw"):
        with pytest.raises(UnderdogError, match="holds a password"):
            Database(secret)
