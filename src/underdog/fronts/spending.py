"""Which paid services a recipe or a model would call, and whether the user agrees."""

from __future__ import annotations

import sys
from typing import Any

from ..core.errors import UnderdogError
from ..runtime.registry import parts
from . import terminal


def paid_services(thing: Any) -> list[str]:
    """Each paid model that ``thing`` would ask, with its address: 'gpt-5-mini at openai'."""
    from ..models.chat.endpoint import Remote

    asked = (part for part in parts(thing) if isinstance(part, Remote) and part.paid)
    return sorted({f"{one.model} at {one.seller}" for one in asked})


def agreed(thing: Any, yes: bool, command: str) -> None:
    """Say what ``thing`` would call, and at what address; go on only if the user agrees.

    ``command`` is what lets it be called. Raises UnderdogError if the user does not agree.
    """
    services = paid_services(thing)
    if not services or yes:
        return
    said = f"the model asks {', '.join(services)}, which costs money"
    if not (sys.stdin.isatty() and terminal.err.is_terminal and _confirmed(f"{said}. Go on?")):
        raise UnderdogError(said, f"let it: {command}")


def _confirmed(question: str) -> bool:
    import typer

    return typer.confirm(question)
