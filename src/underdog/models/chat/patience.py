"""What can go wrong between us and an endpoint, and how long to wait before asking again."""

from __future__ import annotations

import random
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from threading import Event
from time import time
from typing import Any, TypeVar

from .redaction import redacted
from .transport import RedirectError, TooLargeError

T = TypeVar("T")

FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0
LONGEST_ASKED = 120.0
"""Seconds. A server that asks for a longer pause than this is taken to have said no."""

TOO_MUCH = (
    *("context_length", "context length", "context limit", "too long"),
    *("content_filter", "content management"),
)
"""By these words an endpoint says that it is this one prompt that it will not take."""

_jitter = random.Random()  # our own: a user's seed must not be disturbed by the weather outside


class Fault(Exception):
    """A request that got no answer: ``kind`` is refused, timeout, broken, malformed, redirect,
    status, or unfit: the server answers, and cannot be used for this.

    ``status`` is the HTTP status if there was one, ``pause`` the seconds that the server asked for,
    ``hint`` what to type where the fault itself tells.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        status: int | None = None,
        pause: float | None = None,
        hint: str = "",
    ) -> None:
        message = redacted(message)  # the one way by which a server's words leave the client
        super().__init__(message)
        self.kind, self.message, self.status, self.pause = kind, message, status, pause
        self.hint = hint

    @classmethod
    def of(cls, error: Exception) -> Fault:
        """The fault that an exception of the openai or the anthropic SDK tells of."""
        if isinstance(error, TooLargeError):
            return cls("malformed", f"a reply that is too large ({error})")
        if isinstance(error, RedirectError):
            return cls("redirect", f"it sends requests on to {error}")
        names = {kind.__name__ for kind in type(error).__mro__}
        if "APIStatusError" in names:
            return cls._of_status(error)
        if "APIConnectionError" in names:
            cause = type(error.__cause__).__name__
            if cause in ("UnsupportedProtocol", "InvalidURL", "LocalProtocolError"):
                return cls("malformed", f"a request that cannot be sent ({cause})")
            if cause in ("ConnectError", "ConnectTimeout"):
                return cls("refused", "no connection")
            if "APITimeoutError" in names:
                return cls("timeout", "no answer in time")
            return cls("broken", f"the connection broke ({cause})")
        if names & {"OpenAIError", "AnthropicError"}:
            return cls("malformed", str(error)[:300])
        if isinstance(error, ValueError | TypeError | OSError) or "HTTPError" in names:
            return cls("malformed", f"{type(error).__name__}: {error}"[:300])
        raise error

    @classmethod
    def _of_status(cls, error: Any) -> Fault:
        body: dict[str, Any] = error.body if isinstance(error.body, dict) else {}
        inner = body["error"] if isinstance(body.get("error"), dict) else body
        told = [str(inner[k]) for k in ("code", "param", "message", "detail") if inner.get(k)]
        said = error.body if isinstance(error.body, str) and error.body.strip() else error.message
        message = ": ".join(told) or " ".join(f"{said} {inner or ''}".split())
        pause = asked_pause(error.response.headers)
        return cls("status", message[:300], error.status_code, pause)

    @property
    def about_prompt(self) -> bool:
        """Whether the endpoint would answer, but not this prompt: too long, or forbidden."""
        said = self.message.lower()
        return self.status in (400, 413, 422) and any(words in said for words in TOO_MUCH)

    def wait(self, attempt: int) -> float | None:
        """Seconds before trying again after ``attempt`` (0 is the first); None: give up."""
        if self.kind == "status":
            if self.status not in (408, 409, 429) and (self.status or 0) < 500:
                return None
            if self.status == 501:  # what is not there will not be there in a minute
                return None
            if "insufficient_quota" in self.message:  # an empty account fills up by no waiting
                return None
            if self.pause is not None:
                return self.pause if self.pause <= LONGEST_ASKED else None
        if self.kind in ("redirect", "unfit"):
            return None
        if self.kind == "refused" and attempt >= 2:  # a server that is off is seldom on in a minute
            return None
        wait: float = min(FIRST_WAIT * 2**attempt, LONGEST_WAIT)
        return wait * (1 - 0.25 * _jitter.random())


def patiently(ask: Callable[[], T], retries: int, stop: Event) -> T:
    """What ``ask`` gives in the end; its last `Fault` after ``retries`` more attempts.

    ``stop`` ends the waiting: when one request has failed for good, or the user pressed Ctrl-C,
    no thread sleeps on for a retry that will not be made.
    """
    for attempt in range(retries + 1):
        try:
            return ask()
        except Fault as fault:
            wait = fault.wait(attempt) if attempt < retries else None
            if wait is None or stop.wait(wait):
                raise
    raise AssertionError("unreachable")


def asked_pause(headers: Any) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or a date; None without one.

    >>> asked_pause({"retry-after": "1.5"})
    1.5
    """
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (ValueError, OverflowError):
        return None
