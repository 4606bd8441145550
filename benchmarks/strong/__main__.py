"""The command: rows by name, each kept when it is finished."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from functools import partial

from benchmarks.results import by_row
from benchmarks.strong import digits, explaining, gaps, readable, teachers
from benchmarks.strong.settings import Settings

ROWS: dict[str, Callable[[Settings], Iterable[list[str]]]] = {
    "gap": gaps.gaps,
    **{f"gap_{name}": partial(gaps.tuned, name) for name in gaps.TUNED_TASKS},
    "gap_medians": gaps.tuned_medians,
    "teachers": teachers.teachers,
    "digits": digits.digits,
    "linear": explaining.linear,
    "encoder": explaining.encoder,
    "edits": explaining.edits,
    "glassbox": readable.glassbox,
}
HEADER = ["on", "what", "at least", "reached"]


def main() -> None:
    """Print the table of the rows that were named, or of all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.strong")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--strong", default=Settings.strong)
    parser.add_argument("--texts", type=int, default=Settings.texts)
    parser.add_argument("--tests", type=int, default=Settings.tests)
    parser.add_argument("--only", nargs="*", default=(), help="tasks")
    parser.add_argument("--losses", nargs="*", default=Settings.losses)
    parser.add_argument("--again", action="store_true")
    typed = parser.parse_args()
    said = Settings(
        typed.strong, typed.texts, typed.tests, tuple(typed.only), tuple(typed.losses), typed.again
    )
    rows = {name: partial(_lines, make, said) for name, make in ROWS.items()}
    by_row("strong", "Weak teachers, and explanations", HEADER, rows, typed.rows)


def _lines(make: Callable[[Settings], Iterable[list[str]]], said: Settings) -> list[list[str]]:
    return list(make(said))


if __name__ == "__main__":
    main()
