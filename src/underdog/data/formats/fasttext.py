"""Files of fastText: each line begins with its labels, as ``__label__spam Buy now``."""

from __future__ import annotations

import json

from ..sheet import Sheet

MARK = "__label__"


def is_fasttext(text: str) -> bool:
    """Whether the first lines of ``text`` all begin with a label."""
    lines = [line for line in text.lstrip("\ufeff").splitlines()[:20] if line.strip()]
    return bool(lines) and all(line.startswith(MARK) for line in lines)


def parse_fasttext(text: str, name: str) -> Sheet:
    """The texts and labels of ``text``; several labels of one line are a list."""
    texts, labels = [], []
    for line in filter(str.strip, text.lstrip("\ufeff").splitlines()):
        words = line.split()
        n = next((i for i, word in enumerate(words) if not word.startswith(MARK)), len(words))
        found = [word.removeprefix(MARK) for word in words[:n]]
        texts.append(line.split(None, n)[n] if n < len(words) else "")
        labels.append(found[0] if len(found) == 1 else json.dumps(found, ensure_ascii=False))
    sheet = Sheet.of(name, ["text", "label"], [tuple(texts), tuple(labels)])
    note = "read as a file of fastText: label <- what follows __label__, text <- the rest"
    return Sheet(sheet.name, sheet.columns, (*sheet.notes, note))
