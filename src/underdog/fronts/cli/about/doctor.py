"""`underdog doctor`: what is installed and what is missing."""

from __future__ import annotations

from ... import terminal, views
from ..options import JsonOption, QuietOption


def doctor(quiet: QuietOption = False, as_json: JsonOption = False) -> None:
    """Show what is installed, and how to install what is missing."""
    from ....models.language.weights import inventory
    from ....runtime.extras import extras
    from ....runtime.machine import machine, versions

    found = {"versions": versions(), "machine": machine(), "extras": extras()}
    found["weights"] = {name: (about, install) for name, about, install in inventory()}
    if as_json:
        terminal.data(found)
    else:
        for line in views.health(found):
            terminal.out.print(line)
