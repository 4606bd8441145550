"""The same work on a Ray cluster, where the environment names one.

``UNDERDOG_RAY`` names it: ``auto`` for the one that this machine is part of, HOST:PORT for one of
several, ``ray://HOST:10001`` from a machine outside. A spec never does, so a model from a stranger
cannot send texts anywhere that its user did not choose. Recipes, data and models travel as they
are saved, as JSON and arrays; Ray itself pickles which function to call, and anyone with access to
a cluster can run code on it: trust it as you trust this machine. Its machines need the same
underdog with the same extras. Keys and other settings of this environment stay here.
"""

from __future__ import annotations

import logging
import os
import socket
import warnings
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from ...core.errors import UnderdogError
from .. import persist
from ..extras import require
from ..progress import step
from .attempt import DIED, Attempt, attempt
from .process import POLL, process, work_here

S = TypeVar("S")
A = TypeVar("A")
B = TypeVar("B")

NAMED = "UNDERDOG_RAY"

REFUSED, REACHED = 10.0, 60.0
"""Seconds within which a port answers, and a cluster has let us in; or they never will."""


def named() -> str | None:
    """The address of the cluster that the environment names."""
    return os.environ.get(NAMED)


def spread(
    work: Callable[[S, A], B], shared: S, queue: deque[tuple[int, A]]
) -> Generator[tuple[int, Attempt[B]], None, None]:
    """``work(shared, item)`` for each item in ``queue``: (index, `Attempt`) pairs as they finish.

    Each item gets one core. Items whose machine is lost, or that were under way when the cluster
    stopped, are left in ``queue``, with a warning. `UnderdogError` if the cluster cannot be
    reached, or its machines cannot do the work.
    """
    require("ray", "ray")
    address, parts = named() or "", [(at, persist.packed(item)) for at, item in queue]
    undone = dict(queue)
    queue.clear()
    # Ray ends a process whose cluster is lost, so it is given one that may end
    messenger = process()
    try:
        _connected(messenger, address)
        messenger.submit(_send, work, persist.packed(shared), parts).result()
        for _ in parts:
            coming = messenger.submit(_receive)
            with step("on the cluster") as advance:
                while not wait([coming], POLL).done:
                    advance(0)
            at, came = coming.result()
            if came is None:
                continue
            del undone[at]
            made = came if isinstance(came, Attempt) else persist.unpacked(came)
            made.account()
            yield at, made
    except BrokenProcessPool:
        pass
    finally:
        messenger.shutdown(wait=False, kill_workers=True)
    if undone:
        queue.extend(undone.items())
        warnings.warn(
            f"the Ray cluster at {address} lost {len(undone)} of {len(parts)} pieces of work: "
            "they are done here",
            stacklevel=2,
        )


def _connected(messenger: Any, address: str) -> None:
    """Join the messenger to the cluster; `UnderdogError` with the reason if that cannot be."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        if host and port.isdigit():  # Ray itself tries for a minute
            socket.create_connection((host, int(port)), timeout=REFUSED).close()
        messenger.submit(_connect, address).result(timeout=REACHED)
        return
    except (TimeoutError, BrokenProcessPool):
        reason = "no answer"
    except Exception as error:  # refused, or Ray's own: no such address, another version …
        said = getattr(error, "strerror", None) or str(error).strip()
        reason = said.partition("\n")[0]
    raise UnderdogError(
        f"the Ray cluster at {address} cannot be used: {reason}",
        f"start one: ray start --head; if it asks for a token: export RAY_AUTH_MODE=token; or work"
        f" on this machine alone: unset {NAMED}",
    )


# What follows runs in the messenger's process, and in the cluster's (`_do`).

_waiting: dict[Any, int] = {}
"""What was sent and has not come back: its place, by Ray's reference to it."""


def _connect(address: str) -> None:
    import ray

    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # Ray prints what its processes say; what matters comes as attempts
        os.dup2(silence, stream)
    ray.init(address, log_to_driver=False, configure_logging=False, logging_level=logging.ERROR)


def _send(work: Callable[[S, A], B], shared: bytes, parts: list[tuple[int, bytes]]) -> None:
    import ray

    do: Any = ray.remote(num_cpus=1, max_retries=0)(_do)
    everything = ray.put(shared)
    _waiting.update({do.remote(work, everything, part): at for at, part in parts})


def _receive() -> tuple[int, bytes | Attempt[Any] | None]:
    """The index of what finished next, and its packed `Attempt`; None if its machine is lost."""
    import ray
    from ray.exceptions import OutOfMemoryError, RayError, RayTaskError, WorkerCrashedError

    (come, *_), _ = ray.wait(list(_waiting), num_returns=1)
    at = _waiting.pop(come)
    try:
        made: bytes = ray.get(come)
        return at, made
    except (WorkerCrashedError, OutOfMemoryError):
        return at, DIED
    except RayTaskError as error:
        reason = (str(error.cause).strip() or type(error.cause).__name__).splitlines()[-1]
        raise UnderdogError(
            f"the machines of the cluster cannot do the work: {reason}",
            "install the same underdog on each, with the same extras: pip install underdog",
        ) from None
    except RayError:
        return at, None


def _do(work: Callable[[S, A], B], shared: bytes, item: bytes) -> bytes:
    work_here()

    def unpacked() -> B:
        return work(persist.unpacked(shared), persist.unpacked(item))

    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always", UserWarning)
        made = attempt(unpacked)
    try:
        return persist.packed(made)
    except UnderdogError as error:  # a result that has no registered name
        return persist.packed(Attempt(status="refused", problem=error.problem, hint=error.hint))
