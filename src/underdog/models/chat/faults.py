"""What to tell a user whose language model did not answer, and what to type."""

from __future__ import annotations

import difflib

from ...core.errors import UnderdogError
from .batch import Terms
from .patience import Fault
from .redaction import redacted

LISTED = 8
"""Names of models that fit in a hint."""


def explained(
    fault: Fault, model: str, terms: Terms, counts: tuple[int, int], kept: bool
) -> UnderdogError:
    """``fault`` as the user should read it; ``counts`` are the prompts answered, and all."""
    answered, asked = counts
    what = fault.message if fault.status is None else f"status {fault.status}, {fault.message}"
    state = f"{answered:,} of {asked:,} prompts were answered"
    if kept and answered:
        state += " and are kept: the same command goes on from there"
    return UnderdogError(
        redacted(f"{model} at {terms.endpoint.shown}: {what}; {state}"),
        redacted(fault.hint or _remedy(fault, model, terms)),
    )


def _remedy(fault: Fault, model: str, terms: Terms) -> str:
    endpoint, kind = terms.endpoint, terms.kind
    address = endpoint.variable.replace("_API_KEY", "_BASE_URL")
    match fault.kind, fault.status:
        case "refused", _:
            return f"is the server running there? If it is elsewhere: export {address}=URL"
        case "timeout", _:
            return f"give it more time: {kind}({model!r}, timeout=300)"
        case "redirect", _:
            return f"if you trust that server, name it yourself: export {address}=URL"
        case "malformed", _:
            return f"is that the address of its API? export {address}=https://HOST/v1"
        case _, 401 | 403:
            return f"the key was refused; give another: export {endpoint.variable}=…"
        case _, 404:
            return _models(model, terms)
        case _, 429 if "insufficient_quota" in fault.message:
            return f"the account is empty: top it up, or export {endpoint.variable}=…"
        case _, 429:
            return f"wait a while, or ask less at once: {kind}({model!r}, concurrency=1)"
        case _, int(status) if status < 500:
            return f"look up what it takes, and change the spec: {kind}({model!r}, …)"
    return f"wait a while, or be more patient: {kind}({model!r}, retries=10)"


def _models(model: str, terms: Terms) -> str:
    """The endpoint's models by name, those like ``model`` first, if it tells them."""
    try:
        names = [str(found.id) for found in terms.endpoint.client(10.0).models.list()]
    except Exception:  # whatever it is, a hint must not fail
        names = []
    if not names:
        return f"is the name right? {terms.kind}({model!r})"
    near = difflib.get_close_matches(model, names, n=LISTED, cutoff=0.3)
    first = list(dict.fromkeys([*near, *names]))[:LISTED]
    more = ", …" if len(names) > LISTED else ""
    return f"models there: {', '.join(first)}{more}: {terms.kind}({first[0]!r})"
