"""The verdict and the leaderboard as Markdown that can be pasted into an issue."""

from __future__ import annotations

import re

from . import formatting
from .board import Cell, board
from .entries import Results, mapping, numbered_entries, reference, sequence
from .skipped import skipped
from .verdict_section import headings


def markdown(results: Results) -> str:
    """Verdict, reasons for and against, and the leaderboard, in GitHub's Markdown.

    ``results`` is what a study writes to results.json. Everything that comes from the user is
    escaped: no text can make a heading, a link, HTML or a mention. Does not show texts.
    """
    verdict, task = mapping(results, "verdict"), mapping(results, "task")
    decision = str(verdict.get("decision") or "not enough evidence")
    blocks = [
        f"### {_plain(results.get('title') or task.get('name') or 'underdog')}: {_plain(decision)}",
        f"**{_plain(verdict.get('sentence') or formatting.UNKNOWN)}**",
        *(_bullets(words, lines) for words, _, lines in headings(verdict)),
        _table(results),
        _skipped(results),
        _footnote(results),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _table(results: Results) -> str:
    table = board(results, numbered_entries(results))
    if not table.rows:
        return ""
    columns = [j for j, column in enumerate(table.columns) if "summary" in column.views]
    head = ["", "model", *(table.columns[j].title for j in columns)]
    lines = [head, ["--:", ":--", *(["--:"] * len(columns))]]
    for entry, cells in table.rows:
        name = _code(entry.spec) + (f" ({reference(results)})" if entry.incumbent else "")
        lines.append([str(entry.number), name, *(_cell(cells[j]) for j in columns)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _skipped(results: Results) -> str:
    lines = [
        f"- {', '.join(f'{_code(spec)} {_plain(part)}'.strip() for spec, part in missing.models)}:"
        f" {_plain(missing.why)}" + (f"; {_code(missing.remedy)}" if missing.remedy else "")
        for missing in skipped(results)
    ]
    return "\n".join(["Skipped:", "", *lines]) if lines else ""


def _cell(cell: Cell) -> str:
    said = _plain(f"{cell.text} {cell.note}".strip())
    return f"**{said}**" if cell.best else said


def _footnote(results: Results) -> str:
    task, versions = mapping(results, "task"), mapping(results, "versions")
    seeds = ", ".join(str(seed) for seed in sequence(task, "seeds")) or formatting.UNKNOWN
    parts = [
        f"{formatting.count(task.get('train'))} training texts, "
        f"{formatting.count(task.get('test'))} test texts",
        f"{len(sequence(task, 'labels'))} labels",
        f"seeds {_plain(seeds)}",
        "95 % intervals in brackets",
        f"underdog {_plain(versions.get('underdog') or formatting.UNKNOWN)}",
        formatting.when(results.get("created")),
    ]
    command = results.get("command")
    again = f"\n\nReproduce: {_code(str(command))}" if command else ""
    return f"<sub>{' · '.join(parts)}</sub>{again}"


def _bullets(title: str, reasons: object) -> str:
    lines = [f"- {_plain(reason)}" for reason in reasons] if isinstance(reasons, list) else []
    return "\n".join([f"{title}:", "", *lines]) if lines else ""


def _plain(text: object) -> str:
    """``text`` on one line, with everything that Markdown would act on escaped."""
    line = " ".join(str(text).split())
    line = re.sub(r"([\\`*_\[\]<>|~#&])", r"\\\1", line)
    return re.sub(r"@(?=\w)", "@<!-- -->", line).replace("://", ":<!-- -->//")


def _code(text: str) -> str:
    """``text`` as a code span that no back-tick inside can end, fit for a table cell."""
    line = " ".join(text.split())
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}".replace("|", "\\|")
