"""Requests that are the same but for a text, and the tasks that are found among them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..settings import Settings
from . import replies, templates
from .identity import Part
from .task import TaskState
from .templates import Template

LOOKS = (50, 100, 200, 400)
"""Numbers of replies after which a family is searched for tasks."""

REPEATED = 10
"""Answers to one question that make it a task: a question that holds its text is never repeated."""

BUFFERED = 20_000
"""Replies without a task that are remembered, of all families together."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the upstream replied to a part: ``label`` is what it means, empty if it is none of few.

    ``request`` is the identity of the example; ``resolved`` the model that answered.
    """

    request: str
    wrote: str
    label: str
    resolved: str


Example = tuple[str, Heard]
"""The varying text of a request, and the reply."""


@dataclass
class Family:
    """The tasks of one identity, longest template first, and replies that belong to none."""

    tasks: list[TaskState] = field(default_factory=list)
    replies: list[Example] = field(default_factory=list)

    def add(self, task: TaskState) -> None:
        """Add a task; the one with the longest template is tried first."""
        self.tasks.append(task)
        self.tasks.sort(key=lambda t: -t.template.length)


class Families:
    """Families by identity. One thread at a time changes them; any thread may read."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._found: OrderedDict[str, Family] = OrderedDict()
        self._tasks: list[TaskState] = []
        self._buffered = 0

    @property
    def tasks(self) -> list[TaskState]:
        """The tasks, in the order in which they were found."""
        return list(self._tasks)

    def add(self, task: TaskState) -> None:
        """Add a task that was found earlier."""
        self._found.setdefault(task.family, Family()).add(task)
        self._tasks.append(task)

    def match(self, part: Part) -> tuple[TaskState, str] | None:
        """The task of a part of a request, and the text that varies; None if there is none."""
        family = self._found.get(part.family)
        for task in family.tasks if family is not None else ():
            if (text := task.template.text(part.text)) is not None:
                return task, text
        return None

    def look(
        self, part: Part, heard: Heard, tenant: str
    ) -> list[tuple[TaskState, Sequence[Example]]]:
        """Remember a reply that belongs to no task; the tasks that it reveals, with examples."""
        family = self._found.setdefault(part.family, Family())
        self._found.move_to_end(part.family)
        family.replies.append((part.text if heard.label else "", heard))
        self._buffered += 1
        found: list[tuple[TaskState, Sequence[Example]]] = []
        if part.options:
            found = self._question(family, part, tenant)
        elif len(family.replies) in LOOKS:
            found = self._search(family, part, tenant)
        if len(family.replies) > LOOKS[-1]:
            self._buffered -= LOOKS[-1] // 2
            del family.replies[: LOOKS[-1] // 2]
        if self._buffered > BUFFERED:
            self._evict()
        return found

    def _question(
        self, family: Family, part: Part, tenant: str
    ) -> list[tuple[TaskState, Sequence[Example]]]:
        """The task of a question that was asked `REPEATED` times."""
        mine = [(text, heard) for text, heard in family.replies if heard.label]
        if len(mine) < REPEATED:
            return []
        self._buffered -= len(family.replies)
        family.replies = []
        return [(self._task(family, part, Template(), part.options, tenant), mine)]

    def _search(
        self, family: Family, part: Part, tenant: str
    ) -> list[tuple[TaskState, Sequence[Example]]]:
        """Look for templates whose replies are of few kinds, among the replies of a family."""
        found: list[tuple[TaskState, Sequence[Example]]] = []
        long = [""] * sum(not heard.label for _, heard in family.replies)
        short = [text for text, heard in family.replies if heard.label]
        for template in templates.found_in(short):
            if not template.length and not part.about["instructions"]:
                continue  # nothing says what is asked
            mine, rest = [], []
            for text, heard in family.replies:
                varying = template.text(text) if text else None
                if varying is None:
                    rest.append((text, heard))
                else:
                    mine.append((varying, heard))
            labels = replies.closed([heard.label for _, heard in mine] + long)
            if labels and len(mine) >= templates.FEWEST:
                found.append((self._task(family, part, template, labels, tenant), mine))
                self._buffered -= len(mine)
                family.replies = rest
        return found

    def _task(
        self, family: Family, part: Part, template: Template, labels: tuple[str, ...], tenant: str
    ) -> TaskState:
        task = TaskState.found(part, template, labels, self._settings)
        task.tenant = tenant
        if template.length:
            frame = f"{template.prefix}…{template.suffix}"
            lines = [x for x in (str(part.about["instructions"]), frame) if x]
            task.about = {**task.about, "instructions": "\n".join(lines)}
        self.add(task)
        return task

    def _evict(self) -> None:
        """Forget the replies of the families that were seen longest ago."""
        for name, family in list(self._found.items()):
            self._buffered -= len(family.replies)
            family.replies.clear()
            if not family.tasks:
                del self._found[name]
            if self._buffered < BUFFERED * 3 // 4:
                return
