"""Several processes may open one SQLite file at the same moment."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest

from underdog.core.errors import UnderdogError
from underdog.runtime.files.database import make_private, write_ahead
from underdog.runtime.store import Store

TOGETHER = 4


def opened_together(open_one):
    """Call ``open_one`` in several threads at the same moment; raises what one of them raises."""
    start = Barrier(TOGETHER)

    def opens():
        start.wait()
        open_one()

    with ThreadPoolExecutor(TOGETHER) as pool:
        for one in [pool.submit(opens) for _ in range(TOGETHER)]:
            one.result()


def test_a_new_store_of_answers_may_be_opened_by_several_at_once(tmp_path):
    for i in range(120):
        opened_together(lambda i=i: len(Store(tmp_path / f"{i}.sqlite")))


def test_a_new_database_of_the_gateway_may_be_opened_by_several_at_once(tmp_path):
    gateway = pytest.importorskip("underdog.fronts.gateway.ledger.store")
    pytest.importorskip("sqlalchemy")
    for i in range(10):
        opened_together(lambda i=i: gateway.Store(str(tmp_path / f"{i}.sqlite")))


def test_waiting_ends_where_the_other_connection_does_not(tmp_path):
    path = tmp_path / "held.sqlite"
    with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(path, timeout=0)) as other:
        one.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            write_ahead(other, wait=0.05)


def test_a_file_is_its_owners_alone(tmp_path):
    path = tmp_path / "new" / "a.sqlite"
    make_private(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"kept")
    path.chmod(0o644)
    make_private(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == b"kept"


@pytest.mark.parametrize(
    "foreign",
    [
        "CREATE TABLE films (name TEXT)",
        "CREATE TABLE answers (name TEXT)",
        "CREATE VIEW answers AS SELECT 1 AS key",
        "CREATE TABLE leases (key, host, pid); CREATE TRIGGER t AFTER INSERT ON leases "
        "BEGIN DELETE FROM leases; END",
    ],
)
def test_a_database_of_another_program_is_left_alone(tmp_path, foreign):
    gateway = pytest.importorskip("underdog.fronts.gateway.ledger.store")
    pytest.importorskip("sqlalchemy")
    path = tmp_path / "films.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(foreign)
    path.chmod(0o644)
    before = path.read_bytes()
    with Store(path).open() as store, pytest.raises(UnderdogError, match="is left alone"):
        store.get(["k"])
    with pytest.raises(UnderdogError, match="is left alone"):
        gateway.Store(str(path))
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (before, 0o644)


def test_a_salt_that_is_none_is_refused(tmp_path):
    gateway = pytest.importorskip("underdog.fronts.gateway.ledger.store")
    pytest.importorskip("sqlalchemy")
    path = str(tmp_path / "a.sqlite")
    gateway.Store(path).close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO settings VALUES ('salt', 9999999999)")
    with pytest.raises(UnderdogError, match="salt"):
        gateway.Store(path).salt()
