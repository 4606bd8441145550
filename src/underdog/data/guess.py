"""Which columns hold the text, the label and the split: by their names, then by their shape."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ..core.data import Text
from ..core.errors import UnderdogError
from ..core.values import row_cells
from .dates import are_dates
from .sheet import Sheet, shown
from .splits import SPLIT_NAMES, looks_like_parts
from .tables.names import (
    ANSWERS,
    GOLD,
    LABEL_ENDINGS,
    LABEL_NAMES,
    MEASURES,
    MODELS,
    NO_ANSWERS,
    PAIRS,
    REFERENCE_NAMES,
    ROW,
    SCORES,
    TEXT_ENDINGS,
    TEXT_NAMES,
)

SHOWN = 30
"""Names of columns that a message lists."""

SAMPLE = 1000
"""Rows from which a column's shape is judged."""


@dataclass(frozen=True)
class Columns:
    """The columns that mean something: one or two texts, the label, the group and the split.

    With ``row``, the text is a row of a table, of the columns ``text``.
    """

    text: tuple[str, ...]
    label: str | None = None
    group: str | None = None
    split: str | None = None
    row: bool = False

    @property
    def typed(self) -> list[str]:
        """What to say of the text, so that another file is read alike: ``text`` of `read`."""
        return [ROW, *self.text] if self.row else list(self.text)

    def cells(self, text: Text) -> dict[str, str]:
        """The cells of the columns that ``text`` was read from."""
        if self.row and isinstance(text, str):
            found = {name: value for name, value, _, _ in row_cells(text)}
            return {name: found.get(name, "") for name in self.text}
        sides = (text,) if isinstance(text, str) else text
        return dict(zip(self.text or ("text",), sides, strict=True))


def check(sheet: Sheet, name: str, option: str) -> str:
    """``name``, which the user gave, if the sheet has such a column."""
    if name in sheet.columns:
        return name
    near = difflib.get_close_matches(name, sheet.columns, n=1)
    said = f"--{option} {quoted(near[0])}" if near else f"--{option} COLUMN"
    raise UnderdogError(
        f"{sheet.name} has no column {name!r}; its columns: {listed(sheet.columns)}",
        f"{'did you mean' if near else 'name one of them:'} {said}",
    )


def guess_text(sheet: Sheet, taken: Iterable[str]) -> tuple[str, ...]:
    """The column, or the pair of columns, that holds the texts."""
    found = find_text(sheet, taken)
    if len(found) == 1 or tuple(map(plain_name, found)) in PAIRS:
        return tuple(found)
    raise _undecided(sheet, "text", found, f"--text {quoted(found[0]) if found else 'COLUMN'}")


def find_text(sheet: Sheet, taken: Iterable[str]) -> list[str]:
    """The columns that may hold the texts, or a pair of them; ``taken`` hold something else."""
    free = [name for name in sheet.columns if name not in set(taken)]
    plain = {plain_name(name): name for name in reversed(free)}
    for pair in PAIRS:
        if all(name in plain for name in pair):
            return [plain[name] for name in pair]
    usable = [name for name in free if not recorded(name) or plain_name(name) in TEXT_NAMES[1]]
    return _by_name(usable, TEXT_NAMES, TEXT_ENDINGS) or _longest(sheet, usable)


def guess_label(sheet: Sheet, taken: Iterable[str], *, by_shape: bool = True) -> str | None:
    """The column that holds the labels; without ``by_shape`` only a telling name counts."""
    usable = [n for n in sheet.columns if n not in set(taken) and not recorded(n)]
    found = _by_name(usable, LABEL_NAMES, LABEL_ENDINGS)
    if not found and by_shape:
        found = [name for name in usable if repeats(sheet, name)]
        found = [name for name in found if len(found) > 1 and _answered(sheet, name)] or found
    if not found:
        found = [name for name in usable if plain_name(name) in REFERENCE_NAMES]
    if not found:
        found = [name for name in right_answers(sheet) if name not in set(taken)]
    if not found and by_shape:
        scores = [n for n in sheet.columns if n not in set(taken) and plain_name(n) in SCORES]
        found = [name for name in scores if repeats(sheet, name)]
    if len(found) == 1:
        return found[0]
    if not by_shape:
        return None
    raise _undecided(sheet, "label", found, f"--label {quoted(found[0]) if found else 'COLUMN'}")


def is_split(name: str) -> bool:
    """Whether a name speaks of the parts of a data set."""
    return plain_name(name) in SPLIT_NAMES


def guess_split(sheet: Sheet, taken: Iterable[str]) -> str | None:
    """The column that tells training rows from test rows, if there is one."""
    for name in sheet.columns:
        if name not in set(taken) and is_split(name):
            return name if looks_like_parts(sheet.columns[name]) else None
    return None


def listed(names: Iterable[str]) -> str:
    """Names for a message: quoted, the first `SHOWN` of them."""
    every = list(names)
    more = f" and {len(every) - SHOWN:,} more" if len(every) > SHOWN else ""
    return (", ".join(map(repr, every[:SHOWN])) or "none") + more


def _by_name(
    names: Sequence[str], ranks: Sequence[Sequence[str]], endings: Sequence[str]
) -> list[str]:
    """The columns that bear the surest name, or, failing that, a telling last word."""
    tests: list[Callable[[str], bool]] = [
        lambda name, rank=rank: plain_name(name) in rank  # type: ignore[misc]
        for rank in ranks
    ]
    tests.append(lambda name: plain_name(name).rpartition("_")[2] in endings)
    return next((found for test in tests if (found := [n for n in names if test(n)])), [])


def _longest(sheet: Sheet, names: Sequence[str]) -> list[str]:
    """The columns of long and varied strings: one if it is at least twice as long as the next."""
    lengths: dict[str, float] = {}
    for name in names:
        texts = _sample(sheet, name)
        words = sum(len(text.split()) for text in texts) / max(len(texts), 1)
        varied = words >= 2 and len(set(texts)) > len(texts) / 3
        if varied and not _looks_numeric(texts) and not are_dates(texts):
            lengths[name] = sum(map(len, texts)) / len(texts)
    order = sorted(lengths, key=lambda name: -lengths[name])
    if len(order) > 1 and lengths[order[0]] < 2 * lengths[order[1]]:
        return order
    return order[:1]


def repeats(sheet: Sheet, name: str) -> bool:
    """Whether a column has few short values, each of them often: the shape of a label."""
    values = [text for text in map(shown, sheet.columns[name]) if text.strip()]
    kinds = set(values)
    short = all(len(kind) <= 60 for kind in kinds)
    whole = all("." not in kind for kind in kinds) or not _looks_numeric(kinds)
    return (
        short
        and whole
        and 2 <= len(kinds) < len(values)
        and len(kinds) <= min(500, max(2, len(values) / 2))
    )


def _answered(sheet: Sheet, name: str) -> bool:
    """Whether a recorded model answers with the values of a column: then they are its labels."""
    values = _kinds(sheet, name)
    return any(values <= _kinds(sheet, other) for other in model_answers(sheet))


def right_answers(sheet: Sheet) -> list[str]:
    """The column called "answers" of a file of questions: several a row, or beside a model's own.

    In a log, "answer" is what the model said; such a column is left to the user.
    """
    named = [name for name in sheet.columns if plain_name(name) in ("answer", "answers")]
    words = [word for name in model_answers(sheet) for word in plain_name(name).split("_")]
    of_model = any(MODELS.match(word) for word in words)
    return [name for name in named if of_model or _lists(sheet, name)]


def _lists(sheet: Sheet, name: str) -> bool:
    """Whether cells of a column look like lists of several elements."""
    return any(re.fullmatch(r"\[.+,.+\]", cell, re.S) for cell in _sample(sheet, name))


def _kinds(sheet: Sheet, name: str) -> set[str]:
    return {text.strip().casefold() for text in map(shown, sheet.columns[name]) if text.strip()}


def _sample(sheet: Sheet, name: str) -> list[str]:
    """Up to `SAMPLE` cells that are not empty, from all over the column."""
    column = sheet.columns[name]
    cells = [shown(value) for value in column[:: max(1, len(column) // SAMPLE)]]
    return [text for text in cells if text.strip()]


def _looks_numeric(texts: Iterable[str]) -> bool:
    return all(re.fullmatch(r"\s*[-+]?[\d.,]+(e[-+]?\d+)?\s*", text) for text in texts)


def recorded(name: str) -> bool:
    """Whether a name speaks of recorded answers, or of ids, costs and times."""
    words = plain_name(name).split("_")
    if words[0] == "user" and words[-1] in TEXT_ENDINGS:
        return False  # what a user wrote
    if len(words) > 1 and words[0] in GOLD:
        return any(MEASURES.match(word) or word in NO_ANSWERS for word in words[1:])
    return any(ANSWERS.match(word) or MEASURES.match(word) for word in words)


def model_answers(sheet: Sheet) -> list[str]:
    """The columns that by their names hold what a model answered."""
    names = [name for name in sheet.columns if len(plain_name(name)) < 200]
    words = {name: plain_name(name).split("_") for name in names}
    return [
        name
        for name in names
        if any(ANSWERS.match(word) for word in words[name])
        and words[name][0] not in GOLD
        and not any(MEASURES.match(word) or word in NO_ANSWERS for word in words[name])
    ]


def plain_name(name: str) -> str:
    """A name in lower case, its words joined by underscores: ``textID`` is "text_id"."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"\W+", "_", spaced).strip("_").casefold()


def _undecided(sheet: Sheet, what: str, found: Sequence[str], command: str) -> UnderdogError:
    models = model_answers(sheet) if what == "label" else []
    agreement = f"; without right labels, measure agreement: --label {models[0]}" if models else ""
    could = f"it could be {listed(found)}" if found else "none looks like one"
    return UnderdogError(
        f"cannot tell which column of {sheet.name} holds the {what}: {could}; "
        f"its columns: {listed(sheet.columns)}",
        f"name it: {command}{agreement}",
    )


def quoted(name: str) -> str:
    return f"'{name}'" if re.search(r"[^\w-]", name) else name
