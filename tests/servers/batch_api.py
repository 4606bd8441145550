"""OpenAI's batch API for the server of the tests: files, batches, and their replies.

A batch is over ``batch_seconds`` after it was made. ``batch_ends`` says how the 1st, 2nd … ends:
"completed" (as without it), "failed", "cancelled", or "expired", when half of it was answered.
``batch_lost`` is how many answers to a request for a batch are cut off.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Answer = Callable[[dict[str, Any], str], tuple[int, dict[str, Any]]]
"""From the body of a request, and the batch that it is in, to a status and a body."""


@dataclass
class Desk:
    """The files and batches of a server that follows ``script``."""

    script: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)

    def get(self, path: str, answer: Answer) -> tuple[int, Any]:
        """What is answered to a GET of ``path``; a batch that is due is answered now."""
        kind, _, rest = path.partition("?")[0].removeprefix("/v1/").partition("/")
        name = rest.partition("/")[0]
        if kind == "files":
            found = self.files.get(name)
            return (404, _error("no such file")) if found is None else (200, found)
        if not name:
            listed = [self._shown(one) for one in reversed(self.batches.values())]
            return 200, {"object": "list", "data": listed, "has_more": False}
        if name not in self.batches:
            return 404, _error("no such batch")
        one = self.batches[name]
        due = one["made"] + self.script.get("batch_seconds", 0.0)
        if one["status"] == "in_progress" and time.monotonic() >= due:
            self._end(one, answer)
        return 200, self._shown(one)

    def uploaded(self, content: bytes) -> dict[str, Any]:
        """A file that came as a form with several parts."""
        part = next(p for p in content.split(b"\r\n--") if b'name="file"' in p)
        name = f"file-{len(self.files)}"
        self.files[name] = part.partition(b"\r\n\r\n")[2]
        return {"id": name, "object": "file", "purpose": "batch"}

    def made(self, body: dict[str, Any]) -> dict[str, Any]:
        """A batch of an uploaded file."""
        name = f"batch-{len(self.batches)}"
        self.batches[name] = {**body, "id": name, "status": "in_progress", "made": time.monotonic()}
        return self._shown(self.batches[name])

    def _end(self, one: dict[str, Any], answer: Answer) -> None:
        ends = self.script.get("batch_ends", [])
        n = [*self.batches].index(one["id"])
        one["status"] = ends[n] if n < len(ends) else "completed"
        if one["status"] in ("failed", "cancelled"):
            return
        lines = [json.loads(line) for line in self.files[one["input_file_id"]].splitlines()]
        out, wrong = [], []
        for i, line in enumerate(lines):
            late = one["status"] == "expired" and i >= len(lines) // 2
            told: dict[str, Any] = {"custom_id": line["custom_id"], "error": None}
            if late:
                told |= {"response": None, "error": {"code": "batch_expired", "message": "late"}}
            else:
                status, body = answer(line["body"], one["id"])
                told["response"] = {"status_code": status, "body": body}
            good = not late and status == 200
            (out if good else wrong).append(told)
        for key, found in (("output_file_id", out), ("error_file_id", wrong)):
            if found:
                one[key] = f"{one['id']}-{key}"
                text = "".join(json.dumps(line) + "\n" for line in reversed(found))
                self.files[one[key]] = text.encode()
        one["counts"] = {"total": len(lines), "completed": len(out), "failed": len(wrong)}

    def _shown(self, one: dict[str, Any]) -> dict[str, Any]:
        counts = one.get("counts", {"total": 0, "completed": 0, "failed": 0})
        shown = {key: value for key, value in one.items() if key not in ("made", "counts")}
        errors = {"object": "list", "data": [{"message": "a line is wrong"}]}
        return (
            {"object": "batch", "request_counts": counts, "output_file_id": None}
            | shown
            | ({"errors": errors} if one["status"] == "failed" else {})
        )


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": None}}
