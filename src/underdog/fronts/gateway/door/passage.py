"""One request on its way through the door: what is known of it until it is in the ledger."""

from __future__ import annotations

import itertools
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from .. import asgi
from ..asgi import HttpError, Scope
from ..tasks import identity
from ..tasks.identity import Parts
from ..tasks.router import Decided
from .usage import Used

PROCESS = secrets.token_hex(6)
"""The beginning of the identities that this process gives; a counter makes the rest."""

_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who answered with which status, what it used, and the dollars ``paid`` and ``saved``.

    ``paid`` is None where the price is unknown.
    """

    by: str
    status: int
    used: Used = field(default_factory=Used)
    paid: float | None = None
    saved: float = 0.0


@dataclass(slots=True)
class Passage:
    """A request: read only where something depends on what it says. ``began`` is in seconds.

    ``explained``: the caller wants to know why it was answered as it was. ``reply`` is the
    upstream's, where it was read already.
    """

    scope: Scope
    body: bytes
    tenant: str
    stored: bool
    explained: bool = False
    id: str = field(default_factory=lambda: f"{PROCESS}{next(_numbers):08x}")
    began: float = field(default_factory=time.perf_counter)
    asked: dict[str, Any] | None = None
    parts: Parts | None = None
    decided: list[Decided] = field(default_factory=list)
    reply: dict[str, Any] | None = None
    used: Used | None = None
    paid: float | None = None

    @property
    def why(self) -> str:
        """Why the upstream is asked, where a task is known."""
        found = [d.choice.why if d.choice else "learning" for d in self.decided if d.task]
        return found[0] if found else ""

    @property
    def task(self) -> str:
        """The first task that was decided; empty if there is none."""
        return next((one.task.id for one in self.decided if one.task), "")

    @property
    def seconds(self) -> float:
        """Seconds since the request came."""
        return time.perf_counter() - self.began

    def parse(self) -> None:
        """Read the request; what is no JSON object is left alone."""
        if self.asked is None:
            try:
                self.asked = asgi.parsed(self.body)
            except HttpError:
                return
            self.parts = identity.find(self.scope["path"], self.asked, self.tenant)
