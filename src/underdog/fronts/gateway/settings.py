"""What a gateway is started with, and the checks that need no model and no network."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ...core.errors import UnderdogError
from ...core.protocols import Learner
from ...runtime.registry import build

MODES = ("observe", "shadow", "canary", "serve")
"""Find tasks; also train and compare; also answer a tenth of what may be answered; answer all."""

MODE_HINT = "underdog serve --upstream URL --mode observe"


@dataclass(frozen=True)
class Settings:
    """How the gateway listens, what it serves, and how it learns.

    ``models`` are folders, ``upstream`` the address of a language model or empty. ``risk``,
    ``delta`` and ``audit`` are shares between 0 and 1; ``timeout`` and ``cache`` are in seconds,
    ``max_body`` in bytes, ``retention`` in days. ``near``: near repeats may be answered as well.
    ``worker`` is the number of this process among those that share a port, and ``crew`` the folder
    in which they leave their counts; 0 and None where it is alone.
    """

    models: tuple[Path, ...] = ()
    upstream: str = ""
    host: str = "127.0.0.1"
    port: int = 8010
    keys: tuple[str, ...] = ()
    key_file: Path | None = None
    token: str = ""
    mode: str = "observe"
    store: str = ""
    student: str = "linear()"
    risk: float = 0.05
    delta: float = 0.05
    audit: float = 0.05
    within: int = 10_000
    start: int = 200
    retention: int = 30
    redact: tuple[str, ...] = ()
    cache: float = 0.0
    near: bool = False
    max_body: int = 32 << 20
    timeout: float = 600.0
    queue: int = 4096
    crew: Path | None = None
    worker: int = 0

    @property
    def name(self) -> str:
        """The gateway as the ledger calls it: machine and port, and which worker."""
        whole = f"{os.uname().nodename}:{self.port}"
        return f"{whole}/{self.worker}" if self.worker else whole

    @property
    def local(self) -> bool:
        """Whether only programs on this machine can connect."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether ``host`` is an address that only this machine reaches."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check(settings: Settings) -> None:
    """Raise `UnderdogError` where the gateway could not start, or where it would be open to all."""
    if not settings.models and not settings.upstream:
        raise UnderdogError(
            "there is nothing to serve", "underdog serve MODEL, or: underdog serve --upstream URL"
        )
    if not settings.local and not (settings.keys or settings.key_file):
        raise UnderdogError(
            f"{settings.host} can be reached from other machines, and no key is set",
            "underdog serve … --host 0.0.0.0 --key SECRET",
        )
    if any(len(key) < 8 or not key.isascii() or not key.isprintable() for key in settings.keys):
        raise UnderdogError(
            "a key has at least 8 printable ASCII characters",
            'make one: python -c "import secrets; print(secrets.token_urlsafe())"',
        )
    _check_student(settings.student)
    if settings.mode not in MODES:
        raise UnderdogError(f"{settings.mode!r} is no mode", MODE_HINT)
    for name in ("risk", "delta", "audit"):
        if not 0 < getattr(settings, name) < 1:
            raise UnderdogError(f"{name} is not between 0 and 1", f"--{name} 0.05")
    if not 0 <= settings.cache < float("inf"):
        raise UnderdogError(f"a cache of {settings.cache:g} seconds is none", "--cache 3600")
    if settings.near and not settings.cache:
        raise UnderdogError(
            "near repeats are answered from memory, which is off",
            "underdog serve --upstream URL --cache 3600 --near",
        )
    parts = urlsplit(settings.upstream)
    if settings.upstream and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise UnderdogError(
            f"{settings.upstream!r} is not an address",
            "underdog serve --upstream https://api.openai.com/v1",
        )


def _check_student(text: str) -> None:
    """Raise `UnderdogError` unless ``text`` describes a recipe, or a list of recipes."""
    if text == Settings.student:
        return  # it learns; what it is made of is imported only where it is fitted
    made = build(text)
    if not made or not all(isinstance(one, Learner) for one in _listed(made)):
        raise UnderdogError(
            f"--student {text!r} is no recipe that learns",
            "one, or several to be pooled: --student '[linear(), frozen()]'",
        )


def _listed(made: object) -> tuple[object, ...]:
    return made if isinstance(made, tuple) else (made,)
