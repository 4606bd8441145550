"""How much of each row is run, and what was found before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEPT = Path(__file__).parents[1] / ".cache" / "strong"


@dataclass(frozen=True)
class Settings:
    """What was typed: the strong recipe, how many texts it learns and is tested on, and so on."""

    strong: str = "frozen()"
    texts: int = 4_000
    tests: int = 2_000
    only: tuple[str, ...] = ()
    losses: tuple[str, ...] = ("naive", "confidence", "robust")
    again: bool = False


def kept(name: str, said: Settings, make: Callable[[], Any]) -> Any:
    """What ``make`` returned for ``name`` and these settings: earlier, or now."""
    what = repr((said.strong, said.texts, said.tests, said.losses))
    path = KEPT / f"{name}-{hashlib.sha256(what.encode()).hexdigest()[:12]}.json"
    if said.again or not path.is_file():
        found = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found), "utf-8")
    return json.loads(path.read_text("utf-8"))
