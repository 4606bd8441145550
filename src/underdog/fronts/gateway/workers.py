"""Several processes on one port: `underdog serve --workers N`, each a gateway on one database.

The system hands each connection to one of them. They share tasks, small models and the ledger as
gateways on several machines do, and leave their counts in a folder, so that any of them can tell
those of all. A worker that dies is replaced; the others go on meanwhile.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from ...core.errors import UnderdogError
from .app import Gateway
from .server import GRACE, check_address, made, settled
from .settings import Settings, check

LOOK = 0.5
"""Seconds between two looks whether the end was asked for."""

YOUNG, TRIES = 5.0, 3
"""A worker that ends before so many seconds is replaced so many times in a row at most."""


@dataclass
class Worker:
    """One process, the end of a pipe whose other end it holds, and since when it runs."""

    process: BaseProcess
    pipe: Connection
    since: float


def serve_workers(settings: Settings, workers: int, ready: Callable[[int, str], None]) -> None:
    """Serve with ``workers`` processes until SIGTERM or Ctrl-C.

    ``ready`` is called with the port and the token of the dashboard. Raises `UnderdogError` for
    what no worker can begin with, and where one ends again and again.
    """
    check(settings)
    check_address(settings.host, settings.port)
    with (
        _ended() as ended,
        closing(_socket(settings.host, settings.port)) as held,  # a port that was free stays ours
        tempfile.TemporaryDirectory(prefix="underdog-workers-") as folder,
    ):
        port, token = held.getsockname()[1], settings.token or secrets.token_urlsafe(16)
        same = replace(settings, port=port, token=token, crew=Path(folder))
        crew = [_begun(same, number + 1) for number in range(workers)]
        try:
            for one in crew:
                _check_started(one)
            ready(port, token)
            _watch(same, crew, ended)
        finally:
            _end(crew)


def _watch(settings: Settings, crew: list[Worker], ended: threading.Event) -> None:
    """Replace workers that die, until the end is asked for."""
    failures = 0
    while not ended.is_set():
        wait([one.process.sentinel for one in crew], LOOK)
        for at, one in enumerate(crew):
            if one.process.is_alive() or ended.is_set():
                continue
            failures = failures + 1 if time.monotonic() - one.since < YOUNG else 1
            if failures > TRIES:
                raise UnderdogError(
                    f"a worker ended {failures} times, with code {one.process.exitcode}",
                    "underdog serve … --workers 1 shows why",
                )
            logging.getLogger("underdog").warning("a worker ended; another takes its place")
            crew[at] = _begun(settings, at + 1)


def _begun(settings: Settings, number: int) -> Worker:
    mine, theirs = multiprocessing.Pipe()
    made = multiprocessing.get_context("spawn").Process(
        target=_work, args=(replace(settings, worker=number), theirs), daemon=True
    )
    made.start()
    theirs.close()
    return Worker(made, mine, time.monotonic())


def _check_started(one: Worker) -> None:
    """Wait until a worker takes requests. Raises the `UnderdogError` that it ended with."""
    try:
        problem = one.pipe.recv()
    except EOFError:
        one.process.join(GRACE)
        raise UnderdogError(
            f"a worker ended at once, with code {one.process.exitcode}",
            "underdog serve … --workers 1 shows why",
        ) from None
    if problem is not None:
        raise UnderdogError(*problem)


def _end(crew: list[Worker]) -> None:
    """Let all workers finish what they accepted; those that do not end in time are killed."""
    for one in crew:
        if one.process.is_alive():
            one.process.terminate()
    for one in crew:
        one.process.join(2 * GRACE)
        one.process.kill()


def _work(settings: Settings, pipe: Connection) -> None:
    """What a worker does; it ends with the process that began it."""
    try:
        gateway = Gateway(settings)
        server = made(gateway, settled(lambda _: pipe.send(None)))
        taken = _socket(settings.host, settings.port)
    except UnderdogError as error:
        return pipe.send((error.problem, error.hint))
    threading.Thread(target=_outlive, args=(pipe,), daemon=True).start()
    try:
        server.run(sockets=[taken])
    finally:
        gateway.close()


def _outlive(pipe: Connection) -> None:
    """Ask this process to end once the one that began it is gone: nothing else comes here."""
    with suppress(EOFError, OSError):
        pipe.recv()
    os.kill(os.getpid(), signal.SIGTERM)


def _socket(host: str, port: int) -> socket.socket:
    """A socket on a port that several processes of one user may listen on."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    found = socket.socket(family, kind, protocol)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    found.bind(address)
    return found


@contextmanager
def _ended() -> Iterator[threading.Event]:
    """What SIGTERM and Ctrl-C set, inside the block."""
    ended = threading.Event()

    def end(*_: Any) -> None:
        ended.set()

    before = {one: signal.signal(one, end) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield ended
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
