"""Where work is spread to: the cores of this machine, or the cluster that the environment names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ...core.errors import UnderdogError
from . import cluster

ENGINES = ("cores", "ray")


@contextmanager
def engine(name: str) -> Iterator[None]:
    """Inside the block work goes to the named cluster ("ray"), or stays here ("cores").

    An empty ``name`` leaves it to the environment. Raises `UnderdogError` for any other name, and
    for "ray" where no cluster is named.
    """
    if name and name not in ENGINES:
        raise UnderdogError(f"there is no engine {name!r}", f"one of: {', '.join(ENGINES)}")
    if name == "ray" and not cluster.named():
        raise UnderdogError("no cluster is named", f"ray start --head; export {cluster.NAMED}=auto")
    address = os.environ.pop(cluster.NAMED, None) if name == "cores" else None
    try:
        yield
    finally:
        if address is not None:
            os.environ[cluster.NAMED] = address
