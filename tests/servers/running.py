"""Servers as real processes, for tests: started on a free port, killed when the block ends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("openai_server.py")


@dataclass(frozen=True)
class LLMServer:
    """A running server: ``root`` is its address, ``base_url`` what OPENAI_BASE_URL should be."""

    root: str
    log_file: Path
    process: subprocess.Popen[str]

    @property
    def base_url(self) -> str:
        return f"{self.root}/v1"

    @property
    def log(self) -> list[dict[str, Any]]:
        """Every request that a real endpoint would have billed, in order."""
        if not self.log_file.exists():
            return []
        return [json.loads(line) for line in self.log_file.read_text("utf-8").splitlines()]


@contextmanager
def llm_server(folder: Path, **script: Any) -> Iterator[LLMServer]:
    """A server that follows ``script`` (see openai_server.py) and keeps its files in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "script.json").write_text(json.dumps(script), "utf-8")
    log = folder / "requests.jsonl"
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), str(folder / "script.json"), str(log)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield LLMServer(f"http://127.0.0.1:{port}", log, process)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
