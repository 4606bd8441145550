"""Which paid services a recipe or a model would call."""

from __future__ import annotations

from typing import Any

from ..runtime.registry import parts


def paid_services(thing: Any) -> list[str]:
    """Each paid model that ``thing`` would ask, with its address: 'gpt-5-mini at openai'."""
    from ..models.chat.model import Chat
    from ..models.decide.model import Decide

    chats = (part for part in parts(thing) if isinstance(part, Chat | Decide) and part.paid)
    return sorted({f"{chat.model} at {chat.seller}" for chat in chats})
