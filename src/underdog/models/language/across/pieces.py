"""The bytes of every token of a vocabulary."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ....core.errors import UnderdogError
from ....core.language import Tokenizer
from ..tokenizers import Bytes, Vocabulary

SAMPLE = "It's 12 °C – Straße, 東京!\n\n  two  spaces\tand 😀"
"""A text on which the bytes of tokens are checked against the text itself."""


def pieces_of(tokenizer: Tokenizer) -> Sequence[bytes]:
    """The bytes of each token, ``[vocabulary]``; empty for tokens that only control.

    Raises `UnderdogError` if they are not known, or do not add up to the texts that were cut.
    """
    if isinstance(tokenizer, Bytes):
        return [*(bytes([i]) for i in range(256)), b""]
    if (own := getattr(tokenizer, "pieces", None)) is not None:
        found: Sequence[bytes] = own
        return found
    if not isinstance(tokenizer, Vocabulary):
        raise _unknown()
    parts = json.loads(tokenizer.source)
    spell = _speller(parts.get("decoder") or {})
    added = {one["id"]: one for one in parts.get("added_tokens", ())}
    pieces = [b""] * tokenizer.size
    for spelling, i in tokenizer.spellings.items():
        if i >= tokenizer.size or i == tokenizer.end:
            continue
        if i in added:
            pieces[i] = b"" if added[i]["special"] else added[i]["content"].encode()
        else:
            pieces[i] = spell(spelling)
    if b"".join(pieces[i] for i in tokenizer.encode(SAMPLE)) != SAMPLE.encode():
        raise _unknown()
    return pieces


def _speller(decoder: Mapping[str, Any]) -> Any:
    """What turns the spelling of a token in the vocabulary into bytes."""
    kinds = {one["type"] for one in decoder.get("decoders", [decoder]) if "type" in one}
    if "ByteLevel" in kinds:
        table = _letters()
        return lambda spelling: bytes(table[c] for c in spelling)
    if "ByteFallback" in kinds:
        return _with_fallback
    raise _unknown()


def _with_fallback(spelling: str) -> bytes:
    if code := re.fullmatch(r"<0x([0-9A-F]{2})>", spelling):
        return bytes([int(code[1], 16)])
    return spelling.replace("\u2581", " ").encode()


def _letters() -> dict[str, int]:
    """The byte for which each letter stands where every byte is written as one (GPT-2)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    named = {chr(byte): byte for byte in plain}
    return named | {chr(256 + i): byte for i, byte in enumerate(others)}


def _unknown() -> UnderdogError:
    return UnderdogError(
        "the bytes of the tokens of this model are not known, so it cannot be read byte by byte",
        "use models with the same tokenizer, or combine their written answers instead",
    )
