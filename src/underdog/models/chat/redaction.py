"""Keys and passwords in what servers, libraries and addresses say: replaced before it is shown."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, quote, unquote, urlsplit

HIDDEN = "[hidden]"
_secrets: set[str] = set()


def remember(*values: str) -> None:
    """Hide ``values`` from now on, however they are written; shorter ones than 6 are no keys."""
    for value in values:
        if len(value) >= 6:
            _secrets.update((value, quote(value, safe=""), json.dumps(value)[1:-1]))


def remember_url(url: str) -> None:
    """Hide the user, the password and the values of the query of an address."""
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
        remember(*(unquote(v) for v in (parts.username, parts.password) if v))
        remember(*(value for _, value in parse_qsl(parts.query)))
    except ValueError:
        remember(url)


def redacted(text: str) -> str:
    """``text`` without any value that is to be hidden.

    >>> remember("sk-secret"); redacted("the key sk-secret is wrong")
    'the key [hidden] is wrong'
    """
    for secret in sorted(_secrets, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, HIDDEN)
    return text
