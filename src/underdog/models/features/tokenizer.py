"""The tokenizer of an encoder, stored as JSON in a saved model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from ...core.errors import UnderdogError
from ...runtime.extras import require

ENDLESS = re.compile(r"\)(?:[*+]|\{\d*,\})")
"""A repeated group in a pattern: on some texts a search for it takes time without end."""


class SafeTokenizer:
    """The library's tokenizer; where that fails, or panics, there is an `UnderdogError`."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tokenizer, name)

    def encode(self, text: str, **options: Any) -> Any:
        """One text as tokens."""
        return _guarded(lambda: self._tokenizer.encode(text, **options))

    def encode_batch(self, texts: list[str], **options: Any) -> Any:
        """Texts as tokens."""
        return _guarded(lambda: self._tokenizer.encode_batch(texts, **options))

    def encode_batch_fast(self, texts: list[str], **options: Any) -> Any:
        """Texts as tokens, without the places of these in the texts."""
        return _guarded(lambda: self._tokenizer.encode_batch_fast(texts, **options))


def load_tokenizer(tokenizer: str, extra: str) -> SafeTokenizer:
    """The tokenizer described by the JSON ``tokenizer``, without truncation or padding.

    Raises `UnderdogError` that names the ``extra`` to install if the library tokenizers is missing,
    and one if the JSON describes no tokenizer, or one whose patterns may search without end.
    """
    library = require("tokenizers", extra).Tokenizer
    for pattern in _patterns(tokenizer):
        if ENDLESS.search(pattern):
            raise _refused(f"the pattern {pattern[:60]!r} may search without end")
    loaded = _guarded(lambda: library.from_str(tokenizer))
    loaded.no_truncation()
    loaded.no_padding()
    return SafeTokenizer(loaded)


def check_ids(ids: Any, rows: int) -> None:
    """Refuse token ``ids`` that have no row in a table of ``rows`` vectors."""
    if len(ids) and max(ids) >= rows:
        raise _refused(f"token {max(ids):,} has no vector: there are {rows:,}")


def _patterns(tokenizer: str) -> Iterator[str]:
    try:
        left = [json.loads(tokenizer)]
    except (ValueError, TypeError, RecursionError) as error:
        raise _refused(str(error)[:120]) from error
    while left:
        match left.pop():
            case {"Regex": str(pattern)}:
                yield pattern
            case dict() as part:
                left += [value for key, value in part.items() if key != "vocab"]
            case list() as parts:
                left += [part for part in parts if isinstance(part, dict | list)]


def _guarded(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as error:
        raise _refused(str(error)[:120]) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what the library raises where it panics
            raise
        raise _refused(str(error)[:120]) from error


def _refused(why: str) -> UnderdogError:
    return UnderdogError(
        f"the model's tokenizer cannot be used: {why}", "fit the model again: underdog fit …"
    )
