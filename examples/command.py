"""The command line that both studies share: what may be asked, and how it is carried out."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from benchmarks.data import BESIDE
from examples.sheet import Outcome
from examples.trial import Desk, Piece, Question, Trials
from underdog.core.data import Dataset, Text
from underdog.core.errors import UnderdogError
from underdog.core.protocols import Learner, Model
from underdog.data.read import read
from underdog.fronts import terminal
from underdog.models.recorded import Recorded, price_column
from underdog.runtime.cache import Cache
from underdog.runtime.progress import shown
from underdog.runtime.registry import contestant, spec
from underdog.runtime.store import default_store

EUROS_PER_HOUR = 0.10
"""What an hour of this machine is taken to cost: about the rent of two cores. An assumption."""

QUICK_ROWS, QUICK_WORDS = 240, 40
"""How much ``--quick`` takes of each part, and of each text."""

STOPPED = 130
"""The exit code of a program that was interrupted (128 + SIGINT)."""


def parser(name: str, about: str) -> ArgumentParser:
    """The options that both studies have."""
    made = ArgumentParser(prog=f"python -m examples.{name}", description=about)
    add = made.add_argument
    add("contestants", nargs="*", help="specs, such as 'linear()', in place of the line-up")
    add("--train", help="your own file to learn from, in place of the study's data")
    add("--test", help="your own file to test on; without it a fifth of --train")
    add("--text", action="append", default=[], help="column of the text; twice for pairs")
    add("--label", help="column of the right answer")
    add("--large", help="the large model: a column of its answers, or a spec")
    add("--encoders", default="minilm", help="encoders to fine-tune: NAME,NAME")
    add("--lora", help="encoders to fine-tune by LoRA: NAME,NAME")
    add("--seq2seq", default="", help="models that write the label: NAME,NAME")
    add("--seeds", type=int, default=1, help="fit everybody this often")
    add("--euros-per-hour", type=float, default=EUROS_PER_HOUR, help="price of this machine")
    add("--quick", action="store_true", help=f"{QUICK_ROWS} rows of each part, a first look")
    add("--only", default="", help="do only what has this text in its name")
    add("--minutes", type=float, default=float("inf"), help="begin nothing after; 0 prints only")
    add("--out", type=Path, help=f"folder to write to; {name.replace('_', '-')}-report")
    add("--json", action="store_true", help="print the numbers as JSON")
    return made


def launch(asked: Namespace, name: str, study: Callable[[Namespace, Desk], Outcome]) -> int:
    """Carry out ``study``, print and write what came of it; the exit code."""
    folder = asked.out or Path(f"{name.replace('_', '-')}{'-quick' * asked.quick}-report")
    end = perf_counter() + 60 * asked.minutes
    desk = Desk(Cache(folder / "kept"), asked.only, end, _say)
    try:
        if asked.seeds < 1:
            raise UnderdogError(f"{asked.seeds} seeds cannot be", "ask for one or more: --seeds 3")
        with terminal.progress(asked.json) as listener, shown(listener), default_store().open():
            found = study(asked, desk)
        found.save(folder)
    except UnderdogError as error:
        terminal.failure(error.problem, error.hint)
        return 1
    except KeyboardInterrupt:
        terminal.failure("stopped; what was done is kept", "type the same command to continue")
        return STOPPED
    sys.stdout.write(found.json if asked.json else f"{found.markdown}\n{folder / 'study.html'}\n")
    if found.missing:
        _say(f"{found.missing} trials are missing: type the command again")
    return 0


def line_up(asked: Namespace, others: Sequence[str]) -> list[Learner | Model]:
    """The contestants that were named, or ``others`` and the encoders."""
    wanted = asked.contestants or [
        *others,
        *(f"encoder({name!r})" for name in _names(asked.encoders)),
        *(f"encoder({name!r}, lora=8)" for name in _names(asked.lora or "")),
        *(f"seq2seq({name!r})" for name in _names(asked.seq2seq)),
    ]
    return list({spec(one): one for one in map(contestant, wanted)}.values())


def large(named: str | None, question: Question) -> Learner | Model | None:
    """The large model that was named, if any: by the column of its answers, or by its spec."""
    columns = question.test.archive.columns
    if named is None:
        return None
    if named in columns:
        return Recorded(named, price=price_column(named, columns))
    if "(" not in named:
        known = ", ".join(columns) or "none"
        raise UnderdogError(f"no column {named!r} of answers", f"--large COLUMN: {known}")
    return contestant(named)


def trials(
    desk: Desk,
    asked: Namespace,
    question: Question,
    contestants: Sequence[Learner | Model],
    share: float,
) -> Trials:
    """Everybody's trials; those that are missing are left out."""
    found = {}
    for one in contestants:
        pieces = [Piece(question, one, share, seed) for seed in range(asked.seeds)]
        every = [desk.trial(piece) for piece in pieces]
        found[spec(one)] = [trial for trial in every if trial is not None]
    return found


def missing(asked: Namespace, *every: Trials) -> int:
    """How many trials were wanted and are not there."""
    return sum(asked.seeds - len(found) for part in every for found in part.values())


def folder() -> Path:
    """Where the studies' own data lies."""
    here = Path(os.environ.get("UNDERDOG_DATA") or BESIDE)
    if not here.is_dir():
        raise UnderdogError(
            f"no data in {here}",
            "export UNDERDOG_DATA=FOLDER, or bring your own: --train FILE --test FILE",
        )
    return here


def own(asked: Namespace) -> Question:
    """The question in the user's own files."""
    if not asked.train:
        raise UnderdogError("there is a file to test on, and none to learn from", "--train FILE")
    table = read(asked.train, text=asked.text, label=asked.label)
    for note in table.notes:
        _say(note)
    name, whole = Path(asked.train).name.partition(".")[0], table.data
    if asked.test:
        other = read(asked.test, text=asked.text, label=asked.label, labels=whole.task.labels)
        return Question.of(name, f"{asked.train} and {asked.test}", whole, other.data)
    if table.train is not None and table.test is not None:
        return Question.of(name, f"the parts that {asked.train} names", table.train, table.test)
    return Question.of(name, f"a fifth of {asked.train} held out", *whole.split(0.2))


def quick(question: Question) -> Question:
    """A few rows of each part, and the beginning of each text: enough to see what comes out."""
    parts = [_few(part) for part in (question.train, question.test)]
    return replace(question, train=parts[0], test=parts[1])


def _few(data: Dataset) -> Dataset:
    some = data.sample(min(1.0, QUICK_ROWS / len(data)))
    archive = replace(data.archive, texts=tuple([*map(_begun, data.archive.texts)]))
    return replace(some, texts=tuple([*map(_begun, some.texts)]), archive=archive)


def _begun(text: Text) -> Text:
    if isinstance(text, tuple):
        return str(_begun(text[0])), str(_begun(text[1]))
    return " ".join(text.split()[:QUICK_WORDS])


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _names(said: str) -> list[str]:
    return [name.strip() for name in said.split(",") if name.strip()]
