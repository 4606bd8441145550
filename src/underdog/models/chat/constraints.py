"""How servers of OpenAI's protocol are told that a reply must be one of the labels."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...runtime.store import Steps

FORMS = ("response_format", "grammar", "guided_choice")
"""Parameters that constrain a reply, in the order in which they are tried: the protocol's own,
llama.cpp's, vLLM's.
"""

OPENING = re.compile(r'\{\s*"label"\s*:\s*"')
"""What a reply in JSON begins with, before the label."""


def form(without: Collection[str]) -> str | None:
    """The first of `FORMS` that is not among what a server does ``without``; None: none is."""
    return next((name for name in FORMS if name not in without), None)


def constraint(name: str | None, labels: Sequence[str]) -> dict[str, Any]:
    """The parameter ``name`` such that only one of ``labels`` can be written."""
    match name:
        case "response_format":
            label = {"type": "string", "enum": list(labels)}
            schema = {
                "type": "object",
                "properties": {"label": label},
                "required": ["label"],
                "additionalProperties": False,
            }
            shape = {"name": "label", "strict": True, "schema": schema}
            return {name: {"type": "json_schema", "json_schema": shape}}
        case "grammar":
            return {name: "root ::= " + " | ".join(json.dumps(label) for label in labels)}
        case "guided_choice":
            return {name: list(labels)}
    return {}


def obeyed(name: str, reply: str, labels: Sequence[str]) -> bool:
    """Whether ``reply`` can have been written under the constraint; a server may overlook it."""
    said = reply.rpartition("</think>")[2].strip()
    if name == "response_format":
        return opens(said)
    return said in {label.strip() for label in labels}


def opens(reply: str) -> bool:
    """Whether ``reply`` is the JSON that a schema asks for."""
    return OPENING.match(reply.strip()) is not None


def after_opening(steps: Steps) -> Steps:
    """The steps that write the label itself, of a reply in JSON; of any other reply all steps."""
    written = ""
    for i, ((token, _), *_others) in enumerate(steps):
        written += token
        if found := OPENING.search(written):  # after a fence, which llama.cpp lists but leaves out
            rest = written[found.end() :]
            begun = (((rest, 0.0),),) if rest else ()
            return (*begun, *steps[i + 1 :])
    return tuple(steps)
