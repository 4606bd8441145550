"""A PostgreSQL of the tests' own: made in a folder, on a free port, gone when the block ends."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def installed() -> bool:
    """Whether a server can be started here; it refuses to run as root, so its user is needed."""
    return bool(shutil.which("initdb") and (os.getuid() or shutil.which("runuser")))


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The URL of a database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder.mkdir()
    user: list[str] = []
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
        user = ["runuser", "-u", "postgres", "--"]

    def run(*words: str) -> None:
        subprocess.run([*user, *words], check=True, capture_output=True, cwd="/")

    data = str(folder / "data")
    run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    run("pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")


def new_database(server: str) -> str:
    """The URL of an empty database on ``server``, the URL of another of its databases."""
    import psycopg

    name = f"t{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as link:
        link.execute(f"CREATE DATABASE {name}")
    return f"{server.rpartition('/')[0]}/{name}"
