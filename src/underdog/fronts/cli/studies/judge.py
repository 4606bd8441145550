"""`underdog judge FILE`: how good are outputs that exist, and which score can be believed?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ....core.errors import UnderdogError
from ... import terminal
from ..options import File, GroupOption, JsonOption, QuietOption, YesOption, stem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ....study.judging import Judgement

SHOWN, WIDTH = 3, 76
"""Worst outputs that a terminal shows, and the characters of a line of them."""


def _column(role: str, about: str) -> object:
    return typer.Option(f"--{role}", help=f"Column of {about}; '' for none.", metavar="COLUMN")


Scores = Annotated[
    list[str] | None, typer.Option("--score", help="A score, such as 'rouge()'; repeatable.")
]
Good = Annotated[
    str | None, typer.Option("--good", help="The lowest rating that is good, or the word for good.")
]
Risk = Annotated[
    float, typer.Option("--risk", help="Percent of the passing outputs that may be bad.")
]
Keep = Annotated[
    Path | None, typer.Option("--keep", help="Folder in which to save the score that was learned.")
]


def judge(
    file: File,
    output: Annotated[str | None, _column("output", "the outputs")] = None,
    reference: Annotated[str | None, _column("reference", "right answers")] = None,
    source: Annotated[str | None, _column("source", "what each was made from")] = None,
    question: Annotated[str | None, _column("question", "what was asked")] = None,
    samples: Annotated[str | None, _column("samples", "other answers, a list")] = None,
    logprobs: Annotated[str | None, _column("logprobs", "log-probabilities, a list")] = None,
    rating: Annotated[str | None, _column("rating", "your ratings")] = None,
    group: GroupOption = None,
    score: Scores = None,
    good: Good = None,
    risk: Risk = 5.0,
    keep: Keep = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write to. Default: FILE-judge.")
    ] = None,
    yes: YesOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Judge outputs that exist.

    It writes no outputs of its own, and pays for no answer twice.

    Each score is compared with your ratings, beside the length and the lexical overlap. Where one
    is good enough, a threshold says which outputs may pass. FILE-judge/ gets the scores as a
    table, results.json and report.html.
    """
    if not 0 < risk < 100:
        raise UnderdogError(
            f"--risk is a percentage between 0 and 100, not {risk:g}", "as in: --risk 5"
        )
    named = {
        **{"output": output, "reference": reference, "source": source, "question": question},
        **{"samples": samples, "logprobs": logprobs, "rating": rating, "group": group},
    }
    columns = {role: name for role, name in named.items() if name is not None}
    folder = out or Path(f"{stem(file)}-judge")
    _check(folder, file, yes)
    done = _judged(file, (score or [], columns, good, risk / 100), folder, (keep, yes, as_json))
    terminal.notes(done.notes)
    terminal.tell(done.results, as_json, *_lines(done, folder))


def _judged(
    file: str,
    asked: tuple[list[str], dict[str, str], str | None, float],
    folder: Path,
    how: tuple[Path | None, bool, bool],
) -> Judgement:
    """The judgement of ``file``, written to ``folder``; a learned score is kept where asked."""
    from ....runtime import files
    from ....runtime.persist import save
    from ....study.judging import judge as run
    from ....study.judging.judge import learned_grader
    from ....study.judging.lineup import grader_of
    from ...spending import agreed

    (scores, columns, good, risk), (keep, yes, as_json) = asked, how
    graders = [grader_of(one) for one in scores]
    agreed(tuple(graders), yes, f"underdog judge {file} … --yes")
    if keep:
        files.check_folder(keep)
        files.writable(keep)
    with files.alone(folder), terminal.working(as_json):
        done = run(file, graders, columns, good, risk)
        _write(done, folder, file)
        if keep:
            save(learned_grader(done), keep)
    return done


def _check(folder: Path, file: str, yes: bool) -> None:
    """Refuse to replace what underdog did not write, or without --yes a judgement of other data."""
    from ....runtime import files
    from ....study.results import read

    files.check_folder(folder)
    files.writable(folder)
    if (folder / "results.json").exists() and not yes:
        earlier = read(folder)
        if earlier.get("title") != stem(file):
            raise UnderdogError(
                f"the judgement of {earlier.get('title')} in {folder} would be replaced",
                "add --yes to replace it, or --out FOLDER to keep both",
            )


def _write(done: Judgement, folder: Path, file: str) -> None:
    """The scores as a table in the format of ``file``, results.json and the report."""
    from ....runtime import files
    from ...labelling import output

    endings = [suffix.lower() for suffix in Path(file).suffixes]
    ending = next((one for one in reversed(endings) if one in output.WRITERS), ".csv")
    with files.folder(folder) as fresh:
        output.write(fresh / f"scores{ending}", done.rows())
        done.save(fresh)


def _lines(done: Judgement, folder: Path) -> Iterator[str]:
    yield from _table(done)
    yield ""
    yield from done.sentences
    if done.worst:
        yield ""
        yield f"Worst by {done.leader.name}:"
    for one in done.worst[:SHOWN]:
        said = one.output[one.start : one.end] or one.output
        shown = " ".join(said.split())
        clipped = shown if len(shown) <= WIDTH - 16 else f"{shown[: WIDTH - 17]}…"
        yield f"  row {one.row + 1:<6,} {clipped}"
    yield ""
    yield str(folder / "report.html")


def _table(done: Judgement) -> Iterator[str]:
    """The scores and how they agree with the ratings, in lines of at most 80 characters."""
    found = done.agreements
    measure = next((one.measure for one in found.values()), "")
    wide = min(33 if measure else 70, max(len(one.name) for one in done.scores))
    head = f"{'score':<{wide}}  {'mean':>6}"
    yield f"{head}  {measure:>8}  95 % interval" if measure else head
    for one in done.scores:
        grades = one.grades[one.grades == one.grades]
        mean = f"{grades.mean():6.3f}" if len(grades) else "     –"
        name = one.name if len(one.name) <= wide else f"{one.name[: wide - 1]}…"
        line = f"{name:<{wide}}  {mean}"
        known = found.get(one.name)
        if known is not None:
            low, high = known.interval
            line += f"  {known.value:>8.3f}  [{low:.3f}, {high:.3f}]"
            line += "  baseline" if one.baseline else ""
        yield line
