"""Replicas of a gateway under Ray Serve: on the cluster of UNDERDOG_RAY, or on this machine."""

from __future__ import annotations

import logging
import secrets
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...core.errors import UnderdogError
from ...runtime.extras import require
from ...runtime.workers.cluster import named
from .app import Gateway
from .settings import Settings, check

NAME = "underdog"

AT_ONCE = 1024
"""Requests of one replica at a time; Ray Serve keeps more waiting."""


def serve_replicas(settings: Settings, replicas: int, ready: Callable[[int, str], None]) -> None:
    """Serve with ``replicas`` gateways until SIGTERM or Ctrl-C.

    ``ready`` is called with the port and the token of the dashboard. Raises `UnderdogError` where
    Ray Serve is not installed, or where the replicas would not share what they learn.
    """
    check(settings)
    if settings.upstream and not settings.store.startswith(("postgresql://", "postgres://")):
        raise UnderdogError(
            "replicas share tasks and the ledger through PostgreSQL only",
            "underdog serve … --engine ray --store postgresql://HOST/NAME",
        )
    same = replace(settings, token=settings.token or secrets.token_urlsafe(16))
    ray, serving = _library()

    def build() -> Gateway:
        return Gateway(same)

    ray.init(named() or "local", log_to_driver=False, logging_level=logging.ERROR)
    ended = _ended()
    try:
        serving.start(http_options={"host": settings.host, "port": settings.port})
        made = serving.deployment(
            serving.ingress(build)(),
            name=NAME,
            num_replicas=replicas,
            max_ongoing_requests=AT_ONCE,
            ray_actor_options={"num_cpus": 1},
        )
        serving.run(made.bind(), name=NAME, route_prefix="/")
        ready(settings.port, same.token)
        ended.wait()
        serving.delete(NAME)  # the replicas finish what they accepted, and write it
    finally:
        ray.shutdown()


def _library() -> tuple[Any, Any]:
    ray: Any = require("ray", "ray")
    try:
        from ray import serve
    except ImportError as error:
        raise UnderdogError("Ray Serve is not installed", "pip install 'ray[serve]'") from error
    return ray, serve


def _ended() -> threading.Event:
    """What SIGTERM and Ctrl-C set; Ray itself would abort."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    return ended
