"""Reference pages from the code itself: ``python -m tools.reference cli`` or ``api`` prints one.

The documentation fills docs/cli.md and docs/api.md with them when it is built.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any

FILLED = {"cli.md": "cli", "api.md": "api"}
"""The pages that are filled, and the function that prints each."""


def cli() -> Iterator[str]:
    """Every command with its arguments and options, in the order of ``underdog --help``."""
    import typer.main

    from underdog.fronts.cli.app import app

    group: Any = typer.main.get_command(app)
    yield "# Commands\n"
    yield "Every command takes `--help`. The file comes first, then the models.\n"
    for name, command in group.commands.items():
        yield f"## `underdog {name}`\n"
        yield inspect.cleandoc(command.help or "") + "\n"
        rows = [_parameter(p) for p in command.params if p.name != "help"]
        if rows:
            yield "| | what it is | default |\n|---|---|---|"
            yield from rows
            yield ""


def _parameter(parameter: Any) -> str:
    """A row on an argument, or on an option with its default."""
    option = parameter.param_type_name == "option"
    kinds = [*parameter.opts, *parameter.secondary_opts]
    name = ", ".join(kinds) if option else (parameter.metavar or parameter.name.upper())
    usual = parameter.default
    plain = isinstance(usual, str | int | float) and not isinstance(usual, bool) and usual != ""
    about = " ".join((parameter.help or "").split()).replace("|", "\\|")
    return f"| `{name}` | {about} | {f'`{usual}`' if option and plain else ''} |"


def api() -> Iterator[str]:
    """Every public name of ``underdog``: how it is called, what it says of itself, its methods."""
    import underdog

    yield "# The Python interface\n"
    yield "`import underdog as ud` gives these names. [What each model is for](contestants.md).\n"
    for name in sorted(underdog._PUBLIC, key=str.casefold):
        thing = getattr(underdog, name)
        yield f"## `ud.{name}`\n"
        if (called := _called(thing, name)) and callable(thing):
            yield f"```text\n{called}\n```\n"
        yield _prose(thing) + "\n"
        if inspect.isclass(thing):
            yield from _methods(thing)


def _methods(cls: type) -> Iterator[str]:
    for name, member in vars(cls).items():
        if name.startswith("_") or not member_doc(member):
            continue
        function = getattr(member, "__func__", getattr(member, "fget", None) or member)
        signature = "" if isinstance(member, property) else _called(function, name)
        shown = signature.removeprefix(name) if signature else ""
        yield f"- `{name}{shown}`: {' '.join(_prose(function).split())}"
    yield ""


def member_doc(member: Any) -> str:
    """The docstring of a method or property; empty for anything else."""
    function = getattr(member, "__func__", getattr(member, "fget", None) or member)
    return (function.__doc__ or "") if inspect.isfunction(function) else ""


def _called(thing: Any, name: str) -> str:
    """The name with its parameters, as one would type it, without types and without self."""
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return ""
    bare = [p.replace(annotation=p.empty) for p in parameters if p.name not in ("self", "cls")]
    return f"{name}{inspect.Signature(bare)}"


def _prose(thing: Any) -> str:
    return inspect.cleandoc(thing.__doc__ or "").replace("``", "`")


def page(name: str) -> str:
    """The page called ``name``, "cli" or "api", as Markdown."""
    printed: dict[str, Callable[[], Iterator[str]]] = {"cli": cli, "api": api}
    return "\n".join(printed[name]()) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page(sys.argv[1]))
