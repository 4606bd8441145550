"""The tokenizer of an encoder, stored as JSON in a saved model."""

from __future__ import annotations

from typing import Any

from ...runtime.extras import require


def load_tokenizer(tokenizer: str, extra: str) -> Any:
    """The tokenizer described by the JSON ``tokenizer``, without truncation or padding.

    Raises `UnderdogError` that names the ``extra`` to install if the library tokenizers is missing.
    """
    loaded = require("tokenizers", extra).Tokenizer.from_str(tokenizer)
    loaded.no_truncation()
    loaded.no_padding()
    return loaded
