"""An encoder's own tokenizer, which travels as JSON in a saved model."""

from __future__ import annotations

from typing import Any

from ...runtime.extras import require


def tool(tokenizer: str, extra: str) -> Any:
    """The tokenizer that the JSON says; it cuts nothing off and fills nothing up.

    `UnderdogError` names ``extra`` where the library tokenizers is not installed.
    """
    made = require("tokenizers", extra).Tokenizer.from_str(tokenizer)
    made.no_truncation()
    made.no_padding()
    return made
