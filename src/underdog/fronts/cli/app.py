"""The command itself: its verbs, --version, and errors as one sentence and one thing to type."""

from __future__ import annotations

import os
import shlex
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ...core.errors import UnderdogError
from .. import terminal
from .about.chapters import chapters
from .about.clean import clean
from .about.doctor import doctor
from .about.list import list_
from .models.answer import answer
from .models.certify import certify
from .models.explain import explain
from .models.export import export
from .models.fit import fit
from .models.monitor import monitor
from .models.show import show
from .models.speculate import speculate
from .searching.index import index
from .searching.search import search
from .searching.sheet import sheet
from .serving.serve import serve
from .studies.adjudicate import adjudicate
from .studies.audit import audit
from .studies.compare import compare
from .studies.curate import curate
from .studies.demo import demo
from .studies.judge import judge
from .studies.plan import plan
from .studies.report import report
from .teaching.label import label
from .teaching.repair import repair

STOPPED = 130
"""The exit code of a program that was interrupted (128 + SIGINT)."""


GONE = "the folder that you are in was deleted", "go to one that is there, as in: cd ~"


class Verbs(TyperGroup):
    """Shows what a person can put right without a traceback; lets every other error through.

    What the system refuses, such as a file that may not be read, is told as the system says it.
    """

    def invoke(self, ctx: Any) -> Any:
        try:
            with terminal.remarks():
                return super().invoke(ctx)
        except UnderdogError as error:
            lost = isinstance(error.__cause__, FileNotFoundError) and not _is_here()
            terminal.failure(*GONE if lost else (error.problem, error.hint))
            raise typer.Exit(1) from None
        except BrokenPipeError:
            raise  # the reader of a pipe has left: no error
        except (OSError, MemoryError) as error:
            terminal.failure(*_refused(error))
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            remedy = "type the same command again to continue"
            terminal.failure("stopped; finished work is kept", remedy)
            raise typer.Exit(STOPPED) from None


def _refused(error: OSError | MemoryError) -> tuple[str, str]:
    """What the system refused, in a sentence, and what to type."""
    if isinstance(error, MemoryError):
        return "there is not enough memory for this", "give fewer rows, or a smaller model"
    if isinstance(error, FileNotFoundError) and not _is_here():
        return GONE
    why = (error.strerror or str(error) or type(error).__name__).lower()
    if error.filename is None:
        return why, "see what is installed and reachable: underdog doctor"
    name = os.fsdecode(error.filename) if not isinstance(error.filename, int) else "a file"
    shown = name if len(name) <= 80 else f"{name[:79]}…"
    return f"{shown}: {why}", f"look: ls -ld {shlex.quote(shown)}"


def _is_here() -> bool:
    """Whether the folder that the command was typed in is still there."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True


app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Could a small model do this job, and if only for part of it, for which part?",
)
for verb in (
    compare,
    demo,
    plan,
    label,
    repair,
    audit,
    curate,
    report,
    adjudicate,
    judge,
    fit,
    show,
    answer,
    certify,
    explain,
    monitor,
    export,
    serve,
    speculate,
    index,
    search,
    sheet,
    chapters,
    doctor,
    clean,
):
    app.command()(verb)
app.command("list")(list_)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"underdog {version('underdog')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Could a small model do this job, and if only for part of it, for which part?"""


def main() -> None:
    """Run the command that was typed."""
    terminal.prepare()
    app()
