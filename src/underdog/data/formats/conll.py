"""CoNLL files: a token and its tag a line, a blank line between sentences."""

from __future__ import annotations

import re

from ...core.errors import UnderdogError
from ...core.values import as_pieces
from ..sheet import Sheet

CONLL = (".conll", ".bio", ".iob", ".iob2")
TAG = re.compile(r"([BIESLU])[-_](\S+)|O")
START = "-DOCSTART-"


def parse_conll(text: str, name: str) -> Sheet:
    """The sentences of a CoNLL file, joined by spaces, and the pieces that their tags mark.

    The first column is the token, the last one its tag, in the schemes IOB1, IOB2 or BILOU.
    Raises `UnderdogError` for a line whose last column is no tag.
    """
    sentences: list[list[tuple[str, str]]] = [[]]
    for number, line in enumerate(text.splitlines(), 1):
        cells = line.split()
        if not cells or cells[0] == START:
            sentences.append([])
        elif TAG.fullmatch(cells[-1]) or not line.startswith("#"):  # else a comment
            if len(cells) < 2 or TAG.fullmatch(cells[-1]) is None:
                raise UnderdogError(
                    f"{name}, line {number}: {cells[-1][:40]!r} is no tag such as B-person or O",
                    "put a token and its tag on each line, and a blank line between sentences",
                )
            sentences[-1].append((cells[0], cells[-1]))
    some = [sentence for sentence in sentences if sentence]
    texts = [" ".join(token for token, _ in sentence) for sentence in some]
    marks = [as_pieces(_chunks(sentence)) for sentence in some]
    notes = ["read as CoNLL: a token and its tag a line"]
    return Sheet.of(name, ("text", "entities"), (tuple(texts), tuple(marks)), notes)


def _chunks(sentence: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pieces of neighbouring tokens: one begins at B, S or U, and where the kind changes."""
    found: list[tuple[str, list[str]]] = []
    last = ""
    for token, tag in sentence:
        matched = TAG.fullmatch(tag)
        scheme, kind = (matched[1], matched[2]) if matched and matched[1] else ("O", "")
        if scheme == "O":
            last = ""
            continue
        if scheme in "BSU" or kind != last:
            found.append((kind, []))
        found[-1][1].append(token)
        last = "" if scheme in "ELSU" else kind
    return [(kind, " ".join(tokens)) for kind, tokens in found]
