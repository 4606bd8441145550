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
    """What was typed: the strong recipe, how many texts it learns and is tested on, and so on.

    Without a recipe each row takes its own.
    """

    strong: str = ""
    texts: int = 4_000
    tests: int = 2_000
    only: tuple[str, ...] = ()
    losses: tuple[str, ...] = ("naive", "confidence", "robust", "surest")
    again: bool = False


def kept(name: str, said: Settings, keys: Sequence[str], make: Make) -> dict[str, Any]:
    """What ``make`` gave for each of ``keys``, with these settings: earlier, or now.

    ``make`` is asked only for those that are missing, and each is kept as soon as it is there.
    """
    path = _path(name, said)
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {} if said.again else _read(path)
    missing = [key for key in keys if key not in found]
    if missing:
        for key, value in make(missing):
            found[key] = value
            path.write_text(json.dumps(found), "utf-8")
    return {key: found[key] for key in keys}


def finished(name: str, said: Settings, keys: Sequence[str]) -> dict[str, Any]:
    """What `kept` has kept for ``keys``; nothing where one of them is missing."""
    found = _read(_path(name, said))
    return {key: found[key] for key in keys} if all(key in found for key in keys) else {}


def _path(name: str, said: Settings) -> Path:
    what = repr((said.strong, said.texts, said.tests))
    return KEPT / f"{name}-{hashlib.sha256(what.encode()).hexdigest()[:12]}.json"


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found
