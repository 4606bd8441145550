"""How the command line speaks: results on standard output, all else on standard error."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment
from rich.text import Text

from ..runtime.progress import Advance, Listener, shown
from ..runtime.store import default_store

WIDE = 160
"""The width of what is no terminal: a file or a pipe."""

CONTROL = {c: 0x2400 + c for c in range(32) if c not in (9, 10)} | {
    c: 0xFFFD for c in (*range(0x7F, 0xA0), 0x202D, 0x202E)
}
"""Control characters, and the signs that stand for them: a text must not steer the terminal, nor
turn round what stands beside it."""


DEEPER = 2
"""Columns by which the rest of an indented line is moved."""


class Screen(Console):
    """A console that shows the control characters of every text, also in a table or a title."""

    def render(self, *given: Any, **more: Any) -> Iterator[Segment]:
        """The pieces of what is printed; those that steer the terminal are rich's own."""
        for one in super().render(*given, **more):
            yield one if one.control else Segment(one.text.translate(CONTROL), one.style)


out = Screen(highlight=False, width=None if sys.stdout.isatty() else WIDE)
err = Screen(stderr=True, highlight=False)
_silent: ContextVar[bool] = ContextVar("underdog_silent", default=False)


def silence(quiet: bool) -> None:
    """Show no notes, warnings or progress from here on: only results and errors."""
    _silent.set(quiet)


@contextmanager
def working(as_json: bool = False) -> Iterator[None]:
    """Inside the block progress is shown, unless silent, and paid answers are kept and reused."""
    with progress(as_json) as listener, shown(listener), default_store().open():
        yield


@contextmanager
def progress(quiet: bool) -> Iterator[Listener]:
    """A listener that shows every step with the time left, on a terminal's standard error."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=quiet or _silent.get() or not err.is_terminal,
    ) as bars:

        @contextmanager
        def listen(label: str, total: int | None) -> Iterator[Advance]:
            task = bars.add_task(escape(label), total=total)
            try:
                yield lambda n: bars.advance(task, n)
            finally:
                bars.remove_task(task)

        yield listen


def visible(line: str | Text) -> Text:
    """``line`` with its control characters, such as escape sequences, shown and not sent."""
    found = line.copy() if isinstance(line, Text) else Text(line)
    found.plain = found.plain.translate(CONTROL)
    return found


def prepare() -> None:
    """Let what an output's encoding cannot hold be written as an escape, not as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def say(*lines: str | Text) -> None:
    """Lines of output: folded at words on a terminal, left whole in a file or a pipe."""
    for line in lines:
        shown = visible(line)
        if out.is_terminal and shown.plain.startswith("  ") and shown.cell_len > out.width:
            _fold(shown)
        else:
            out.print(shown, soft_wrap=not out.is_terminal)


def _fold(line: Text) -> None:
    """Print a line that is indented; what does not fit goes below, further to the right."""
    depth = len(line.plain) - len(line.plain.lstrip(" "))
    rest = line[depth:]
    for i, part in enumerate(rest.wrap(out, max(20, out.width - depth - DEEPER))):
        out.print(Text(" " * (depth + DEEPER * bool(i))).append_text(part), soft_wrap=True)


def whole(line: str | Text) -> None:
    """A line of output that is never folded: a command that is copied must stay one line."""
    out.print(visible(line), soft_wrap=True)


def data(thing: Any, indent: int | None = 1) -> None:
    """A result for programs: JSON, as it is, however wide."""
    plain = "utf" not in (sys.stdout.encoding or "").lower()
    sys.stdout.write(json.dumps(thing, ensure_ascii=plain, indent=indent) + "\n")


def tell(found: Any, as_json: bool, *lines: str | Text) -> None:
    """A result: as data for programs, or as lines for people."""
    if as_json:
        data(found)
    else:
        say(*lines)


def notes(lines: Sequence[str]) -> None:
    """Notes, such as what was guessed: on standard error, so that pipes get results only."""
    for line in () if _silent.get() else lines:
        err.print(Text(visible(line).plain, style="dim"))


@contextmanager
def remarks() -> Iterator[None]:
    """Inside the block a warning meant for the user is shown once, as a note without code."""
    silence(False)
    seen: set[str] = set()
    usual = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if not issubclass(category, UserWarning):
            usual(message, category, *place, **more)
        elif str(message) not in seen:
            seen.add(str(message))
            notes([f"note: {message}"])

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def failure(problem: str, hint: str) -> None:
    """An error a person can put right: what happened, and what to type."""
    err.print(Text.assemble(("error: ", "bold red"), visible(problem)))
    if hint:
        err.print(Text.assemble(("hint: ", "bold"), visible(hint)))
