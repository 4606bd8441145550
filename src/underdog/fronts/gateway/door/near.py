"""Near repeats answered from memory, once it is certified how often that is wrong.

A near repeat has the wording of an earlier request of the same task (see `wording`), and is not
the same text. At first every near repeat goes to the upstream, and both replies are compared. Once
an exact bound shows that at most a share ``risk`` of a task's near repeats get another reply, they
are answered from memory, except for a random share that goes on being compared. The replies are in
memory only, the comparisons in the database.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from ..settings import Settings
from ..tasks import replies
from ..tasks.identity import Parts
from .cache import Kept, Shelf, kept_of, repeatable
from .evidence import Book
from .forward import UpstreamReply
from .passage import Passage
from .usage import loaded, unpacked
from .wording import wording


@dataclass(frozen=True)
class Repeat:
    """A reply that may be given again: what ``model`` ``said``, and to which ``text``."""

    kept: Kept
    said: Any
    text: str
    model: str


class Near:
    """The near repeats of all tasks; off unless the settings say so. For one thread."""

    def __init__(
        self, settings: Settings, book: Book | None = None, seed: int | None = None
    ) -> None:
        self.on = settings.near and settings.cache > 0
        self._settings = settings
        self._random = random.Random(seed)
        self._shelf: Shelf[Repeat] = Shelf(settings.cache)
        self.book = book or Book()

    def get(self, found: Passage) -> Kept | None:
        """The reply to an earlier request of this wording, where that is certified and no audit."""
        place = self._place(found)
        if place is None:
            return None
        repeat, evidence = self._shelf.get(place[1]), self.book.tasks.get(place[0])
        if repeat is None or evidence is None or not evidence.offered:
            return None
        if repeat.model != evidence.model:
            return None
        return None if self._random.random() < self._settings.audit else repeat.kept

    def heard(self, found: Passage, reply: UpstreamReply) -> None:
        """Compare a reply of the upstream with that to an earlier near repeat, and keep it."""
        place = self._place(found)
        if place is None or not reply.whole:
            return
        data = unpacked(reply.body, reply.header(b"content-encoding"))
        told = loaded(data) or {}
        said, kept, model = _said(found.parts, told), kept_of(reply), str(told.get("model") or "")
        if said is None or kept is None:
            return
        text, before = _text(found), self._shelf.get(place[1])
        if before is not None and before.text != text and before.model == model:
            same, rules = before.said == said, self._settings
            self.book.note(place[0], model, same, rules.risk, rules.delta)
        self._shelf.put(place[1], Repeat(kept, said, text, model), len(kept.body) + len(text))

    @property
    def figures(self) -> dict[str, int]:
        """How many tasks have near repeats, and how many comparisons there were of which result."""
        found = list(self.book.tasks.values())
        return {
            "tasks": len(found),
            "offered": sum(one.offered for one in found),
            "compared": sum(one.compared for one in found),
            "wrong": sum(one.wrong for one in found),
        }

    def because(self, found: Passage) -> str:
        """Why a near repeat was answered from memory, in words."""
        place = self._place(found)
        told = self.book.tasks.get(place[0]) if place else None
        if told is None:
            return ""
        return (
            f"the same request in nearly the same words was answered before; of {told.compared:,} "
            f"such pairs {told.wrong:,} got different replies, at most {told.bound:.1%} do, with "
            f"probability {1 - self._settings.delta:.0%}"
        )

    def _place(self, found: Passage) -> tuple[str, bytes] | None:
        """The task of a request, and the key of its wording; None where it is left alone."""
        if not self.on or found.parts is None or not repeatable(found.asked):
            return None
        said = wording(_text(found))
        if not said:
            return None
        asked = found.parts.asked
        names = [str(q.name) for q in asked.questions] if asked else []
        accepts = [v for k, v in found.scope["headers"] if k == b"accept-encoding"]
        task = "\0".join([part.family for part in found.parts.parts] + names)
        key = blake2b(digest_size=16)
        for part in (task.encode("utf-8", "replace"), *accepts, said.encode("utf-8", "replace")):
            key.update(len(part).to_bytes(8, "little") + part)
        return task, key.digest()


def _text(found: Passage) -> str:
    assert found.parts is not None
    return found.parts.parts[0].text if found.parts.parts else ""


def _said(parts: Parts | None, reply: dict[str, Any]) -> Any:
    """What a reply says, so that two can be compared; None where it cannot be read."""
    if parts is None or not reply:
        return None
    if parts.asked is not None:
        said = parts.dialect.replies(reply, parts.asked.questions)
        return None if None in said else tuple(said)
    content, call = parts.dialect.reply(reply)
    if content is None and call is None:
        return None
    return replies.label(content, call) or (content or "").strip()
