"""Which server is asked, and with which key: the user's environment decides, never a spec.

A provider called NAME lives at NAME_BASE_URL and takes NAME_API_KEY. Neither an address nor a key
can be written in a spec or a saved model, so a model from a stranger cannot send texts, or a key,
anywhere that its user did not choose.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ...core.errors import UnderdogError
from ...runtime.extras import require
from . import transport
from .redaction import remember, remember_url

PUBLIC = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}
"""Where the two providers live whose address need not be told; these insist on a key."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})


@dataclass(frozen=True)
class Endpoint:
    """A server to ask. Holds no key: that is read from the environment when it is used."""

    provider: str
    url: str

    @classmethod
    def of(cls, provider: str) -> Endpoint:
        """The endpoint that the environment names for ``provider``.

        Raises `UnderdogError` if the provider or its address is not valid.
        """
        if not re.fullmatch(r"[a-z][a-z0-9_-]*", provider):
            raise UnderdogError(
                f"a provider cannot be called {provider!r}", "use a word, as in: provider='groq'"
            )
        named = f"{_prefix(provider)}_BASE_URL"
        url = (os.environ.get(named) or PUBLIC.get(provider, "")).strip()
        remember_url(url)
        if not _is_address(url):
            raise UnderdogError(
                f"{named} is not an address" if url else f"the address of {provider} is not known",
                f"export {named}=https://HOST/v1",
            )
        return cls(provider, url.rstrip("/"))

    @property
    def variable(self) -> str:
        """The environment variable that holds the key."""
        return f"{_prefix(self.provider)}_API_KEY"

    @property
    def place(self) -> str:
        """The address to show: without the user and password that it may hold."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    @property
    def shown(self) -> str:
        """The address as messages show it: without a query too, which may hold a key."""
        return urlunsplit(urlsplit(self.place)._replace(query="", fragment=""))

    @property
    def public(self) -> bool:
        """Whether this is the provider's own server, and not one that speaks its protocol."""
        return self.url == PUBLIC.get(self.provider)

    @property
    def constrains(self) -> bool:
        """Whether to ask that nothing but a label be written: of servers other than the providers'
        own, whose models need no such help, and not in Anthropic's protocol, which has no word
        for it.
        """
        return self.provider != "anthropic" and not self.public

    @property
    def priced(self) -> bool:
        """Whether a price list can apply: a server on this machine has no list price."""
        return urlsplit(self.url).hostname not in LOOPBACK

    def client(self, timeout: float) -> Any:
        """The SDK's client, one per endpoint so that connections are kept alive; ``timeout`` is in
        seconds.

        Raises `UnderdogError` if a public endpoint has no key, or if the key cannot be one.
        """
        key = os.environ.get(self.variable, "").strip()
        remember(key)
        if not key.isascii() or not key.isprintable() or " " in key:
            raise UnderdogError(
                f"{self.variable} holds a character that no key has",
                f"copy the key again: export {self.variable}=…",
            )
        if not key and self.public:
            raise UnderdogError(
                f"{self.provider} wants a key, and {self.variable} is not set",
                f"export {self.variable}=…",
            )
        return _client(self.provider == "anthropic", self.url, key or "none", timeout)


def _is_address(url: str) -> bool:
    """Whether ``url`` has a scheme and a host that a request can be sent to."""
    try:
        parts = urlsplit(url)
        _ = parts.port
        host = parts.hostname or ""
        host.encode("idna")
    except (ValueError, UnicodeError):
        return False
    return parts.scheme in ("http", "https") and bool(host) and url.isprintable() and " " not in url


def _prefix(provider: str) -> str:
    return provider.upper().replace("-", "_")


@cache
def _client(anthropic: bool, url: str, key: str, timeout: float) -> Any:
    module, name = ("anthropic", "Anthropic") if anthropic else ("openai", "OpenAI")
    sdk = require(module, "llm")
    # patience.py retries, because its waits can be interrupted and the SDKs' cannot
    http = transport.client(sdk, timeout, own=url in PUBLIC.values())
    return getattr(sdk, name)(
        api_key=key, base_url=url, timeout=timeout, max_retries=0, http_client=http
    )


class Remote:
    """A model that is asked at an `Endpoint`."""

    model: str

    def _endpoint(self) -> Endpoint:
        raise NotImplementedError

    @property
    def paid(self) -> bool:
        """Whether asking it may cost money: a server on this machine costs none."""
        return self._endpoint().priced

    @property
    def seller(self) -> str:
        """The address that it is asked at, without what may be secret in it."""
        return self._endpoint().shown

    def environment(self) -> Mapping[str, str]:
        """The address of the server that is asked."""
        return {"url": self._endpoint().url}
