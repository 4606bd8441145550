"""Continuations by two language models of the beginnings of human texts, of the same length.

Run as a program it writes them, and goes on where it was stopped: ``python -m
benchmarks.doubt.machine_texts [MINUTES]``.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from time import monotonic

import numpy as np

from benchmarks.data import root
from underdog.core.cost import Floats
from underdog.data.read import sheet_of
from underdog.models.language.llama import Llama
from underdog.runtime.registry import spec
from underdog.teach.detect.seen import Seen

PROMPT, TOKENS = 24, 64
"""Words of a human text that are continued, and tokens of a continuation."""

GENERATORS = ("smollm2", "gemma3")
MACHINE, HUMAN = 40, 80
"""Texts of each generator, and of humans, in each domain."""

FEWEST = 20
"""Words of a continuation that count as a text."""

FOLDER = Path(tempfile.gettempdir()) / "underdog-doubt"


@cache
def human(domain: str) -> list[str]:
    """Human texts of ``domain`` (reviews, notes), long enough, in random order."""
    texts = [text for text in _raw(domain) if len(text.split()) >= PROMPT + 2 * TOKENS]
    random.Random(0).shuffle(texts)
    return texts


def _raw(domain: str) -> list[str]:
    name = {
        "reviews": "yelp10k/yelp_10k_5star.csv.xz",
        "notes": "mtsamples/mtsamples.csv.xz",
    }[domain]
    sheet = sheet_of(str(root() / name))
    column = max(sheet.columns, key=lambda one: sum(len(str(c)) for c in sheet.columns[one][:50]))
    return list(
        dict.fromkeys(" ".join(str(cell).split()) for cell in sheet.columns[column] if cell)
    )


DOMAINS = ("reviews", "notes")
"""Wikitext-2 is left out: of its passages without <unk>, three are long enough."""


def continued(domain: str, generator: str) -> Path:
    """The file of the continuations of ``domain`` by ``generator``: a JSON object a line."""
    return FOLDER / f"{domain}-{generator}-{TOKENS}.jsonl"


def written(domain: str, generator: str) -> list[dict[str, str]]:
    """The continuations that are there."""
    path = continued(domain, generator)
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def write(minutes: float = 1e9) -> None:
    """Write what is missing, for at most so many minutes."""
    end = monotonic() + 60 * minutes
    FOLDER.mkdir(parents=True, exist_ok=True)
    for domain, generator, prompt, k in _missing():
        if monotonic() > end:
            return
        model = Llama(generator, max_tokens=TOKENS, temperature=1.0, seed=k, chat=False)
        text = " ".join(model.answer([prompt]).values[0].split())
        with continued(domain, generator).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"prompt": prompt, "text": text}, ensure_ascii=False) + "\n")


def _missing() -> Iterator[tuple[str, str, str, int]]:
    """What is still to write, ten texts of each kind in turn: a model is loaded once for ten."""
    for start in range(0, MACHINE, 10):
        for generator in GENERATORS:
            for domain in DOMAINS:
                some = human(domain)
                for k in range(max(start, len(written(domain, generator))), start + 10):
                    yield domain, generator, " ".join(some[k].split()[:PROMPT]), k


def pairs() -> list[tuple[str, str, str, str]]:
    """Rows (text, label, domain, generator): continuations, and human ones of the same length."""
    rows = []
    for domain in DOMAINS:
        some, lengths = human(domain), []
        for generator in GENERATORS:
            texts = [one["text"] for one in written(domain, generator)]
            kept = [text for text in texts if len(text.split()) >= FEWEST]
            rows += [(text, "machine", domain, generator) for text in kept]
            lengths += [len(text.split()) for text in kept]
        draw = random.Random(1)
        for text in some[:HUMAN]:
            words = text.split()[PROMPT:]
            rows.append((" ".join(words[: draw.choice(lengths)]), "human", domain, ""))
    return rows


def numbers(texts: list[str], seen: Seen) -> Floats:
    """What is seen of each text, ``[texts, features]``; kept, so that a stopped run goes on."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"seen-{sha256(spec(seen).encode()).hexdigest()[:12]}.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    known = {one[0]: one[1] for one in map(json.loads, lines)}
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    with path.open("a", encoding="utf-8") as file:
        for text in missing:
            known[text] = seen.rows([text])[0][0].tolist()
            file.write(json.dumps([text, known[text]]) + "\n")
            file.flush()
    return np.array([known[text] for text in texts], np.float64)


if __name__ == "__main__":
    write(*map(float, sys.argv[1:2]))
    for one in DOMAINS:
        print(one, len(human(one)), [len(written(one, generator)) for generator in GENERATORS])
