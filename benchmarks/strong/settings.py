"""How much of each row is run, and what was found before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEPT = Path(__file__).parents[1] / ".cache" / "strong"


Make = Callable[[Sequence[str]], Iterable[tuple[str, Any]]]
"""Makes what is missing, by name."""


@dataclass(frozen=True)
class Settings:
    """What was typed: the strong recipe, how many texts it learns and is tested on, and so on."""

    strong: str = "frozen()"
    texts: int = 4_000
    tests: int = 2_000
    only: tuple[str, ...] = ()
    losses: tuple[str, ...] = ("naive", "confidence", "robust", "surest")
    again: bool = False


def kept(name: str, said: Settings, keys: Sequence[str], make: Make) -> dict[str, Any]:
    """What ``make`` gave for each of ``keys``, with these settings: earlier, or now.

    ``make`` is asked only for those that are missing, and each is kept as soon as it is there.
    """
    what = repr((said.strong, said.texts, said.tests))
    path = KEPT / f"{name}-{hashlib.sha256(what.encode()).hexdigest()[:12]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {} if said.again or not path.is_file() else json.loads(path.read_text("utf-8"))
    missing = [key for key in keys if key not in found]
    if missing:
        for key, value in make(missing):
            found[key] = value
            path.write_text(json.dumps(found), "utf-8")
    return {key: found[key] for key in keys}
