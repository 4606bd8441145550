"""A database that is asked in words, and statements that must not run."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from underdog.core.errors import UnderdogError
from underdog.models.fake import Scripted
from underdog.models.retrieval.sql.database import Asked
from underdog.models.retrieval.sql.execution import Database, Limits
from underdog.models.retrieval.sql.guard import checked
from underdog.runtime.registry import build

HARMFUL = Path(__file__).parents[2] / "benchmarks" / "grounding" / "harmful.sql"
TABLES = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, amount REAL, status TEXT);
INSERT INTO customers VALUES (1, 'Ada Lovelace', 'London'), (2, 'Kurt Gödel', 'Vienna'),
  (3, 'Alan Turing', 'London');
INSERT INTO orders VALUES (1, 1, 10.5, 'open'), (2, 1, 20, 'paid'), (3, 2, 99, 'open'),
  (4, 3, 5, 'paid'), (5, 1, 7, 'paid');
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    place = tmp_path_factory.mktemp("shop") / "shop.db"
    database = sqlite3.connect(place)
    database.executescript(TABLES)
    database.close()
    return place


@pytest.fixture(scope="module")
def asked(shop):
    return Asked(f"sqlite:///{shop}", {"clients": "customers", "price": "orders.amount"})


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How many customers are in London?", [(2,)]),
        ("How many clients are there?", [(3,)]),
        ("What is the city of Kurt Gödel?", [("Vienna",)]),
        ("Where is the city of Turing?", [("London",)]),
        ("What is the average amount of orders?", [(28.3,)]),
        ("What is the highest price?", [(99.0,)]),
        ("What is the total amount of orders by Ada Lovelace?", [(37.5,)]),
        ("Which customers live in London?", [("Ada Lovelace",), ("Alan Turing",)]),
        ("Which customer has the most orders?", [("Ada Lovelace",)]),
        ("How many orders per status?", [("open", 2), ("paid", 3)]),
        ("Which customers have more than 2 orders?", [("Ada Lovelace",)]),
        ("How many orders have an amount between 5 and 20?", [(4,)]),
        ("How many open orders have an amount above 50?", [(1,)]),
        ("How many orders have an amount of 20?", [(1,)]),
        ("Show the 2 largest orders by amount", [("open",), ("paid",)]),
    ],
)
def test_questions_find_rows(asked, question, rows):
    (hit,) = asked.top([question], 3)[0]
    assert sorted(hit.rows[1:]) == sorted(rows)
    assert hit.source.startswith("shop.db: ")
    assert sqlite3.connect(asked._database.path).execute(hit.query).fetchall() == list(hit.rows[1:])


def test_what_is_not_understood_finds_nothing(asked):
    for question in ("", "Why is the sky blue?", "Who won the cup final in Madrid?", "What is it?"):
        assert asked.top([question], 3) == [[]]


@pytest.mark.parametrize(
    "question",
    [
        "What is the total amount of the orders of Bob?",
        "total amount of the orders of bob",
        "customers without orders",
        "How many customers are not in London?",
        "orders after 2024-01-15",
        "How many orders in 2024?",
        "How many customers have more than 3 cats?",
        "What is the latest order of Ada Lovelace?",
    ],
)
def test_a_question_of_which_a_condition_is_not_understood_finds_nothing(asked, question):
    assert asked.top([question], 1) == [[]]


def test_the_text_of_a_hit_has_the_rows(asked):
    assert asked.top(["How many orders per status?"], 1)[0][0].text.splitlines()[1:] == [
        "open | 2",
        "paid | 3",
    ]


def test_a_value_cannot_become_a_statement(tmp_path):
    place = tmp_path / "odd.db"
    database = sqlite3.connect(place)
    database.execute("CREATE TABLE things (id INTEGER, name TEXT, size INTEGER)")
    database.execute("INSERT INTO things VALUES (1, ?, 7)", ("x'; DROP TABLE things; --",))
    database.commit()
    question = 'What is the size of "x\'; DROP TABLE things; --"?'
    assert Asked(f"sqlite:///{place}").top([question], 1)[0][0].rows[1:] == ((7,),)


@pytest.mark.parametrize("statement", HARMFUL.read_text("utf-8").splitlines())
def test_a_harmful_statement_is_refused_or_stopped(statement, tmp_path):
    place = tmp_path / "t.db"
    database = sqlite3.connect(place)
    database.execute("CREATE TABLE t (a INTEGER, b TEXT)")
    database.executemany("INSERT INTO t VALUES (?, ?)", [(i, "x" * 50) for i in range(600)])
    database.commit()
    database.close()
    before = place.read_bytes()
    with pytest.raises(UnderdogError):
        Database(f"sqlite:///{place}", Limits(0.05, 50)).run(statement)
    assert place.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["t.db"]


def test_there_are_forty_harmful_statements_and_harmless_ones_run(shop):
    assert len(HARMFUL.read_text("utf-8").splitlines()) >= 40
    database = Database(f"sqlite:///{shop}", Limits(2, 2))
    found = database.run("SELECT name FROM customers ORDER BY name -- a comment")
    assert (found.rows, found.cut) == ((("Ada Lovelace",), ("Alan Turing",)), True)
    both = "WITH big AS (SELECT amount FROM orders WHERE amount > ?) SELECT SUM(amount) FROM big"
    assert database.run(both, (15,)).rows == ((119.0,),)
    assert checked("SELECT name FROM customers WHERE name LIKE '%a%'")


def test_what_sqlite_itself_would_stop_is_stopped_by_it_too(shop, monkeypatch):
    monkeypatch.setattr(
        "underdog.models.retrieval.sql.execution.checked", lambda statement, kind: statement
    )
    database = Database(f"sqlite:///{shop}", Limits(0.05, 50))
    for statement in (
        "DELETE FROM orders",
        "ATTACH DATABASE '/tmp/x.db' AS x",
        "PRAGMA writable_schema = ON",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT COUNT(*) FROM r",
        "SELECT zeroblob(1000000000)",
    ):
        with pytest.raises(UnderdogError):
            database.run(statement)


def test_a_database_that_is_gone_locked_or_none_is_said(shop, tmp_path):
    with pytest.raises(UnderdogError, match="no database at"):
        build("database('sqlite:///nowhere.db')").top(["How many orders?"], 1)
    (tmp_path / "text.db").write_text("not a database, but long enough to be looked at" * 20)
    with pytest.raises(UnderdogError, match="no SQLite database"):
        Asked(f"sqlite:///{tmp_path / 'text.db'}").top(["How many orders?"], 1)
    with pytest.raises(UnderdogError, match="no kind of database"):
        Asked("oracle://x").top(["How many orders?"], 1)
    place = tmp_path / "locked.db"
    writer = sqlite3.connect(place, isolation_level=None)
    writer.execute("CREATE TABLE t (a)")
    writer.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UnderdogError, match="locked by another program"):
        Database(f"sqlite:///{place}", Limits(0.05)).run("SELECT a FROM t")
    with pytest.raises(UnderdogError, match="not in the database"):
        Asked(f"sqlite:///{shop}", {"x": "nothing"}).top(["How many x?"], 1)


def test_a_model_may_write_the_query_and_it_is_checked(shop):
    question = "Is there anything unusual about Vienna's weather?"
    good = Scripted([["weather", "```sql\nSELECT COUNT(*) AS n FROM orders\n```"]])
    hit = Asked(f"sqlite:///{shop}", writer=good).top([question], 1)[0][0]
    assert (hit.rows, hit.query) == ((("n",), (5,)), "SELECT COUNT(*) AS n FROM orders")
    evil = Scripted([["weather", "SELECT 1; DELETE FROM orders"]])
    with pytest.warns(UserWarning, match="2 statements|was not run"):
        Asked(f"sqlite:///{shop}", writer=Scripted([["weather", "```DELETE FROM orders```"]])).top(
            [question], 1
        )
    assert Asked(f"sqlite:///{shop}", writer=evil).top([question], 1)[0][0].rows == (("1",), (1,))
    assert sqlite3.connect(shop).execute("SELECT COUNT(*) FROM orders").fetchone() == (5,)


SPENT = {
    "what did {customers.name} spend over {number}?": "SELECT SUM(amount) FROM orders JOIN"
    " customers c ON c.id = customer_id WHERE c.name = {customers.name} AND amount > {number}"
}


def test_templates_of_the_user_come_first(shop):
    asked = Asked(f"sqlite:///{shop}", templates=SPENT)
    assert build(repr(asked)) == asked
    hit = asked.top(["What did  Lovelace spend over 8"], 1)[0][0]
    assert hit.rows[1:] == ((30.5,),)
    assert "c.name = 'Ada Lovelace' AND amount > 8" in hit.query
    for question in ("What did Nobody spend over 8?", "What did Lovelace spend over Christmas?"):
        assert not [hit for hit in asked.top([question], 1)[0] if "SUM" in hit.query]
    assert asked.top(["How many customers are in London?"], 1)[0][0].rows[1:] == ((2,),)


@pytest.mark.parametrize(
    "templates",
    [{"of {a}?": "SELECT {b}"}, {"of {a}?": "SELECT '{a}'"}, {"{a} {a}?": "SELECT {a}"}],
)
def test_a_template_whose_slots_do_not_fit_is_refused(templates):
    with pytest.raises(UnderdogError, match="slots of the template"):
        Asked("sqlite:///x.db", templates=templates)


def test_a_template_that_writes_or_names_no_column_is_refused(shop):
    with pytest.raises(UnderdogError, match="was not run"):
        Asked(f"sqlite:///{shop}", templates={"drop it": "DROP TABLE orders"}).top(["Drop it!"], 1)
    gone = {"size of {customers.size}": "SELECT {customers.size}"}
    with pytest.raises(UnderdogError, match="not in the database"):
        Asked(f"sqlite:///{shop}", templates=gone).top(["size of 7"], 1)


def test_a_table_that_may_not_be_read_is_left_out(tmp_path):
    place = tmp_path / "odd.db"
    with closing(sqlite3.connect(place)) as database:
        database.executescript(
            TABLES
            + "CREATE VIEW endless AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n FROM c) "
            "SELECT n FROM c; CREATE VIEW evil AS SELECT load_extension('x') AS name; "
            "INSERT INTO customers VALUES (4, CAST(x'ff61' AS TEXT), 'Rome');"
        )
    with pytest.warns(UserWarning, match="is left out") as told:
        hit = Asked(f"sqlite:///{place}").ask("How many customers are there?")
    assert hit is not None
    assert hit.rows[1:] == ((4,),)
    assert len(told) == 2
    with closing(sqlite3.connect(place)) as database:
        database.executescript("DROP TABLE customers; DROP TABLE orders")
    with (
        pytest.warns(UserWarning, match="is left out"),
        pytest.raises(UnderdogError, match="refused the query"),
    ):
        Asked(f"sqlite:///{place}").ask("How many endless are there?")


@pytest.mark.parametrize(
    "url", ["postgresql://bob:hunter2@host/shop", "postgresql://host/shop?sslPassword=hunter2"]
)
def test_a_password_in_a_url_is_in_no_spec_and_so_in_no_model_and_no_report(url):
    with pytest.raises(UnderdogError, match="holds a password") as caught:
        build(f"retrieved(database({url!r}))")
    assert "hunter2" not in str(caught.value)
